"""Proofs against the vectors of the certificate-transparency reference; notes against the Go library's."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from outbox.checkpoint import parse_checkpoint, read_checkpoint, write_checkpoint
from outbox.merkle import (
    Frontier,
    collect_nodes,
    consistency_path,
    inclusion_path,
    is_consistent,
    leaf_hash,
    root_from_inclusion,
    wanted_nodes,
)
from outbox.note import (
    COSIGNATURE,
    NoteKey,
    cosigned_text,
    signature_line,
    signatures_by,
    signed_note,
    signers,
)

ENTRIES = [
    bytes.fromhex(entry)
    for entry in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
A, B, C = (
    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
)
D, E, F = (
    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
)
G = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
FIRST, SECOND = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
)
PATHS = [(0, 1, []), (0, 8, [A, B, C]), (5, 8, [D, E, F]), (2, 3, [SECOND]), (1, 5, [FIRST, B, D])]
CONSISTENT = [(1, 1, []), (1, 8, [A, B, C]), (6, 8, [G, E, F]), (2, 5, [B, D])]


def leaves(size: int) -> list[bytes]:
    return [leaf_hash(bytes([place % 251, place // 251])) for place in range(size)]


def root(hashes: list[bytes]) -> bytes:
    edge = Frontier()
    for one in hashes:
        edge = edge.append(one)
    return edge.root()


def inclusion(hashes: list[bytes], index: int) -> list[bytes]:
    size = len(hashes)
    nodes = collect_nodes(hashes, wanted_nodes(lambda node: inclusion_path(index, size, node)))
    return inclusion_path(index, size, lambda begin, end: nodes[begin, end])


def consistency(hashes: list[bytes], old: int) -> list[bytes]:
    size = len(hashes)
    nodes = collect_nodes(hashes, wanted_nodes(lambda node: consistency_path(old, size, node)))
    return consistency_path(old, size, lambda begin, end: nodes[begin, end])


@pytest.mark.parametrize(("index", "size", "path"), PATHS)
def test_the_reference_inclusion_proofs(index: int, size: int, path: list[str]) -> None:
    hashes = [leaf_hash(entry) for entry in ENTRIES[:size]]
    made = inclusion(hashes, index)
    assert [step.hex() for step in made] == path
    assert root_from_inclusion(hashes[index], index, size, made) == root(hashes)


@pytest.mark.parametrize(("old", "size", "path"), CONSISTENT)
def test_the_reference_consistency_proofs(old: int, size: int, path: list[str]) -> None:
    hashes = [leaf_hash(entry) for entry in ENTRIES[:size]]
    made = consistency(hashes, old)
    assert [step.hex() for step in made] == path
    assert is_consistent(old, root(hashes[:old]), size, root(hashes), made)


@given(st.integers(1, 70), st.data())
def test_every_proof_holds_and_no_other_does(size: int, data: st.DataObject) -> None:
    hashes = leaves(size)
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size))
    path, grown = inclusion(hashes, index), consistency(hashes, old)
    assert root_from_inclusion(hashes[index], index, size, path) == root(hashes)
    assert is_consistent(old, root(hashes[:old]), size, root(hashes), grown)
    other = data.draw(st.integers(0, size - 1))
    if other != index:
        assert root_from_inclusion(hashes[index], other, size, path) != root(hashes)
    assert root_from_inclusion(hashes[index], index, size, [*path, hashes[0]]) != root(hashes)
    assert not is_consistent(old, root(hashes[:old]), size, root(hashes), [*grown, hashes[0]])
    if 0 < old < size:
        assert not is_consistent(old, root(leaves(old + 1)), size, root(hashes), grown)
        assert not is_consistent(old, root(hashes[:old]), size, root(hashes), grown[:-1])


PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
QUOTED = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6K"
    "E6RyyBwJnAM=\n"
)
KEY, OTHER = (Ed25519PrivateKey.from_private_bytes(bytes([n] * 32)) for n in (1, 2))


def test_a_note_of_another_implementation() -> None:
    key = NoteKey.parse(PETER)
    assert str(key) == PETER
    assert signers(QUOTED, [key]) == ["PeterNeumann"]
    assert signers(QUOTED.replace("answer", "cause"), [key]) == []


def cosigned(note: str, name: str, key: Ed25519PrivateKey, seconds: int) -> tuple[str, NoteKey]:
    witness = NoteKey(name, key.public_key(), COSIGNATURE)
    text = note.partition("\n\n")[0] + "\n"
    signature = seconds.to_bytes(8, "big") + key.sign(cosigned_text(text, seconds))
    return note + signature_line(witness, signature), witness


def test_a_checkpoint_with_lines_of_several_witnesses() -> None:
    note = write_checkpoint("shop.example", 7, bytes(32), KEY)
    once, first = cosigned(note, "one.example", KEY, 1_700_000_000)
    twice, second = cosigned(once, "two.example", OTHER, 1_700_000_001)
    assert read_checkpoint(twice, KEY.public_key()) == ("shop.example", 7, bytes(32))
    assert signatures_by(twice, [first, second]) == [
        ("one.example", 1_700_000_000),
        ("two.example", 1_700_000_001),
    ]
    assert signatures_by(twice, [second]) == [("two.example", 1_700_000_001)]
    wrong = replace(second, key=KEY.public_key())
    assert signatures_by(twice, [wrong]) == []  # another key has another id: its line is not known


def test_a_bad_line_of_a_known_key_spoils_the_note() -> None:
    note = write_checkpoint("shop.example", 7, bytes(32), KEY)
    _, witness = cosigned(note, "one.example", KEY, 5)
    forged = note + signature_line(witness, bytes(72))
    assert signatures_by(forged, [witness, NoteKey("shop.example", KEY.public_key())]) == []


@pytest.mark.parametrize(
    "text",
    [
        "shop.example\n07\nAAAA\n",
        "shop.example\n7\nAAAA\n",
        "shop.example\n-1\n" + 43 * "A" + "=\n",
        "shop.example\n7\n",
        "\n7\n" + 43 * "A" + "=\n",
    ],
)
def test_what_is_no_checkpoint(text: str) -> None:
    with pytest.raises(ValueError):
        parse_checkpoint(signed_note(text, "shop.example", KEY))


def test_extension_lines_are_allowed() -> None:
    text = "shop.example\n7\n" + 43 * "A" + "=\nmore\n"
    assert parse_checkpoint(signed_note(text, "shop.example", KEY))[1] == 7


@pytest.mark.parametrize(
    "vkey", ["", "a+b", PETER.replace("c74f20a3", "c74f20a4"), PETER.replace("+ARpc", "+BRpc")]
)
def test_what_is_no_key(vkey: str) -> None:
    with pytest.raises(ValueError):
        NoteKey.parse(vkey)
