"""A process that issues until it is killed: ``crash_issuer.py DATA_FOLDER KEY_FILE``.

Prints each number that it was told is durable, and issues in groups so that a kill hits a group.
"""

import sys
from pathlib import Path

from outbox_samples import REGISTER, Clock, sale

from outbox.issuing import issue
from outbox.store import Store
from signing.keys import Pkcs12Key
from signing.passphrase import Secret
from signing.xmldsig import XmlSigner


def main(folder: Path, key_file: Path) -> None:
    """Issue HD1…HD60 in groups of five."""
    key = Pkcs12Key.open(key_file, Secret("only for these tests"))
    store = Store(folder, XmlSigner(key), Clock())
    for start in range(1, 61, 5):
        waiting = [store.submit(issue(sale(f"HD{n}"), REGISTER)) for n in range(start, start + 5)]
        for future in waiting:
            print(future.result(60).number, flush=True)
    store.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
