"""A shop that signs with a USB token: one that makes ten signatures a second, one that is pulled out.

The token is SoftHSM behind a real PKCS#11 library that waits a tenth of a second for each signature, or
behaves like a token that is not there; the receipts come over a serial line, the packages go over HTTPS.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("pkcs11")

from cryptography.hazmat.primitives.asymmetric import rsa
from issuing_house import name
from key_samples import DAY, NOW, RECEIPTS, TAX_CODE
from soft_token import COMPILER, PIN, SOFTHSM, SoftToken, library_in_front
from test_secrets import search, written

from agent.commands.init import make_folder
from agent.config import load_config
from agent.config_writing import change_config
from agent.daemon import Daemon
from agent.key_keeper import KEY_ALARM
from agent.parts import ledger_key
from agent.virtual_register import VirtualRegister
from audit.ledger_check import check_ledger
from authority.sandbox.server import RunningSandbox
from outbox.reports import documents
from signing.private_file import write_private
from signing.verify import verify_document

if TYPE_CHECKING:
    from signed_samples import Private

pytestmark = pytest.mark.skipif(
    SOFTHSM is None or COMPILER is None, reason="SoftHSM or a C compiler is missing"
)


class Shop:
    """A running daemon between a virtual register, a token and the sandbox authority."""

    def __init__(self, folder: Path, token: SoftToken, register: VirtualRegister) -> None:
        self.token, self.folder, self._register = token, folder, register
        self.daemon = Daemon(load_config(folder))
        self.daemon.start()
        self.sold = 0
        assert self.daemon.wait_until_listening(30)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with closing(self.daemon.store.reader()) as reader:
            return [tuple(row) for row in reader.execute(sql)]

    def sell(self, count: int, settled: str = "state <> 'raw'") -> None:
        """Print receipts until each is stored, and ``settled`` as the test expects."""
        for _ in range(count):
            self._register.send(RECEIPTS[self.sold].read_bytes())
            self.sold += 1
            wanted = [(self.sold,)]
            wait_for(lambda wanted=wanted: self.rows("SELECT COUNT(*) FROM capture") == wanted)
        wait_for(lambda: not self.rows(f"SELECT 1 FROM capture WHERE NOT ({settled})"))  # noqa: S608

    def deliver(self) -> None:
        def delivered() -> bool:
            self.daemon.sync()
            return self.rows("SELECT DISTINCT state FROM invoice") == [("accepted",)]

        wait_for(delivered)

    def signed(self) -> list[bool]:
        found = self.rows("SELECT document FROM invoice ORDER BY id")
        return [b"<SignatureValue>" in bytes(document) for (document,) in found]

    def alarms(self) -> set[str]:
        return {code for (code,) in self.rows("SELECT code FROM alarm")}

    def check_all(self) -> None:
        """Nothing is lost, nothing is there twice, everything is proven."""
        assert self.rows("SELECT number FROM invoice ORDER BY id") == [(n,) for n in range(1, self.sold + 1)]
        self.daemon.checkpoint()
        certificate = self.daemon.certificate
        assert certificate is not None
        with closing(self.daemon.store.reader()) as reader:
            assert check_ledger(reader, ledger_key(self.folder).public_key()).problems == ()
            for document in documents(reader):
                report = verify_document(document, trust=[certificate])
                assert report.valid or "only the package" in (report.problem or "")
            packages = reader.execute("SELECT document FROM package").fetchall()
        assert all(verify_document(bytes(package)).valid for (package,) in packages)
        assert search({"PIN": PIN.encode()}, written(self.folder)) > 3


def wait_for(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < until, "it does not come about"
        time.sleep(0.02)


@pytest.fixture
def token() -> Iterator[SoftToken]:
    """A token with a key of the shop and its certificate."""
    token = SoftToken.make(library_in_front(), f"token-{token_hex(8)}")
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    token.store("seller", private, certified(private))
    token.is_("")
    yield token
    token.is_("")


def certified(private: Private) -> Any:
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256

    subject = name("SÔNG HÀN", TAX_CODE)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject)
    builder = builder.public_key(private.public_key()).serial_number(x509.random_serial_number())
    return builder.not_valid_before(NOW - DAY).not_valid_after(NOW + 200 * DAY).sign(private, SHA256())


@pytest.fixture
def open_shop(tmp_path: Path, token: SoftToken) -> Iterator[Callable[[str], Shop]]:
    register = VirtualRegister(115_200)
    shops: list[Shop] = []
    with RunningSandbox(tmp_path / "sandbox") as sandbox:

        def make(rule: str) -> Shop:
            source = f"serial://{register.path}?baud=115200"
            make_folder(tmp_path, demo=True, url=sandbox.url, source=source)
            write_private(tmp_path / "keys" / "pin", PIN.encode())
            key = {"key.file": token.uri(), "key.passphrase": "file:keys/pin", "signing.invoices": rule}
            change_config(tmp_path, key)
            shops.append(Shop(tmp_path, token, register))
            return shops[-1]

        yield make
        for shop in shops:
            shop.daemon.stop()
    register.close()


@pytest.mark.parametrize("rule", ["always", "when-there", "never"])
def test_a_token_of_ten_signatures_a_second_is_fast_enough(
    rule: str, token: SoftToken, open_shop: Callable[[str], Shop]
) -> None:
    token.is_("slow")
    shop = open_shop(rule)
    before = token.signs
    shop.sell(8)
    made = token.signs - before
    assert made == 0 if rule == "never" else made >= 8
    shop.deliver()
    # Where the machine itself is slow, an invoice of when-there may have gone without; never another.
    assert rule == "when-there" or shop.signed() == [rule == "always"] * 8
    packages = shop.rows("SELECT COUNT(*) FROM package")[0][0]
    assert rule != "never" or token.signs - before <= packages + 1
    assert shop.alarms() <= ({KEY_ALARM} if rule == "when-there" else set())
    shop.check_all()


@pytest.mark.parametrize("rule", ["always", "when-there", "never"])
def test_a_token_is_pulled_out_and_put_back_while_selling(
    rule: str, token: SoftToken, open_shop: Callable[[str], Shop]
) -> None:
    shop = open_shop(rule)
    shop.sell(2)
    token.is_("away")
    shop.sell(3, "state = 'raw' OR id <= 2" if rule == "always" else "state = 'sale'")
    invoiced = {"always": 2, "when-there": 5, "never": 5}[rule]
    assert len(shop.signed()) == invoiced

    def told() -> bool:
        shop.daemon.sync()
        shop.daemon.look_after()
        return KEY_ALARM in shop.alarms()

    wait_for(told)
    assert "accepted" not in {state for (state,) in shop.rows("SELECT state FROM invoice WHERE id > 2")}
    token.is_("")
    shop.daemon.look_after()
    shop.sell(2)
    shop.deliver()
    shop.daemon.look_after()
    assert shop.signed()[2:5] == [rule == "always"] * 3
    if rule != "when-there":
        assert shop.signed() == [rule == "always"] * 7
    assert shop.alarms() == set()
    shop.check_all()
