"""The tree over the leaves: RFC 6962 section 2.1 (same hashes as RFC 9162 and c2sp.org/tlog-tiles).

Prove and check stand side by side. Everything here is arithmetic over hashes; who stores them is not its business.
"""

import hashlib
from collections.abc import Sequence

EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(leaf: bytes) -> bytes:
    """SHA-256(0x00 ‖ leaf)."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 ‖ left ‖ right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """The roots of the full subtrees on the left edge of a growing tree, largest first.

    Adding a leaf costs one hash on average; the root of *n* leaves comes from at most log2(n) stored hashes.
    """

    def __init__(self, size: int = 0, hashes: Sequence[bytes] = ()) -> None:
        if len(hashes) != size.bit_count():
            raise ValueError("a frontier has one hash for each set bit of its size")
        self.size = size
        self.hashes = list(hashes)

    def add(self, hashed_leaf: bytes) -> None:
        """Append one leaf, given as its leaf hash."""
        node, size = hashed_leaf, self.size
        while size & 1:
            node = node_hash(self.hashes.pop(), node)
            size >>= 1
        self.hashes.append(node)
        self.size += 1

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


def tree_root(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes, in order."""
    frontier = Frontier()
    for hashed in leaves:
        frontier.add(hashed)
    return frontier.root()


def _split_point(size: int) -> int:
    return 1 << ((size - 1).bit_length() - 1)


def prove_inclusion(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The hashes from the leaf upward that lead to the root (RFC 6962 section 2.1.1)."""
    if not 0 <= index < len(leaves):
        raise ValueError("no such leaf")
    if len(leaves) == 1:
        return []
    k = _split_point(len(leaves))
    if index < k:
        return [*prove_inclusion(leaves[:k], index), tree_root(leaves[k:])]
    return [*prove_inclusion(leaves[k:], index - k), tree_root(leaves[:k])]


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
