"""Signing: what the log says of itself, once a second, never two statements that do not fit; and who saw it."""

import os
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection, transaction

from ledger import checkpoints, log_keys, log_state, posting, transparency, verify
from ledger.core.log_proofs import LogProof, check_proof
from ledger.core.merkle import leaf_hash, tree_root
from ledger.core.notes import COSIGNATURE_V1, ED25519, Note, SigningKey, TreeHead, open_checkpoint, sign_checkpoint
from ledger.core.refusals import Refused
from ledger.core.tiles import ENTRIES, Tile, decode_bundle, tiles_of
from ledger.models import Checkpoint, Cosignature, LogLeaf
from ledger.tiles import read_tile
from tests.ledger import raw
from tests.ledger.helpers import BY, DAY, Desk

pytestmark = pytest.mark.django_db

WITNESS = SigningKey("bureau.example/witness", COSIGNATURE_V1, b"w" * 32)
STRANGER = SigningKey("stranger.example/witness", COSIGNATURE_V1, b"s" * 32)


def code_of(attempt) -> str:
    with pytest.raises(Refused) as refused:
        attempt()
    return refused.value.code


@pytest.fixture
def keys(settings, tmp_path):
    """A key of this test's own."""
    settings.LOG_KEY_FILE = str(tmp_path / "log-key")
    log_keys.new_key(tmp_path / "log-key", "ledger.example/log", ED25519)
    settings.LOG_WITNESSES = str(WITNESS.verifier)
    return log_keys.signing_keys()


@pytest.fixture
def desk(keys):
    desk = Desk()
    desk.gift(300), desk.gift(500, fund="general")
    desk.sequence()
    return desk


def signed(desk) -> Checkpoint:
    assert checkpoints.sign(at=desk.tick()) == 1
    return checkpoints.latest()


def more(desk) -> Checkpoint:
    desk.gift(100)
    desk.sequence()
    return signed(desk)


def leaves() -> list[bytes]:
    return [bytes(hashed) for hashed in LogLeaf.objects.order_by("position").values_list("leaf_hash", flat=True)]


# ---- signing ----


def test_a_checkpoint_states_the_tree(desk, keys):
    checkpoint = signed(desk)
    opened = open_checkpoint(checkpoint.note, [keys[0].verifier])
    assert opened.head == TreeHead("ledger.example/log", len(leaves()), tree_root(leaves()))
    assert log_state.last_signed() == checkpoint.note


def test_nothing_is_signed_when_nothing_came(desk):
    signed(desk)
    assert checkpoints.sign(at=desk.tick()) == 0


def test_an_empty_log_is_not_signed(keys, moment):
    assert checkpoints.sign(at=moment) == 0
    assert checkpoints.latest() is None


def test_it_signs_at_most_once_a_second(desk):
    first = signed(desk)
    desk.gift(100)
    transparency.sequence(at=desk.at)
    assert checkpoints.sign(at=first.signed_at + timedelta(microseconds=999_999)) == 0
    assert checkpoints.sign(at=first.signed_at + timedelta(seconds=1)) == 1


def test_every_checkpoint_extends_the_one_before(desk, keys):
    sizes = [more(desk).size for _ in range(5)]
    assert sizes == sorted(set(sizes))
    for row in Checkpoint.objects.all():
        assert open_checkpoint(row.note, [keys[0].verifier]).head.root == tree_root(leaves()[: row.size])


# ---- an older copy of the database ----


def older_copy(desk):
    """The database of yesterday comes back; the memory outside knows today's checkpoint."""
    before = signed(desk)
    yesterday = transaction.savepoint()
    later = more(desk)
    transaction.savepoint_rollback(yesterday)
    return before, later


def test_a_restored_older_database_signs_nothing(desk):
    before, later = older_copy(desk)
    assert code_of(lambda: checkpoints.sign(at=desk.tick())) == "log_rewound"
    assert checkpoints.latest().size == before.size
    assert log_state.last_signed() == later.note


def test_a_restored_database_that_grew_another_way_signs_nothing(desk):
    _before, later = older_copy(desk)
    for _ in range(3):
        desk.gift(7)
    transparency.sequence(at=desk.tick())
    assert transparency.head().size > later.size
    assert code_of(lambda: checkpoints.sign(at=desk.tick())) == "log_forked"
    assert log_state.last_signed() == later.note


def test_what_was_refused_is_kept_as_evidence_once(desk):
    _before, later = older_copy(desk)
    with pytest.raises(Refused) as refused:
        checkpoints.sign(at=desk.tick())
    assert checkpoints.keep_refusal(refused.value, at=desk.tick())
    assert not checkpoints.keep_refusal(refused.value, at=desk.tick())
    (kept,) = (log_state.folder() / "evidence").iterdir()
    assert (kept / "signed.checkpoint").read_text() == later.note
    head = TreeHead.parse((kept / "database.head").read_text())
    assert head.size == transparency.head().size < later.size
    assert "freeze this log" in (kept / "why").read_text()


def test_the_worker_raises_the_alarm_once(desk, caplog):
    from charity_site import worker

    older_copy(desk)
    assert [worker.sign(), worker.sign()] == [0, 0]
    alarms = [record for record in caplog.records if record.levelname == "CRITICAL"]
    assert len(alarms) == 1
    assert "not signed any more" in alarms[0].getMessage()
    assert "log_rewound" in alarms[0].getMessage()


def test_verification_names_an_older_copy(desk):
    older_copy(desk)
    (check,) = [check for check in verify.CHECKS if check.name == "memory"]
    (finding,) = verify.run_one(check).findings
    assert "log_rewound" in finding.says


def test_verification_beside_a_worker_that_signs_stays_green(desk):
    """The memory is read before the books: what is signed while they are read is no contradiction."""
    signed(desk)
    (check,) = [check for check in verify.CHECKS if check.name == "memory"]
    begun = check.begun()
    moment = transaction.savepoint()
    more(desk)
    transaction.savepoint_rollback(moment)  # the reader still sees the books as they were when it began
    assert not list(begun.find())
    assert list(check.begun().find()), "a memory that was ahead from the start is found"


def test_killed_between_the_memory_and_the_table_it_goes_on(desk):
    signed(desk)
    desk.gift(100)
    desk.sequence()
    tree = transparency.head()
    note = str(
        sign_checkpoint(
            TreeHead("ledger.example/log", tree.size, bytes.fromhex(tree.root_hex)), log_keys.signing_keys()
        )
    )
    log_state.remember(note)
    assert checkpoints.lost_checkpoint().size == tree.size
    assert checkpoints.sign(at=desk.tick()) == 1
    assert checkpoints.latest().note == note
    assert checkpoints.lost_checkpoint() is None


def test_without_its_memory_it_signs_nothing_until_told(desk):
    checkpoint = signed(desk)
    desk.gift(100)
    desk.sequence()
    (log_state.folder() / log_state.LAST).unlink()
    assert code_of(lambda: checkpoints.sign(at=desk.tick())) == "log_state_missing"
    assert checkpoints.trust_database() == checkpoint.note
    assert checkpoints.sign(at=desk.tick()) == 1
    assert code_of(checkpoints.trust_database) == "log_state_there"


def test_the_memory_of_another_log_is_not_this_ones(desk, settings, tmp_path):
    signed(desk)
    settings.LOG_KEY_FILE = str(tmp_path / "another")
    log_keys.new_key(tmp_path / "another", "ledger.example/log-2", ED25519)
    assert code_of(lambda: checkpoints.sign(at=desk.tick())) == "log_state_foreign"


def test_a_new_origin_begins_with_an_empty_memory(desk, settings, tmp_path):
    size = signed(desk).size
    settings.LOG_KEY_FILE = str(tmp_path / "another")
    settings.LOG_STATE_DIR = tmp_path / "memory"
    log_keys.new_key(tmp_path / "another", "ledger.example/log-2", ED25519)
    assert checkpoints.sign(at=desk.tick()) == 1
    assert {(row.origin, row.size) for row in Checkpoint.objects.all()} == {
        ("ledger.example/log", size),
        ("ledger.example/log-2", size),
    }


# ---- the laws in the database ----


def insert(**changes):
    row = {"origin": "ledger.example/log", "root": b"r" * 32, "note": "x", "signed_at": "2026-09-01 00:00:00+00:00"}
    row = {**row, "size": transparency.head().size, **changes}
    if connection.vendor == "sqlite":
        row["signed_at"] = "2026-09-01 00:00:00"
    raw.execute(
        f"INSERT INTO ledger_checkpoint ({', '.join(row)}) VALUES ({', '.join(['%s'] * len(row))})", list(row.values())
    )


def test_l9_a_checkpoint_states_a_head_that_is_there(desk):
    root = bytes.fromhex(transparency.head().root_hex)
    for wrong in ({}, {"size": 1, "root": root}):
        with raw.refused("L9: a checkpoint states a head that is there"):
            insert(**wrong)
    insert(root=root)


def test_l9_the_checkpoints_of_a_log_only_grow(desk):
    first = signed(desk)
    more(desk)
    with raw.refused("L9: the checkpoints of a log only grow|L3"):
        insert(size=first.size, root=bytes(first.root))


def test_l9_a_witness_saw_a_checkpoint_that_is_there(desk):
    signed(desk)
    with raw.refused("L9: a witness saw a checkpoint that is there"):
        raw.execute("INSERT INTO ledger_cosignature (origin, size, witness, line) VALUES ('x', 1, 'y', 'z')")


# ---- keys ----


def test_a_key_file_is_its_owners_only_and_never_overwritten(settings, tmp_path):
    key = log_keys.new_key(tmp_path / "key", "ledger.example/log", ED25519)
    assert stat.S_IMODE(os.stat(tmp_path / "key").st_mode) == 0o600
    assert code_of(lambda: log_keys.new_key(tmp_path / "key", "other", ED25519)) == "key_file_taken"
    assert log_keys.read_key(tmp_path / "key", ED25519) == key
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


def test_no_key_is_in_the_database(desk, keys):
    signed(desk)
    secret = keys[0].secret_text().rpartition("+")[2]
    for table in connection.introspection.table_names():
        assert not [row for row in raw.fetch(f'SELECT * FROM "{table}"') if secret in str(row)]


@pytest.mark.parametrize(
    ("files", "code"),
    [("", "key_missing"), ("nowhere", "key_unreadable"), ("witness", "key_kind"), ("log,other", "key_names")],
)
def test_a_key_that_does_not_fit_is_refused(keys, settings, tmp_path, files, code):
    settings.DEMO = False
    log_keys.new_key(tmp_path / "log", "ledger.example/log", ED25519)
    log_keys.new_key(tmp_path / "other", "other.example/log", ED25519)
    log_keys.new_key(tmp_path / "witness", "ledger.example/log", COSIGNATURE_V1)
    settings.LOG_KEY_FILE = ",".join(str(tmp_path / name) for name in files.split(",") if name)
    assert code_of(log_keys.signing_keys) == code


def test_a_demonstration_makes_its_own_key(settings, tmp_path):
    settings.LOG_KEY_FILE, settings.LOG_ORIGIN = str(tmp_path / "demo"), "localhost:8000/log"
    (key,) = log_keys.signing_keys()
    assert key.name == "localhost:8000/log"
    assert log_keys.signing_keys() == [key]


def hand_over(desk, settings, tmp_path) -> SigningKey:
    (old,) = log_keys.signing_keys()
    new = log_keys.new_key(tmp_path / "new", old.name, ED25519)
    facts = {"old": str(old.verifier), "new": str(new.verifier)}
    posting.notice(
        "KEY_CHANGE", book=desk.book, effective_on=DAY, facts=facts, by=BY, at=desk.tick(), key="key-change:1"
    )
    return new


def test_a_key_that_was_never_announced_signs_nothing(desk, settings, tmp_path):
    signed(desk)
    log_keys.new_key(tmp_path / "new", "ledger.example/log", ED25519)
    desk.gift(5)
    desk.sequence()
    for files in (["new"], ["new", "log-key"]):  # not beside the old one either
        settings.LOG_KEY_FILE = ",".join(str(tmp_path / name) for name in files)
        assert code_of(lambda: checkpoints.sign(at=desk.tick())) == "key_unannounced"


def test_a_key_is_handed_over_in_the_open(desk, keys, settings, tmp_path):
    first = signed(desk)
    new = hand_over(desk, settings, tmp_path)
    settings.LOG_KEY_FILE = str(tmp_path / "new")
    assert checkpoints.sign(at=desk.tick()) == 0
    desk.sequence()
    settings.LOG_KEY_FILE = f"{tmp_path / 'new'},{tmp_path / 'log-key'}"
    both = signed(desk)
    for key in (keys[0], new):
        assert open_checkpoint(both.note, [key.verifier]).head.size == both.size
    settings.LOG_KEY_FILE = str(tmp_path / "new")
    last = more(desk)
    assert open_checkpoint(last.note, [new.verifier]).head.size == last.size
    assert log_keys.published_keys() == [new.verifier, keys[0].verifier]
    assert open_checkpoint(first.note, log_keys.published_keys()).signed_by == keys[0].verifier
    assert [finding for finding in red() if "checkpoint" in str(finding)] == []


# ---- witnesses ----


def cosigned(note: str, *keys, second: int) -> bytes:
    text = Note.parse(note).text
    return str(Note(text, tuple(key.cosign(text, second=second) for key in keys))).encode()


def test_a_witnesss_line_is_kept_and_published(desk, keys):
    checkpoint = signed(desk)
    second = int(desk.at.timestamp())
    raw_note = cosigned(checkpoint.note, STRANGER, WITNESS, second=second)
    assert checkpoints.add_cosignatures(raw_note, at=desk.at) == ["bureau.example/witness"]
    text = checkpoints.published_text(checkpoints.latest())
    opened = open_checkpoint(text, [keys[0].verifier], witnesses=[WITNESS.verifier])
    assert opened.witnessed == {WITNESS.verifier: second}
    assert "stranger" not in text
    later = cosigned(checkpoint.note, WITNESS, second=second + 60)
    assert checkpoints.add_cosignatures(later, at=desk.at) == []
    assert checkpoints.published_text(checkpoints.latest()) == text


def test_a_line_that_says_something_else_is_refused(desk):
    checkpoint = signed(desk)
    second = int(desk.at.timestamp())
    other = TreeHead("ledger.example/log", checkpoint.size, b"x" * 32).text()
    cases = {
        "note_malformed": b"nonsense",
        "checkpoint_unknown": str(Note(other, (WITNESS.cosign(other, second=second),))).encode(),
        "witness_unknown": cosigned(checkpoint.note, STRANGER, second=second),
        "cosignature_early": cosigned(checkpoint.note, WITNESS, second=second + 3600),
        "signature_bad": cosigned(checkpoint.note, WITNESS, second=second).replace(b"AAAA", b"AAAB", 1),
    }
    for code, raw_note in cases.items():
        assert code_of(lambda: checkpoints.add_cosignatures(raw_note, at=desk.at)) == code  # noqa: B023
    assert code_of(lambda: checkpoints.add_cosignatures(b"x" * 70_000, at=desk.at)) == "note_malformed"
    assert not Cosignature.objects.exists()


# ---- proofs and tiles ----


def test_every_position_has_its_proof_file(desk, keys):
    checkpoint = signed(desk)
    for position, leaf in transparency.leaf_stream(0, checkpoint.size):
        proof = LogProof.parse(checkpoints.proof(position))
        assert proof.index == position
        assert check_proof(proof, leaf, [keys[0].verifier]).head.size == checkpoint.size
    for outside in (-1, checkpoint.size, 10**12):
        assert code_of(lambda: checkpoints.proof(outside)) == "position_unsigned"  # noqa: B023


def test_tiles_and_bundles_hold_the_log(desk):
    checkpoint = signed(desk)
    for tile in tiles_of(checkpoint.size):
        data = read_tile(tile)
        if tile.level == ENTRIES:
            assert [leaf_hash(leaf) for leaf in decode_bundle(data, tile.width)] == leaves()
        else:
            assert data == b"".join(leaves())
    for beyond in (Tile(0, 0, 200), Tile(ENTRIES, 5), Tile(1, 0, 1)):
        with pytest.raises(ValueError, match="the log has no"):
            read_tile(beyond)


def red() -> list[verify.Finding]:
    names = {"checkpoints", "witnesses", "memory"}
    return [finding for check in verify.CHECKS if check.name in names for finding in verify.run_one(check).findings]


def test_verification_is_green_over_what_was_signed(desk):
    checkpoint = signed(desk)
    checkpoints.add_cosignatures(cosigned(checkpoint.note, WITNESS, second=int(desk.at.timestamp())), at=desk.at)
    more(desk)
    assert red() == []


def test_the_state_file_is_whole_or_old(tmp_path, monkeypatch):
    log_state.write_text(tmp_path / "x", "old")

    def fails(*_):
        raise OSError("power cut")

    monkeypatch.setattr(os, "replace", fails)
    with pytest.raises(OSError, match="power cut"):
        log_state.write_text(tmp_path / "x", "new")
    assert (tmp_path / "x").read_text() == "old"
    assert [path.name for path in Path(tmp_path).iterdir()] == ["x"]


def test_without_the_key_verification_skips_and_says_so(desk, settings):
    signed(desk)
    settings.DEMO, settings.LOG_KEY_FILE = False, ""
    for name in ("checkpoints", "memory"):
        (check,) = [check for check in verify.CHECKS if check.name == name]
        outcome = verify.run_one(check)
        assert "cannot read the log's key" in outcome.skipped
        assert not outcome.findings
