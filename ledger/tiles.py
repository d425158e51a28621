"""The log's tiles and bundles out of the tables. Nothing is stored twice: leaves are made anew from entries."""

from ledger.core.merkle import Nodes
from ledger.core.tiles import ENTRIES, WIDTH, Tile, encode_bundle, nodes_from
from ledger.models import LogLeaf, LogTile
from ledger.transparency import leaf_stream


def tile_bytes(level: int, number: int, width: int) -> bytes:
    """The hashes of a tile one after another. The caller knows that the tree is large enough."""
    first = number * WIDTH
    if level == 0:
        leaves = LogLeaf.objects.filter(position__gte=first, position__lt=first + width).order_by("position")
        hashes = [bytes(hashed) for hashed in leaves.values_list("leaf_hash", flat=True)]
    else:
        tiles = LogTile.objects.filter(level=level - 1, number__gte=first, number__lt=first + width).order_by("number")
        hashes = [bytes(root) for root in tiles.values_list("root", flat=True)]
    if len(hashes) != width:
        raise ValueError(f"the log has no tile {level}/{number} of {width} hashes")
    return b"".join(hashes)


def bundle_bytes(number: int, width: int) -> bytes:
    """The leaves of a bundle, each behind its length. The caller knows that the tree is large enough."""
    first = number * WIDTH
    leaves = [leaf for _position, leaf in leaf_stream(first, first + width)]
    if len(leaves) != width:
        raise ValueError(f"the log has no bundle {number} of {width} entries")
    return encode_bundle(leaves)


def read_tile(tile: Tile) -> bytes:
    """A tile's or a bundle's bytes."""
    if tile.level == ENTRIES:
        return bundle_bytes(tile.number, tile.width)
    return tile_bytes(tile.level, tile.number, tile.width)


def stored_nodes(size: int) -> Nodes:
    """A reader of the tree's nodes at a size, out of the tables."""
    return nodes_from(read_tile, size)
