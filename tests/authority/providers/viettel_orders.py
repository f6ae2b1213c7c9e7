"""Orders as S-Invoice takes them, and a client that speaks nothing but its wire."""

import json
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from authority.https_line import HttpAnswer, HttpsLine, Timeouts
from authority.sandbox.provider_server import RunningProvider

TAX_CODE = "0409990010"
NOW = datetime.fromisoformat("2026-11-23T10:00:00+07:00")
TODAY = int(datetime.fromisoformat("2026-11-23T00:00:00+07:00").timestamp() * 1000)
DAY = 86_400_000
API = "/services/einvoiceapplication/api/InvoiceAPI/"


def key(count: int) -> str:
    return str(UUID(int=count, version=4))


def order(count: int = 1, **general: object) -> dict[str, Any]:
    """Two coffees at 8 %, 50,000 dong; ``general`` changes its first part."""
    return {
        "generalInvoiceInfo": {
            "transactionUuid": key(count),
            "invoiceType": "1",
            "templateCode": "1/001",
            "invoiceSeries": "C26MAA",
            "invoiceIssuedDate": TODAY,
            "currencyCode": "VND",
            "adjustmentType": "1",
            "paymentStatus": True,
            **general,
        },
        "buyerInfo": {"buyerName": "Khách lẻ", "buyerNotGetInvoice": 1},
        "payments": [{"paymentMethodName": "TM"}],
        "itemInfo": [
            {
                "lineNumber": 1,
                "itemName": "Cà phê sữa đá",
                "unitName": "Ly",
                "quantity": 2,
                "unitPrice": 23148.5,
                "itemTotalAmountWithoutTax": 46297,
                "itemTotalAmountAfterDiscount": 46297,
                "taxPercentage": 8,
                "taxAmount": 3703,
                "itemTotalAmountWithTax": 50000,
            }
        ],
        "taxBreakdowns": [{"taxPercentage": 8, "taxableAmount": 46297, "taxAmount": 3703}],
    }


class Wire:
    """The bare wire of a running sandbox."""

    def __init__(self, running: RunningProvider) -> None:
        self._url = running.url
        self.line = HttpsLine(ca=running.ca, timeouts=Timeouts(connect=5, read=20, total=40))
        self.token = ""

    def log_in(self, *words: str) -> HttpAnswer:
        user, password = words or ("sandbox", "sandbox")
        answer = self.post("/auth/login", {"username": user, "password": password})
        if answer.status == 200:
            self.token = json.loads(answer.body)["access_token"]
        return answer

    def create(self, given: object) -> HttpAnswer:
        return self.post(f"{API}InvoiceWS/createInvoice/{TAX_CODE}", given)

    def create_batch(self, *given: object) -> HttpAnswer:
        return self.post(f"{API}InvoiceWS/createBatchInvoice/{TAX_CODE}", {"commonInvoiceInputs": given})

    def search(self, count: int) -> HttpAnswer:
        form = urlencode({"supplierTaxCode": TAX_CODE, "transactionUuid": key(count)}).encode()
        path = f"{API}InvoiceWS/searchInvoiceByTransactionUuid"
        return self._send(path, form, "application/x-www-form-urlencoded")

    def file(self, number: str, kind: str) -> HttpAnswer:
        asked = {"supplierTaxCode": TAX_CODE, "templateCode": "1/001", "invoiceNo": number, "fileType": kind}
        return self.post(f"{API}InvoiceUtilsWS/getInvoiceRepresentationFile", asked)

    def series(self, symbol: str) -> HttpAnswer:
        asked = {"supplierTaxCode": TAX_CODE, "templateCode": "1/001", "serial": symbol}
        return self.post(f"{API}InvoiceUtilsWS/getProvidesStatusUsingInvoice", asked)

    def post(self, path: str, given: object) -> HttpAnswer:
        return self._send(path, json.dumps(given).encode(), "application/json")

    def _send(self, path: str, content: bytes, kind: str) -> HttpAnswer:
        headers = {"Content-Type": kind, "Cookie": f"access_token={self.token}"}
        return self.line.request("POST", self._url + path, content=content, headers=headers)


def said(answer: HttpAnswer) -> str:
    """The provider's word for a refusal."""
    assert answer.status == 400, answer.body
    return json.loads(answer.body)["message"]
