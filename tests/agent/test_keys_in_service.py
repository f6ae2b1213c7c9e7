"""Keys of a running register: chain, revocation, renewal with overlap; whatever is wrong, nothing is lost."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from issuing_house import CRL_URL, OCSP_URL, House, Network
from key_samples import DAY, NOW, RECEIPTS, configure, following, new_shop, write_key

from agent.commands.init import make_folder
from agent.config import load_config
from agent.config_writing import change_config
from agent.daemon import Daemon
from agent.errors import ConfigInvalid
from agent.key_keeper import EXPIRY_ALARM, KEY_ALARM, NEXT_ALARM, STANDING_ALARM, KeyKeeper
from agent.till import Till
from drivers.framing import Captured
from errors import ThunganError
from outbox.store import Store
from signing.verify import verify_document


class Register:
    """Store, till and keeper of one shop, as the daemon puts them together."""

    def __init__(self, folder: Path, network: Network) -> None:
        self.config = load_config(folder)
        self.store = Store(folder, invoices=self.config.keys.invoices)
        self.till = Till(self.config, self.store)
        self.keys = KeyKeeper(self.config, self.store, network)
        self.sold = 0
        self.keys.look_after(NOW)

    def sell(self) -> bool:
        """The next receipt; whether it was invoiced at once."""
        receipt = Captured(RECEIPTS[self.sold].read_bytes(), "cut")
        self.sold += 1
        try:
            return self.till.take("test", receipt) != b""
        except ThunganError:
            return False

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with closing(self.store.reader()) as reader:
            return [tuple(row) for row in reader.execute(sql)]

    def alarms(self) -> set[str]:
        return {code for (code,) in self.rows("SELECT code FROM alarm")}

    def signers(self) -> list[int | None]:
        """Serial number of each invoice's certificate, None where it carries no signature."""
        documents = [bytes(one) for (one,) in self.rows("SELECT document FROM invoice ORDER BY id")]
        found: list[int | None] = []
        for document in documents:
            report = verify_document(document)
            certificate = report.signatures[0].certificate if report.signatures else None
            assert certificate is None or report.valid
            found.append(certificate.serial_number if certificate else None)
        return found


@pytest.fixture
def house() -> House:
    return House(clock=NOW)


Open = Callable[..., Register]


@pytest.fixture
def opened(tmp_path: Path, house: House) -> Iterator[Open]:
    registers: list[Register] = []

    def make(network: Network | None = None) -> Register:
        registers.append(Register(tmp_path, network or Network({}, away={OCSP_URL, CRL_URL})))
        return registers[-1]

    yield make
    for register in registers:
        register.store.close()


def test_a_good_certificate_is_asked_about_once_and_its_proof_outlives_the_process(
    tmp_path: Path, house: House, opened: Open
) -> None:
    network = house.fetch_for(new_shop(tmp_path, house))
    register = opened(network)
    register.keys.watch(NOW)
    register.keys.watch(NOW + DAY / 24)
    assert network.asked == [OCSP_URL]
    assert register.alarms() == set()
    assert register.sell()
    register.store.close()
    offline = Network({}, away={OCSP_URL, CRL_URL})
    again = opened(offline)
    again.keys.watch(NOW + DAY / 24)
    assert offline.asked == []
    assert again.sell()


def test_a_revoked_certificate_signs_no_more_and_the_shop_goes_on(
    tmp_path: Path, house: House, opened: Open
) -> None:
    certificate = new_shop(tmp_path, house)
    house.revoke(certificate, NOW - DAY)
    network = house.fetch_for(certificate)
    register = opened(network)
    assert register.sell()  # nobody had asked yet
    register.keys.watch(NOW)
    assert register.alarms() == {STANDING_ALARM}
    assert "revoked" in register.rows("SELECT message FROM alarm")[0][0]
    assert not register.sell()
    assert register.rows("SELECT state FROM capture") == [("sale",), ("raw",)]
    register.store.close()
    again = opened(Network({}, away={OCSP_URL, CRL_URL}))  # it is known after a restart without network too
    assert again.till.take_left_over() == 0
    assert len(again.signers()) == 1


def test_a_revoked_certificate_gives_way_to_the_next(tmp_path: Path, house: House, opened: Open) -> None:
    first = new_shop(tmp_path, house)
    second = write_key(tmp_path, house, "next.p12")
    configure(tmp_path, following())
    network = house.fetch_for(first, second)
    register = opened(network)
    assert register.sell()
    house.revoke(first, NOW - DAY)
    register.keys.watch(NOW)
    assert register.sell()
    assert register.signers() == [first.serial_number, second.serial_number]
    assert STANDING_ALARM not in register.alarms()  # the one that signs is good


@pytest.mark.parametrize("policy", ["lenient", "strict"])
def test_without_a_chain_to_a_root_there_is_an_alarm(
    policy: str, tmp_path: Path, house: House, opened: Open
) -> None:
    certificate = new_shop(tmp_path, House("Another"), f'revocation = "{policy}"')
    (tmp_path / "keys" / "roots.pem").write_bytes(house.certificate.public_bytes(Encoding.PEM))
    register = opened(house.fetch_for(certificate))
    register.keys.watch(NOW)
    assert STANDING_ALARM in register.alarms()
    assert register.sell() is (policy == "lenient")


@pytest.mark.parametrize("policy", ["lenient", "strict", "off"])
def test_what_is_done_when_nobody_can_say(policy: str, tmp_path: Path, house: House, opened: Open) -> None:
    network = house.fetch_for(new_shop(tmp_path, house, f'revocation = "{policy}"'))
    network.away = {OCSP_URL, CRL_URL}
    register = opened(network)
    register.keys.watch(NOW)
    assert (STANDING_ALARM in register.alarms()) is (policy == "strict")
    assert register.sell() is (policy != "strict")
    assert bool(network.asked) is (policy != "off")
    network.away = set()
    register.keys.watch(NOW + DAY / 24)
    assert register.alarms() <= {"E-SIGN-041"}
    assert register.sell()
    assert register.alarms() == set()


def test_the_next_key_takes_over_at_its_time(tmp_path: Path, house: House, opened: Open) -> None:
    first = new_shop(tmp_path, house)
    second = write_key(tmp_path, house, "next.p12")
    configure(tmp_path, following(NOW + 5 * DAY))
    register = opened()
    assert register.sell()
    register.keys.look_after(NOW + 5 * DAY - DAY / 1440)
    assert register.sell()
    register.keys.look_after(NOW + 5 * DAY)
    assert register.sell()
    assert register.signers() == [first.serial_number] * 2 + [second.serial_number]
    leaves = [
        json.loads(body) for (body,) in register.rows("SELECT body FROM leaf WHERE kind = 'key.in-use'")
    ]
    assert [leaf["serial"] for leaf in leaves] == [f"{first.serial_number:X}", f"{second.serial_number:X}"]
    assert leaves[1]["before"] == leaves[0]["serial"]


def test_the_next_key_takes_over_when_the_current_one_expires(
    tmp_path: Path, house: House, opened: Open
) -> None:
    new_shop(tmp_path, house, end=NOW + 10 * DAY)
    second = write_key(tmp_path, house, "next.p12")
    configure(tmp_path, following())
    register = opened()
    register.keys.look_after(NOW + 9 * DAY)
    assert register.keys.certificate != second
    register.keys.look_after(NOW + 11 * DAY)
    assert register.keys.certificate == second


def test_a_key_that_is_away_is_not_over(tmp_path: Path, house: House, opened: Open) -> None:
    """The authority may not know the next certificate yet: a pulled token does not bring it in."""
    first = new_shop(tmp_path, house)
    write_key(tmp_path, house, "next.p12")
    configure(tmp_path, following())
    key = tmp_path / "keys" / "seller.p12"
    away = key.rename(tmp_path / "keys" / "away.p12")
    register = opened()
    assert not register.sell()
    assert KEY_ALARM in register.alarms()
    away.rename(key)
    register.keys.look_after(NOW)
    assert register.till.take_left_over() == 1
    assert register.signers() == [first.serial_number]
    assert register.alarms() == set()


def test_while_both_are_good_the_current_key_helps_out(tmp_path: Path, house: House, opened: Open) -> None:
    first = new_shop(tmp_path, house)
    configure(tmp_path, following(NOW - DAY))
    register = opened()
    register.keys.watch(NOW)
    assert register.sell()
    assert NEXT_ALARM in register.alarms()
    second = write_key(tmp_path, house, "next.p12")
    register.keys.look_after(NOW)
    register.keys.watch(NOW)
    assert register.sell()
    assert register.signers() == [first.serial_number, second.serial_number]
    assert register.alarms() == set()


@pytest.mark.parametrize(
    ("next_begins", "file", "alarms"),
    [
        (NOW, "there", set()),
        (NOW + 30 * DAY, "there", {NEXT_ALARM, EXPIRY_ALARM}),
        (NOW, "missing", {NEXT_ALARM, EXPIRY_ALARM}),
    ],
)
def test_who_has_a_renewed_key_is_not_told_to_renew(
    next_begins: datetime,
    file: str,
    alarms: set[str],
    tmp_path: Path,
    house: House,
    opened: Open,
) -> None:
    first = new_shop(tmp_path, house, end=NOW + 7 * DAY)
    second = write_key(tmp_path, house, "next.p12", start=next_begins)
    if file == "missing":
        (tmp_path / "keys" / "next.p12").unlink()
    configure(tmp_path, following())
    register = opened(house.fetch_for(first, second))
    register.keys.watch(NOW)
    assert register.alarms() == alarms


@pytest.mark.parametrize("rule", ["always", "when-there"])
def test_a_service_that_does_not_answer_does_not_hold_up_the_opening_of_the_shop(
    rule: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.daemon.SET_UP_PATIENCE", 0.1)
    make_folder(tmp_path, demo=True)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        key = f"csc+https://127.0.0.1:{silent.getsockname()[1]}/csc/v2?credential=1"
        change_config(tmp_path, {"key.file": key, "signing.invoices": rule})
        daemon = Daemon(load_config(tmp_path))
        receipt = Captured(RECEIPTS[0].read_bytes(), "cut")
        if rule == "always":
            with pytest.raises(ThunganError):
                daemon.till.take("test", receipt)
        else:
            assert daemon.till.take("test", receipt) != b""
        with closing(daemon.store.reader()) as reader:
            (state,) = reader.execute("SELECT state FROM capture").fetchone()
        assert state == ("raw" if rule == "always" else "sale")
    daemon._setting_up.join(60)
    assert not daemon._setting_up.is_alive()
    daemon.stop()


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ('[signing]\ninvoices = "sometimes"\n', "signing.invoices"),
        ('[signing]\nrevocation = "maybe"\n', "signing.revocation"),
        ('[next_key]\npassphrase = "env:X"\n', "next_key.file"),
        ('[next_key]\nfile = "keys/next.p12"\n', "next_key.passphrase"),
        ('[next_key]\nfile = "a"\npassphrase = "env:X"\nfrom = "tomorrow"\n', "next_key.from"),
        ("[next_key]\nfrom = 2027-01-01\n", "next_key.file"),
    ],
)
def test_wrong_settings_are_named(more: str, named: str, tmp_path: Path) -> None:
    make_folder(tmp_path, demo=True)
    configure(tmp_path, more)
    with pytest.raises(ConfigInvalid, match=named.replace(".", r"\.")):
        load_config(tmp_path)


def test_a_day_or_a_time_with_zone_will_do(tmp_path: Path, house: House) -> None:
    new_shop(tmp_path, house)
    configure(tmp_path, '[next_key]\nfile = "a"\npassphrase = "env:X"\nfrom = 2027-01-01\n')
    since = load_config(tmp_path).keys.since
    assert since == datetime.fromisoformat("2027-01-01T00:00:00+07:00")
