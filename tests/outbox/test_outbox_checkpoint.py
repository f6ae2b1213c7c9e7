"""A checkpoint is read back as it was written, and nothing but what was written is read."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from outbox.checkpoint import read_checkpoint, write_checkpoint
from outbox.merkle import EMPTY_ROOT

_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
_OTHER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
_ORIGIN = "thungan.example/0409990010"
_ROOT = bytes(range(100, 132))
_NOTE = write_checkpoint(_ORIGIN, 1234, _ROOT, _KEY)


@given(st.integers(0, 2**63 - 1), st.binary(min_size=32, max_size=32))
def test_round_trip(size: int, root: bytes) -> None:
    note = write_checkpoint(_ORIGIN, size, root, _KEY)
    assert read_checkpoint(note, _KEY.public_key()) == (_ORIGIN, size, root)


def test_the_form_is_the_signed_note() -> None:
    lines = _NOTE.split("\n")
    assert lines[:2] == [_ORIGIN, "1234"]
    assert lines[3] == ""
    assert lines[4].startswith(f"— {_ORIGIN} ")
    assert lines[5:] == [""]


@pytest.mark.parametrize("place", range(len(_NOTE)))
def test_any_changed_character_is_refused(place: int) -> None:
    key = _KEY.public_key()
    assert read_checkpoint(_NOTE, key) is not None
    for other in {chr(ord(_NOTE[place]) ^ 1), chr(ord(_NOTE[place]) ^ 32), "A", "9", " ", "\n", "é", "\0"}:
        if other != _NOTE[place]:
            changed = _NOTE[:place] + other + _NOTE[place + 1 :]
            assert read_checkpoint(changed, key) is None, (place, other)


@pytest.mark.parametrize("place", range(len(_NOTE)))
def test_any_missing_character_is_refused(place: int) -> None:
    assert read_checkpoint(_NOTE[:place] + _NOTE[place + 1 :], _KEY.public_key()) is None


@pytest.mark.parametrize("more", ["\n", " ", "x", "\nx", _NOTE])
def test_anything_added_is_refused(more: str) -> None:
    assert read_checkpoint(_NOTE + more, _KEY.public_key()) is None
    assert read_checkpoint(more + _NOTE, _KEY.public_key()) is None


def test_another_key_is_refused() -> None:
    assert read_checkpoint(_NOTE, _OTHER.public_key()) is None
    forged = write_checkpoint(_ORIGIN, 0, EMPTY_ROOT, _OTHER)
    assert read_checkpoint(forged, _KEY.public_key()) is None


@given(st.text(max_size=300))
def test_any_text_is_answered(text: str) -> None:
    assert read_checkpoint(text, _KEY.public_key()) is None
