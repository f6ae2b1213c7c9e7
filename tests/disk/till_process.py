"""A shop's daemon in a process of its own, told what to do line by line: for faults that are preloaded.

Answers each line with one of JSON. ``take N``: the N-th receipt comes from the register; ``look``: the disk
is looked at as every few seconds.
"""

import json
import logging
import sys
import time
from pathlib import Path

from agent.config import load_config
from agent.daemon import Daemon
from drivers.framing import Captured
from errors import ThunganError

RECEIPTS = sorted((Path(__file__).parent.parent / "data" / "receipts").glob("*-sale-*.prn"))


def receipt(place: int) -> Captured:
    """One of the shop's receipts, each with another number."""
    return Captured(RECEIPTS[place].read_bytes(), "cut")


def main() -> None:
    """Until the other side closes."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    daemon = Daemon(load_config(Path(sys.argv[1])))
    daemon.till.keeper.spool.prepare()
    sys.stdout.write('"ready"\n')
    sys.stdout.flush()
    for line in sys.stdin:
        word, _, rest = line.strip().partition(" ")
        began = time.monotonic()
        answer: dict[str, object] = {}
        try:
            if word == "take":
                answer["printed"] = daemon.till.take("test", receipt(int(rest))).decode("latin-1")
            elif word == "look":
                daemon.disk.look()
            answer["trouble"] = daemon.disk.trouble.code if daemon.disk.trouble else None
        except ThunganError as error:
            answer["error"] = error.code
        answer["seconds"] = time.monotonic() - began
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    daemon.stop()


if __name__ == "__main__":
    main()
