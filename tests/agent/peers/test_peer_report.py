"""What a peer says is believed only where every value is what it must be."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from peer_shop import told

from agent.peers.errors import PeerNonsense
from agent.peers.report import MOST, Report, read_report


def test_a_report_is_read_as_it_was_written() -> None:
    said = told(alarms=[{"code": "E-SIGN-003", "needs_you": True}], oldest_unsent="2026-11-25T00:00:00+07:00")
    report = read_report(json.dumps(said).encode())
    assert report.oldest_unsent == "2026-11-24T17:00:00.000Z"
    assert read_report(json.dumps(report.as_json()).encode()) == report
    assert read_report(json.dumps({**said, "something": "newer"}).encode()) == report


def test_another_version_may_know_other_states() -> None:
    report = read_report(json.dumps(told(queue={"issued": 2, "dreamt": "of"})).encode())
    assert report.queue["issued"] == 2
    assert report.queue["held"] == 0
    assert "dreamt" not in report.queue


WRONG: list[tuple[str, Any]] = [
    ("total", 10**400), ("total", 1.5), ("total", True), ("total", "1"), ("total", MOST + 1),
    ("sales", -1), ("register", 1000), ("light", "green"), ("light", {}), ("day", "2026-13-01"),
    ("at", "2026-11-25T02:00:00"), ("at", "9999-12-31T23:59:59.999Z"), ("at", 7),
    ("seller", "a" * 401), ("seller", "CỬA\u202eGNÀH"), ("seller", "a\nb"), ("seller", ""),
    ("version", "<b>"), ("ledger", "../../etc"), ("symbol", "C26<AB"), ("tax_code", "0" * 15),
    ("queue", []), ("queue", "none"), ("queue", {"issued": -1}), ("queue", {"issued": 1.5}),
    ("queue", {**told()["queue"], "held": None}),
    ("alarms", {}), ("alarms", ["x"]), ("alarms", [{"code": "<script>", "needs_you": True}]),
    ("alarms", [{"code": "x", "needs_you": 1}]), ("alarms", [{"code": "x", "needs_you": True}] * 51),
    ("certificate_days", 10**9), ("oldest_unsent", "yesterday, I think"), ("run", None),
]  # fmt: skip


@pytest.mark.parametrize(("key", "value"), WRONG)
def test_a_wrong_value_refuses_the_whole(key: str, value: Any) -> None:
    with pytest.raises(PeerNonsense, match=key):
        read_report(json.dumps(told(**{key: value})).encode())


@pytest.mark.parametrize("key", list(told()))
def test_nothing_may_be_missing(key: str) -> None:
    said = told()
    del said[key]
    with pytest.raises(PeerNonsense, match=key):
        read_report(json.dumps(said).encode())


@pytest.mark.parametrize(
    "body",
    [
        b"", b"null", b"[]", b"{", b"\xff\xfe", b"[" * 30_000, b'{"total":' + b"9" * 20_000 + b"}",
        b'{"total": NaN}', b"<html>",
    ],
)  # fmt: skip
def test_what_is_no_report(body: bytes) -> None:
    with pytest.raises(PeerNonsense):
        read_report(body)


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(), st.lists), st.data())
def test_any_value_anywhere(value: Any, data: st.DataObject) -> None:
    """Whatever stands in one place: a report with only what may be, or a refusal, and nothing else."""
    key = data.draw(st.sampled_from(sorted(told())))
    try:
        report = read_report(json.dumps(told(**{key: value})).encode())
    except PeerNonsense:
        return
    assert isinstance(report, Report)
    assert abs(report.total) <= MOST
    assert report.seller.isprintable()
