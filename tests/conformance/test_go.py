"""Go's own transparency-log packages read this site and find everything as they expect it."""

import os
import subprocess

import pytest
from django.core.management import call_command

from ledger import checkpoints, log_export, log_keys, transparency
from ledger.core.notes import COSIGNATURE_V1
from tests import needs
from tests.architecture.source import BASE
from tests.ledger.story import tell

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="session")
def stranger(tmp_path_factory):
    """The compiled program."""
    go, environment = needs.go()
    made = tmp_path_factory.mktemp("go")
    environment = {"PATH": os.environ["PATH"], "HOME": str(made), "GOCACHE": str(made / "cache"), **environment}
    subprocess.run(
        [go, "build", "-o", str(made / "conformance"), "main.go"],
        cwd=BASE / "tests/conformance", env=environment, check=True, capture_output=True, text=True,
    )  # fmt: skip
    return lambda *words: subprocess.run([made / "conformance", *words], capture_output=True, text=True, timeout=300)


@pytest.fixture
def site(live_server, settings, tmp_path):
    """A running site with a real small book that fills a tile, signed on the way, and a second site's key."""
    log_keys.new_key(tmp_path / "log-key", "ledger.example/log", 1)
    settings.LOG_KEY_FILE = str(tmp_path / "log-key")
    log_keys.new_key(tmp_path / "witness-key", "bureau.example/witness", COSIGNATURE_V1)
    settings.LOG_WITNESS_KEY_FILE = str(tmp_path / "witness-key")
    settings.LOG_WITNESSES = str(log_keys.witness_key().verifier)
    desk = tell()
    for amount in range(1, 260):
        desk.gift(amount)
    desk.sequence()
    checkpoints.sign(at=desk.tick())
    assert transparency.head().size > 280
    return f"{live_server.url}/log"


def vkey() -> str:
    return str(log_keys.signing_keys()[0].verifier)


def test_go_opens_rebuilds_and_proves_the_whole_log(site, stranger):
    told = stranger(site, vkey())
    assert (told.returncode, told.stderr) == (0, "")
    size = transparency.head().size
    for line in (
        f"checkpoint: ledger.example/log, {size} entries",
        f"bundles: {size} entries make the signed root",
        f"inclusion: {size} records proven through tiles",
        f"consistency: {size} older trees",
        "proofs: three files open offline",
        "all held",
    ):
        assert line in told.stdout


def test_go_sees_the_second_sites_line_after_it_came_over_http(site, stranger, capsys):
    call_command("log_witness", site, "--vkey", vkey())
    assert "— bureau.example/witness " in capsys.readouterr().out
    told = stranger(site, vkey(), str(log_keys.witness_key().verifier))
    assert (told.returncode, told.stderr) == (0, "")
    assert "cosignature: bureau.example/witness at " in told.stdout


def test_go_refuses_another_key_and_a_line_that_is_not_there(site, stranger, tmp_path):
    other = log_keys.new_key(tmp_path / "other", "ledger.example/log", 1)
    told = stranger(site, str(other.verifier))
    assert told.returncode == 1
    assert "checkpoint: note has no verifiable signatures" in told.stderr
    told = stranger(site, vkey(), str(log_keys.witness_key().verifier))
    assert told.returncode == 1
    assert "bears no line of bureau.example/witness" in told.stderr


def test_go_finds_a_changed_entry(site, stranger, tmp_path, monkeypatch):
    """The site serves one entry otherwise than it was published: the root of the bundles is another."""
    from ledger import tiles

    honest = tiles.bundle_bytes
    monkeypatch.setattr(tiles, "bundle_bytes", lambda number, width: honest(number, width).replace(b"CNY", b"USD", 1))
    told = stranger(site, vkey())
    assert told.returncode == 1
    assert "the entries make" in told.stderr


def test_the_exported_folder_holds_what_go_read(site, tmp_path):
    head = log_export.export(tmp_path / "static")
    assert head.size == transparency.head().size
    assert (tmp_path / "static" / "tile" / "0" / "000").stat().st_size == 8192
