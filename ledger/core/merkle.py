"""The tree over the leaves: RFC 6962 section 2.1 (same hashes as RFC 9162 and c2sp.org/tlog-tiles).

Prove and check stand side by side. Everything here is arithmetic over hashes; who stores them is not its business.
"""

import hashlib
from collections.abc import Callable, Sequence

EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(leaf: bytes) -> bytes:
    """SHA-256(0x00 ‖ leaf)."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 ‖ left ‖ right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


# Full tiles of 2**TILE_HEIGHT hashes (c2sp.org/tlog-tiles): one level of tiles is this many levels of the tree.
TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT

# A full tile by its level, its number there, and its root.
Tile = tuple[int, int, bytes]


class Frontier:
    """The roots of the full subtrees on the left edge of a growing tree, largest first.

    Adding a leaf costs one hash on average; the root of *n* leaves comes from at most log2(n) stored hashes.
    """

    def __init__(self, size: int = 0, hashes: Sequence[bytes] = ()) -> None:
        if len(hashes) != size.bit_count():
            raise ValueError("a frontier has one hash for each set bit of its size")
        self.size = size
        self.hashes = list(hashes)

    def add(self, hashed_leaf: bytes) -> list[Tile]:
        """Append one leaf, given as its leaf hash. Returns the tiles that became full, lowest first."""
        return self._push(hashed_leaf, 0)

    def extend(self, hashed_leaves: Sequence[bytes]) -> list[Tile]:
        """Append leaves in order. Whole tiles are folded at once. Returns the tiles that became full, in that order."""
        full: list[Tile] = []
        at, count = 0, len(hashed_leaves)
        while at < count:
            if self.size % TILE_WIDTH or count - at < TILE_WIDTH:
                full += self._push(hashed_leaves[at], 0)
                at += 1
            else:
                full += self._push(_folded(hashed_leaves[at : at + TILE_WIDTH]), TILE_HEIGHT)
                at += TILE_WIDTH
        return full

    def _push(self, node: bytes, level: int) -> list[Tile]:
        """Put the root of a full subtree of 2**level leaves at the right edge."""
        full: list[Tile] = []
        index = self.size >> level
        self.size += 1 << level
        while True:
            if level and level % TILE_HEIGHT == 0:
                full.append((level // TILE_HEIGHT - 1, index, node))
            if not index & 1:
                break
            node = node_hash(self.hashes.pop(), node)
            index, level = index >> 1, level + 1
        self.hashes.append(node)
        return full

    def root(self) -> bytes:
        """The tree's root hash at this size."""
        if not self.hashes:
            return EMPTY_ROOT
        node = self.hashes[-1]
        for left in reversed(self.hashes[:-1]):
            node = node_hash(left, node)
        return node

    def to_bytes(self) -> bytes:
        """The hashes one after another, for storing."""
        return b"".join(self.hashes)

    @classmethod
    def from_bytes(cls, size: int, stored: bytes) -> "Frontier":
        """The frontier that ``to_bytes`` gave at this size."""
        return cls(size, [stored[i : i + 32] for i in range(0, len(stored), 32)])


def _folded(nodes: Sequence[bytes]) -> bytes:
    """The root over a power of two of nodes."""
    sha256 = hashlib.sha256
    while len(nodes) > 1:
        pairs = iter(nodes)
        nodes = [sha256(b"\x01" + left + right).digest() for left, right in zip(pairs, pairs, strict=True)]
    return nodes[0]


def tree_root(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes, in order."""
    frontier = Frontier()
    frontier.extend(leaves)
    return frontier.root()


# ---- proofs: which stretches of leaves they hash, what makes them, what checks them ----

# The root of the full subtree of height h with number i, over the leaves [i * 2**h, (i + 1) * 2**h).
Nodes = Callable[[int, int], bytes]


def _split_point(size: int) -> int:
    return 1 << ((size - 1).bit_length() - 1)


def stretch_root(nodes: Nodes, start: int, stop: int) -> bytes:
    """The root over the leaves [start, stop), where start is where a tree may be split (RFC 6962 section 2.1)."""
    parts, at = [], start
    while at < stop:
        height = (stop - at).bit_length() - 1
        parts.append(nodes(height, at >> height))
        at += 1 << height
    if not parts:
        return EMPTY_ROOT
    root = parts.pop()
    while parts:
        root = node_hash(parts.pop(), root)
    return root


def inclusion_stretches(index: int, size: int) -> list[tuple[int, int]]:
    """The leaves that each step of an inclusion proof stands for, from the leaf upward (section 2.1.1)."""
    if not 0 <= index < size:
        raise ValueError("no such leaf")
    start, stop, steps = 0, size, []
    while stop - start > 1:
        middle = start + _split_point(stop - start)
        steps.append((middle, stop) if index < middle else (start, middle))
        start, stop = (start, middle) if index < middle else (middle, stop)
    return steps[::-1]


def consistency_stretches(old: int, new: int) -> list[tuple[int, int]]:
    """The leaves that each step of a consistency proof stands for (section 2.1.2); none from an empty tree."""
    if not 0 <= old <= new:
        raise ValueError("a tree does not shrink")
    if old in (0, new):
        return []
    start, stop, steps = 0, new, []
    while stop != old:
        middle = start + _split_point(stop - start)
        steps.append((middle, stop) if old <= middle else (start, middle))
        start, stop = (start, middle) if old <= middle else (middle, stop)
    if start:  # the old tree is no full subtree on the left edge: its last part is named too
        steps.append((start, stop))
    return steps[::-1]


def prove_inclusion(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The hashes from the leaf upward that lead to the root."""
    return [tree_root(leaves[start:stop]) for start, stop in inclusion_stretches(index, len(leaves))]


def prove_inclusion_from(nodes: Nodes, index: int, size: int) -> list[bytes]:
    """The same proof for the first ``size`` leaves, out of stored nodes."""
    return [stretch_root(nodes, start, stop) for start, stop in inclusion_stretches(index, size)]


def check_inclusion(proof: Sequence[bytes], index: int, size: int, hashed_leaf: bytes, root: bytes) -> bool:
    """Whether the proof leads from the leaf to the root (RFC 9162 section 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    node, at, last = hashed_leaf, index, size - 1
    for step in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            node = node_hash(step, node)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            node = node_hash(node, step)
        at, last = at >> 1, last >> 1
    return last == 0 and node == root


def prove_consistency(leaves: Sequence[bytes], old: int) -> list[bytes]:
    """The hashes that show that the tree over the first ``old`` leaves became the tree over all of them."""
    return [tree_root(leaves[start:stop]) for start, stop in consistency_stretches(old, len(leaves))]


def prove_consistency_from(nodes: Nodes, old: int, new: int) -> list[bytes]:
    """The same proof for two sizes, out of stored nodes."""
    return [stretch_root(nodes, start, stop) for start, stop in consistency_stretches(old, new)]


def check_consistency(proof: Sequence[bytes], old: int, new: int, old_root: bytes, new_root: bytes) -> bool:
    """Whether the proof shows that the new tree begins with the old one (RFC 9162 section 2.1.4.2)."""
    if not 0 <= old <= new:
        return False
    if old == new:
        return not proof and old_root == new_root
    if old == 0:
        return not proof and old_root == EMPTY_ROOT
    steps = list(proof)
    if old & (old - 1) == 0:
        steps.insert(0, old_root)
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    if not steps:
        return False
    seen_old = seen_new = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            seen_old, seen_new = node_hash(step, seen_old), node_hash(step, seen_new)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            seen_new = node_hash(seen_new, step)
        at, last = at >> 1, last >> 1
    return last == 0 and seen_old == old_root and seen_new == new_root
