"""A log of logs: checkpoints of several logs are the leaves of one above, which takes no contradiction."""

import hashlib

import pytest

from ledger.core import log_of_logs
from ledger.core.log_proofs import LogProof
from ledger.core.merkle import leaf_hash, prove_consistency, prove_inclusion, tree_root
from ledger.core.notes import ED25519, SigningKey, TreeHead, sign_checkpoint
from ledger.core.refusals import Refused


class Log:
    """A log in a few lines: its leaves, its key, its checkpoint at a size."""

    def __init__(self, origin: str) -> None:
        self.key = SigningKey(origin, ED25519, hashlib.sha256(origin.encode()).digest())
        self.leaves: list[bytes] = []

    @property
    def hashes(self) -> list[bytes]:
        return [leaf_hash(leaf) for leaf in self.leaves]

    def grow(self, count: int) -> "Log":
        start = len(self.leaves)
        self.leaves += [f"{self.key.name} {number}".encode() for number in range(start, start + count)]
        return self

    def head(self, size: int | None = None) -> TreeHead:
        hashes = self.hashes[:size]
        return TreeHead(self.key.name, len(hashes), tree_root(hashes))

    def checkpoint(self, size: int | None = None) -> str:
        return str(sign_checkpoint(self.head(size), [self.key]))

    def proof(self, index: int) -> LogProof:
        return LogProof(index, tuple(prove_inclusion(self.hashes, index)), self.checkpoint())


@pytest.fixture
def logs():
    return {
        name: Log(name).grow(count)
        for name, count in (("b.example/log", 5), ("a.example/log", 12), ("c.example/log", 1))
    }


@pytest.fixture
def above():
    return Log("city.example/logs")


def gathered(logs, last=None, notes=None):
    def prove(origin, old, new):
        return prove_consistency(logs[origin].hashes[:new], old)

    keys = [log.key.verifier for log in logs.values()]
    return log_of_logs.gather(notes or [log.checkpoint() for log in logs.values()], keys, last or {}, prove)


def test_an_entry_is_proven_through_two_logs(logs, above):
    above.leaves += gathered(logs)
    log = logs["a.example/log"]
    assert [leaf.split(b"\n")[0].decode() for leaf in above.leaves] == sorted(logs)
    keys, keys_above = [one.key.verifier for one in logs.values()], [above.key.verifier]
    for index, leaf in enumerate(log.leaves):
        opened = log_of_logs.check_through(leaf, log.proof(index), above.proof(0), keys=keys, keys_above=keys_above)
        assert opened.head.origin == "city.example/logs"
    with pytest.raises(Refused) as refusal:
        log_of_logs.check_through(log.leaves[0], log.proof(0), above.proof(1), keys=keys, keys_above=keys_above)
    assert refusal.value.code == "proof_wrong"


def test_what_has_not_grown_adds_nothing(logs):
    last = {name: log.head() for name, log in logs.items()}
    assert gathered(logs, last) == []
    logs["b.example/log"].grow(3)
    assert [leaf.split(b"\n")[:2] for leaf in gathered(logs, last)] == [[b"b.example/log", b"8"]]


def test_several_checkpoints_of_one_log_come_in_order(logs):
    log = logs["a.example/log"]
    notes = [log.checkpoint(12), log.checkpoint(4), log.checkpoint(4)]
    assert [leaf.split(b"\n")[1] for leaf in gathered(logs, notes=notes)] == [b"4", b"12"]


def test_a_log_that_shrinks_is_refused(logs):
    with pytest.raises(Refused) as refusal:
        gathered(logs, {"a.example/log": logs["a.example/log"].head()}, [logs["a.example/log"].checkpoint(11)])
    assert refusal.value.code == "below_rewound"


@pytest.mark.parametrize("more", [0, 3])
def test_a_log_that_is_another_one_is_refused(logs, more):
    last = {name: log.head() for name, log in logs.items()}
    log = logs["a.example/log"]
    log.leaves[2] = b"another story"
    log.grow(more)
    with pytest.raises(Refused) as refusal:
        gathered(logs, last)
    assert refusal.value.code == "below_forked"


def test_a_checkpoint_that_nobody_known_signed_is_refused(logs):
    stranger = Log("x.example/log").grow(2)
    with pytest.raises(Refused) as refusal:
        gathered(logs, notes=[stranger.checkpoint()])
    assert refusal.value.code == "checkpoint_unsigned"
