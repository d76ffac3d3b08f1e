"""The Merkle tree of a sealed log: one root for all its rows, and short proofs that a row is in it.

RFC 6962, 2.1 (RFC 9162, 2.1): SHA-256, a leaf is hashed after the byte 0x00, two nodes after 0x01. The data of a leaf is
the 32 bytes of the hash that seals its row, so that whoever has a row with its hash, a proof and the root of that day
can check that the row was in the log, without the rest of the log.
"""

import hmac
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from hashlib import sha256
from typing import NamedTuple

from impact.row import ROME, Row

Hash = bytes
EMPTY = sha256(b"").digest()  # the root of a tree without leaves


def leaf_hash(data: bytes) -> Hash:
    return sha256(b"\x00" + data).digest()


def node_hash(left: Hash, right: Hash) -> Hash:
    return sha256(b"\x01" + left + right).digest()


def leaf_of(row: Row) -> Hash:
    """The leaf of a sealed row. Raises `ValueError` for one without a hash."""
    if row.hash is None:
        raise ValueError(f"row {row.event_id} is not sealed: it has no hash to stand in a tree")
    return leaf_hash(bytes.fromhex(row.hash))


class Tree:
    """A tree over leaf hashes, with every level kept: 64 bytes a leaf, and proofs in logarithmic time."""

    def __init__(self, leaves: Iterable[Hash]) -> None:
        self.levels: list[list[Hash]] = [list(leaves)]
        while len(self.levels[-1]) > 1:
            below = self.levels[-1]
            pairs = [node_hash(below[place], below[place + 1]) for place in range(0, len(below) - 1, 2)]
            self.levels.append(pairs + below[len(below) - len(below) % 2 :])  # one without a sibling goes up as it is

    @property
    def size(self) -> int:
        return len(self.levels[0])

    @property
    def root(self) -> Hash:
        return self.levels[-1][0] if self.size else EMPTY

    def inclusion(self, index: int) -> list[Hash]:
        """The proof that the leaf at `index` (from 0) is in the tree: the siblings on its way up, lowest first."""
        if not 0 <= index < self.size:
            raise IndexError(f"leaf {index} is not in a tree of {self.size}")
        proof = []
        for level in self.levels[:-1]:
            if index ^ 1 < len(level):
                proof.append(level[index ^ 1])
            index >>= 1
        return proof

    def consistency(self, size: int) -> list[Hash]:
        """The proof that the tree of the first `size` leaves, 1 or more, is where this tree began."""
        if not 0 < size <= self.size:
            raise IndexError(f"a tree of {size} leaves is no beginning of one of {self.size}")
        return self._since(size, 0, self.size, whole=True)

    def _since(self, size: int, first: int, end: int, *, whole: bool) -> list[Hash]:
        """SUBPROOF of RFC 6962, 2.1.2, for the leaves from `first` to `end`."""
        if size == end - first:
            return [] if whole else [self._root(first, end)]
        half = _half(end - first)
        if size <= half:
            return [*self._since(size, first, first + half, whole=whole), self._root(first + half, end)]
        return [*self._since(size - half, first + half, end, whole=False), self._root(first, first + half)]

    def _root(self, first: int, end: int) -> Hash:
        size = end - first
        if size & (size - 1) == 0:  # a full subtree stands in the levels
            height = size.bit_length() - 1
            return self.levels[height][first >> height]
        half = _half(size)
        return node_hash(self._root(first, first + half), self._root(first + half, end))


def _half(size: int) -> int:
    """The largest power of two below a size above 1."""
    return 1 << (size - 1).bit_length() - 1


class Frontier:
    """The root of leaves that are added one by one, with only the roots of full subtrees in memory."""

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[Hash] = []  # of the ones in the binary digits of the size, the largest first

    def add(self, leaf: Hash) -> None:
        size = self.size
        while size & 1:
            leaf = node_hash(self._peaks.pop(), leaf)
            size >>= 1
        self._peaks.append(leaf)
        self.size += 1

    @property
    def root(self) -> Hash:
        if not self._peaks:
            return EMPTY
        root = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            root = node_hash(peak, root)
        return root


def includes(leaf: Hash, index: int, size: int, proof: Sequence[Hash], root: Hash) -> bool:
    """True if the proof shows this leaf at `index` of the tree of `size` leaves with this root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size or len(leaf) != len(EMPTY):
        return False
    number, last, found = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if number & 1 or number == last:
            found = node_hash(sibling, found)
            while number and not number & 1:
                number, last = number >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        number, last = number >> 1, last >> 1
    return last == 0 and hmac.compare_digest(found, root)


def continues(size: int, root: Hash, larger: int, new_root: Hash, proof: Sequence[Hash]) -> bool:
    """True if the proof shows that the tree of `size` leaves is the beginning of the larger one (RFC 9162, 2.1.4.2)."""
    if not 0 < size <= larger:
        return False
    if size == larger:
        return not proof and hmac.compare_digest(root, new_root)
    proof = [root, *proof] if size & (size - 1) == 0 else list(proof)
    if len(proof) < 2:
        return False
    number, last = size - 1, larger - 1
    while number & 1:
        number, last = number >> 1, last >> 1
    old = new = proof[0]
    for sibling in proof[1:]:
        if last == 0:
            return False
        if number & 1 or number == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while number and not number & 1:
                number, last = number >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        number, last = number >> 1, last >> 1
    return last == 0 and hmac.compare_digest(old, root) and hmac.compare_digest(new, new_root)


class DailyRoot(NamedTuple):
    """The root of the first `size` rows: all that stood before the first row recorded after that day."""

    day: date
    size: int
    root: str


def daily_roots(rows: Iterable[Row]) -> Iterator[DailyRoot]:
    """The root at the end of each day (in Rome) on which rows were recorded, in one pass and constant memory.

    A row sealed late, after one of the next day, counts from that next day on, so a root never changes once a later day
    has begun. Raises `ValueError` for a row that is not sealed.
    """
    frontier, today = Frontier(), None
    for row in rows:
        day = row.ts_recorded.astimezone(ROME).date()
        if today is not None and day > today:
            yield DailyRoot(today, frontier.size, frontier.root.hex())
        today = day if today is None else max(today, day)
        frontier.add(leaf_of(row))
    if today is not None:
        yield DailyRoot(today, frontier.size, frontier.root.hex())
