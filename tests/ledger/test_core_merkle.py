"""The tree: RFC 6962's own values, grown by one, proved and checked at every size, and never fooled."""

import hashlib
import secrets

import pytest

from ledger.core.merkle import EMPTY_ROOT, Frontier, check_inclusion, leaf_hash, node_hash, prove_inclusion, tree_root

# The reference values that implementations of RFC 6962 share: eight leaves and the root after each.
LEAVES = [
    bytes.fromhex(text)
    for text in (
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
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
MOST = 70


def hashes(count: int) -> list[bytes]:
    return [leaf_hash(str(n).encode()) for n in range(count)]


def by_definition(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962 section 2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + by_definition(leaves[:k]) + by_definition(leaves[k:])).digest()


def test_the_reference_values():
    frontier = Frontier()
    assert frontier.root() == EMPTY_ROOT == hashlib.sha256(b"").digest()
    for leaf, root in zip(LEAVES, ROOTS, strict=True):
        frontier.add(leaf_hash(leaf))
        assert frontier.root().hex() == root


def test_a_tree_grown_by_one_is_the_tree_by_definition():
    frontier, leaves = Frontier(), hashes(MOST)
    for size in range(1, MOST + 1):
        frontier.add(leaves[size - 1])
        assert frontier.root() == by_definition(leaves[:size]) == tree_root(leaves[:size])


@pytest.mark.parametrize("step", [1, 3, 255, 256, 257, 1_000, 70_000])
def test_a_tree_grown_by_many_is_the_tree_grown_by_one(step):
    """The same roots and the same full tiles, however many leaves come at a time."""
    leaves = [n.to_bytes(32) for n in range(3 * 256 + 7 if step < 1_000 else 65_536 + 300)]
    by_many, by_one = Frontier(), Frontier()
    tiles = [tile for at in range(0, len(leaves), step) for tile in by_many.extend(leaves[at : at + step])]
    assert tiles == [tile for leaf in leaves for tile in by_one.add(leaf)]
    assert (by_many.size, by_many.hashes) == (by_one.size, by_one.hashes)


def test_a_full_tile_is_the_root_of_its_hashes():
    """c2sp.org/tlog-tiles: hash n at level l + 1 is the root over the 256 hashes of the full tile n at level l."""
    leaves = [n.to_bytes(32) for n in range(2 * 65_536 + 5)]
    tiles = Frontier().extend(leaves)
    below = {number: root for level, number, root in tiles if level == 0}
    assert sorted(below) == list(range(512))
    for number in (0, 1, 255, 511):
        assert below[number] == tree_root(leaves[256 * number : 256 * number + 256])
    above = {number: root for level, number, root in tiles if level == 1}
    assert above == {number: tree_root([below[256 * number + n] for n in range(256)]) for number in (0, 1)}
    assert {level for level, _number, _root in tiles} == {0, 1}


def test_a_frontier_comes_back_from_its_bytes_at_every_size():
    frontier = Frontier()
    for size, hashed in enumerate(hashes(MOST), 1):
        frontier.add(hashed)
        again = Frontier.from_bytes(size, frontier.to_bytes())
        assert again.root() == frontier.root()
        assert len(frontier.to_bytes()) == 32 * size.bit_count()


@pytest.mark.parametrize("stored", [b"", b"x" * 32, b"x" * 96])
def test_a_frontier_of_another_size_is_refused(stored):
    with pytest.raises(ValueError, match="one hash for each set bit"):
        Frontier.from_bytes(3, stored)


def test_every_proof_at_every_size_leads_to_the_root():
    leaves = hashes(MOST)
    for size in range(1, MOST + 1):
        root = tree_root(leaves[:size])
        for index in range(size):
            proof = prove_inclusion(leaves[:size], index)
            assert check_inclusion(proof, index, size, leaves[index], root)
            assert len(proof) <= (size - 1).bit_length()


def test_a_proof_is_of_one_leaf_one_place_one_size():
    leaves = hashes(20)
    for size in range(2, 21):
        root = tree_root(leaves[:size])
        for index in range(size):
            proof = prove_inclusion(leaves[:size], index)
            for other in range(size):
                if other != index:
                    assert not check_inclusion(proof, index, size, leaves[other], root)
                    assert not check_inclusion(proof, other, size, leaves[index], root)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 13])
def test_a_corrupted_byte_is_refused(size):
    leaves = hashes(size)
    root = tree_root(leaves)
    for index in range(size):
        proof = prove_inclusion(leaves, index)
        for step, byte in ((step, byte) for step in range(len(proof)) for byte in range(32)):
            broken = bytearray(proof[step])
            broken[byte] ^= 1
            assert not check_inclusion(
                [*proof[:step], bytes(broken), *proof[step + 1 :]], index, size, leaves[index], root
            )
        for byte in range(32):
            broken = bytearray(root)
            broken[byte] ^= 0x80
            assert not check_inclusion(proof, index, size, leaves[index], bytes(broken))


def test_a_proof_that_is_too_short_or_too_long_is_refused():
    leaves = hashes(13)
    root = tree_root(leaves)
    for index in range(13):
        proof = prove_inclusion(leaves, index)
        assert not check_inclusion(proof[:-1], index, 13, leaves[index], root)
        assert not check_inclusion([*proof, secrets.token_bytes(32)], index, 13, leaves[index], root)
        assert not check_inclusion([], index, 13, leaves[index], root)


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_a_place_outside_the_tree_is_refused(index, size):
    assert not check_inclusion([], index, size, b"x" * 32, b"x" * 32)
    with pytest.raises(ValueError, match="no such leaf"):
        prove_inclusion(hashes(size), index)


def test_a_leaf_is_never_taken_for_a_node():
    left, right = hashes(2)
    assert leaf_hash(left + right) != node_hash(left, right)
    assert node_hash(left, right) != node_hash(right, left)
