"""Series: taking over from another program, the alarm before the end, and the end."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from outbox_samples import REGISTER, issue_many, rows, sale

from audit.ledger_check import check_ledger
from invoice.errors import NumbersExhausted
from invoice.numbers import MAX_NUMBER, REGISTER_COUNTERS
from outbox.errors import NumberTaken
from outbox.issuing import issue
from outbox.numbering import NUMBERS_LOW, take_over
from outbox.store import Store


def test_numbers_go_on_where_another_program_ended(store: Store) -> None:
    store.run(take_over(REGISTER, 2026, 1234, 5678))
    issued = issue_many(store, 2)
    assert [one.number for one in issued] == [1235, 1236]
    assert issued[0].code == "M1-26-SHNDN-00100005679"
    reader = store.reader()
    report = check_ledger(reader, Ed25519PrivateKey.generate().public_key())
    reader.close()
    assert report.problems == ()  # the beginning at 1235 is explained by the ledger


@pytest.mark.parametrize("last", [-1, MAX_NUMBER])
def test_numbers_that_cannot_be_are_refused(store: Store, last: int) -> None:
    with pytest.raises(NumberTaken):
        store.run(take_over(REGISTER, 2026, last, 0))
    assert issue_many(store, 1)[0].number == 1


def test_numbers_never_go_back(store: Store) -> None:
    store.run(take_over(REGISTER, 2026, 100, None))
    with pytest.raises(NumberTaken, match="lower"):
        store.run(take_over(REGISTER, 2026, 99, None))
    store.run(take_over(REGISTER, 2026, 200, None))
    assert issue_many(store, 1)[0].number == 201
    with pytest.raises(NumberTaken, match="already"):
        store.run(take_over(REGISTER, 2026, 300, None))


def test_registers_have_ranges_of_their_own(store: Store) -> None:
    other = replace(REGISTER, letters="AB", number=2)
    one = store.run(issue(sale("HD1"), REGISTER), 30)
    two = store.run(issue(sale("HD2"), other), 30)
    assert (one.symbol, one.number, one.code) == ("C26MAA", 1, "M1-26-SHNDN-00100000001")
    assert (two.symbol, two.number, two.code) == ("C26MAB", 1, "M1-26-SHNDN-00200000001")


def test_the_end_is_announced_and_then_kept(store: Store) -> None:
    store.run(take_over(REGISTER, 2026, MAX_NUMBER - 1, 0))
    assert issue_many(store, 1)[0].number == MAX_NUMBER
    assert rows(store, "SELECT code FROM alarm") == [(NUMBERS_LOW,)]
    with pytest.raises(NumbersExhausted):
        store.run(issue(sale("HD9"), REGISTER), 30)
    assert rows(store, "SELECT COUNT(*) FROM invoice") == [(1,)]


def test_codes_end_too(store: Store) -> None:
    store.run(take_over(REGISTER, 2026, 0, REGISTER_COUNTERS - 2))
    issue_many(store, 1)
    with pytest.raises(NumbersExhausted):
        store.run(issue(sale("HD9"), REGISTER), 30)
