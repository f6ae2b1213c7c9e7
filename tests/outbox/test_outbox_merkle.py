"""RFC 6962, section 2.1: the vectors of the certificate-transparency reference, and the definition itself."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outbox.merkle import EMPTY_ROOT, Frontier, leaf_hash, node_hash

_LEAVES = (
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
)
_ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)


def _frontier(entries: list[bytes]) -> Frontier:
    frontier = Frontier()
    for entry in entries:
        frontier = frontier.append(leaf_hash(entry))
    return frontier


def _defined(entries: list[bytes]) -> bytes:
    """MTH(D[n]) word for word as the RFC defines it, with hashes of its own."""
    if not entries:
        return sha256(b"").digest()
    if len(entries) == 1:
        return sha256(b"\x00" + entries[0]).digest()
    split = 1
    while split * 2 < len(entries):
        split *= 2
    return sha256(b"\x01" + _defined(entries[:split]) + _defined(entries[split:])).digest()


@pytest.mark.parametrize("size", range(1, 9))
def test_the_reference_roots(size: int) -> None:
    entries = [bytes.fromhex(leaf) for leaf in _LEAVES[:size]]
    assert _frontier(entries).root().hex() == _ROOTS[size - 1]
    assert _defined(entries).hex() == _ROOTS[size - 1]


def test_the_empty_tree() -> None:
    assert Frontier().root() == EMPTY_ROOT
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_every_size_up_to_200_is_the_definition() -> None:
    entries = [b"%d" % number for number in range(200)]
    frontier = Frontier()
    for size in range(201):
        assert (frontier.size, frontier.root()) == (size, _defined(entries[:size])), size
        assert len(frontier.peaks) == size.bit_count()
        if size < 200:
            frontier = frontier.append(leaf_hash(entries[size]))


@given(st.lists(st.binary(max_size=6), max_size=200))
def test_the_frontier_is_the_definition(entries: list[bytes]) -> None:
    assert _frontier(entries).root() == _defined(entries)


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_a_node_is_never_taken_for_a_leaf(left: bytes, right: bytes) -> None:
    assert node_hash(left, right) != leaf_hash(left + right)
    assert node_hash(left, right) != leaf_hash(b"\x01" + left + right)


def test_appending_leaves_the_older_frontier_as_it_was() -> None:
    older = _frontier([b"a", b"b", b"c"])
    root = older.root()
    older.append(leaf_hash(b"d"))
    assert (older.size, older.root()) == (3, root)
