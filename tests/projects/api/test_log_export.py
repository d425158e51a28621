"""The exported folder is what the views serve, byte for byte, however often and wherever it was cut off."""

import os

import pytest
from django.core.management import CommandError, call_command

from ledger import checkpoints, log_export, log_keys
from ledger.core.notes import TreeHead, open_checkpoint
from ledger.core.refusals import Refused
from ledger.core.tiles import tiles_of
from tests import guards
from tests.ledger import raw
from tests.projects.api.growing import Log

pytestmark = pytest.mark.django_db


@pytest.fixture
def log():
    return Log()


def files(folder) -> dict[str, bytes]:
    """The log's own files; figures.json beside them is the public interface's (test_figures.py)."""
    found = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != "figures.json")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def same_as_served(folder, client) -> None:
    """Every file is served, and nothing is served that is no file: whatever partial tiles there were are asked for."""
    there = files(folder)
    for path, data in there.items():
        answer = client.get(f"/log/{path}")
        assert (answer.status_code, answer.content) == (200, data), path
    size = checkpoints.latest().size
    assert {tile.path for tile in tiles_of(size)} <= set(there)
    for number in (0, 1):
        for level in ("0", "1", "entries"):
            for width in range(1, 256):
                path = f"tile/{level}/{number:03}.p/{width}"
                if path not in there:
                    assert client.get(f"/log/{path}").status_code == 404, path


def test_the_folder_is_what_the_views_serve_at_every_growth(log, client, tmp_path):
    for size in (10, 20, 256, 257, 300, 530):
        log.grow_to(size)
        assert log_export.export(tmp_path).size == size
        if size in (20, 256, 300):
            same_as_served(tmp_path, client)
    assert not [level for level in ("0", "entries") if (tmp_path / "tile" / level / "000.p").exists()]


def test_a_folder_that_missed_steps_is_the_same_as_one_that_did_not(log, tmp_path):
    for size in (10, 270, 300):
        log.grow_to(size)
        log_export.export(tmp_path / "each")
    log_export.export(tmp_path / "once")
    assert files(tmp_path / "once") == files(tmp_path / "each")


def test_only_what_is_new_is_written(log, tmp_path, monkeypatch):
    log.grow_to(300)
    log_export.export(tmp_path)
    written = []
    whole = log_export._write
    monkeypatch.setattr(log_export, "_write", lambda path, data: (written.append(path.name), whole(path, data)))
    log.grow_to(301)
    log_export.export(tmp_path)
    assert sorted(written) == ["45", "45", "checkpoint", "vkey", "vkeys"]


@pytest.mark.parametrize("after", range(1, 9))
def test_cut_off_anywhere_it_goes_on_and_never_shows_half(log, tmp_path, monkeypatch, after):
    here, fresh = tmp_path / "here", tmp_path / "fresh"
    log.grow_to(255)
    log_export.export(here)
    before = files(here)
    log.grow_to(300)
    calls, whole = [], os.replace

    def cut(*paths):
        calls.append(paths)
        if len(calls) == after:
            raise KeyboardInterrupt
        whole(*paths)

    monkeypatch.setattr(os, "replace", cut)
    with pytest.raises(KeyboardInterrupt):
        log_export.export(here)
    monkeypatch.setattr(os, "replace", whole)
    assert {path: data for path, data in files(here).items() if path in before} == before
    log_export.export(here)
    log_export.export(fresh)
    assert files(here) == files(fresh)


def test_another_logs_folder_is_left_as_it_is(log, tmp_path, settings):
    log.grow_to(10)
    log_export.export(tmp_path)
    there = files(tmp_path)
    stated = open_checkpoint(there["checkpoint"], [log_keys.signing_keys()[0].verifier]).head
    for other in (
        TreeHead("other.example/log", stated.size, stated.root),
        TreeHead(stated.origin, stated.size + 1, stated.root),
        TreeHead(stated.origin, stated.size, b"x" * 32),
    ):
        text = other.text().encode() + there["checkpoint"][there["checkpoint"].index(b"\n\n") + 1 :]
        (tmp_path / "checkpoint").write_bytes(text)
        with pytest.raises(Refused) as refused:
            log_export.export(tmp_path)
        assert refused.value.code == "export_foreign"
        assert (tmp_path / "checkpoint").read_bytes() == text


@pytest.mark.parametrize("made_of", ["replace(facts, 'report 7', 'report 8')", "'no json'"])
def test_an_entry_that_was_changed_is_not_exported(log, tmp_path, made_of):
    log.grow_to(256)
    with guards.lifted():
        raw.execute(f"UPDATE ledger_notice SET facts = {made_of}")
        with pytest.raises(Refused) as refused:
            log_export.export(tmp_path)
    assert refused.value.code == "leaf_changed"
    assert not (tmp_path / "checkpoint").exists()


def test_the_command_says_what_it_did(log, tmp_path, capsys):
    with pytest.raises(CommandError, match="Nothing of the log is signed yet"):
        call_command("log_export", str(tmp_path))
    log.grow_to(10)
    call_command("log_export", str(tmp_path))
    assert "10 entries" in capsys.readouterr().out


def test_a_web_server_may_read_the_files(log, tmp_path):
    log.grow_to(10)
    log_export.export(tmp_path)
    assert all(path.stat().st_mode & 0o444 == 0o444 for path in tmp_path.rglob("*") if path.is_file())
