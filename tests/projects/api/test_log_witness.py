"""A second site watches the log: it signs what grew, and keeps what contradicts itself."""

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone

from ledger import checkpoints, log_keys, log_state, posting
from ledger.core.notes import COSIGNATURE_V1, SigningKey, VerifierKey, open_checkpoint
from ledger.core.refusals import Refused
from ledger.management.commands import log_witness
from ledger.witness import witness
from tests.ledger.helpers import BY, DAY
from tests.projects.api.growing import Log

pytestmark = pytest.mark.django_db

KEY = SigningKey("bureau.example/witness", COSIGNATURE_V1, b"w" * 32)


@pytest.fixture
def log(settings):
    settings.LOG_WITNESSES = str(KEY.verifier)
    return Log()


@pytest.fixture
def bureau(client, tmp_path):
    """The second site: what it has seen lies in a folder of its own, and it reads the first over HTTP."""

    class Bureau:
        folder = tmp_path / "bureau"

        def fetch(self, path: str) -> bytes | None:
            answer = client.get(f"/log/{path}")
            return answer.content if answer.status_code == 200 else None

        def vkey(self) -> str:
            return client.get("/log/vkey").content.decode().strip()

        def look(self, vkey: str | None = None):
            return witness(self.fetch, KEY, folder=self.folder, vkey=vkey, at=timezone.now())

        def evidence(self) -> list:
            return sorted(self.folder.glob("*/evidence/*"))

    return Bureau()


def code_of(attempt) -> str:
    with pytest.raises(Refused) as refused:
        attempt()
    return refused.value.code


def test_the_first_time_somebody_says_which_key_is_the_logs(log, bureau):
    log.grow_to(10)
    assert code_of(bureau.look) == "vkey_needed"
    seen = bureau.look(bureau.vkey())
    assert (seen.first, seen.head.size) == (True, 10)
    assert bureau.look().first is False


def test_what_it_signs_stands_under_the_checkpoint(log, bureau, client):
    log.grow_to(10)
    seen = bureau.look(bureau.vkey())
    assert client.post("/log/cosignature", seen.note, content_type="text/plain").status_code == 201
    opened = open_checkpoint(
        client.get("/log/checkpoint").content, [VerifierKey.parse(bureau.vkey())], witnesses=[KEY.verifier]
    )
    assert list(opened.witnessed) == [KEY.verifier]


def test_a_log_that_grew_is_signed_at_every_size(log, bureau):
    log.grow_to(10)
    bureau.look(bureau.vkey())
    for size in (11, 200, 256, 300, 520):
        log.grow_to(size)
        seen = bureau.look()
        assert (seen.head.size, seen.first) == (size, False)
    assert bureau.evidence() == []


def another_history(log, size: int, say: str = "another story") -> None:
    """Behind everybody's back: the database of before, a memory of its own, and the right key."""
    log_state.remember(checkpoints.latest().note)
    log.grow_to(size, says=say)


@pytest.mark.parametrize(("shown", "code"), [(15, "log_rewound"), (20, "log_forked"), (30, "log_forked")])
def test_a_rewound_or_forked_log_is_refused_and_both_sides_are_kept(log, bureau, shown, code):
    log.grow_to(10)
    before = transaction.savepoint()
    log.grow_to(20)
    seen = bureau.look(bureau.vkey())
    shown_before = bureau.fetch("checkpoint")
    transaction.savepoint_rollback(before)
    another_history(log, shown)
    shown_now = bureau.fetch("checkpoint")
    assert code_of(bureau.look) == code
    assert code_of(bureau.look) == code
    (kept,) = bureau.evidence()
    assert (kept / "seen.checkpoint").read_bytes() == shown_before
    assert (kept / "shown.checkpoint").read_bytes() == shown_now
    for name in ("seen.checkpoint", "shown.checkpoint"):  # each bears the log's own signature: that is the proof
        assert open_checkpoint((kept / name).read_bytes(), [VerifierKey.parse(bureau.vkey())])
    assert seen.head.size == 20


def test_after_a_lie_it_still_knows_the_truth(log, bureau):
    log.grow_to(10)
    before = transaction.savepoint()
    log.grow_to(20)
    bureau.look(bureau.vkey())
    truth = transaction.savepoint()
    transaction.savepoint_rollback(before)
    another_history(log, 30)
    assert code_of(bureau.look) == "log_forked"
    assert truth
    (seen,) = bureau.folder.glob("*/seen.checkpoint")
    assert "\n20\n" in seen.read_text()


def test_tiles_that_do_not_make_the_signed_root_are_refused(log, bureau):
    log.grow_to(10)
    bureau.look(bureau.vkey())
    log.grow_to(20)
    honest = bureau.fetch
    bureau.fetch = lambda path: bytes(640) if path == "tile/0/000.p/20" else honest(path)
    assert code_of(bureau.look) == "log_incomplete"
    bureau.fetch = lambda path: b"short" if path == "tile/0/000.p/20" else honest(path)
    assert code_of(bureau.look) == "tile_width"
    bureau.fetch = lambda path: None if path.startswith("tile") else honest(path)
    assert code_of(bureau.look) == "log_file_missing"
    assert bureau.evidence() == []


def test_a_checkpoint_by_another_key_is_refused(log, bureau):
    log.grow_to(10)
    stranger = SigningKey(VerifierKey.parse(bureau.vkey()).name, 1, b"s" * 32)
    assert code_of(lambda: bureau.look(str(stranger.verifier))) == "checkpoint_unsigned"
    bureau.look(bureau.vkey())
    assert code_of(lambda: bureau.look(str(stranger.verifier))) == "checkpoint_unsigned"
    assert code_of(lambda: bureau.look("nonsense")) == "vkey_malformed"
    assert bureau.look().first is False


@pytest.fixture
def announced(log, bureau, settings, tmp_path):
    """A new key that the log has announced, not used yet: (its file, the old key's file)."""
    log.grow_to(10)
    bureau.look(bureau.vkey())
    (old,) = log_keys.signing_keys()
    new = log_keys.new_key(tmp_path / "new", old.name, 1)
    facts = {"old": str(old.verifier), "new": str(new.verifier)}
    posting.notice(
        "KEY_CHANGE", book=log.desk.book, effective_on=DAY, facts=facts, by=BY, at=log.desk.tick(), key="key-change"
    )
    return str(tmp_path / "new"), settings.LOG_KEY_FILE


def test_a_new_key_is_taken_up_while_both_sign(log, bureau, settings, announced):
    new, old = announced
    settings.LOG_KEY_FILE = f"{new},{old}"
    both = log.grow_to(20)
    assert bureau.look(bureau.vkey()).head.size == both.size
    settings.LOG_KEY_FILE = new
    alone = log.grow_to(30)
    assert bureau.look().head.size == alone.size


def test_a_new_key_that_never_signed_beside_the_old_one_is_not_believed(log, bureau, settings, announced):
    settings.LOG_KEY_FILE, _old = announced
    log.grow_to(12)
    assert code_of(bureau.look) == "checkpoint_unsigned"


# ---- the command ----


@pytest.fixture
def command(bureau, client, settings, tmp_path, monkeypatch):
    """`manage.py log_witness` at the second site, with the test's browser for a wire."""
    log_keys.new_key(tmp_path / "witness-key", KEY.name, COSIGNATURE_V1)
    settings.LOG_WITNESS_KEY_FILE = str(tmp_path / "witness-key")
    settings.LOG_WITNESSES = str(log_keys.witness_key().verifier)
    address = "https://ledger.example/log"
    sent = []

    def hand_back(to, note):
        assert to == f"{address}/cosignature"
        sent.append(client.post("/log/cosignature", note, content_type="text/plain").status_code)

    monkeypatch.setattr(log_witness, "fetch", lambda at: bureau.fetch(at.removeprefix(f"{address}/")))
    monkeypatch.setattr(log_witness, "hand_back", hand_back)
    run = lambda *more: call_command("log_witness", address, *more)  # noqa: E731
    run.sent = sent
    return run


def test_the_command_cosigns_and_hands_the_line_back(log, bureau, command, capsys):
    log.grow_to(10)
    command("--vkey", bureau.vkey())
    out, err = capsys.readouterr()
    assert out.startswith("— bureau.example/witness ")
    assert "seen for the first time" in err
    assert command.sent == [201]
    log.grow_to(20)
    command("--keep")
    assert "grown from what was seen before" in capsys.readouterr().err
    assert command.sent == [201]


def test_the_command_ends_with_2_when_the_log_lies_and_with_1_when_it_cannot_tell(log, bureau, command):
    with pytest.raises(CommandError) as failed:
        command()
    assert failed.value.returncode == 1
    log.grow_to(10)
    before = transaction.savepoint()
    log.grow_to(20)
    command("--vkey", bureau.vkey())
    transaction.savepoint_rollback(before)
    another_history(log, 30)
    with pytest.raises(CommandError, match="both are kept") as failed:
        command()
    assert failed.value.returncode == 2


def test_the_command_wants_an_address_and_a_key(command, settings):
    with pytest.raises(CommandError, match="begins with https"):
        call_command("log_witness", "ledger.example/log")
    settings.LOG_WITNESS_KEY_FILE = ""
    with pytest.raises(CommandError, match="no witness's key"):
        command()
