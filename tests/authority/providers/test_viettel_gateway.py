"""The adapter of S-Invoice: tokens, passwords, batches, refusals, lost answers, nonsense from the wire."""

import contextlib
import io
import json
import logging
import shutil
import ssl
import threading
import zipfile
from base64 import b64encode
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hostile_server import HostileServer
from hypothesis import given, settings
from hypothesis import strategies as st
from provider_orders import TAX_CODE, a_sale, an_order, patiently, symbol, today

from authority.errors import (
    AnswerNonsense,
    ConnectionCut,
    CredentialsRefused,
    GatewayBusy,
    GatewayFailed,
    GatewaySettingInvalid,
    GatewayTimeout,
    GatewayUnreachable,
    NotDelivered,
    RedirectRefused,
    Rejected,
)
from authority.https_line import HttpsLine, Timeouts
from authority.providers.errors import (
    AccountStopped,
    AmountsRefused,
    BuyerRefused,
    CertificateStopped,
    DateAhead,
    DateBehind,
    DateNotToday,
    LogInRefused,
    OrderUnreadable,
    OriginalRefused,
    ProviderRefusal,
    SeriesExhausted,
    SeriesStopped,
    SeriesUnfit,
)
from authority.providers.provider import NotSaid, Numbered, Order, Refused
from authority.providers.viettel.answers import batch, found, single
from authority.providers.viettel.gateway import ViettelGateway
from authority.providers.viettel.papers import paper
from authority.providers.viettel.refusals import RULES, Said, meaning, said_in
from authority.providers.viettel.session import Session
from authority.providers.viettel.settings import ViettelSettings
from authority.sandbox.faults import FaultPlan
from authority.sandbox.provider_account import ProviderAccount, read_series
from authority.sandbox.provider_server import RunningProvider
from authority.sandbox.viettel.settings import ViettelSettings as Switches
from errors import ThunganError
from invoice.numbers import Form
from invoice.sale import Buyer
from signing.passphrase import Secret

QUICK = Timeouts(connect=5, read=20, total=40)
RIGHT = "sandbox"
HIDDEN = "mật-khẩu-không-ai-thấy"


class Shop:
    """A provider, the shop's gateway to it, the password where it is kept, and a clock that a test turns."""

    def __init__(self, running: RunningProvider, password: str, settings: ViettelSettings) -> None:
        self.running = running
        self.kept = password
        self.reads = 0
        self.seconds = 0.0

        def read() -> Secret:
            self.reads += 1
            return Secret(self.kept)

        def session(line: HttpsLine, url: str, user: str, source: Callable[[], Secret]) -> Session:
            return Session(line, url, user, source, clock=lambda: self.seconds)

        self.gateway = ViettelGateway(
            running.url,
            TAX_CODE,
            Form.VAT,
            "sandbox",
            read,
            settings=settings,
            ca=running.ca,
            timeouts=QUICK,
            session=session,
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
        password: str = RIGHT,
        account: ProviderAccount | None = None,
        switches: Switches | None = None,
        **settings: Any,
    ) -> Shop:
        folder = tmp_path / str(len(opened))
        folder.mkdir()
        for file in sandbox_folder.iterdir():
            shutil.copy2(file, folder)
        running = RunningProvider(
            "viettel", folder, faults=FaultPlan.parse(faults), account=account, settings=switches
        )
        opened.append(Shop(running, password, ViettelSettings(**settings)))
        return opened[-1]

    yield make
    for one in opened:
        one.gateway.close()
        one.running.stop()


def test_one_log_in_serves_many_calls_until_it_ends(shop: Open) -> None:
    one = shop()
    one.sell()
    one.sell()
    assert one.counted("log_ins") == 1
    one.seconds += 269
    one.sell()
    assert one.counted("log_ins") == 1
    one.seconds += 2  # 30 s before the 300 s are over
    one.sell()
    assert one.counted("log_ins") == 2
    assert one.reads == 1
    assert one.numbers() == [1, 2, 3, 4]


def test_a_token_refused_in_between_is_renewed_at_once(shop: Open) -> None:
    one = shop("expire-token=0.5,seed=5")
    for _ in range(6):
        with_renewal(one)
    assert one.counted("log_ins") > 2
    assert one.numbers() == list(range(1, 7))


def with_renewal(one: Shop) -> None:
    """Until it is numbered: a new token may be refused too, which is told and not repeated."""
    order = an_order()

    def attempt() -> Numbered | None:
        try:
            [outcome] = one.sell(order)
        except CredentialsRefused:
            return None
        assert isinstance(outcome, Numbered)
        return outcome

    patiently(attempt)


def test_a_token_over_that_is_answered_500_is_renewed_for_the_next_call(shop: Open) -> None:
    one = shop(switches=Switches(token_life=timedelta(hours=1), expired_answer="500"))
    one.sell()
    one.running.served.desk._tokens.clear()
    order = an_order()
    with pytest.raises(GatewayFailed):
        one.sell(order)
    assert one.gateway.look_up(order.key) is NotSaid.UNKNOWN
    assert isinstance(one.sell(order)[0], Numbered)


def test_a_password_changed_where_it_is_kept_is_found_without_a_restart(shop: Open) -> None:
    one = shop(account=ProviderAccount(password="new"), password="old")
    with pytest.raises(LogInRefused) as refused:
        one.sell()
    assert "password" in refused.value.advice("en")
    one.kept = "new"
    assert isinstance(one.sell()[0], Numbered)


def test_a_refused_password_is_not_shown_again_and_again(shop: Open) -> None:
    one = shop(account=ProviderAccount(password="new"), password="old")
    for _ in range(5):
        with pytest.raises(LogInRefused):
            one.sell()
    assert one.counted("log_ins_refused") == 1
    one.seconds += 601
    with pytest.raises(LogInRefused):
        one.sell()
    assert one.counted("log_ins_refused") == 2


def test_secrets_are_in_no_error_and_no_log(shop: Open, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    one = shop(account=ProviderAccount(password="other"), password=HIDDEN)
    with pytest.raises(LogInRefused) as refused:
        one.sell()
    right = shop(account=ProviderAccount(password=HIDDEN), password=HIDDEN)
    right.sell()
    one.running.stop()
    one.seconds += 601
    with pytest.raises(NotDelivered) as away:
        one.sell()
    shown = [str(refused.value), repr(refused.value), str(away.value), caplog.text, repr(one.gateway)]
    shown.append(repr(vars(one.gateway)))
    assert not any(HIDDEN in text or "access_token=" in text for text in shown)


def test_a_log_in_that_is_lost_has_sent_no_order(shop: Open) -> None:
    one = shop("down=1m/1m")
    with pytest.raises(GatewayUnreachable) as away:
        one.sell()
    assert away.value.retry_after is not None
    assert not one.numbers()


def test_an_answer_lost_after_issuing_is_found_by_its_key(shop: Open) -> None:
    one = shop("lose-answer=0.5,seed=2")
    lost = 0
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
    except ConnectionCut:
        return None
    assert isinstance(told, Numbered)
    return told


def test_a_key_that_is_told_to_be_known_is_looked_up(shop: Open) -> None:
    one = shop("duplicate-key=1")
    order = an_order()
    [first] = one.sell(order)
    assert one.sell(order) == (None,)
    told = one.gateway.look_up(order.key)
    assert isinstance(told, Numbered)
    assert told.number == first.number
    assert told.day == today()


def test_a_batch_moves_what_was_answered(shop: Open) -> None:
    one = shop(batch=10)
    odd = an_order(a_sale(buyer=Buyer(name="A", email="x" * 2001 + "@a.vn")))
    good = [an_order(), an_order()]
    outcomes = one.sell(good[0], odd, good[1])
    assert [type(outcome) for outcome in outcomes] == [Numbered, Refused, Numbered]
    assert isinstance(outcomes[1].error, BuyerRefused)
    assert one.numbers() == [1, 2]
    assert not one.gateway.can.atomic
    assert one.gateway.can.batch == 10


def test_what_a_batch_leaves_out_is_not_known(shop: Open) -> None:
    one = shop("partly=0.5,seed=1", batch=10)
    orders = [an_order() for _ in range(10)]
    outcomes = one.sell(*orders)
    assert {type(outcome) for outcome in outcomes} == {Numbered, type(None)}
    for order, outcome in zip(orders, outcomes, strict=True):
        told = one.gateway.look_up(order.key)
        assert told is NotSaid.UNKNOWN if outcome is None else told.number == outcome.number


def test_a_token_may_end_in_the_middle_of_a_batch(shop: Open) -> None:
    one = shop("expire-token=0.15,seed=4", batch=10)
    orders = [an_order() for _ in range(10)]

    def attempt() -> tuple[Any, ...] | None:
        try:
            outcomes = one.sell(*orders)
        except CredentialsRefused:
            return None
        return outcomes

    outcomes = patiently(attempt)
    assert [outcome.number for outcome in outcomes] == list(range(1, 11))
    assert one.counted("log_ins") > 1
    assert one.numbers() == list(range(1, 11))


def test_numbers_used_up_stop_the_series_and_refuse_nothing(shop: Open) -> None:
    one = shop(account=ProviderAccount(series=read_series([f"{symbol()}=2"])), batch=5)
    outcomes = one.sell(an_order(), an_order(), an_order())
    assert [outcome and outcome.number for outcome in outcomes] == [1, 2, None]
    with pytest.raises(SeriesExhausted):
        one.sell(an_order(), an_order())
    with pytest.raises(SeriesExhausted):
        one.sell()
    [series] = one.gateway.standing(Form.VAT, symbol()).series
    assert (series.left, series.last_number) == (0, 2)


def test_a_number_of_another_series_is_told_as_it_is(shop: Open) -> None:
    [outcome] = shop("other-series=1").sell()
    assert isinstance(outcome, Numbered)
    assert outcome.symbol != symbol()


def test_dates_behind_and_ahead_stop_the_series(shop: Open) -> None:
    one = shop()
    one.sell()
    with pytest.raises(DateBehind):
        one.sell(an_order(day=today() - timedelta(days=1)))
    with pytest.raises(DateAhead):
        one.sell(an_order(day=today() + timedelta(days=1)))
    strict = shop(switches=Switches(today_only=True))
    with pytest.raises(DateNotToday):
        strict.sell(an_order(day=today() - timedelta(days=1)))


def test_a_series_that_is_not_there(shop: Open) -> None:
    one = shop(account=ProviderAccount(series=read_series(["C26MXX"])))
    with pytest.raises(SeriesUnfit):
        one.sell()
    with pytest.raises(SeriesUnfit):
        one.gateway.standing(Form.VAT, symbol())


def test_an_account_of_another_seller_may_not_issue(shop: Open) -> None:
    with pytest.raises(AccountStopped):
        shop(account=ProviderAccount(tax_code="0107001729")).sell()


def test_what_is_left_may_not_be_told(shop: Open) -> None:
    for one in (shop(switches=Switches(series_status=False)), shop(series_status=False)):
        standing = one.gateway.standing(Form.VAT, symbol())
        assert standing.series[0].left is None
        assert standing.notes == ("numbers left: not told by the provider",)
    wrong = shop(series_status=False, password="wrong")
    with pytest.raises(LogInRefused):
        wrong.gateway.standing(Form.VAT, symbol())


def test_the_providers_clock_is_heard(shop: Open) -> None:
    one = shop("clock-ahead=10m")
    one.sell()
    assert one.gateway.clock_skew is not None
    assert one.gateway.clock_skew > timedelta(minutes=9)


def test_the_address_may_name_the_host_or_the_interface(shop: Open) -> None:
    one = shop()
    for path in (
        "",
        "/",
        "/services/einvoiceapplication/api/",
        "/services/einvoiceapplication/api/InvoiceAPI",
    ):
        gateway = ViettelGateway(
            one.running.url + path,
            TAX_CODE,
            Form.VAT,
            "sandbox",
            lambda: Secret("sandbox"),
            ca=one.running.ca,
        )
        assert isinstance(gateway.issue([an_order()])[0], Numbered)
        gateway.close()
    for url in ("http://a.vn", "https://user:word@a.vn", "nowhere"):
        with pytest.raises(GatewaySettingInvalid):
            ViettelGateway(url, TAX_CODE, Form.VAT, "sandbox", lambda: Secret("sandbox"))


@pytest.mark.parametrize(
    ("word", "sentence", "error"),
    [
        ("INVOICE_SERIAL_NOT_FOUND", "Ký hiệu hóa đơn không tồn tại", SeriesUnfit),
        ("TEMPLATE_NOT_FOUND", "Mẫu hóa đơn không tồn tại", SeriesUnfit),
        ("Mẫu hóa đơn hoặc ký hiệu hóa đơn không tồn tại", "", SeriesUnfit),
        ("INVOICE_NUMBER_OUT_OF_RANGE", "", SeriesExhausted),
        ("X1", "Dải hóa đơn đã hết số", SeriesExhausted),
        ("INVOICE_ISSUED_DATE_INVALID", "", DateBehind),
        ("INVOICE_ISSUED_DATE_OVER_CURRENT_TIME", "", DateAhead),
        ("INVOICE_ISSUE_DATE_INVALID_TT78", "", DateNotToday),
        ("CERTIFICATE_EXPIRED", "", CertificateStopped),
        ("X2", "Chứng thư số đã hết hạn", CertificateStopped),
        ("INVOICE_ACTION_INVALID", "", AccountStopped),
        ("TAX_CODE_INVALID", "", AccountStopped),
        ("X3", "Không có quyền thao tác với ký hiệu hóa đơn này", AccountStopped),
        ("ORIGIN_INVOICE_NOT_FOUND", "", OriginalRefused),
        ("ORIGIN_INVOICE_ISSUE_DATE_INVALID", "", OriginalRefused),
        ("BAD_REQUEST_ADJUSTMENT_TYPE_INVALID", "", OriginalRefused),
        ("BAD_REQUEST_BUYER_EMAIL_MAX_LENGTH", "", BuyerRefused),
        ("DISCOUNT_INVALID", "Chiết khấu không hợp lệ", AmountsRefused),
        ("INVALID_DECIMAL_POINT_PRICE", "", AmountsRefused),
        ("TAX_BREAKDOWNS_INVALID", "", AmountsRefused),
        ("JSON_PARSE_ERROR", "", OrderUnreadable),
        ("BAD_REQUEST_TEMPLATE_CODE_REQUIRED", "", OrderUnreadable),
        ("NEVER_HEARD_OF", "Lỗi lạ", ProviderRefusal),
        ("GENERAL", "", GatewayFailed),
    ],
)
def test_every_known_word_is_an_error_of_ours(word: str, sentence: str, error: type[Exception]) -> None:
    met = meaning(Said(word, sentence), 400)
    assert type(met) is error
    assert word in met.message
    assert met.advice("vi")
    assert met.advice("en") != met.advice("vi")


def test_every_rule_is_needed() -> None:
    kinds = {kind for _, kind in RULES}
    assert kinds < {*ProviderRefusal.__subclasses__(), *SeriesStopped.__subclasses__()}


@pytest.mark.parametrize(
    ("answered", "said"),
    [
        ({"code": 400, "message": "A_B", "data": "câu"}, ("A_B", "câu")),
        ({"errorCode": "A_B", "description": "câu"}, ("A_B", "câu")),
        ({"errorCode": "A_B", "msg": "câu"}, ("A_B", "câu")),
        ({"error": "A_B", "data": "câu"}, ("A_B", "câu")),
        ({"code": 400, "data": "câu"}, ("400", "câu")),
        ({"errorCode": None, "description": None, "result": {}}, None),
        ({"errorCode": 200, "result": {}}, None),
        ({"errorCode": "", "message": ""}, None),
        ({"errorCode": "A\n\x00B" + "x" * 900}, ("A B" + "x" * 197, "")),
    ],
)
def test_errors_are_read_in_every_shape_met(answered: dict[str, Any], said: tuple[str, str] | None) -> None:
    told = said_in(answered)
    assert (told and (told.word, told.sentence)) == said


@pytest.mark.parametrize("name", ["C26TAA5", "128", "C26MAA", "C26MAA0", "C26MAA999999999", 5, [], {"a": 1}])
def test_a_number_that_is_none_is_nonsense(name: object) -> None:
    with pytest.raises(AnswerNonsense):
        single({"result": {"invoiceNo": name}}, Form.VAT, b"", 200)


def test_zeros_before_a_number_and_codes_of_any_shape() -> None:
    one = single({"result": {"invoiceNo": "C26MAA00000128", "codeOfTax": {"a": 1}}}, Form.VAT, b"raw", 200)
    assert isinstance(one, Numbered)
    assert (one.number, one.code, one.provider_id, one.raw) == (128, None, "C26MAA00000128", b"raw")
    top = single(
        {"errorCode": None, "invoiceNo": "C26MAA7", "codeOfTax": "M1-26-ABCDE-00000000007"},
        an_order(),
        b"",
        200,
    )
    assert isinstance(top, Numbered)
    assert top.code == "M1-26-ABCDE-00000000007"
    assert single({"errorCode": "", "result": {}}, Form.VAT, b"", 200) is None


def test_look_ups_of_every_shape() -> None:
    key = an_order().key
    assert found({"code": 400, "message": "NOT_FOUND_DATA"}, key, Form.VAT, b"") is NotSaid.UNKNOWN
    assert found({"result": []}, key, Form.VAT, b"") is NotSaid.UNKNOWN
    assert found({"result": [{"invoiceNo": None}]}, key, Form.VAT, b"") is NotSaid.CANNOT_SAY
    one = found({"result": {"invoiceNo": "C26MAA1", "issueDate": True}}, key, Form.VAT, b"")
    assert isinstance(one, Numbered)
    assert one.day is None
    two = {"result": [{"invoiceNo": "C26MAA1"}, {"invoiceNo": "C26MAA2"}]}
    for wrong in (two, {"result": "x"}, {"result": [5]}, {"errorCode": "BAD_REQUEST_X"}):
        with pytest.raises(AnswerNonsense):
            found(wrong, key, Form.VAT, b"")
    with pytest.raises(SeriesStopped):
        found({"errorCode": "TAX_CODE_INVALID"}, key, Form.VAT, b"")


def test_batches_of_every_shape() -> None:
    asked = [an_order().key, an_order().key]
    keys = [str(key) for key in asked]

    def told(given: dict[str, Any]) -> tuple[Any, ...]:
        return batch(given, asked, Form.VAT, b"")

    with pytest.raises(AnswerNonsense):
        told({"result": {}})
    with pytest.raises(SeriesUnfit):
        told({"code": 400, "message": "INVOICE_SERIAL_NOT_FOUND"})
    assert told({"createInvoiceOutputs": [5, {"transactionUuid": []}]}) == (None, None)
    row = {"transactionUuid": keys[1], "result": {"invoiceNo": "C26MAA1"}}
    beside = {"msg": "Tên hàng hóa bắt buộc", "errorCode": "INVOICE_VALID_INPUT_REQUIRED_ITEMNAME_ITEM"}
    one, other = told({"createInvoiceOutputs": [row], "lstMapError": [beside]})
    assert isinstance(one, Refused)
    assert isinstance(other, Numbered)
    assert told({"createInvoiceOutputs": [], "lstMapError": [beside, beside]}) == (None, None)
    full = {"transactionUuid": keys[0], "errorCode": "INVOICE_NUMBER_OUT_OF_RANGE"}
    assert told({"createInvoiceOutputs": [row, full]})[0] is None
    with pytest.raises(SeriesExhausted):
        told({"createInvoiceOutputs": [full]})


_WORDS = ["invoiceNo", "result", "errorCode", "message", "data", "transactionUuid", "codeOfTax", "issueDate"]
_WORDS += ["createInvoiceOutputs", "lstMapError", "fileToBytes", "description", "code", "C26MAA1", "GENERAL"]
_LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(_WORDS) | st.text()
_ANSWERS = st.dictionaries(
    st.sampled_from(_WORDS),
    st.recursive(
        _LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(_WORDS), inner), max_leaves=8
    ),
)


@settings(deadline=None)
@given(_ANSWERS)
def test_whatever_is_answered_is_an_outcome_or_an_error_of_ours(answered: dict[str, Any]) -> None:
    order = an_order()
    for read in (
        lambda: single(answered, Form.VAT, b"", 200),
        lambda: batch(answered, [order.key, an_order().key], Form.VAT, b""),
        lambda: found(answered, order.key, Form.VAT, b""),
        lambda: paper(answered, "xml"),
    ):
        with contextlib.suppress(ThunganError):
            read()


def zipped(name: str, content: bytes, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as bundle:
        bundle.writestr(name, content)
    return out.getvalue()


def given_file(content: bytes) -> dict[str, Any]:
    return {"fileToBytes": b64encode(content).decode()}


def test_papers_are_unpacked_within_bounds() -> None:
    assert paper({"fileToBytes": ""}, "xml") is None
    assert paper({}, "pdf") is None
    assert paper(given_file(b"<HDon/>"), "xml") == b"<HDon/>"
    assert paper(given_file(zipped("a.zip", zipped("a.xml", b"<HDon/>"))), "xml") == b"<HDon/>"
    deep = zipped("a.zip", zipped("a.zip", zipped("a.zip", zipped("a.xml", b"<HDon/>"))))
    bomb = zipped("a.xml", b"<" + bytes(9_000_000))
    wrong = [b"PK", zipped("a.txt", b"x"), deep, bomb, bomb[:-40], b"\xff" * 50]
    for content in wrong:
        with pytest.raises(AnswerNonsense):
            paper(given_file(content), "xml")
    for odd in ({"fileToBytes": 5}, {"fileToBytes": "***"}, given_file(b"text")):
        with pytest.raises(AnswerNonsense):
            paper(odd, "pdf")


def test_papers_come_when_they_are_ready(shop: Open) -> None:
    one = shop(switches=Switches(empty_files=2))
    order = an_order()
    [numbered] = one.sell(order)
    answers = [one.gateway.fetch(numbered, order.key, "xml") for _ in range(3)]
    assert answers[:2] == [None, None]
    assert answers[2] is not None
    strange = Numbered(Form.VAT, symbol(), 99, None, f"{symbol()}99", b"")
    with pytest.raises((Rejected, AnswerNonsense)):
        one.gateway.fetch(strange, order.key, "pdf")


SILENCE = b"(nothing)"
Scripted = Callable[..., tuple[ViettelGateway, HostileServer]]


@pytest.fixture
def scripted(sandbox_folder: Path) -> Iterator[Scripted]:
    """A gateway to a server that gives the answers of a script, the last of them for ever."""
    opened: list[tuple[ViettelGateway, HostileServer]] = []

    def make(*script: bytes, timeouts: Timeouts = QUICK) -> tuple[ViettelGateway, HostileServer]:
        left = list(script)

        def talk(line: ssl.SSLSocket, stopped: threading.Event) -> None:
            said = left.pop(0) if len(left) > 1 else left[0]
            line.sendall(said) if said != SILENCE else stopped.wait()

        ca = sandbox_folder / "tls.crt.pem"
        server = HostileServer(talk, ca, sandbox_folder / "tls.key.pem")
        gateway = ViettelGateway(
            server.url, TAX_CODE, Form.VAT, "u", lambda: Secret(HIDDEN), ca=ca, timeouts=timeouts
        )
        opened.append((gateway, server))
        return gateway, server

    yield make
    for gateway, server in opened:
        gateway.close()
        server.close()


def answer(status: int, given: object) -> bytes:
    body = given if isinstance(given, bytes) else json.dumps(given).encode()
    head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body


LOGGED_IN = answer(200, {"access_token": "t", "expires_in": 300})


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"null", b"{", b'{"access_token":5}', b'{"access_token":"a b;c"}']
)
def test_a_log_in_answered_with_nonsense_has_sent_nothing(scripted: Scripted, body: bytes) -> None:
    gateway, server = scripted(answer(200, body))
    with pytest.raises(NotDelivered):
        gateway.issue([an_order()])
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (answer(200, b"<html>"), AnswerNonsense),
        (answer(200, b"[" * 50_000), AnswerNonsense),
        (answer(400, b"Bad Request"), Rejected),
        (answer(400, {"code": 400, "message": "INVOICE_SERIAL_NOT_FOUND"}), SeriesUnfit),
        (answer(403, b""), CredentialsRefused),
        (answer(404, b""), Rejected),
        (answer(302, b""), RedirectRefused),
        (answer(429, b""), GatewayBusy),
        (answer(500, {"message": "GENERAL"}), GatewayFailed),
        (answer(502, b"<html>"), GatewayFailed),
        (b"", ConnectionCut),
        (answer(200, {"result": {"invoiceNo": "C26MAA1"}})[:-5], ConnectionCut),
    ],
)
def test_what_is_known_after_any_answer(scripted: Scripted, said: bytes, error: type[Exception]) -> None:
    gateway, _ = scripted(LOGGED_IN, said, LOGGED_IN, said)
    with pytest.raises(error) as raised:
        gateway.issue([an_order()])
    assert HIDDEN not in str(raised.value)


def test_a_provider_that_does_not_answer_may_have_the_order(scripted: Scripted) -> None:
    gateway, _ = scripted(LOGGED_IN, SILENCE, timeouts=Timeouts(connect=10, read=1, total=20))
    with pytest.raises(GatewayTimeout):
        gateway.issue([an_order()])


def test_a_log_in_that_is_not_answered_has_sent_nothing(scripted: Scripted) -> None:
    gateway, _ = scripted(SILENCE, timeouts=Timeouts(connect=10, read=1, total=20))
    with pytest.raises(NotDelivered):
        gateway.issue([an_order()])


def test_one_refused_token_is_followed_by_one_log_in_and_no_more(scripted: Scripted) -> None:
    gateway, server = scripted(LOGGED_IN, answer(401, b""), LOGGED_IN, answer(401, b""))
    with pytest.raises(CredentialsRefused):
        gateway.issue([an_order()])
    assert len(server.requests) == 4
    assert server.requests[1].partition(b"\r\n\r\n")[2] == server.requests[3].partition(b"\r\n\r\n")[2]


def test_cookies_of_a_server_are_not_kept(scripted: Scripted) -> None:
    setting = answer(200, b'{"result": {}}').replace(b"\r\n\r\n", b"\r\nSet-Cookie: who=me; Path=/\r\n\r\n")
    gateway, server = scripted(LOGGED_IN, setting)
    for _ in range(2):
        gateway.issue([an_order()])
    gateway._session.drop()
    with pytest.raises(NotDelivered):
        gateway.issue([an_order()])
    assert len(server.requests) == 4
    assert not any(b"who=me" in request for request in server.requests)


def test_a_draft_without_a_number_is_looked_up(scripted: Scripted) -> None:
    gateway, _ = scripted(LOGGED_IN, answer(200, {"errorCode": "", "description": "", "result": {}}))
    assert gateway.issue([an_order()]) == (None,)
