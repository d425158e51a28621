"""The verifier as one file: it runs as it is, without the site's packages, and is the source that is tested."""

import io
import subprocess
import sys
import zipfile

import pytest

from tests.architecture import source
from tests.ledger.public_log import KEY, leaves_of_books, publish, tell_publicly

ADDRESS = "/api/v1/ledger-auditor.pyz"


def test_it_is_the_source_itself(client):
    answer = client.get(ADDRESS)
    assert answer.status_code == 200
    inside = zipfile.ZipFile(io.BytesIO(answer.content))
    assert {"__main__.py", "LICENSE", "ledger/auditor/walk.py", "ledger/core/notes.py"} <= set(inside.namelist())
    for name in inside.namelist():
        if name.startswith("ledger/") and name != "ledger/__init__.py":
            assert inside.read(name).decode() == (source.BASE / name).read_text(encoding="utf-8")
    assert client.get(ADDRESS).content == answer.content


@pytest.mark.django_db
def test_it_runs_as_it_is(client, tmp_path):
    tell_publicly()
    folder = publish(tmp_path / "log", leaves_of_books())
    (tmp_path / "ledger-auditor.pyz").write_bytes(client.get(ADDRESS).content)
    command = [
        sys.executable,
        "ledger-auditor.pyz",
        "log",
        "--vkey",
        str(KEY.verifier),
        "--state",
        "seen.json",
        "--lang",
        "en",
    ]
    done = subprocess.run(command, cwd=folder.parent, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Everything that was checked holds." in done.stdout
