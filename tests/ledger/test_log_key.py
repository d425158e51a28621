"""The command that makes, shows and hands over the log's keys. What it prints is never a secret."""

import pytest
from django.core.management import CommandError, call_command

from ledger import checkpoints, log_keys
from ledger.core.notes import COSIGNATURE_V1, VerifierKey, open_checkpoint
from ledger.models import Notice
from tests.ledger.helpers import Desk

pytestmark = pytest.mark.django_db


@pytest.fixture
def key_file(settings, tmp_path, capsys):
    settings.DEMO, settings.LOG_ORIGIN = False, "ledger.example/log"
    call_command("log_key", "--new", str(tmp_path / "log-key"))
    settings.LOG_KEY_FILE = str(tmp_path / "log-key")
    return tmp_path / "log-key"


def printed(capsys, *arguments) -> list[str]:
    capsys.readouterr()
    call_command("log_key", *arguments)
    out, err = capsys.readouterr()
    assert "PRIVATE" not in out + err
    return out.split()


def test_it_makes_a_key_for_the_origin_and_prints_its_public_half(key_file, capsys):
    (vkey,) = printed(capsys)
    assert VerifierKey.parse(vkey) == log_keys.signing_keys()[0].verifier
    assert vkey.startswith("ledger.example/log+")
    with pytest.raises(CommandError, match="not overwritten"):
        call_command("log_key", "--new", str(key_file))


def test_it_makes_a_witnesss_key(tmp_path, capsys):
    (vkey,) = printed(capsys, "--new", str(tmp_path / "w"), "--witness", "--name", "bureau.example/witness")
    assert VerifierKey.parse(vkey).kind == COSIGNATURE_V1
    assert vkey.startswith("bureau.example/witness+")


def test_without_a_key_it_says_what_to_do(settings):
    settings.DEMO, settings.LOG_KEY_FILE = False, ""
    with pytest.raises(CommandError, match="set LOG_KEY_FILE"):
        call_command("log_key")


def test_it_hands_over_to_a_new_key(key_file, settings, tmp_path, capsys):
    desk = Desk()
    desk.sequence()
    checkpoints.sign(at=desk.tick())
    old = checkpoints.latest()
    call_command("log_key", "--new", str(tmp_path / "next"))
    (new,) = printed(capsys, "--announce", str(tmp_path / "next"))
    assert printed(capsys, "--announce", str(tmp_path / "next")) == [new]
    assert Notice.objects.filter(kind="KEY_CHANGE").count() == 1
    desk.sequence()
    settings.LOG_KEY_FILE = f"{tmp_path / 'next'},{key_file}"
    desk.tick()
    checkpoints.sign(at=desk.tick())
    both = [VerifierKey.parse(vkey) for vkey in printed(capsys)]
    assert str(both[0]) == new
    for key in both:
        assert open_checkpoint(checkpoints.latest().note, [key])
    assert open_checkpoint(old.note, both).signed_by == both[1]


def test_before_the_first_entry_there_is_nothing_to_hand_over(key_file, tmp_path):
    call_command("log_key", "--new", str(tmp_path / "next"))
    with pytest.raises(CommandError, match="nothing was signed"):
        call_command("log_key", "--announce", str(tmp_path / "next"))


def test_the_memory_is_made_anew_on_the_operators_word(key_file, capsys):
    desk = Desk()
    desk.sequence()
    checkpoints.sign(at=desk.tick())
    with pytest.raises(CommandError, match="memory is there"):
        call_command("log_key", "--trust-database")
    (checkpoints.log_state.folder() / "last-checkpoint").unlink()
    printed(capsys, "--trust-database")
    assert checkpoints.standing() is None
