"""The log as files that never change: tiles of 256 hashes and bundles of 256 leaves (c2sp.org/tlog-tiles).

A tile at level l holds the roots of full subtrees of 256**l leaves; its own 256 hashes are the leaves of a subtree of
height 8, so what lies between two levels is made from it. Paths, what a tree of a size consists of, bundles, and
reading nodes back out of tiles.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from ledger.core.canonical import LARGEST_LEAF
from ledger.core.merkle import Nodes, node_hash
from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r

HEIGHT = 8
WIDTH = 256
HASH = 32
# The level of what the hashes are of: bundles of leaves are numbered like tiles of level 0.
ENTRIES = -1
HIGHEST_LEVEL = 63
# Beyond any log's numbers; a longer path is nonsense, not a big number.
_PATH = re.compile(r"tile/(entries|0|[1-9][0-9]?)/((?:x[0-9]{3}/){0,5}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")


@dataclass(frozen=True, slots=True, order=True)
class Tile:
    """``width`` hashes (or, at level ``ENTRIES``, leaves) from ``number`` * 256 on. Below 256 it is partial."""

    level: int
    number: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Where it is found, under the log's address: ``tile/0/x001/x234/067.p/5``."""
        level = "entries" if self.level == ENTRIES else str(self.level)
        partial = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{level}/{number_path(self.number)}{partial}"

    @property
    def start(self) -> int:
        """The first log position under it."""
        return self.number << HEIGHT * (max(self.level, 0) + 1)

    @property
    def full(self) -> "Tile":
        """The full tile that it becomes."""
        return Tile(self.level, self.number)


def number_path(number: int) -> str:
    """A tile's number in groups of three digits, all but the last with an x: 1234067 is ``x001/x234/067``."""
    groups = [f"{number % 1000:03}"]
    while number := number // 1000:
        groups.append(f"x{number % 1000:03}")
    return "/".join(reversed(groups))


def parse_path(path: str) -> Tile:
    """The tile at a path. Refused when the path is not the one way to write it."""
    match = _PATH.fullmatch(path)
    if match:
        level, number, width = match.groups()
        tile = Tile(
            ENTRIES if level == "entries" else int(level),
            int(number.replace("x", "").replace("/", "")),
            WIDTH if width is None else int(width),
        )
        if tile.path == path and tile.level <= HIGHEST_LEVEL and tile.width <= WIDTH:
            return tile
    raise Refused("tile_path", _r("No part of the log lies at %(path)s."), path=path)


# ---- what a tree of a size consists of ----


def width_at(size: int, level: int, number: int) -> int:
    """How wide a tile is in a tree of ``size`` leaves: 256 when full, 0 when it is not there."""
    if level > HIGHEST_LEVEL:
        return 0
    hashes = size >> HEIGHT * max(level, 0)
    return min(max(hashes - number * WIDTH, 0), WIDTH)


def tiles_between(old: int, new: int, *, entries: bool = True) -> Iterator[Tile]:
    """What must be published when a tree grows from one published size to the next, level by level."""
    for level in range(ENTRIES if entries else 0, HIGHEST_LEVEL + 1):
        hashes = new >> HEIGHT * max(level, 0)
        if not hashes:
            return
        for number in range((old >> HEIGHT * max(level, 0)) // WIDTH, -(-hashes // WIDTH)):
            width = width_at(new, level, number)
            if width != width_at(old, level, number):
                yield Tile(level, number, width)


def tiles_of(size: int, *, entries: bool = True) -> Iterator[Tile]:
    """Every tile of a tree of this size, each once, the last of a level partial where it is."""
    return tiles_between(0, size, entries=entries)


def partials_of(size: int) -> list[Tile]:
    """The partial tiles and the partial bundle of a tree of this size."""
    found = []
    for level in range(ENTRIES, HIGHEST_LEVEL + 1):
        number, width = divmod(size >> HEIGHT * max(level, 0), WIDTH)
        if width:
            found.append(Tile(level, number, width))
    return found


# ---- bundles ----


def encode_bundle(leaves: Iterable[bytes]) -> bytes:
    """Leaves one after another, each behind its length (big-endian, two bytes)."""
    parts = []
    for leaf in leaves:
        if len(leaf) > LARGEST_LEAF:
            raise ValueError("a leaf is longer than 65,535 bytes")
        parts += [len(leaf).to_bytes(2), leaf]
    return b"".join(parts)


def decode_bundle(raw: bytes, width: int) -> list[bytes]:
    """The leaves of a bundle; refused when it does not hold exactly so many."""
    leaves, at = [], 0
    while at < len(raw):
        stop = at + 2 + int.from_bytes(raw[at : at + 2])
        if stop > len(raw) or at + 2 > len(raw):
            raise Refused("bundle_torn", _r("A bundle of entries ends in the middle of an entry."))
        leaves.append(raw[at + 2 : stop])
        at = stop
    if len(leaves) != width:
        raise Refused(
            "bundle_width", _r("A bundle holds %(found)s entries instead of %(width)s."), found=len(leaves), width=width
        )
    return leaves


# ---- nodes out of tiles ----

# Gives a tile's bytes, wherever they lie. What it gives is believed by nobody before a root has confirmed it.
ReadTile = Callable[[Tile], bytes]


def nodes_from(read: ReadTile, size: int) -> Nodes:
    """A reader of the nodes of a tree of ``size`` leaves, out of its tiles; each tile is asked for once."""
    kept: dict[tuple[int, int], bytes] = {}

    def node(height: int, index: int) -> bytes:
        level, above = divmod(height, HEIGHT)
        number, first = divmod(index << above, WIDTH)
        if (level, number) not in kept:
            kept[level, number] = _read_hashes(read, Tile(level, number, width_at(size, level, number)))
        return fold(kept[level, number][first * HASH : (first + (1 << above)) * HASH], 1 << above)

    return node


def _read_hashes(read: ReadTile, tile: Tile) -> bytes:
    raw = read(tile) if tile.width else b""
    if not tile.width or len(raw) != tile.width * HASH:
        raise Refused("tile_width", _r("The tile %(path)s does not hold what its name says."), path=tile.path)
    return raw


def fold(hashes: bytes, count: int) -> bytes:
    """The root over ``count`` hashes that lie one after another; ``count`` is a power of two."""
    if len(hashes) != count * HASH:
        raise Refused("tile_short", _r("A tile ends before the hash that is asked for."))
    row = [hashes[at : at + HASH] for at in range(0, len(hashes), HASH)]
    while len(row) > 1:
        row = [node_hash(row[at], row[at + 1]) for at in range(0, len(row), 2)]
    return row[0]
