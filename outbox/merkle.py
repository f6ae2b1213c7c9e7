"""The mathematics of the ledger: RFC 6962 Merkle tree hashing (section 2.1), pure.

>>> from outbox.merkle import Frontier, leaf_hash
>>> frontier = Frontier()
>>> for entry in (b"a", b"b", b"c"):
...     frontier = frontier.append(leaf_hash(entry))
>>> frontier.size, frontier.root().hex()[:8]
(3, '36642e73')
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    """Hash of a leaf: the 0x00 in front keeps leaves and nodes apart."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node."""
    return sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Frontier:
    """The right edge of a tree: the roots of its complete subtrees, largest first: all appending needs."""

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    @staticmethod
    def of(size: int, peaks: bytes) -> Frontier:
        """A frontier from its size and its peaks one after the other, as they are stored."""
        return Frontier(size, tuple(peaks[place : place + 32] for place in range(0, len(peaks), 32)))

    def append(self, leaf: bytes) -> Frontier:
        """The frontier with one more leaf hash."""
        peaks, carry, size = list(self.peaks), leaf, self.size
        while size & 1:
            carry = node_hash(peaks.pop(), carry)
            size >>= 1
        return Frontier(self.size + 1, (*peaks, carry))

    def root(self) -> bytes:
        """The tree head over all leaves so far."""
        if not self.peaks:
            return EMPTY_ROOT
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = node_hash(peak, root)
        return root


Node = Callable[[int, int], bytes]  # (begin, end) -> hash of the tree over the leaves begin ≤ i < end


def inclusion_path(index: int, size: int, node: Node) -> list[bytes]:
    """PATH(index, D[size]) of RFC 6962, section 2.1.1: what proves that a leaf is in a tree.

    Raises:
        ValueError: there is no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} leaves has no leaf {index}")
    path, begin, end = [], 0, size
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            path.append(node(middle, end))
            end = middle
        else:
            path.append(node(begin, middle))
            begin = middle
    return path[::-1]


def consistency_path(old: int, size: int, node: Node) -> list[bytes]:
    """PROOF(old, D[size]) of RFC 6962, section 2.1.2: what proves that a tree only grew.

    Raises:
        ValueError: ``old`` is not in 0…size.
    """
    if not 0 <= old <= size:
        raise ValueError(f"a tree of {size} leaves never had {old}")
    if old in {0, size}:
        return []
    path, begin, end = [], 0, size
    while old != end:
        middle = begin + _split(end - begin)
        if old <= middle:
            path.append(node(middle, end))
            end = middle
        else:
            path.append(node(begin, middle))
            begin = middle
    if begin:
        path.append(node(begin, end))
    return path[::-1]


def root_from_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """The root that an inclusion proof leads to (RFC 9162, section 2.1.3.2); None if it is malformed."""
    if not 0 <= index < size:
        return None
    place, last, root = index, size - 1, leaf
    for step in path:
        if last == 0:
            return None
        if place & 1 or place == last:
            root = node_hash(step, root)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            root = node_hash(root, step)
        place, last = place >> 1, last >> 1
    return root if last == 0 else None


def is_consistent(old: int, old_root: bytes, size: int, root: bytes, path: Sequence[bytes]) -> bool:
    """Whether the tree of ``old`` leaves grew into that of ``size`` (RFC 9162, section 2.1.4.2)."""
    if not 0 <= old <= size:
        return False
    if old == size:
        return not path and old_root == root
    if old == 0:
        return not path and old_root == EMPTY_ROOT
    steps = [old_root, *path] if old & (old - 1) == 0 else list(path)
    if not steps:
        return False
    place, last = old - 1, size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    before = after = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            before, after = node_hash(step, before), node_hash(step, after)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            after = node_hash(after, step)
        place, last = place >> 1, last >> 1
    return last == 0 and before == old_root and after == root


def wanted_nodes(proof: Callable[[Node], object]) -> set[tuple[int, int]]:
    """Which subtrees a proof is made of: ``wanted_nodes(lambda node: inclusion_path(3, 7, node))``."""
    found: set[tuple[int, int]] = set()

    def note(begin: int, end: int) -> bytes:
        found.add((begin, end))
        return b""

    proof(note)
    return found


def collect_nodes(leaves: Iterable[bytes], wanted: set[tuple[int, int]]) -> dict[tuple[int, int], bytes]:
    """The hashes of subtrees, in one pass over all leaf hashes and in memory of the answer's size.

    A subtree of a proof is complete, or it ends where the tree does.
    """
    found: dict[tuple[int, int], bytes] = {}
    peaks: list[tuple[int, bytes]] = []  # where a complete subtree begins, and its hash
    place = 0
    for leaf in leaves:
        begin, carry, rest = place, leaf, place
        if (begin, place + 1) in wanted:
            found[begin, place + 1] = carry
        while rest & 1:
            begin, left = peaks.pop()
            carry, rest = node_hash(left, carry), rest >> 1
            if (begin, place + 1) in wanted:
                found[begin, place + 1] = carry
        peaks.append((begin, carry))
        place += 1
    root = None
    for begin, peak in reversed(peaks):
        root = peak if root is None else node_hash(peak, root)
        found[begin, place] = root
    return found


def _split(size: int) -> int:
    """The largest power of two smaller than ``size``."""
    return 1 << ((size - 1).bit_length() - 1)
