"""The adapter of VNPT: accounts, batches, refusals, lost answers, nonsense from the wire."""

import logging
import re
import shutil
import ssl
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4
from xml.sax.saxutils import escape

import pytest
from hostile_server import HostileServer
from hypothesis import given
from hypothesis import strategies as st
from provider_orders import TAX_CODE, a_sale, an_order, correcting, patiently, secret_file, symbol, today

from authority.errors import (
    AnswerNonsense,
    ConnectionCut,
    GatewayError,
    GatewayFailed,
    MaybeDelivered,
    NotDelivered,
    Rejected,
)
from authority.https_line import Timeouts
from authority.providers.errors import (
    CertificateStopped,
    DateAhead,
    DateBehind,
    OrderNotPossible,
    OrderUnreadable,
    OriginalRefused,
    ProviderRefusal,
    SeriesExhausted,
    SeriesStopped,
    SeriesUnfit,
)
from authority.providers.provider import NotSaid, Numbered, Order, OriginalAtProvider, Refused
from authority.providers.vnpt.answers import read_issued
from authority.providers.vnpt.errors import KeyTaken, ServiceUserRefused, StaffAccountRefused
from authority.providers.vnpt.gateway import VnptGateway
from authority.providers.vnpt.issued_xml import read_issued_xml
from authority.providers.vnpt.login import Sources
from authority.providers.vnpt.manner import VnptManner
from authority.providers.vnpt.refusals import DOCUMENTED, KEY_KNOWN, Said, error_of, read_error
from authority.sandbox.faults import FaultPlan
from authority.sandbox.provider_account import ProviderAccount
from authority.sandbox.provider_server import RunningProvider
from authority.sandbox.vnpt.terms import VnptSettings
from errors import ThunganError
from invoice.corrections import Correction
from invoice.invoice import Relation
from invoice.numbers import Form
from invoice.reader import read_invoice

QUICK = Timeouts(connect=5, read=20, total=40)
HIDDEN = "mật-khẩu-không-ai-thấy"


class Shop:
    """A provider, the shop's gateway to it, and a clock that a test turns."""

    def __init__(self, running: RunningProvider, folder: Path, manner: VnptManner) -> None:
        self.running = running
        self.folder = folder
        self.seconds = 0.0
        source = secret_file(folder)
        self.gateway = VnptGateway(
            running.url,
            Sources("sandbox", source, "sandbox", source),
            manner=manner,
            ca=running.ca,
            timeouts=QUICK,
            clock=lambda: self.seconds,
        )

    def sell(self, *orders: Order) -> tuple[Any, ...]:
        return self.gateway.issue(orders or (an_order(),))

    def counted(self, name: str) -> int:
        return self.running.served.counters().get(name, 0)

    def numbers(self) -> list[int]:
        return [one.number for one in self.running.served.issued()]


Open = Callable[..., Shop]


@pytest.fixture
def shop(sandbox_folder: Path, tmp_path: Path) -> Iterator[Open]:
    opened: list[Shop] = []

    def make(
        faults: str = "",
        account: ProviderAccount | None = None,
        switches: VnptSettings | None = None,
        **manner: Any,
    ) -> Shop:
        folder = tmp_path / str(len(opened))
        folder.mkdir()
        for file in sandbox_folder.iterdir():
            shutil.copy2(file, folder)
        known = account or ProviderAccount(tax_code=TAX_CODE)
        running = RunningProvider(
            "vnpt", folder, faults=FaultPlan.parse(faults), account=known, settings=switches
        )
        opened.append(Shop(running, folder, VnptManner(**manner)))
        return opened[-1]

    yield make
    for one in opened:
        one.gateway.close()
        one.running.stop()


def orders(count: int) -> list[Order]:
    """Always of the same keys: what strikes an order strikes it by its key."""
    return [
        replace(an_order(a_sale(10_000 * place)), key=UUID(int=place, version=4))
        for place in range(1, count + 1)
    ]


# Batches.


@pytest.mark.parametrize(
    "manner", [{}, {"written": "regulation"}, {"ending": "32"}, {"written": "regulation", "ending": "32"}]
)
def test_a_batch_is_issued_in_its_order_in_every_manner(shop: Open, manner: dict[str, Any]) -> None:
    one, batch = shop(**manner), orders(5)
    told = one.sell(*batch)
    assert [outcome.number for outcome in told] == [1, 2, 3, 4, 5]
    assert [row.key for row in one.running.served.issued()] == [order.key.hex for order in batch]
    assert all(outcome.code for outcome in told)
    assert one.counted(f"ImportAndPublishInvMTT{manner.get('ending', '')}") == 1


def test_one_bad_order_of_a_batch_is_found_and_the_others_go_on(shop: Open) -> None:
    one, batch = shop("refuse=0.2,seed=4"), orders(16)
    told = one.sell(*batch)
    refused = [outcome for outcome in told if isinstance(outcome, Refused)]
    assert 0 < len(refused) < 16
    assert all(outcome.error.said == "ERR:3" and outcome.error.advice("vi") for outcome in refused)
    issued = [outcome.number for outcome in told if isinstance(outcome, Numbered)]
    assert issued == list(range(1, 17 - len(refused)))
    assert None not in told


def test_a_batch_that_is_too_large_shrinks_and_stays_small(shop: Open) -> None:
    one = shop(switches=VnptSettings(batch=6), batch=20)
    told = one.sell(*orders(20))
    assert [outcome.number for outcome in told] == list(range(1, 21))
    assert one.gateway.can.batch <= 6


def test_what_still_fits_is_numbered_before_the_series_ends(shop: Open) -> None:
    account = ProviderAccount(tax_code=TAX_CODE, series={str(symbol()): 3})
    one, batch = shop(account=account), orders(5)
    told = one.sell(*batch)
    assert [outcome and outcome.number for outcome in told] == [1, 2, 3, None, None]
    assert one.gateway.look_up(batch[3].key) is NotSaid.UNKNOWN
    with pytest.raises(SeriesExhausted) as over:
        one.sell(*batch[3:])
    assert over.value.advice("vi") != over.value.advice("en")


def test_an_order_left_out_of_an_answer_is_unknown_and_can_be_sent_again(shop: Open) -> None:
    one, batch = shop("partly=0.4,seed=3"), orders(8)
    told = one.sell(*batch)
    left = [order for order, outcome in zip(batch, told, strict=True) if outcome is None]
    assert left
    assert all(one.gateway.look_up(order.key) is NotSaid.UNKNOWN for order in left)
    for order in left:
        assert isinstance(one.sell(order)[0], Numbered)
    assert one.numbers() == list(range(1, 9))


def test_a_number_of_another_series_is_told_as_it_is(shop: Open) -> None:
    one = shop("other-series=1")
    [told] = one.sell()
    assert (told.form, told.number) == (Form.VAT, 1)
    assert told.symbol != symbol()


def test_orders_of_two_series_do_not_go_together(shop: Open) -> None:
    order = an_order()
    other = replace(order, key=uuid4(), content=replace(order.content, form=Form.SALES))
    with pytest.raises(ValueError, match="one series"):
        shop().sell(order, other)
    assert shop().gateway.issue([]) == ()


# Keys and lost answers.


def test_an_answer_lost_after_issuing_is_found_by_its_key(shop: Open) -> None:
    one, lost = shop("lose-answer=0.5,seed=2"), 0
    for _ in range(8):
        order = an_order()
        try:
            [outcome] = one.sell(order)
        except ConnectionCut:
            lost += 1
            outcome = patiently(lambda order=order: looked_up(one, order))
        assert isinstance(outcome, Numbered)
    assert lost
    assert one.numbers() == list(range(1, 9))


def looked_up(one: Shop, order: Order) -> Numbered | None:
    try:
        told = one.gateway.look_up(order.key)
    except MaybeDelivered:
        return None
    assert isinstance(told, Numbered)
    return told


def test_a_fault_after_issuing_says_nothing_and_the_key_does(shop: Open) -> None:
    one, faulted = shop("soap-fault=0.6,seed=2"), 0
    for _ in range(8):
        order = an_order()
        while order.key.hex not in {row.key for row in one.running.served.issued()}:
            try:
                one.sell(order)
            except GatewayFailed:
                faulted += 1
    assert faulted
    assert one.numbers() == list(range(1, 9))


def test_a_key_that_is_known_is_looked_up(shop: Open) -> None:
    one, order = shop("duplicate-key=1"), an_order()
    [told] = one.sell(order)
    assert (told.number, told.total, told.day) == (1, 50_000, today())
    assert one.sell(order)[0].number == 1
    assert one.numbers() == [1]


def test_a_batch_with_keys_that_are_known_issues_the_others(shop: Open) -> None:
    one, batch = shop(), orders(6)
    one.sell(batch[1], batch[4])
    told = one.sell(*batch)
    assert all(isinstance(outcome, Numbered) for outcome in told)
    assert (told[1].number, told[4].number) == (1, 2)
    assert sorted(outcome.number for outcome in told) == [1, 2, 3, 4, 5, 6]


def test_another_invoice_under_our_key_is_attached_to_nothing(shop: Open) -> None:
    one, order = shop(), an_order()
    one.sell(order)
    other = an_order(a_sale(60_000))
    [told] = one.sell(replace(other, key=order.key))
    assert isinstance(told, Refused)
    assert isinstance(told.error, KeyTaken)
    assert "50000" in told.error.message


def test_what_is_only_stored_there_is_issued(shop: Open) -> None:
    one, order = shop(), an_order()
    stored = one.gateway._call_for([order])
    stored = replace(stored, operation="ImportInvByPatternMTT")
    assert one.gateway._wire.call(stored) == f"OK:1/001;{symbol()}-{order.key.hex}"
    assert one.gateway.look_up(order.key) is NotSaid.UNKNOWN
    told = one.sell(an_order(), order, an_order())
    assert all(isinstance(outcome, Numbered) for outcome in told)
    assert one.counted("SendInvMTT") == 1
    assert one.numbers() == [1, 2, 3]


# Series, days and accounts.


@pytest.mark.parametrize(
    ("switches", "error"),
    [
        (VnptSettings(has_certificate=False), CertificateStopped),
        (VnptSettings(certificate_until=date(2020, 1, 1)), CertificateStopped),
        (VnptSettings(may_issue=False), StaffAccountRefused),
        (VnptSettings(patterns=("2/001",)), SeriesUnfit),
        (VnptSettings(staff=("other", "sandbox")), StaffAccountRefused),
    ],
)
def test_what_stops_a_series_refuses_no_order(
    shop: Open, switches: VnptSettings, error: type[SeriesStopped]
) -> None:
    one = shop(switches=switches)
    with pytest.raises(error) as stopped:
        one.sell(*orders(3))
    assert stopped.value.advice("vi") != stopped.value.advice("en")
    assert not one.numbers()


def test_days_that_go_back_or_are_to_come_stop_the_series(shop: Open) -> None:
    one = shop()
    one.sell()
    yesterday, tomorrow = today() - timedelta(days=1), today() + timedelta(days=1)
    with pytest.raises(DateBehind):
        one.sell(an_order(day=yesterday))
    with pytest.raises(DateAhead):
        one.sell(an_order(day=tomorrow))
    told = one.sell(an_order(), an_order(day=tomorrow))
    assert isinstance(told[0], Numbered)
    assert told[1] is None


def test_a_password_changed_where_it_is_kept_is_found_without_a_restart(shop: Open) -> None:
    one = shop(account=ProviderAccount(password="new"))
    with pytest.raises(ServiceUserRefused):
        one.sell()
    secret_file(one.folder, b"new")
    assert isinstance(one.sell()[0], Numbered)


def test_refused_passwords_are_not_shown_again_and_again(shop: Open) -> None:
    one = shop(account=ProviderAccount(password="new"))
    for _ in range(5):
        with pytest.raises(ServiceUserRefused):
            one.sell()
    assert one.counted("ImportAndPublishInvMTT") == 1
    one.seconds += 601
    with pytest.raises(ServiceUserRefused):
        one.sell()
    assert one.counted("ImportAndPublishInvMTT") == 2
    secret_file(one.folder, b"new")
    assert isinstance(one.sell()[0], Numbered)
    assert one.gateway.look_up(uuid4()) is NotSaid.UNKNOWN


def test_secrets_are_in_no_error_and_no_log(shop: Open, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    one = shop()
    secret_file(one.folder, HIDDEN.encode())
    with pytest.raises(ServiceUserRefused) as refused:
        one.sell()
    one.running.stop()
    one.seconds += 601
    with pytest.raises(NotDelivered) as away:
        one.sell()
    shown = [str(refused.value), repr(refused.value), str(away.value), caplog.text]
    shown += [repr(vars(part)) for part in (one.gateway, one.gateway._wire, one.gateway._wire._login)]
    assert not any(HIDDEN in text for text in shown)


# Corrections.


@pytest.mark.parametrize("written", ["products", "regulation"])
def test_an_original_is_corrected_by_its_key_as_the_law_allows(shop: Open, written: str) -> None:
    one, order = shop(written=written), an_order()
    [first] = one.sell(order)
    down = correcting(order, first, Correction.REFUND, a_sale(20_000))
    words = correcting(order, first, Correction.INFORM, None)
    told = one.sell(down, words)
    assert [outcome.number for outcome in told] == [2, 3]
    late = correcting(order, first, Correction.REPLACE, a_sale(70_000))
    [refused] = one.sell(late)
    assert isinstance(refused.error, OriginalRefused)
    rows = one.running.served.issued()
    assert [(row.kind, row.total) for row in rows[1:]] == [("adjustment", "-20000"), ("adjustment", "0")]
    assert {row.corrects for row in rows[1:]} == {f"1;{symbol()};1"}


@pytest.mark.parametrize("correction", [Correction.REPLACE, Correction.REFUND])
def test_an_original_from_elsewhere_is_named_by_its_number(shop: Open, correction: Correction) -> None:
    one, order = shop(), an_order()
    elsewhere = Numbered(Form.VAT, symbol(), 4711, None, "", b"")
    made = correcting(order, elsewhere, correction, a_sale(20_000))
    assert made.original is not None
    made = replace(made, original=replace(made.original, key=None))
    [told] = one.sell(made)
    assert told.number == 1
    [row] = one.running.served.issued()
    assert row.corrects == f"1;{symbol()};4711"
    xml = read_invoice(one.gateway.fetch(told, made.key, "xml") or b"").invoice
    assert xml.related is not None
    assert (xml.related.number, xml.related.day) == ("4711", order.content.day)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"statement_no": "BK1"}, None),
        ({"entrusted_tax_code": "0107001729"}, None),
        ({"outside_tariff_zone": 1}, None),
        ({"currency": "USD"}, None),
        ({}, Relation.ADJUSTS_MANY),
        ({}, Relation.REPLACES_MANY),
    ],
)
def test_what_has_no_place_is_refused_before_it_is_sent(
    shop: Open, changes: dict[str, Any], named: Relation | None
) -> None:
    one, order = shop(), an_order()
    original = OriginalAtProvider(None, Form.VAT, symbol(), 1, today(), named) if named else None
    odd = replace(order, content=replace(order.content, **changes), original=original)
    told = one.gateway.issue([odd, an_order()])
    assert isinstance(told[0].error, OrderNotPossible)
    assert isinstance(told[1], Numbered)
    assert one.numbers() == [1]


# Files.


def test_files_come_when_they_are_ready(shop: Open) -> None:
    one, order = shop("delay=200ms"), an_order()
    [told] = one.sell(order)
    xml = patiently(lambda: one.gateway.fetch(told, order.key, "xml"), 100_000)
    assert read_invoice(xml).invoice.number == told.number
    assert patiently(lambda: one.gateway.fetch(told, order.key, "pdf"), 100_000).startswith(b"%PDF")
    with pytest.raises(AnswerNonsense):
        one.gateway.fetch(replace(told, number=2), order.key, "xml")
    assert one.gateway.fetch(told, uuid4(), "pdf") is None


def test_clocks_are_compared(shop: Open) -> None:
    one = shop("clock-ahead=10m")
    standing = one.gateway.standing(Form.VAT, symbol())
    assert standing.account == "sandbox / sandbox"
    assert (standing.may_issue, standing.series[0].left) == (None, None)
    assert timedelta(minutes=9) < (one.gateway.clock_skew or timedelta()) < timedelta(minutes=11)
    assert not one.numbers()


# What the other side may say.


class Liar:
    """A server that answers every call with a result of the test's making."""

    def __init__(self, folder: Path, says: Callable[[str], str]) -> None:
        keys = folder / "tls.crt.pem", folder / "tls.key.pem"

        def talk(tls: ssl.SSLSocket, stopped: threading.Event) -> None:
            request = self.server.requests[-1].decode()
            match = re.search(r'tempuri.org/(\w+)"', request)
            assert match is not None
            body = says(request) if callable(says) else says
            if not body.startswith("<?"):
                body = soap(match[1], body)
            data = body.encode()
            head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(data)}\r\nConnection: close\r\n\r\n"
            tls.sendall(head.encode() + data)

        self.server = HostileServer(talk, *keys)
        source = secret_file(folder, HIDDEN.encode())
        login = Sources("sandbox", source, "sandbox", source)
        self.gateway = VnptGateway(self.server.url, login, ca=keys[0], timeouts=QUICK)

    def close(self) -> None:
        self.gateway.close()
        self.server.close()


def soap(operation: str, result: str) -> str:
    return (
        '<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
        f'<{operation}Response xmlns="http://tempuri.org/"><{operation}Result>{escape(result)}'
        f"</{operation}Result></{operation}Response></s:Body></s:Envelope>"
    )


Lie = Callable[[Any], Liar]


@pytest.fixture
def lie(sandbox_folder: Path, tmp_path: Path) -> Iterator[Lie]:
    for file in sandbox_folder.iterdir():
        shutil.copy2(file, tmp_path)
    made: list[Liar] = []

    def make(says: Any) -> Liar:
        made.append(Liar(tmp_path, says if callable(says) else lambda _: says))
        return made[-1]

    yield make
    for one in made:
        one.close()


CODE = "M1-26-SHNDN-00100000007"


@pytest.mark.parametrize(
    "said",
    [
        "",
        "OK",
        "OK:",
        "OK:1/001",
        "OK:1/001;C26MAA",
        "OK:1/001;C26MAA-",
        "OK:1/001;C26MAA-{key}",
        "OK:1/001;C26MAA-{key}_",
        "OK:1/001;C26MAA-{key}_0",
        "OK:1/001;C26MAA-{key}_123456789",
        "OK:1/001;C26MAA-{key}_7_nothing",
        "OK:1/001;C26MAA-{key}_7_M1-26-SHNDN-1",
        "OK:1/001;C26MAA-{key}_7,{key}_8",
        "OK:1/001;C26MAA-{key}_7;C26MAB-{key}_8",
        "OK:1/001;C26MAA-{key}_7,ffff_8",
        "OK:1/001;C26MAA-ffff_7_" + CODE,
        "OK:1/001;C26MAA-{key}_7,",
        "OK:9/001;C26MAA-{key}_7",
        "OK:1/001;C26TAA-{key}_7",
        "OK:1/001;c26maa-{key}_7",
        "ok:1/001;C26MAA-{key}_7",
        "<html>Bảo trì</html>",
        '<?xml version="1.0"?><html/>',
        '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "OK:1/001;C26MAA-{key}_7">]><a>&x;</a>',
        '<?xml version="1.0" encoding="utf-16"?><a/>',
        "<?xml",
        soap("ImportAndPublishInvMTT", "OK:").replace("schemas.xmlsoap.org/soap/envelope/", "other/"),
        soap("ImportInvByPatternMTT", "OK:1/001;C26MAA-{key}_7"),
    ],
)
def test_an_answer_that_cannot_be_read_is_not_believed(lie: Lie, said: str) -> None:
    order = an_order()
    liar = lie(said.replace("{key}", order.key.hex))
    with pytest.raises(AnswerNonsense):
        liar.gateway.issue([order])


@pytest.mark.parametrize("number", [1, 7, 42, 10_000_000])
def test_both_ways_to_say_ok_are_understood(lie: Lie, number: int) -> None:
    order = an_order()

    [told] = lie(f"OK: 1/001;C26MAA;{number:07d}").gateway.issue([order])
    assert (told.number, told.code) == (number, None)
    [told] = lie(f"OK:1/001;C26MAA-{order.key.hex}_{number}").gateway.issue([order])
    assert (told.number, told.code) == (number, None)


@pytest.mark.parametrize("number", sorted(DOCUMENTED - {KEY_KNOWN} | {99, 404}))
def test_every_number_is_an_error_with_advice_in_both_languages(lie: Lie, number: int) -> None:
    order = an_order()
    liar = lie(f"ERR:{number} err:mật khẩu {HIDDEN} sai")
    error: ThunganError
    try:
        [outcome] = liar.gateway.issue([order])
        error = outcome.error
        assert isinstance(error, ProviderRefusal)
        assert outcome.raw is not None
        assert HIDDEN not in outcome.raw.decode()
    except GatewayError as raised:
        error = raised
    assert error.advice("vi") != error.advice("en")
    assert HIDDEN not in str(error)
    assert HIDDEN not in repr(error.__cause__)


def test_numbers_mean_other_things_in_corrections() -> None:
    assert isinstance(error_of(Said(2, ""), "vnpt", correcting=True), OriginalRefused)
    assert isinstance(error_of(Said(2, ""), "vnpt", correcting=False), SeriesUnfit)
    assert isinstance(error_of(Said(3, ""), "vnpt", correcting=False), OrderUnreadable)
    unknown = error_of(Said(77, "gì đó"), "vnpt", correcting=False)
    assert isinstance(unknown, MaybeDelivered)
    assert "gì đó" in unknown.message


@pytest.mark.parametrize(
    ("code", "error"), [("s:Server", GatewayFailed), ("s:Client", Rejected), ("", GatewayFailed)]
)
def test_faults_are_told_apart_and_their_words_shown_safely(
    lie: Lie, code: str, error: type[GatewayError]
) -> None:
    words = f"\x1b[31mhỏng {HIDDEN} &amp; " + "dài " * 500
    fault = f"<s:Fault><faultcode>{code}</faultcode><faultstring>{words[5:]}</faultstring></s:Fault>"
    answer = re.sub(r"<Import.*</ImportAndPublishInvMTTResponse>", fault, soap("ImportAndPublishInvMTT", ""))
    with pytest.raises(error) as told:
        lie(answer).gateway.issue([an_order()])
    assert "hỏng" in str(told.value)
    assert HIDDEN not in str(told.value)
    assert len(told.value.message) < 400


def test_a_file_of_another_invoice_is_not_taken(shop: Open, lie: Lie) -> None:
    real, order = shop(), an_order()
    [true] = real.sell(order)
    xml = (real.gateway.fetch(true, order.key, "xml") or b"").decode()
    liar = lie(lambda _: xml)
    with pytest.raises(AnswerNonsense, match="another key"):
        liar.gateway.look_up(uuid4())
    assert liar.gateway.look_up(order.key) == replace(true, raw=xml.encode(), day=today(), total=50_000)
    with pytest.raises(AnswerNonsense, match="PDF"):
        liar.gateway.fetch(true, order.key, "pdf")
    text = b64encode(b"no paper").decode()
    with pytest.raises(AnswerNonsense, match="PDF"):
        lie(lambda _: text).gateway.fetch(true, order.key, "pdf")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<SHDon>1<", "<SHDon>x<"),
        ("<SHDon>1<", "<SHDon>0<"),
        ("<KHHDon>C", "<KHHDon>X"),
        ("<KHMSHDon>1<", "<KHMSHDon>9<"),
        ("<MCCQT>M", "<MCCQT>X"),
        ("<TgTTTBSo>50000<", "<TgTTTBSo>NaN<"),
        ("<TgTTTBSo>50000<", "<TgTTTBSo>viele<"),
        ("<NLap>20", "<NLap>xx"),
        ("<HDon>", "<DSHDon><HDon/><HDon>"),
    ],
)
def test_a_file_that_is_no_invoice_is_not_believed(shop: Open, old: str, new: str) -> None:
    one, order = shop(), an_order()
    [true] = one.sell(order)
    xml = (one.gateway.fetch(true, order.key, "xml") or b"").decode()
    assert old in xml
    spoilt = xml.replace(old, new, 1) + ("</DSHDon>" if "DSHDon" in new else "")
    with pytest.raises(AnswerNonsense):
        read_issued_xml(spoilt.encode(), "vnpt")


def test_looking_up_says_what_is_not_there_and_what_cannot_be_said(lie: Lie) -> None:
    expected = {2: NotSaid.UNKNOWN, 4: NotSaid.UNKNOWN, 6: NotSaid.UNKNOWN}
    expected |= {11: NotSaid.CANNOT_SAY, 12: NotSaid.CANNOT_SAY, 13: NotSaid.CANNOT_SAY}
    for number, told in expected.items():
        assert lie(f"ERR:{number}").gateway.look_up(uuid4()) is told
    for number in (1, 7):
        with pytest.raises(ServiceUserRefused):
            lie(f"ERR:{number}").gateway.look_up(uuid4())
    with pytest.raises(GatewayFailed):
        lie("ERR:5").gateway.look_up(uuid4())
    with pytest.raises(AnswerNonsense):
        lie("PD94bWw=").gateway.standing(Form.VAT, symbol())


def test_a_known_key_with_nothing_behind_it_is_not_sent_under_another(lie: Lie) -> None:
    liar = lie(lambda request: "ERR:6" if "download" in request or "SendInv" in request else "ERR:13")
    with pytest.raises(MaybeDelivered, match="ERR:13"):
        liar.gateway.issue([an_order()])


@given(st.text() | st.from_regex(r"\A(OK|ERR):.{0,80}\Z"))
def test_whatever_is_said_is_read_or_an_error_of_ours(said: str) -> None:
    error = read_error(said)
    assert error is None or error.number >= 0
    try:
        told = read_issued(said, "vnpt")
    except AnswerNonsense:
        return
    assert all(one.number > 0 for one in told)
