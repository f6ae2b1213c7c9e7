"""S-Invoice as the sandbox plays it, over its real HTTPS wire."""

import io
import json
import shutil
import zipfile
from base64 import b64decode
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from viettel_orders import API, DAY, NOW, TODAY, Wire, key, order, said

from authority.errors import ConnectionCut, GatewaySettingInvalid, SandboxOptionInvalid
from authority.https_line import HttpAnswer
from authority.sandbox.faults import FaultPlan
from authority.sandbox.provider_account import ProviderAccount, read_series
from authority.sandbox.provider_server import RunningProvider
from authority.sandbox.viettel.settings import ViettelSettings
from invoice.reader import read_invoice
from signing.verify import verify_document


class Started:
    """A provider and its bare wire, logged in."""

    def __init__(self, running: RunningProvider) -> None:
        self.running = running
        self.wire = Wire(running)
        assert self.wire.log_in().status == 200

    def numbers(self) -> list[tuple[str, int]]:
        return [(one.symbol, one.number) for one in self.running.served.issued()]


Start = Callable[..., Started]


@pytest.fixture
def start(sandbox_folder: Path, tmp_path: Path) -> Iterator[Start]:
    """Starts providers with the shared keys and a new book."""
    started: list[Started] = []

    def make(faults: str = "", account: ProviderAccount | None = None, **settings: object) -> Started:
        for file in sandbox_folder.iterdir():
            shutil.copy2(file, tmp_path)
        running = RunningProvider(
            "viettel",
            tmp_path,
            account=account,
            faults=FaultPlan.parse(faults),
            settings=ViettelSettings(**settings),
            clock=lambda: NOW,
        )
        started.append(Started(running))
        return started[-1]

    yield make
    for one in started:
        one.wire.line.close()
        one.running.stop()


@pytest.fixture(scope="module")
def refusing(sandbox_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    """One provider for all that is refused."""
    folder = tmp_path_factory.mktemp("viettel")
    for file in sandbox_folder.iterdir():
        shutil.copy2(file, folder)
    with RunningProvider("viettel", folder, clock=lambda: NOW) as running:
        one = Started(running)
        yield one
        one.wire.line.close()


def result(answer: HttpAnswer) -> dict[str, Any]:
    assert answer.status == 200, answer.body
    return json.loads(answer.body)["result"]


def test_an_order_gets_the_next_number_and_the_same_answer_again(start: Start) -> None:
    provider = start()
    first = provider.wire.create(order(1))
    assert result(first)["invoiceNo"] == "C26MAA1"
    assert result(first)["codeOfTax"].startswith("M1-26-")
    assert provider.wire.create(order(1)).body == first.body
    assert result(provider.wire.create(order(2)))["invoiceNo"] == "C26MAA2"
    [one, _] = provider.running.served.issued()
    assert (one.key, one.times, one.total) == (key(1), 2, "50000")
    assert provider.running.served.counters()["keys_again"] == 1


def test_another_order_under_a_known_key_is_refused(start: Start) -> None:
    provider = start()
    provider.wire.create(order(1))
    other = order(1)
    other["buyerInfo"]["buyerName"] = "Người khác"
    assert said(provider.wire.create(other)) == "TRANSACTION_UUID_INVALID"
    assert len(provider.numbers()) == 1


def test_what_was_issued_survives_a_restart(start: Start) -> None:
    first = start()
    answer = first.wire.create(order(1))
    first.running.stop()
    again = start()
    assert again.wire.create(order(1)).body == answer.body
    assert len(again.numbers()) == 1


def test_nothing_without_a_token_that_is_good(start: Start) -> None:
    provider = start()
    assert provider.wire.log_in("sandbox", "wrong").status == 401
    provider.wire.token = "made up"
    assert provider.wire.create(order()).status == 401
    assert provider.wire.search(1).status == 401
    assert not provider.numbers()


def test_a_token_ends(start: Start) -> None:
    provider = start(token_life=timedelta(0), expired_answer="500")
    answer = provider.wire.create(order())
    assert (answer.status, json.loads(answer.body)["message"]) == (500, "GENERAL")


def test_a_token_may_end_in_the_middle_of_a_batch(start: Start) -> None:
    provider = start("expire-token=0.2,seed=3")
    orders = [order(count) for count in range(1, 9)]
    statuses, midway = [], False
    while 200 not in statuses:
        provider.wire.log_in()
        statuses.append(provider.wire.create_batch(*orders).status)
        midway = midway or 0 < len(provider.numbers()) < len(orders)
    assert set(statuses) == {200, 401}
    assert midway
    assert provider.numbers() == [("C26MAA", number) for number in range(1, 9)]


def test_a_batch_tells_of_each(start: Start) -> None:
    provider = start()
    odd = order(2)
    odd["itemInfo"][0]["itemTotalAmountWithoutTax"] = 46298
    formless = order(3)
    del formless["itemInfo"][0]["itemName"]
    told = json.loads(provider.wire.create_batch(order(1), odd, formless, order(4)).body)
    outputs = {one["transactionUuid"]: one for one in told["createInvoiceOutputs"]}
    assert outputs[key(1)]["result"]["invoiceNo"] == "C26MAA1"
    assert outputs[key(2)]["errorCode"] == "ITEM_AMOUNT_INVALID"
    assert outputs[key(4)]["result"]["invoiceNo"] == "C26MAA2"
    assert key(3) not in outputs
    assert told["lstMapError"][0]["errorCode"] == "BAD_REQUEST_ITEM_NAME_REQUIRED"
    assert (told["totalSuccess"], told["totalFail"]) == (2, 2)
    assert provider.wire.create_batch().status == 400
    assert start(batch=0).wire.create_batch(order(9)).status == 404


def test_a_look_up_knows_what_was_issued_and_nothing_else(start: Start) -> None:
    provider = start()
    provider.wire.create(order(1))
    [found] = json.loads(provider.wire.search(1).body)["result"]
    assert (found["invoiceNo"], found["issueDate"]) == ("C26MAA1", TODAY)
    assert said(provider.wire.search(2)) == "NOT_FOUND_DATA"


def test_papers_are_empty_at_first_and_say_the_providers_own_sums(start: Start) -> None:
    provider = start()
    provider.wire.create(order(1))

    def content(kind: str) -> bytes:
        return b64decode(json.loads(provider.wire.file("C26MAA1", kind).body)["fileToBytes"])

    assert content("ZIP") == b""
    outer = zipfile.ZipFile(io.BytesIO(content("ZIP")))
    inner = zipfile.ZipFile(io.BytesIO(outer.read(outer.namelist()[0])))
    document = inner.read(inner.namelist()[0])
    assert verify_document(document).valid
    read = read_invoice(document).invoice
    assert (read.number, str(read.symbol), read.net, read.tax, read.total) == (
        1,
        "C26MAA",
        46297,
        3703,
        50000,
    )
    assert content("PDF") == b""
    assert content("PDF").startswith(b"%PDF")
    assert said(provider.wire.file("C26MAA2", "PDF")) == "INVOICE_NOT_FOUND"


def test_a_series_says_what_is_left_and_ends(start: Start) -> None:
    provider = start(account=ProviderAccount(series=read_series(["C26MAA=1"])))
    provider.wire.create(order(1))
    told = json.loads(provider.wire.series("C26MAA").body)
    assert (told["numOfpublishInv"], told["totalInv"]) == (1, 1)
    assert said(provider.wire.create(order(2))) == "INVOICE_NUMBER_OUT_OF_RANGE"
    assert said(provider.wire.create(order(3, invoiceSeries="C26MAB"))) == "INVOICE_SERIAL_NOT_FOUND"
    assert said(provider.wire.series("C26MAB")) == "INVOICE_SERIAL_NOT_FOUND"
    with pytest.raises(SandboxOptionInvalid):
        read_series(["C26MAA=many"])


@pytest.mark.parametrize(
    ("general", "word"),
    [
        ({"invoiceSeries": "C25MAA"}, "INVOICE_SERIAL_NOT_FOUND"),
        ({"invoiceType": "2"}, "TAX_PERCENTAGE_INVALID"),
        ({"templateCode": "2/001"}, "INVOICE_SERIAL_NOT_FOUND"),
        ({"invoiceIssuedDate": TODAY + DAY}, "INVOICE_ISSUED_DATE_OVER_CURRENT_TIME"),
        ({"invoiceIssuedDate": 10**30}, "INVOICE_ISSUED_DATE_INVALID"),
        ({"invoiceIssuedDate": str(TODAY)}, "BAD_REQUEST_INVOICE_ISSUED_DATE_INVALID"),
        ({"transactionUuid": "1" * 36}, "BAD_REQUEST_TRANSACTION_UUID_INVALID"),
        ({"currencyCode": "đồng"}, "BAD_REQUEST_CURRENCY_CODE_MAX_LENGTH"),
        ({"paymentStatus": 1}, "BAD_REQUEST_PAYMENT_STATUS_INVALID"),
        ({"somethingElse": "x"}, "BAD_REQUEST_UNKNOWN_FIELD"),
        ({"adjustmentType": "7"}, "BAD_REQUEST_ADJUSTMENT_TYPE_INVALID"),
        ({"originalInvoiceId": "C26MAA1"}, "ORIGIN_INVOICE_NOT_ALLOWED"),
        ({"adjustmentType": "3"}, "ORIGIN_INVOICE_REQUIRED"),
    ],
)
def test_the_head_of_an_order_is_held_to_its_rules(
    refusing: Started, general: dict[str, object], word: str
) -> None:
    assert said(refusing.wire.create(order(1, **general))) == word
    assert not refusing.numbers()


@pytest.mark.parametrize(
    ("item", "word"),
    [
        ({"unitPrice": 23148}, "ITEM_AMOUNT_INVALID"),
        ({"unitPrice": 23148.50001}, "INVALID_DECIMAL_POINT_PRICE"),
        ({"unitPrice": -1}, "BAD_REQUEST_UNIT_PRICE_INVALID"),
        ({"quantity": None}, "ITEM_QUANTITY_REQUIRED"),
        ({"taxAmount": 3705}, "TAX_AMOUNT_INVALID"),
        ({"taxAmount": 3704}, "ITEM_AMOUNT_INVALID"),
        ({"taxPercentage": 10}, "TAX_AMOUNT_INVALID"),
        ({"taxPercentage": 7}, "BAD_REQUEST_TAX_PERCENTAGE_INVALID"),
        ({"taxPercentage": None}, "TAX_PERCENTAGE_REQUIRED"),
        ({"discount": 5000, "itemDiscount": 5000}, "DISCOUNT_INVALID"),
        ({"discount": 10, "itemDiscount": 4000}, "DISCOUNT_INVALID"),
        ({"itemTotalAmountAfterDiscount": 46296}, "ITEM_AMOUNT_INVALID"),
        ({"isIncreaseItem": False}, "IS_INCREASE_ITEM_INVALID"),
        ({"selection": 2}, "ITEM_NOTE_HAS_AMOUNT"),
        ({"selection": 5}, "ITEM_PROMOTION_HAS_AMOUNT"),
        ({"itemName": "x" * 501}, "BAD_REQUEST_ITEM_NAME_MAX_LENGTH"),
    ],
)
def test_a_line_is_reckoned_again(refusing: Started, item: dict[str, object], word: str) -> None:
    given = order(1)
    given["itemInfo"][0].update(item)
    assert said(refusing.wire.create(given)) == word
    assert not refusing.numbers()


def test_sums_are_reckoned_again(start: Start) -> None:
    provider = start()
    for change in ({"taxableAmount": 46296}, {"taxAmount": 3704}, {"taxPercentage": 10}):
        given = order(1)
        given["taxBreakdowns"][0].update(change)
        assert said(provider.wire.create(given)) == "TAX_BREAKDOWNS_INVALID"
    assert said(provider.wire.create({**order(1), "taxBreakdowns": []})) == "TAX_BREAKDOWNS_INVALID"
    summary = {"totalAmountWithTax": 50000, "totalTaxAmount": 3704}
    assert said(provider.wire.create({**order(1), "summarizeInfo": summary})) == "SUMMARIZE_INFO_INVALID"
    assert not provider.numbers()


def test_a_date_does_not_go_back_inside_a_series(start: Start) -> None:
    provider = start()
    assert result(provider.wire.create(order(1, invoiceIssuedDate=TODAY)))["invoiceNo"] == "C26MAA1"
    earlier = order(2, invoiceIssuedDate=TODAY - DAY)
    assert said(provider.wire.create(earlier)) == "INVOICE_ISSUED_DATE_INVALID"
    other = order(3, invoiceIssuedDate=TODAY - DAY, invoiceSeries="C26MAB")
    assert result(provider.wire.create(other))["invoiceNo"] == "C26MAB1"
    strict = start(today_only=True)
    late = order(4, invoiceIssuedDate=TODAY - DAY, invoiceSeries="C26MAC")
    assert said(strict.wire.create(late)) == "INVOICE_ISSUE_DATE_INVALID_TT78"


def test_a_correction_names_its_original(start: Start) -> None:
    provider = start()
    provider.wire.create(order(1))
    naming = {
        "originalInvoiceId": "C26MAA1",
        "originalInvoiceIssueDate": TODAY,
        "originalTemplateCode": "1/001",
        "additionalReferenceDesc": "Khách trả lại hàng",
        "additionalReferenceDate": TODAY,
    }
    less = order(2, adjustmentType="5", adjustmentInvoiceType="1", **naming)
    assert said(provider.wire.create(less)) == "IS_INCREASE_ITEM_REQUIRED"
    less["itemInfo"][0]["isIncreaseItem"] = False
    assert said(provider.wire.create(less)) == "TAX_BREAKDOWNS_INVALID"
    less["taxBreakdowns"][0].update(taxableAmountPos=False, taxAmountPos=False)
    wrong = deepcopy(less)
    wrong["generalInvoiceInfo"]["originalInvoiceIssueDate"] = TODAY - DAY
    assert said(provider.wire.create(wrong)) == "ORIGIN_INVOICE_ISSUE_DATE_INVALID"
    assert result(provider.wire.create(less))["invoiceNo"] == "C26MAA2"
    assert provider.running.served.issued()[1].total == "-50000"
    replacing = order(3, adjustmentType="3", **naming)
    assert said(provider.wire.create(replacing)) == "ORIGIN_INVOICE_INVALID"
    again = order(4, adjustmentType="3", **{**naming, "originalInvoiceId": "C26MAA9"})
    assert said(provider.wire.create(again)) == "ORIGIN_INVOICE_NOT_FOUND"


def test_nonsense_is_refused_in_words(start: Start) -> None:
    provider = start()
    url = provider.running.url + f"{API}InvoiceWS/createInvoice/0409990010"
    headers = {"Content-Type": "application/json", "Cookie": f"access_token={provider.wire.token}"}
    for content in (b"", b"[]", b'{"a":1,"a":2}', b'{"a":NaN}', b"[" * 5000, b"\xff"):
        answer = provider.wire.line.request("POST", url, content=content, headers=headers)
        assert said(answer) == "JSON_PARSE_ERROR"
    for content in (
        {},
        {"generalInvoiceInfo": []},
        {**order(), "itemInfo": [5]},
        {**order(), "payments": []},
    ):
        assert provider.wire.create(content).status == 400
    assert not provider.numbers()


def test_faults_on_request(start: Start) -> None:
    lost = start("lose-answer=1")
    with pytest.raises(ConnectionCut):
        lost.wire.create(order(1))
    assert lost.numbers() == [("C26MAA", 1)]
    again = start("duplicate-key=1")
    assert said(again.wire.create(order(1))) == "TRANSACTION_UUID_INVALID"
    other = start("other-series=1")
    assert result(other.wire.create(order(2)))["invoiceNo"] == "C26MZZ1"
    left_out = json.loads(start("partly=1").wire.create_batch(order(3), order(4)).body)
    assert left_out["createInvoiceOutputs"] == []
    assert said(start("refuse=1").wire.create(order(5))) == "REFUSED_BY_SANDBOX"
    ahead = start("clock-ahead=30m")
    assert ahead.wire.create(order(6, invoiceIssuedDate=TODAY)).status == 200
    skew = ahead.wire.line.clock_skew
    assert skew is not None
    assert timedelta(minutes=29) < skew < timedelta(minutes=31)


def test_codes_may_come_later(start: Start) -> None:
    provider = start("delay=1m")
    assert result(provider.wire.create(order(1)))["codeOfTax"] is None


def test_pages_for_tests(start: Start) -> None:
    provider = start()
    provider.wire.create(order(1))
    line = provider.wire.line
    [row] = line.request("GET", provider.running.url + "/sandbox/issued").body.splitlines()
    assert json.loads(row)["content"]["generalInvoiceInfo"]["transactionUuid"] == key(1)
    assert json.loads(line.request("GET", provider.running.url + "/sandbox/counters").body)["orders"] == 1


def test_there_is_no_other_provider(tmp_path: Path) -> None:
    with pytest.raises(GatewaySettingInvalid):
        RunningProvider("nobody", tmp_path)
