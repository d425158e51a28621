"""The public log needs no site: laid on any server of files, it is checked from there like from its own address."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.auditor.command import main
from tests.ledger.public_log import KEY, leaves_of_books, publish, tell_publicly


@pytest.fixture
def shelf(tmp_path) -> Iterator[tuple[Path, str]]:
    """A folder, and the address at which Python's own server shows it."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    command = [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout
        said = re.search(r"port (\d+)", server.stdout.readline())
        assert said
        yield folder, f"http://127.0.0.1:{said[1]}/log"
        server.terminate()


@pytest.mark.django_db
def test_a_log_on_a_server_of_files_is_checked_as_it_grows_and_not_when_it_lies(shelf, tmp_path, capsys):
    folder, address = shelf
    tell_publicly()
    leaves = leaves_of_books()

    def audit():
        code = main([address, "--vkey", str(KEY.verifier), "--state", str(tmp_path / "seen.json"), "--lang", "en"])
        return code, capsys.readouterr().out

    for size in (len(leaves) // 2, len(leaves)):
        publish(folder / "log", leaves[:size])
        code, said = audit()
        assert code == 0, said
        assert "Everything that was checked holds." in said
    for bundle in (path for path in (folder / "log/tile/entries").rglob("*") if path.is_file()):
        bundle.write_bytes(bundle.read_bytes().replace(b'"GIFT"', b'"GIFX"', 1))
    assert audit()[0] != 0
