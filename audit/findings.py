"""A finding: what was seen, how heavy it weighs, the evidence, and what it is not."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from audit.meanings import MEANINGS

if TYPE_CHECKING:
    from audit.words import Words


class Weight(StrEnum):
    """How much a finding asks of the officer, heaviest first."""

    SERIOUS = "serious"  # the records contradict each other: ask the seller for an explanation
    LOOK = "look"  # unusual: look at the evidence before asking
    NOTE = "note"  # for completeness


HEAVIEST_FIRST = (Weight.SERIOUS, Weight.LOOK, Weight.NOTE)


class Cite(NamedTuple):
    """Dossier of a finding: ``what`` is paper, invoice or leaf, ``number`` its own."""

    what: str
    number: int
    words: Words | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """``name`` is stable (docs/audit-report.md has a section for each); ``amount`` in dong, if it has one.

    ``cites`` may be long; the report shows the first ones and says how many there are.
    """

    name: str
    weight: Weight
    said: Words
    cites: tuple[Cite, ...] = ()
    amount: int | None = None

    @property
    def title(self) -> Words:
        """What kind of finding it is, in a few words."""
        return MEANINGS[self.name].title

    @property
    def is_not(self) -> Words:
        """What else may have caused it, and what it does not prove."""
        return MEANINGS[self.name].is_not
