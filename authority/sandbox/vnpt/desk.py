"""What each call does, from parameters to the string that answers it: ``OK:…``, ``ERR:n …`` or a file.

The order of the checks is ours (accounts, what can be read, how many, the series, the certificate, each
invoice, its key, its day, numbers left): the manual does not say it. A batch is issued whole or not at all.
"""

from __future__ import annotations

import base64
import re
from datetime import date, datetime, time
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from authority.elements import VIETNAM
from authority.sandbox.issued_book import Issued
from authority.sandbox.issued_page import pdf
from authority.sandbox.vnpt.arithmetic import disagreements
from authority.sandbox.vnpt.drafts import (
    Draft,
    Unreadable,
    correcting,
    read_correction,
    read_new,
    read_stored,
)
from authority.sandbox.vnpt.paper import signed_xml

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from authority.sandbox.faults import FaultPlan
    from authority.sandbox.hosted_keys import HostedKeys
    from authority.sandbox.issued_book import IssuedBook
    from authority.sandbox.vnpt.operations import Operation
    from authority.sandbox.vnpt.shelf import Shelf
    from authority.sandbox.vnpt.terms import Series, Terms

_MOST_ASKED = 100  # keys of one question for codes
_OLD_DAY = re.compile(r"([0-9]{2})/([0-9]{2})/([0-9]{4})")
_ORIGINAL, _REPLACEMENT, _ADJUSTMENT = "original", "replacement", "adjustment"


class Refusal(Exception):
    """``ERR:n``; ``why`` follows it, as the service's own words do."""

    def __init__(self, number: int, why: str = "") -> None:
        super().__init__(f"ERR:{number} err:{why}" if why else f"ERR:{number}")


class Desk:
    """The service behind its addresses."""

    def __init__(
        self, book: IssuedBook, shelf: Shelf, terms: Terms, faults: FaultPlan, keys: HostedKeys
    ) -> None:
        self._book = book
        self._shelf = shelf
        self._terms = terms
        self._faults = faults
        self._keys = keys

    def answer(self, operation: Operation, given: Mapping[str, str], now: datetime) -> str:
        """The result of a call. ``now`` is aware; the legal day is Viet Nam's."""
        name = operation.name.removesuffix("32")
        with self._book.transaction():
            self._book.count(operation.name)
        try:
            with self._book.transaction():
                return self._answer(name, given, now)
        except Unreadable as error:
            return str(Refusal(3, str(error)))
        except Refusal as refusal:
            return str(refusal)

    def _answer(self, name: str, given: Mapping[str, str], now: datetime) -> str:
        if name.startswith("download"):
            return self._download(name, given, now)
        if name == "GetMCCQThueByFkeysNoXMLSign":
            return self._codes_of(given)
        if name == "SendInvMTT":
            return self._send_on(given, now)
        if name.startswith(("Adjust", "Replace")):
            return self._correct(name, given, now)
        return self._take(given, now, issue=name == "ImportAndPublishInvMTT")

    # Each kind of call.

    def _take(self, given: Mapping[str, str], now: datetime, *, issue: bool) -> str:
        self._let_in(given, "username", "password")
        drafts = read_new(given.get("xmlInvData", ""))
        if len(drafts) > self._terms.settings.batch:
            raise Refusal(10, f"{len(drafts)} > {self._terms.settings.batch}")
        series = self._series(given)
        self._check(drafts, series)
        self._once(drafts)
        if not issue:
            for draft in drafts:
                self._shelf.put(draft.key, series.pattern, series.serial, draft.source)
            return f"OK:{series.pattern};{series.serial}-{'_'.join(draft.key for draft in drafts)}"
        # One after the other, so that a batch, too, may not go back in its days; never the whole left out.
        left = {draft.key for draft in drafts[1:] if self._faults.strikes("partly", draft.key)}
        done = [self._issue(draft, series, now) for draft in drafts if draft.key not in left]
        return self._told(done, series.pattern, drafts[0].key)

    def _correct(self, name: str, given: Mapping[str, str], now: datetime) -> str:
        outside = "Without" in name
        if outside:
            self._let_in(given, "userName", "userPass", "account", "accPass")
        else:
            self._let_in(given, "username", "pass")
        replaces = name.startswith("Replace")
        draft = read_correction(given.get("invXml" if outside else "xmlInvData", ""), replaces=replaces)
        series = self._series(given)
        self._check([draft], series)
        self._once([draft])
        kind = _REPLACEMENT if replaces else _ADJUSTMENT
        corrects, day = self._outside(given) if outside else self._original(given)
        before = self._book.corrections_of(self._terms.tax_code, corrects)
        if _REPLACEMENT in before or (_ADJUSTMENT in before and replaces):
            raise Refusal(8)
        draft = correcting(draft, day)
        wrong = {
            "2": draft.total < 0 and "an adjustment up takes from the total",
            "3": draft.total > 0 and "an adjustment down adds to the total",
            "4": draft.total != 0 and "an adjustment of words has an amount",
        }.get(draft.adjusts)
        if wrong:
            raise Refusal(3, wrong)
        return self._told([self._issue(draft, series, now, kind, corrects)], series.pattern, draft.key)

    def _send_on(self, given: Mapping[str, str], now: datetime) -> str:
        """Issue what was only stored; what is issued already is told again."""
        self._let_in(given, "username", "password")
        series = self._series(given)
        done = []
        for fkey in filter(None, given.get("fkey", "").split("_")):
            one = self._book.by_key(self._terms.tax_code, fkey)
            if one is None:
                source = self._shelf.find(fkey, series.pattern, series.serial)
                if source is None:
                    raise Refusal(6, fkey[:60])
                one = self._issue(read_stored(source), series, now)
            done.append(one)
        if not done:
            raise Refusal(6)
        return self._told(done, series.pattern)

    def _codes_of(self, given: Mapping[str, str]) -> str:
        self._let_in(given, "username", "password")
        keys = [key for key in re.split("[;_,]", given.get("fkeys", "")) if key]
        if len(keys) > _MOST_ASKED:
            raise Refusal(10)
        found = [one for key in keys if (one := self._book.by_key(self._terms.tax_code, key))]
        if not found:
            raise Refusal(2)
        rows = "".join(
            f"<HDon><KHMSHDon>{one.form}</KHMSHDon><KHHDon>{one.symbol}</KHHDon>"
            f"<SHDon>{one.number}</SHDon><MCCQThue>{one.code}</MCCQThue><TThai>2</TThai><MTLoi/>"
            f"<Fkey>{escape(one.key)}</Fkey></HDon>"
            for one in found
        )
        return base64.b64encode(f"<DSHDon>{rows}</DSHDon>".encode()).decode()

    def _download(self, name: str, given: Mapping[str, str], now: datetime) -> str:
        self._is_service(given, "userName", "userPass")
        one = self._book.by_key(self._terms.tax_code, given.get("fkey", ""))
        if one is None:
            raise Refusal(6)
        if now.timestamp() < one.at + self._faults.delay:
            raise Refusal(12)
        if "PDF" in name:
            return base64.b64encode(pdf(one, "VNPT INVOICE")).decode()
        return signed_xml(read_stored(one.content), one, self._keys.signer(one.tax_code)).decode()

    # What stands before every issue.

    def _let_in(
        self,
        given: Mapping[str, str],
        user: str,
        password: str,
        staff: str = "Account",
        staff_password: str = "ACpass",  # noqa: S107 - the name of a parameter
    ) -> None:
        self._is_service(given, user, password)
        if (given.get(staff), given.get(staff_password)) != self._terms.staff:
            raise Refusal(1)
        if not self._terms.settings.may_issue:
            raise Refusal(1, "không có quyền")

    def _is_service(self, given: Mapping[str, str], user: str, password: str) -> None:
        account = self._terms.account
        if (given.get(user), given.get(password)) != (account.user, account.password):
            raise Refusal(7)

    def _series(self, given: Mapping[str, str]) -> Series:
        pattern, serial = given.get("pattern", ""), given.get("serial", "")
        if not pattern or not serial:
            raise Refusal(35)
        series = self._terms.find(pattern, serial)
        if series is None:
            raise Refusal(20, f"{pattern[:20]};{serial[:20]}")
        return series

    def _check(self, drafts: Sequence[Draft], series: Series) -> None:
        if not self._terms.settings.has_certificate:
            raise Refusal(28)
        for draft in drafts:
            wrong = disagreements(draft, series.form, self._terms.settings.tolerance)
            if wrong:
                raise Refusal(3, f"{draft.key}: {wrong[0]}")
            if self._faults.strikes("refuse", draft.key):
                raise Refusal(3, f"{draft.key}: theo kịch bản lỗi")
            if draft.currency != "VND" and not draft.exchange_rate:
                raise Refusal(15, f"{draft.key}: tỷ giá")
            if any(len(row.name) > 500 for row in draft.rows) or len(draft.buyer) > 400:
                raise Refusal(22, draft.key)

    def _once(self, drafts: Sequence[Draft]) -> None:
        keys = [draft.key for draft in drafts]
        for key in keys:
            one = self._book.by_key(self._terms.tax_code, key)
            if one is not None or keys.count(key) > 1 or self._shelf.holds(key):
                raise Refusal(13, key)

    def _original(self, given: Mapping[str, str]) -> tuple[str, str]:
        """Reference and day of the invoice that a correction names by its key."""
        one = self._book.by_key(self._terms.tax_code, given.get("fkey", ""))
        if one is None:
            raise Refusal(2, given.get("fkey", "")[:60])
        if given.get("OldPattern") not in self._terms.patterns_of(one.form):
            raise Refusal(19)
        return one.reference, f"{datetime.fromtimestamp(one.moment / 1000, VIETNAM):%Y-%m-%d}"

    def _outside(self, given: Mapping[str, str]) -> tuple[str, str]:
        """The same of one that was not issued here."""
        match = _OLD_DAY.fullmatch(given.get("strOldArisingDate", ""))
        pattern, serial, number = given.get("oldPattern", ""), given.get("oldSerial", ""), int(given["oldNo"])
        if not match or not pattern[:1].isdigit() or not serial or not number:
            raise Refusal(12)
        if self._book.by_number(self._terms.tax_code, int(pattern[0]), serial, number):
            raise Refusal(9)
        return f"{pattern[0]};{serial};{number}", f"{match[3]}-{match[2]}-{match[1]}"

    # Numbers.

    def _issue(
        self, draft: Draft, asked: Series, now: datetime, kind: str = _ORIGINAL, corrects: str | None = None
    ) -> Issued:
        today, settings = now.astimezone(VIETNAM).date(), self._terms.settings
        if settings.certificate_until is not None and today > settings.certificate_until:
            raise Refusal(29)
        strikes = self._faults.strikes("other-series", draft.key)
        series = self._terms.other_than(asked) if strikes else asked
        last = self._book.last(self._terms.tax_code, series.form, series.serial)
        moment = _moment(draft.day)
        if draft.day > today:
            raise Refusal(15, f"{draft.day:%d/%m/%Y} > {today:%d/%m/%Y}")
        if last is not None and moment < last.moment and series is asked:
            raise Refusal(30, f"{draft.day:%d/%m/%Y}")
        number = 1 if last is None else last.number + 1
        if number > series.last:
            raise Refusal(6)
        one = Issued(
            tax_code=self._terms.tax_code,
            key=draft.key,
            form=series.form,
            symbol=series.serial,
            number=number,
            moment=moment,
            at=now.timestamp(),
            code=self._code(series, draft.day, number),
            look_up_code=draft.key,
            net=str(draft.net or 0),
            tax=str(draft.vat or 0),
            total=str(draft.total),
            corrects=corrects,
            kind=kind,
            content=draft.source,
        )
        self._book.add(one)
        return one

    def _code(self, series: Series, day: date, number: int) -> str:
        """Unlike for two series of a year: the eleven digits begin with what tells serials apart."""
        apart = sum((ord(letter) - ord("A")) * 26**place for place, letter in enumerate(series.serial[-2:]))
        return f"M{series.form}-{day:%y}-{self._terms.settings.taxpayer}-{apart % 1000:03d}{number:08d}"

    def _told(self, done: Sequence[Issued], pattern: str, first: str = "") -> str:
        """``OK:pattern;serial-key_number_code,…;serial-…``: what was issued, series by series."""
        if first and self._faults.strikes("duplicate-key", first):
            return str(Refusal(13, first))
        by_serial: dict[str, list[str]] = {}
        for one in done:
            by_serial.setdefault(one.symbol, []).append(f"{one.key}_{one.number}_{one.code}")
        groups = ";".join(f"{serial}-{','.join(told)}" for serial, told in by_serial.items())
        return f"OK:{pattern};{groups}"


def _moment(day: date) -> int:
    return int(datetime.combine(day, time(), VIETNAM).timestamp() * 1000)
