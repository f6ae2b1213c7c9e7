"""S-Invoice without a wire: log-in, orders, look-ups and files; time and chance come from outside.

An order's ``transactionUuid`` is its key: the same order again gets the same answer again and is never
issued a second time. The date of an order may not be before the last one of its series, nor ahead of now.
"""

from __future__ import annotations

import itertools
import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from authority.elements import VIETNAM
from authority.sandbox.issued_book import Issued
from authority.sandbox.viettel.fields import OrderRefused, check_order
from authority.sandbox.viettel.sums import FEE, reckon

if TYPE_CHECKING:
    from collections.abc import Callable

    from authority.sandbox.faults import FaultPlan
    from authority.sandbox.issued_book import IssuedBook
    from authority.sandbox.provider_account import ProviderAccount
    from authority.sandbox.viettel.settings import ViettelSettings
    from authority.sandbox.viettel.sums import Reckoned

_KINDS = {"1": "original", "3": "replacement", "5": "adjustment"}
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


class TokenOver(Exception):
    """The token is not, or no longer, good."""


@dataclass(frozen=True, slots=True)
class Series:
    """How a series stands."""

    numbers: int
    used: int


class Desk:
    """One provider; safe to call from several threads."""

    def __init__(
        self,
        book: IssuedBook,
        account: ProviderAccount,
        faults: FaultPlan,
        settings: ViettelSettings,
        clock: Callable[[], datetime],
    ) -> None:
        self._book, self._account, self._faults = book, account, faults
        self._settings, self._clock = settings, clock
        self._tokens: dict[str, datetime] = {}
        self._occasions = itertools.count()

    def now(self) -> datetime:
        """The provider's clock."""
        return self._clock().astimezone(UTC) + timedelta(seconds=self._faults.clock_ahead)

    def log_in(self, user: object, password: object) -> dict[str, Any] | None:
        """A token for the right words, None for wrong ones."""
        right = (self._account.user, self._account.password)
        if not isinstance(user, str) or not isinstance(password, str):
            return None
        given = (user, password)
        if not all(secrets.compare_digest(a.encode(), b.encode()) for a, b in zip(given, right, strict=True)):
            self._count("log_ins_refused")
            return None
        token = secrets.token_urlsafe(32)
        life = self._settings.token_life
        self._tokens[token] = self.now() + life
        self._count("log_ins")
        return {
            "access_token": token,
            "token_type": "bearer",
            "refresh_token": secrets.token_urlsafe(32),
            "expires_in": int(life.total_seconds()),
            "scope": "openid",
        }

    def check_token(self, token: str) -> None:
        """Whether a token is good now.

        Raises:
            TokenOver: it is not.
        """
        expires = self._tokens.get(token)
        if expires is None or expires <= self.now() or self._struck("expire-token"):
            self._tokens.clear()
            raise TokenOver

    def issue(self, tax_code: str, order: object) -> dict[str, Any]:
        """Issue one order, or tell the one issued under its key.

        Raises:
            OrderRefused: it is not issued.
        """
        try:
            return self._issue(tax_code, order)
        except OrderRefused:
            self._count("orders_refused")
            raise

    def issue_batch(self, tax_code: str, orders: object) -> dict[str, Any]:
        """Issue several, each for itself.

        Raises:
            OrderRefused: it is no batch.
            TokenOver: in the middle; what was issued stays issued.
        """
        if not isinstance(orders, list) or not 0 < len(orders) <= self._settings.batch:
            raise OrderRefused("BAD_REQUEST_COMMON_INVOICE_INPUTS", f"Một lô có 1 đến {self._settings.batch}")
        outputs: list[dict[str, Any]] = []
        beside: list[dict[str, Any]] = []
        issued = 0
        for place, order in enumerate(orders):
            if place and self._struck("expire-token"):
                self._tokens.clear()
                raise TokenOver
            if self._struck("partly"):
                continue
            key = _key_of(order)
            try:
                result = self.issue(tax_code, order)
            except OrderRefused as refused:
                if self._settings.batch_refusals == "beside" and refused.word.startswith("BAD_REQUEST"):
                    series = _named(order, "invoiceSeries")
                    beside.append({"msg": refused.sentence, "invoiceSeri": series, "errorCode": refused.word})
                else:
                    outputs.append(_output(key, refused.word, refused.sentence, None))
                continue
            issued += 1
            outputs.append(_output(key, None, None, result))
        return {
            "createInvoiceOutputs": outputs,
            "lstMapError": beside,
            "totalSuccess": issued,
            "totalFail": len(orders) - issued,
        }

    def find(self, tax_code: str, key: str) -> list[dict[str, Any]]:
        """What was issued under a key: one, or none."""
        self._may_act_for(tax_code)
        one = self._book.by_key(tax_code, key)
        if one is None:
            return []
        return [
            {
                **self._result(one),
                "issueDate": one.moment,
                "status": "Hóa đơn gốc" if one.kind == "original" else "Hóa đơn điều chỉnh, thay thế",
                "exchangeStatus": "INVOICE_HAS_CODE_APPROVED" if self._code_of(one) else "INVOICE_SENT",
            }
        ]

    def named(self, tax_code: str, template: str, invoice_no: str) -> Issued | None:
        """The invoice of a number as it is written: symbol and number together."""
        self._may_act_for(tax_code)
        symbol, digits = invoice_no[:6], invoice_no[6:]
        if not (digits.isascii() and digits.isdigit() and template[:1].isdigit()):
            return None
        return self._book.by_number(tax_code, int(template[0]), symbol, int(digits[:9]))

    def series(self, tax_code: str, template: str, symbol: str) -> Series:
        """Numbers of a series, and how many are used.

        Raises:
            OrderRefused: it is not the customer's.
        """
        self._may_act_for(tax_code)
        numbers = self._account.numbers_of(symbol)
        if not numbers or not template[:1].isdigit():
            raise OrderRefused("INVOICE_SERIAL_NOT_FOUND", "Ký hiệu hóa đơn không tồn tại")
        last = self._book.last(tax_code, int(template[0]), symbol)
        return Series(numbers, last.number if last else 0)

    def code_known(self, one: Issued) -> bool:
        """Whether the authority's code has come by now."""
        return self._clock().timestamp() >= one.at + self._faults.delay

    def _issue(self, tax_code: str, order: object) -> dict[str, Any]:
        checked = check_order(order)
        self._may_act_for(tax_code)
        self._check_seller(checked, tax_code)
        general = checked["generalInvoiceInfo"]
        content = _written(checked)
        with self._book.transaction():
            self._book.count("orders")
            if known := self._book.by_key(tax_code, general["transactionUuid"]):
                return self._again(known, content)
        if self._struck("refuse"):
            raise OrderRefused("REFUSED_BY_SANDBOX", "Hóa đơn không được lập (lỗi cố ý của môi trường thử)")
        reckoned = reckon(checked, self._settings.price_decimals)
        if not self._settings.fee_lines and any(item.get("selection") == FEE for item in checked["itemInfo"]):
            raise OrderRefused("ITEM_SELECTION_INVALID", "Không có dòng phí khác")
        self._check_buyer(checked["buyerInfo"])
        with self._book.transaction():
            if known := self._book.by_key(tax_code, general["transactionUuid"]):
                return self._again(known, content)
            corrected = self._corrected(general, tax_code)
            one = self._numbered(tax_code, general, content, corrected, reckoned)
            self._book.add(one)
        return self._result(one)

    def _again(self, known: Issued, content: bytes) -> dict[str, Any]:
        self._book.came_again(known)
        self._book.count("keys_again")
        if known.content != content:
            self._book.count("keys_with_other_content")
            raise OrderRefused("TRANSACTION_UUID_INVALID", "Transaction Uuid đã được lập hóa đơn khác")
        if self._struck("duplicate-key"):
            raise OrderRefused("TRANSACTION_UUID_INVALID", "Transaction Uuid đã được lập hóa đơn")
        return self._result(known)

    def _numbered(
        self,
        tax_code: str,
        general: dict[str, Any],
        content: bytes,
        corrected: Issued | None,
        reckoned: Reckoned,
    ) -> Issued:
        form, symbol = int(general["invoiceType"]), general["invoiceSeries"]
        moment, now = int(general["invoiceIssuedDate"]), self.now()
        numbers = self._account.numbers_of(symbol)
        day = _day(moment)
        if not numbers or general["templateCode"][0] != general["invoiceType"]:
            raise OrderRefused("INVOICE_SERIAL_NOT_FOUND", "Ký hiệu hóa đơn không tồn tại")
        if symbol[1:3] != f"{day:%y}":
            raise OrderRefused("INVOICE_SERIAL_NOT_FOUND", f"Ký hiệu {symbol} không phải của năm {day.year}")
        if moment > now.timestamp() * 1000:
            raise OrderRefused("INVOICE_ISSUED_DATE_OVER_CURRENT_TIME", "Ngày lập sau thời điểm hiện tại")
        if self._settings.today_only and day.date() != now.astimezone(VIETNAM).date():
            raise OrderRefused("INVOICE_ISSUE_DATE_INVALID_TT78", "Ngày lập hóa đơn không phải hôm nay")
        last = self._book.last(tax_code, form, symbol)
        if last is not None and moment < last.moment:
            self._book.count("dates_behind")
            raise OrderRefused("INVOICE_ISSUED_DATE_INVALID", "Ngày lập trước hóa đơn liền trước của ký hiệu")
        if last is not None and last.number >= numbers:
            raise OrderRefused("INVOICE_NUMBER_OUT_OF_RANGE", "Đã sử dụng hết số hóa đơn của ký hiệu")
        if self._struck("other-series"):
            symbol = f"{symbol[:4]}{'ZX' if symbol[4:] == 'ZZ' else 'ZZ'}"
            last = self._book.last(tax_code, form, symbol)
        number = last.number + 1 if last else 1
        key = general["transactionUuid"]
        return Issued(
            tax_code=tax_code,
            key=key,
            form=form,
            symbol=symbol,
            number=number,
            moment=moment,
            at=self._clock().timestamp(),
            code=_authority_code(tax_code, form, symbol, number),
            look_up_code=_look_up_code(tax_code, key),
            net=str(reckoned.net),
            tax=str(reckoned.tax),
            total=str(reckoned.total),
            corrects=corrected.reference if corrected else None,
            kind=_KINDS[general["adjustmentType"]],
            content=content,
        )

    def _corrected(self, general: dict[str, Any], tax_code: str) -> Issued | None:
        """The invoice that an order corrects, as it must name it."""
        named = general.get("originalInvoiceId")
        kind = general["adjustmentType"]
        if kind == "1":
            if named or general.get("adjustmentInvoiceType"):
                raise OrderRefused("ORIGIN_INVOICE_NOT_ALLOWED", "Hóa đơn gốc không nêu hóa đơn khác")
            return None
        if kind == "5" and not general.get("adjustmentInvoiceType"):
            raise OrderRefused("ADJUSTMENT_INVOICE_TYPE_REQUIRED", "Thiếu adjustmentInvoiceType")
        if (
            not named
            or not general.get("additionalReferenceDesc")
            or not general.get("additionalReferenceDate")
        ):
            raise OrderRefused("ORIGIN_INVOICE_REQUIRED", "Thiếu hóa đơn gốc hoặc thỏa thuận")
        original = self.named(tax_code, general.get("originalTemplateCode") or "", named)
        if original is None:
            raise OrderRefused("ORIGIN_INVOICE_NOT_FOUND", f"Không có hóa đơn {named}")
        if general.get("originalInvoiceIssueDate") != original.moment:
            raise OrderRefused("ORIGIN_INVOICE_ISSUE_DATE_INVALID", "Sai ngày lập hóa đơn gốc")
        earlier = self._book.corrections_of(tax_code, original.reference)
        if "replacement" in earlier or (kind == "3" and earlier) or original.kind == "adjustment":
            raise OrderRefused("ORIGIN_INVOICE_INVALID", "Hóa đơn gốc đã bị thay thế hoặc điều chỉnh")
        return original

    def _check_seller(self, order: dict[str, Any], tax_code: str) -> None:
        seller = order.get("sellerInfo")
        if seller is not None and seller.get("sellerTaxCode") != tax_code:
            raise OrderRefused("TAX_CODE_INVALID", "Mã số thuế người bán khác tài khoản")

    def _check_buyer(self, buyer: dict[str, Any]) -> None:
        named = buyer.get("buyerName") or buyer.get("buyerLegalName")
        if not buyer.get("buyerNotGetInvoice") and not named:
            raise OrderRefused("BUYER_NAME_REQUIRED", "Thiếu tên người mua hoặc tên đơn vị")
        if buyer.get("buyerTaxCode") and not buyer.get("buyerLegalName"):
            raise OrderRefused("BUYER_LEGAL_NAME_REQUIRED", "Người mua có mã số thuế phải có tên đơn vị")

    def _may_act_for(self, tax_code: str) -> None:
        if self._account.tax_code is not None and tax_code != self._account.tax_code:
            raise OrderRefused("TAX_CODE_INVALID", "Tài khoản không có quyền với mã số thuế này")

    def _result(self, one: Issued) -> dict[str, Any]:
        return {
            "supplierTaxCode": one.tax_code,
            "invoiceNo": f"{one.symbol}{one.number}",
            "transactionID": f"{one.at:.0f}{one.number:08d}",
            "reservationCode": one.look_up_code,
            "codeOfTax": self._code_of(one),
        }

    def _code_of(self, one: Issued) -> str | None:
        return one.code if self.code_known(one) else None

    def _struck(self, word: str) -> bool:
        return self._faults.strikes(word, f"viettel:{next(self._occasions)}")

    def _count(self, name: str) -> None:
        with self._book.transaction():
            self._book.count(name)


def _output(
    key: str, word: str | None, sentence: str | None, result: dict[str, Any] | None
) -> dict[str, Any]:
    return {"transactionUuid": key, "errorCode": word, "description": sentence, "result": result}


def _key_of(order: object) -> str:
    return str(_named(order, "transactionUuid") or "")[:36]


def _named(order: object, field: str) -> object:
    general = order.get("generalInvoiceInfo") if isinstance(order, dict) else None
    return general.get(field) if isinstance(general, dict) else None


def _written(order: dict[str, Any]) -> bytes:
    """What makes two orders the same: every field, in whatever order. Decimals become texts."""
    return json.dumps(order, sort_keys=True, ensure_ascii=False, default=str).encode()


def _day(moment: int) -> datetime:
    try:
        return datetime.fromtimestamp(moment / 1000, VIETNAM)
    except (OverflowError, ValueError, OSError):
        raise OrderRefused("INVOICE_ISSUED_DATE_INVALID", "Ngày lập không đọc được") from None


def _authority_code(tax_code: str, form: int, symbol: str, number: int) -> str:
    """The form of a cash register's code for a symbol of one, else that of the authority's own (34)."""
    own = blake2b(f"{tax_code}/{form}/{symbol}".encode(), digest_size=20).digest()
    if symbol[3] == "M":
        register = "".join(_LETTERS[byte % 32] for byte in own[:5])
        # A series of its own inside the taxpayer's eleven digits.
        return f"M{form}-{symbol[1:3]}-{register}-{number:011d}"
    return blake2b(own + number.to_bytes(4, "big"), digest_size=17).hexdigest().upper()


def _look_up_code(tax_code: str, key: str) -> str:
    named = blake2b(f"{tax_code}/{key}".encode(), digest_size=15).digest()
    return "".join(_LETTERS[byte % 32] for byte in named)
