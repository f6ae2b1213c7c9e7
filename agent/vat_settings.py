"""The VAT rates of the configuration: ``[vat]`` with its rules, and when each rate is allowed."""

from __future__ import annotations

from datetime import date
from typing import Any

from agent.errors import ConfigInvalid
from agent.sections import Sections
from invoice.rate_table import Period, RateRule, RateTable
from invoice.rates import Rate


def read_rates(take: Sections) -> RateTable:
    """The rates of goods and the spans in which a rate may be used.

    Raises:
        ConfigInvalid: a rule or span that is not written as it should be.
        RateUnknown: a rate that no invoice knows.
    """
    rules = []
    for place, table in enumerate(take.tables("vat.rules")):
        inner = Sections({f"vat.rules[{place}]": table})
        name = f"vat.rules[{place}]"
        rules.append(
            RateRule(
                Rate.parse(inner.text(f"{name}.rate", 11)).word,
                frozenset(inner.texts(f"{name}.codes")),
                inner.texts(f"{name}.names"),
                Period(inner.day(f"{name}.from"), inner.day(f"{name}.until")),
            )
        )
        inner.finish()
    allowed = take.table("vat.allowed")
    return RateTable(
        tuple(rules),
        rate_word(take.text("vat.default", 11, "")),
        tuple((Rate.parse(word).word, _periods(word, spans)) for word, spans in allowed.items()),
    )


def rate_word(text: str) -> str | None:
    """A rate as invoices say it; None for an empty text.

    Raises:
        RateUnknown: it is none.
    """
    return Rate.parse(text).word if text else None


def _periods(word: str, spans: Any) -> tuple[Period, ...]:
    """``["2025-07-01..2026-12-31"]``; a side left out is open."""
    wrong = ConfigInvalid(f'vat.allowed."{word}" must be a list of spans such as "2025-07-01..2026-12-31"')
    if not isinstance(spans, list):
        raise wrong
    periods = []
    for span in spans:
        since, dots, until = str(span).partition("..")
        try:
            period = Period(*(date.fromisoformat(side) if side else None for side in (since, until)))
        except ValueError:
            raise wrong from None
        if not dots or (period.since and period.until and period.since > period.until):
            raise wrong
        periods.append(period)
    return tuple(periods)
