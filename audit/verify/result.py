"""What a check found: what, where and since when, in Vietnamese and English.

Lines for people are in Viet Nam time, the JSON form is in UTC.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from invoice.local_time import local_time

if TYPE_CHECKING:
    from audit.words import Words

MOST_FINDINGS = 200  # of one check are kept; the rest is counted


class Verdict(StrEnum):
    """How a check ended."""

    GOOD = "good"
    ATTENTION = "attention"  # nothing is disproven, but a person should look
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing. ``where`` names the record, ``since`` is a time or day ("" where it has none)."""

    what: Words
    where: str = ""
    since: str = ""
    bad: bool = True

    def line(self, language: str) -> str:
        """The finding in one line."""
        words = self.what.vi if language == "vi" else self.what.en
        since = f" ({'từ' if language == 'vi' else 'since'} {local_time(self.since)})" if self.since else ""
        return f"{self.where}: {words}{since}" if self.where else f"{words}{since}"


@dataclass(slots=True)
class Check:
    """One line of the verifier. ``looked_at``: how many things it saw; ``notes``: what it could not."""

    name: str
    title: Words
    looked_at: int = 0
    findings: list[Finding] = field(default_factory=list)
    notes: list[Words] = field(default_factory=list)
    more: int = 0
    _bad: bool = False

    def add(self, what: Words, where: str = "", since: str = "", *, bad: bool = True) -> None:
        """Note a finding; ``bad`` False: for a person to look at."""
        self._bad = self._bad or bad
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(Finding(what, where, since, bad))
        else:
            self.more += 1

    @property
    def verdict(self) -> Verdict:
        """Bad where a finding is; attention where there are only others."""
        if self._bad:
            return Verdict.BAD
        return Verdict.ATTENTION if self.findings else Verdict.GOOD

    @property
    def since(self) -> str:
        """The earliest time of what is bad."""
        return min((one.since for one in self.findings if one.since and one.bad), default="")

    def to_json(self) -> dict[str, Any]:
        """The check in the JSON form."""
        return {
            "name": self.name,
            "title": {"vi": self.title.vi, "en": self.title.en},
            "verdict": self.verdict.value,
            "looked_at": self.looked_at,
            "since": self.since or None,
            "findings": [
                {
                    "what": {"vi": one.what.vi, "en": one.what.en},
                    "where": one.where,
                    "since": one.since or None,
                    "bad": one.bad,
                }
                for one in self.findings
            ],
            "more": self.more,
            "notes": [{"vi": note.vi, "en": note.en} for note in self.notes],
        }
