"""Proof files: written as the specification says, opened offline, refused when any byte moved."""

import pytest

from ledger.core.log_proofs import LogProof, check_proof
from ledger.core.merkle import leaf_hash, prove_inclusion, tree_root
from ledger.core.notes import ED25519, SigningKey, TreeHead, encode64, sign_checkpoint
from ledger.core.refusals import Refused

LOG = SigningKey("ledger.example/log", ED25519, bytes(range(32)))
LEAVES = [f"leaf {n}".encode() for n in range(13)]
HASHES = [leaf_hash(leaf) for leaf in LEAVES]
CHECKPOINT = str(sign_checkpoint(TreeHead(LOG.name, 13, tree_root(HASHES)), [LOG]))


def proof_of(index: int, extra: bytes | None = None) -> LogProof:
    return LogProof(index, tuple(prove_inclusion(HASHES, index)), CHECKPOINT, extra)


def code_of(attempt) -> str:
    with pytest.raises(Refused) as refused:
        attempt()
    return refused.value.code


def test_a_proof_reads_as_the_specification_shows():
    proof = proof_of(11, b"extra bytes")
    lines = str(proof).split("\n")
    assert lines[:3] == ["c2sp.org/tlog-proof@v1", f"extra {encode64(b'extra bytes')}", "index 11"]
    assert lines[3] == encode64(HASHES[10])
    assert str(proof).endswith("\n\n" + CHECKPOINT)
    assert str(proof_of(0)).startswith("c2sp.org/tlog-proof@v1\nindex 0\n")


def test_every_leaf_is_proven_by_its_own_file():
    for index, leaf in enumerate(LEAVES):
        proof = LogProof.parse(str(proof_of(index)))
        assert proof == proof_of(index)
        assert check_proof(proof, leaf, [LOG.verifier]).head.size == 13
        for other in LEAVES[:index] + LEAVES[index + 1 :]:
            assert code_of(lambda: check_proof(proof, other, [LOG.verifier])) == "proof_wrong"  # noqa: B023


def test_the_only_leaf_needs_no_hashes():
    checkpoint = str(sign_checkpoint(TreeHead(LOG.name, 1, HASHES[0]), [LOG]))
    proof = LogProof.parse(f"c2sp.org/tlog-proof@v1\nindex 0\n\n{checkpoint}".encode())
    assert check_proof(proof, LEAVES[0], [LOG.verifier]).head.size == 1


def test_every_changed_byte_is_refused():
    raw = str(proof_of(5)).encode()
    for at in range(len(raw)):
        broken = raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]
        with pytest.raises(Refused):
            check_proof(LogProof.parse(broken), LEAVES[5], [LOG.verifier])


def test_extra_bytes_are_kept_and_prove_nothing():
    proof = LogProof.parse(str(proof_of(5, b"\x00\xff")))
    assert proof.extra == b"\x00\xff"
    assert check_proof(proof, LEAVES[5], [LOG.verifier])


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "c2sp.org/tlog-proof@v1\n\n" + CHECKPOINT,
        "c2sp.org/tlog-proof@v2\nindex 0\n\n" + CHECKPOINT,
        "index 0\n\n" + CHECKPOINT,
        "c2sp.org/tlog-proof@v1\nindex 00\n\n" + CHECKPOINT,
        "c2sp.org/tlog-proof@v1\nindex -1\n\n" + CHECKPOINT,
        "c2sp.org/tlog-proof@v1\nindex 0\nextra AAAA\n\n" + CHECKPOINT,
        "c2sp.org/tlog-proof@v1\nextra !\nindex 0\n\n" + CHECKPOINT,
        "c2sp.org/tlog-proof@v1\nextra AAAA\n\n" + CHECKPOINT,
        "c2sp.org/tlog-proof@v1\nindex 0\nAAAA\n\n" + CHECKPOINT,
        "c2sp.org/tlog-proof@v1\nindex 0\n" + (encode64(b"x" * 32) + "\n") * 64 + "\n" + CHECKPOINT,
        "c2sp.org/tlog-proof@v1\nindex 0\n" + CHECKPOINT,
        b"c2sp.org/tlog-proof@v1\nindex 0\n\xff\n\n",
    ],
)
def test_what_is_no_proof_is_refused(raw):
    assert code_of(lambda: LogProof.parse(raw)) == "proof_malformed"


def test_a_proof_with_another_logs_checkpoint_is_refused():
    stranger = SigningKey("other.example/log", ED25519, b"s" * 32)
    assert code_of(lambda: check_proof(proof_of(5), LEAVES[5], [stranger.verifier])) == "checkpoint_unsigned"
