"""The outside verifier stands alone: Python, ``cryptography``, and the folder ``ledger``; no Django, no database."""

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.ledger.public_log import KEY, leaves_of_books, publish, tell_publicly

ROOT = Path(__file__).resolve().parents[2]
# Put before everything else on the path: whoever imports one of these fails.
BLOCKED = ("django", "wagtail", "ninja", "psycopg", "sqlite3", "rfc8785", "weasyprint", "stripe")
PARTS = ("auditor", "core", "policy")


@pytest.fixture
def copy(tmp_path) -> Path:
    """What a stranger copies: three folders of ``ledger``."""
    for part in PARTS:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / "ledger" / part, tmp_path / "copy/ledger" / part, ignore=ignored)
    (tmp_path / "copy/ledger/__init__.py").touch()
    return tmp_path / "copy"


@pytest.fixture
def log(db, tmp_path) -> Path:
    tell_publicly()
    return publish(tmp_path / "log", leaves_of_books())


def run(python, copy, *arguments, path=""):
    environment = {"PATH": os.environ["PATH"], "HOME": str(copy), "PYTHONPATH": path, "LC_ALL": "C.UTF-8"}
    command = [python, "-m", "ledger.auditor", *map(str, arguments)]
    return subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False, timeout=120)


def test_it_runs_where_django_cannot_be_imported(copy, log, tmp_path):
    for name in BLOCKED:
        (tmp_path / "blocked").mkdir(exist_ok=True)
        (tmp_path / f"blocked/{name}.py").write_text(f'raise ImportError("{name} is not for the verifier")\n')
    done = run(sys.executable, copy, log, "--vkey", KEY.verifier, path=str(tmp_path / "blocked"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert (copy / ".local/share/ledger-auditor/seen.json").exists()


def test_it_runs_in_a_fresh_environment_with_cryptography_only(copy, log, tmp_path):
    """Required in CI. Elsewhere it is passed by where the package cannot be had."""
    venv.create(tmp_path / "venv", with_pip=True)
    python = str(tmp_path / "venv/bin/python")
    install = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "cryptography"]
    got = subprocess.run(install, capture_output=True, text=True, check=False, timeout=300)
    if got.returncode and os.environ.get("CI") != "true":
        pytest.skip("cryptography could not be installed into a fresh environment here; CI requires it")
    assert got.returncode == 0, got.stderr
    listed = subprocess.run(
        [python, "-m", "pip", "list", "--format=freeze"], capture_output=True, text=True, check=True
    )
    assert {line.partition("==")[0].lower() for line in listed.stdout.split()} <= {
        "cryptography", "cffi", "pycparser", "pip", "setuptools", "wheel", "typing-extensions", "typing_extensions",
    }  # fmt: skip
    done = run(python, copy, log)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Everything that was checked holds." in done.stdout


def test_it_says_its_codes(copy):
    said = run(sys.executable, copy, "--help").stdout
    assert "25  A fund's line does not hold / 基金的资金线不成立" in said


def test_nothing_is_claimed_where_nothing_could_be_read(copy, tmp_path):
    done = run(sys.executable, copy, tmp_path / "nowhere")
    assert done.returncode == 3
    assert "nothing is known" in done.stdout
