"""The public log needs no site: what ``log_export`` writes is checked from any server of files, here Python's own."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command

from ledger import checkpoints
from ledger.auditor.command import main
from tests.ledger.public_log import tell_publicly


@pytest.fixture
def shelf(tmp_path) -> Iterator[tuple[Path, str]]:
    """A folder, and the address at which a server of files shows it."""
    folder = tmp_path / "shelf/log"
    folder.mkdir(parents=True)
    command = [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", folder.parent]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout
        said = re.search(r"port (\d+)", server.stdout.readline())
        assert said
        yield folder, f"http://127.0.0.1:{said[1]}/log"
        server.terminate()


@pytest.mark.django_db
def test_a_log_on_a_server_of_files_is_checked_as_it_grows_and_not_when_it_lies(shelf, tmp_path, capsys):
    folder, address = shelf
    desk = tell_publicly()

    def published():
        desk.sequence()
        checkpoints.sign(at=desk.tick())
        call_command("log_export", str(folder))
        capsys.readouterr()
        return audited()

    def audited():
        code = main([address, "--state", str(tmp_path / "seen.json"), "--lang", "en"])
        return code, capsys.readouterr().out

    for _time in range(2):
        desk.gift(700)
        code, said = published()
        assert code == 0, said
        assert "Everything that was checked holds." in said
    for bundle in (path for path in (folder / "tile/entries").rglob("*") if path.is_file()):
        bundle.write_bytes(bundle.read_bytes().replace(b'"GIFT"', b'"GIFX"', 1))
    assert audited()[0] != 0
