"""What a test needs from the machine. Missing at home: skipped, with the reason. Missing in CI: failed."""

import os
import shutil
from pathlib import Path

import pytest

from tests.engine import postgres_bin

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
BASE = Path(__file__).resolve().parents[1]
SHARED = BASE.parent / "shared"


def missing(reason: str) -> None:
    """Skip; in CI, where everything has to be there, fail."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason} (CI requires it)")
    pytest.skip(reason)


def browser() -> str:
    """The path of a browser that Playwright can drive: launch it with executable_path and --no-sandbox."""
    for name in BROWSERS:
        if path := shutil.which(name):
            return path
    missing("No browser: apt-get install chromium")
    raise AssertionError("missing() ends the test")


def go() -> tuple[str, dict[str, str]]:
    """The Go compiler, and the environment in which it finds Debian's own copy of the sumdb packages. No network."""
    packages = Path("/usr/share/gocode")
    program = shutil.which("go")
    if program is None or not (packages / "src/golang.org/x/mod/sumdb/tlog").is_dir():
        missing("No Go with its sumdb packages: apt-get install golang-go golang-golang-x-mod-dev")
    assert program
    return program, {"GO111MODULE": "off", "GOPATH": str(packages), "GOFLAGS": "", "GOPROXY": "off"}


def localstripe() -> Path:
    """The Python of the environment in which localstripe (GPL) lives, apart from ours."""
    program = Path(os.environ.get("LOCALSTRIPE_VENV") or BASE / ".venv-localstripe") / "bin/python"
    if not program.exists():
        missing("No localstripe to compare the payment emulator with: make setup-localstripe")
    return program


def shared(*parts: str) -> Path:
    """A file beside the repository, in ../shared."""
    path = SHARED.joinpath(*parts)
    if not path.exists():
        missing(f"There is no ../shared/{'/'.join(parts)}")
    return path


def postgres_programs() -> Path:
    """PostgreSQL's server programs."""
    found = postgres_bin()
    if found is None:
        missing("No PostgreSQL server programs: apt-get install postgresql")
    assert found
    return found
