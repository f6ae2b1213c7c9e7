"""Receipts of many trades, told by hand: read to the letter, in every encoding; damaged, never wrongly."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest
from mutations import damages
from rewritings import REWRITINGS
from told_receipts import Told, money, said, told_receipts

from drivers.encoding import encode
from drivers.reading import read_receipt
from invoice.sale import Kind

TOLD = told_receipts()
READ = [told for told in TOLD if told.kind != "quarantined"]
ENCODINGS = ("cp1258", "tcvn3", "vni", "viscii", "ascii")


def _name(told: Told) -> str:
    return told.name


@pytest.mark.parametrize("told", TOLD, ids=_name)
def test_is_read_to_the_letter(told: Told) -> None:
    reading = read_receipt(told.text.encode())
    assert said(reading) == told.says, reading.problems


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_says_the_same_in_every_encoding(encoding: str) -> None:
    for told in READ:
        assert money(read_receipt(encode(told.text, encoding))) == money(read_receipt(told.text.encode()))


@pytest.mark.parametrize("rewriting", REWRITINGS, ids=lambda rewriting: rewriting.__name__)
def test_says_the_same_as_other_software_writes_it(rewriting: Callable[[str], str]) -> None:
    quarantined = 0
    for told in READ:
        rewritten = read_receipt(rewriting(told.text).encode())
        if rewritten.kind is Kind.QUARANTINED:
            quarantined += 1
        else:
            assert money(rewritten) == money(read_receipt(told.text.encode())), rewritten.text
    assert quarantined <= 1


def test_a_damaged_receipt_is_never_another_sale() -> None:
    """A share of all damages, always the same; ``make mutations`` does them all."""
    dice = Random(4)  # noqa: S311 (test data)
    for told in TOLD:
        if told.kind != "sale":
            continue
        data = told.text.encode()
        sound = read_receipt(data)
        found = list(damages(data))
        for damage in dice.sample(found, min(25, len(found))):
            assert damage.is_harmless(sound), (told.name, damage.what)
