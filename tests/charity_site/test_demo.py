"""The demonstration's data: loaded once, and half a load never passes for the whole."""

import subprocess

import pytest
from django.core.management import CommandError, call_command

from charity_site.management.commands import demo
from charity_site.processes import ChildDied, Family


@pytest.fixture
def var(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    return tmp_path


def loading(monkeypatch, code):
    calls = []

    def run(command, **options):
        calls.append(command[-1])
        return subprocess.CompletedProcess(command, code)

    monkeypatch.setattr(demo.subprocess, "run", run)
    return calls


def test_it_refuses_outside_a_demonstration(settings):
    settings.DEMO = False
    with pytest.raises(CommandError, match="DEMO=1"):
        call_command("demo")


def test_it_loads_once(monkeypatch, var):
    calls = loading(monkeypatch, 0)
    for _ in range(2):
        demo.Command().load(Family({}))
    assert calls == ["load_demo"]
    assert (var / "demo-loaded").exists()
    assert not (var / "demo-loading").exists()


def test_a_load_that_fails_is_not_taken_for_done(monkeypatch, var):
    loading(monkeypatch, 3)
    with pytest.raises(ChildDied, match="load_demo ended with code 3"):
        demo.Command().load(Family({}))
    assert not (var / "demo-loaded").exists()


def test_half_a_load_is_set_aside_and_not_deleted(monkeypatch, var, settings):
    monkeypatch.setitem(settings.DATABASES["default"], "NAME", str(var / "charity.sqlite3"))
    monkeypatch.setattr(demo.connections, "close_all", lambda: None)
    for name in ("charity.sqlite3", "emulator.sqlite3", "demo-loading", "demo-vault-key"):
        (var / name).write_text(name)
    demo.Command().set_aside_half_loaded()
    (aside,) = var.glob("cut-off-*")
    assert {path.name for path in aside.iterdir()} == {"charity.sqlite3", "emulator.sqlite3", "demo-loading"}
    assert {path.name for path in var.iterdir()} == {aside.name, "demo-vault-key"}


def test_half_a_load_elsewhere_is_left_to_its_owner(var):
    (var / "demo-loading").touch()
    with pytest.raises(CommandError, match="Empty it"):
        demo.Command().set_aside_half_loaded()
    assert (var / "demo-loading").exists()


def test_a_whole_database_is_left_alone(var):
    (var / "demo-loaded").touch()
    (var / "charity.sqlite3").touch()
    demo.Command().set_aside_half_loaded()
    assert (var / "charity.sqlite3").exists()
