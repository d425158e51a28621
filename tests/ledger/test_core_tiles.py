"""The log as files: paths written in one way, every tree made of its tiles, proofs read back out of them."""

import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.merkle import (
    Frontier,
    check_consistency,
    check_inclusion,
    leaf_hash,
    prove_consistency,
    prove_consistency_from,
    prove_inclusion,
    prove_inclusion_from,
    stretch_root,
    tree_root,
)
from ledger.core.refusals import Refused
from ledger.core.tiles import (
    ENTRIES,
    HASH,
    WIDTH,
    Tile,
    decode_bundle,
    encode_bundle,
    fold,
    nodes_from,
    parse_path,
    partials_of,
    tiles_between,
    tiles_of,
    width_at,
)

MOST = 300
LEAVES = [leaf_hash(str(n).encode()) for n in range(66_000)]
SIZES = (1, 2, 255, 256, 257, 511, 512, 700, 65_535, 65_536, 65_537, 66_000)


def grown(leaves: list[bytes]) -> list[bytes]:
    """The root after each leaf, the empty tree's first."""
    frontier = Frontier()
    roots = [frontier.root()]
    for leaf in leaves:
        frontier.add(leaf)
        roots.append(frontier.root())
    return roots


ROOTS = grown(LEAVES)


def read(tile: Tile) -> bytes:
    """A tile by its definition: the roots over 256**level leaves each."""
    step = WIDTH**tile.level
    first = tile.number * WIDTH
    return b"".join(tree_root(LEAVES[place * step : (place + 1) * step]) for place in range(first, first + tile.width))


def code_of(attempt) -> str:
    with pytest.raises(Refused) as refused:
        attempt()
    return refused.value.code


# ---- paths ----


@pytest.mark.parametrize(
    ("path", "tile"),
    [
        ("tile/0/000", Tile(0, 0)),
        ("tile/0/x001/x234/067", Tile(0, 1_234_067)),
        ("tile/0/x001/x234/067.p/255", Tile(0, 1_234_067, 255)),
        ("tile/63/x001/000.p/1", Tile(63, 1000, 1)),
        ("tile/entries/x999/999", Tile(ENTRIES, 999_999)),
        ("tile/entries/000.p/17", Tile(ENTRIES, 0, 17)),
    ],
)
def test_a_path_names_a_tile(path, tile):
    assert parse_path(path) == tile
    assert tile.path == path


@pytest.mark.parametrize(
    "path",
    """
    tile tile/ tile/0 tile/0/ tile/0/0 tile/0/00 tile/0/0000 tile/0/1 tile/00/000 tile/01/000 tile/64/000 tile/100/000
    tile/-1/000 tile/data/000 tile/Entries/000 tile/0/x000/001 tile/0/001/002 tile/0/x001/x002 tile/0/X001/002
    tile/0/x1/002 tile/0/000.p tile/0/000.p/ tile/0/000.p/0 tile/0/000.p/01 tile/0/000.p/256 tile/0/000.p/1000
    tile/0/000.p/-1 tile/0/000/ tile/0/000/000 /tile/0/000 tile/0/000.p/1/ tile/0/x000/000 tile/0/000.P/1
    tile/0/٠٠٠ tile/0/x001/x001/x001/x001/x001/x001/x001/001 tile/0/..%2f tile/0/../0/000 tile/8/0 tile//000
    """.split(),
)
def test_a_path_that_could_be_written_otherwise_is_refused(path):
    assert code_of(lambda: parse_path(path)) == "tile_path"


@pytest.mark.parametrize("path", ["tile/0/000\n", " tile/0/000", "tile/0/000 ", "tile/0/0\x0000", ""])
def test_a_path_with_something_around_it_is_refused(path):
    assert code_of(lambda: parse_path(path)) == "tile_path"


@given(st.integers(0, 63), st.integers(0, 10**15), st.integers(1, 256))
def test_every_tile_comes_back_from_its_path(level, number, width):
    assert parse_path(Tile(level, number, width).path) == Tile(level, number, width)


@given(st.text("tile/0123x.p", max_size=24))
def test_a_path_is_refused_or_its_own(path):
    with suppress(Refused):
        assert parse_path(path).path == path


# ---- what a size consists of ----


def test_the_specifications_example():
    """70,000 leaves: 273 full and one of 112; one full and one of 17; one of 1 (c2sp.org/tlog-tiles)."""
    found = [tile for tile in tiles_of(70_000) if tile.level >= 0]
    assert len([tile for tile in found if tile.level == 0 and tile.width == WIDTH]) == 273
    assert Tile(0, 273, 112) in found
    assert [tile for tile in found if tile.level > 0] == [Tile(1, 0), Tile(1, 1, 17), Tile(2, 0, 1)]
    assert partials_of(70_000) == [Tile(ENTRIES, 273, 112), Tile(0, 273, 112), Tile(1, 1, 17), Tile(2, 0, 1)]


def test_a_tree_of_256_has_a_full_tile_and_one_above():
    assert list(tiles_of(256)) == [Tile(ENTRIES, 0), Tile(0, 0), Tile(1, 0, 1)]
    assert list(tiles_of(0)) == []
    assert partials_of(0) == []


@pytest.mark.parametrize("size", [0, *SIZES])
def test_a_tile_is_as_wide_as_the_size_says(size):
    found = {(tile.level, tile.number): tile.width for tile in tiles_of(size)}
    for level in (ENTRIES, 0, 1, 2, 3):
        for number in range(260):
            assert width_at(size, level, number) == found.get((level, number), 0)
    assert [tile for tile in tiles_of(size) if tile.width < WIDTH] == partials_of(size)
    assert width_at(size, 64, 0) == 0


@pytest.mark.parametrize(
    ("old", "new"), [(0, 1), (1, 2), (255, 256), (256, 257), (100, 700), (512, 512), (700, 66_000)]
)
def test_what_is_new_is_what_the_old_size_did_not_have(old, new):
    fresh = set(tiles_of(new)) - set(tiles_of(old))
    assert set(tiles_between(old, new)) == fresh
    assert len(list(tiles_between(old, new))) == len(fresh)


# ---- bundles ----


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_a_bundle_gives_its_leaves_back(leaves):
    assert decode_bundle(encode_bundle(leaves), len(leaves)) == leaves


def test_a_bundle_is_length_and_leaf():
    assert encode_bundle([b"ab", b"", b"x" * 300]) == b"\x00\x02ab" + b"\x00\x00" + b"\x01\x2c" + b"x" * 300


def test_a_leaf_of_65535_bytes_is_the_longest():
    assert decode_bundle(encode_bundle([b"x" * 65_535]), 1) == [b"x" * 65_535]
    with pytest.raises(ValueError, match="longer"):
        encode_bundle([b"x" * 65_536])


def test_every_torn_bundle_is_refused():
    raw = encode_bundle([b"one", b"two", b"three"])
    for end in range(len(raw)):
        with pytest.raises(Refused) as refused:
            decode_bundle(raw[:end], 3)
        assert refused.value.code in ("bundle_torn", "bundle_width")
    assert code_of(lambda: decode_bundle(raw, 2)) == "bundle_width"
    assert code_of(lambda: decode_bundle(raw + b"\x00", 3)) == "bundle_torn"


# ---- proofs ----


def test_every_pair_of_sizes_is_consistent():
    for new in range(1, 71):
        for old in range(new + 1):
            proof = prove_consistency(LEAVES[:new], old)
            assert check_consistency(proof, old, new, ROOTS[old], ROOTS[new])
            assert len(proof) <= new.bit_length() + 1


def test_every_size_grows_into_the_largest():
    nodes = nodes_from(read, MOST)
    for old in range(MOST + 1):
        proof = prove_consistency_from(nodes, old, MOST)
        assert proof == prove_consistency(LEAVES[:MOST], old)
        assert check_consistency(proof, old, MOST, ROOTS[old], ROOTS[MOST])


def test_another_history_is_refused():
    other = [*LEAVES[:9], leaf_hash(b"another"), *LEAVES[10:40]]
    forked = grown(other)
    for old in range(1, 41):
        for proof in (prove_consistency(LEAVES[:40], old), prove_consistency(other, old)):
            assert check_consistency(proof, old, 40, ROOTS[old], forked[40]) == (
                old < 10 and proof == prove_consistency(other, old)
            )


@pytest.mark.parametrize(("old", "new"), [(1, 2), (3, 7), (4, 7), (6, 8), (7, 8), (8, 13), (13, 70)])
def test_a_corrupted_byte_is_refused(old, new):
    proof = prove_consistency(LEAVES[:new], old)
    for step in range(len(proof)):
        for byte in range(HASH):
            broken = bytearray(proof[step])
            broken[byte] ^= 1
            parts = [*proof[:step], bytes(broken), *proof[step + 1 :]]
            assert not check_consistency(parts, old, new, ROOTS[old], ROOTS[new])
    for byte in range(HASH):
        broken = bytearray(ROOTS[new])
        broken[byte] ^= 1
        assert not check_consistency(proof, old, new, ROOTS[old], bytes(broken))
        broken = bytearray(ROOTS[old])
        broken[byte] ^= 1
        assert not check_consistency(proof, old, new, bytes(broken), ROOTS[new])


def test_a_consistency_proof_is_of_two_sizes():
    for old in range(1, 30):
        proof = prove_consistency(LEAVES[:30], old)
        assert not check_consistency(proof[:-1], old, 30, ROOTS[old], ROOTS[30])
        assert not check_consistency([*proof, b"x" * HASH], old, 30, ROOTS[old], ROOTS[30])
        assert not check_consistency([], old, 30, ROOTS[old], ROOTS[30])
        for other in range(31):
            if other != old:
                assert not check_consistency(proof, other, 30, ROOTS[old], ROOTS[30])


def test_a_tree_that_shrinks_is_refused():
    assert not check_consistency([], 2, 1, ROOTS[2], ROOTS[1])
    assert not check_consistency([], -1, 1, ROOTS[1], ROOTS[1])
    assert not check_consistency([], 5, 5, ROOTS[5], ROOTS[4])
    assert not check_consistency([b"x" * HASH], 5, 5, ROOTS[5], ROOTS[5])
    assert not check_consistency([], 0, 5, ROOTS[1], ROOTS[5])
    with pytest.raises(ValueError, match="does not shrink"):
        prove_consistency(LEAVES[:4], 5)


@pytest.mark.parametrize("size", SIZES)
def test_roots_and_proofs_come_out_of_tiles(size):
    nodes = nodes_from(read, size)
    assert stretch_root(nodes, 0, size) == ROOTS[size]
    for index in sorted({0, 1, size // 3, size // 2, size - 2, size - 1} & set(range(size))):
        proof = prove_inclusion_from(nodes, index, size)
        assert check_inclusion(proof, index, size, LEAVES[index], ROOTS[size])
        if size < 1000:
            assert proof == prove_inclusion(LEAVES[:size], index)
    for old in (old for old in SIZES if old <= size):
        assert check_consistency(prove_consistency_from(nodes, old, size), old, size, ROOTS[old], ROOTS[size])


def test_each_tile_is_read_once():
    asked = []

    def counting(tile: Tile) -> bytes:
        asked.append(tile)
        return read(tile)

    nodes = nodes_from(counting, 700)
    for index in range(0, 700, 7):
        prove_inclusion_from(nodes, index, 700)
    assert sorted(asked) == sorted(tile for tile in tiles_of(700, entries=False))


def test_a_lying_tile_gives_no_proof():
    def lying(tile: Tile) -> bytes:
        raw = bytearray(read(tile))
        raw[0] ^= 1
        return bytes(raw)

    nodes = nodes_from(lying, 700)
    assert stretch_root(nodes, 0, 700) != ROOTS[700]
    assert not check_consistency(prove_consistency_from(nodes, 300, 700), 300, 700, ROOTS[300], ROOTS[700])


def test_a_tile_of_another_width_is_refused():
    for other in (lambda tile: read(tile)[:-1], lambda tile: read(tile) + b"x" * HASH, lambda tile: b""):
        assert code_of(lambda: stretch_root(nodes_from(other, 300), 0, 300)) == "tile_width"  # noqa: B023
    assert code_of(lambda: nodes_from(read, 300)(0, 300)) == "tile_short"
    assert code_of(lambda: nodes_from(read, 300)(0, 600)) == "tile_width"
    assert re.fullmatch("tile_short", code_of(lambda: fold(b"x" * 63, 2)))
