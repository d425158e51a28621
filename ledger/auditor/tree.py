"""The tree over the leaves, grown a bundle at a time; every tile it must contain, and its root at any size passed.

The roots of full bundles are kept (32 bytes for 256 leaves), so that a leaf that is read a second time can be held
against what was hashed the first time.
"""

import hashlib
from collections.abc import Callable, Sequence

from ledger.core.merkle import EMPTY_ROOT, Frontier, node_hash

WIDTH = 256
# Called with level, number and hashes of each tile as soon as it is complete (or at the end, partial).
OnTile = Callable[[int, int, Sequence[bytes]], None]


def fold(row: Sequence[bytes]) -> bytes:
    """The root over a full tile's hashes."""
    sha = hashlib.sha256
    while len(row) > 1:
        pairs = iter(row)
        row = [sha(b"\x01" + left + right).digest() for left, right in zip(pairs, pairs, strict=True)]
    return row[0]


class Tree:
    """Levels of hashes that are not yet folded into the level above."""

    def __init__(self, on_tile: OnTile) -> None:
        self.size = 0
        self._on_tile = on_tile
        self._levels: list[list[bytes]] = [[]]
        self._done: list[int] = [0]
        self._roots = bytearray()

    def add(self, hashes: list[bytes]) -> None:
        """The leaf hashes of the next bundle. Only the last one may be shorter than 256."""
        if self._levels[0]:
            raise ValueError("a partial bundle is the last one")
        self.size += len(hashes)
        self._levels[0] = hashes
        if len(hashes) == WIDTH:
            self._rise()
            self._roots += self._last

    def _rise(self) -> None:
        level = 0
        while len(self._levels[level]) == WIDTH:
            row = self._levels[level]
            self._on_tile(level, self._done[level], row)
            self._done[level] += 1
            self._levels[level] = []
            if level + 1 == len(self._levels):
                self._levels.append([])
                self._done.append(0)
            root = fold(row)
            if level == 0:
                self._last = root
            self._levels[level + 1].append(root)
            level += 1

    def finish(self) -> None:
        """Hand out the partial tiles at the end."""
        for level, row in enumerate(self._levels):
            if row:
                self._on_tile(level, self._done[level], row)

    def root(self) -> bytes:
        """The root of everything added so far."""
        return self._root_with(self._levels[0])

    def root_before(self, hashes: Sequence[bytes], width: int) -> bytes:
        """The root over all full bundles so far and the first ``width`` hashes of the next one."""
        return self._root_with(hashes[:width])

    def _root_with(self, last: Sequence[bytes]) -> bytes:
        edge: list[bytes] = []
        for row in [*reversed(self._levels[1:]), last]:
            frontier = Frontier()
            for hashed in row:
                frontier.add(hashed)
            edge += frontier.hashes
        if not edge:
            return EMPTY_ROOT
        node = edge.pop()
        while edge:
            node = node_hash(edge.pop(), node)
        return node

    def holds(self, number: int, hashes: list[bytes]) -> bool:
        """Whether a bundle that is read again hashes to what it did the first time."""
        if len(hashes) == WIDTH:
            return bytes(self._roots[number * 32 : number * 32 + 32]) == fold(hashes)
        return number == self._done[0] and hashes == self._levels[0]
