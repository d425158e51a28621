"""The one demonstration of a test run: the first worker process that needs it starts it, the others wait for it.

It lives in the run's temporary folder; the run's first process stops it at the end.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from charity_site.processes import free_port
from tests import engine

ROOT = Path(__file__).resolve().parents[2]
LONGEST_START_SECONDS = 900
# What a user's shell would hand on; nothing of the tests' own environment.
KEPT = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")}

# Held, so that Python does not complain of a process nobody waits for: the run's first process ends it.
_started: list["subprocess.Popen[bytes]"] = []


def folder() -> Path:
    return engine.run_dir() / "demonstration"


def environment(var: Path) -> dict[str, str]:
    # All visitors of a run come from one address: that alone must not bring them a challenge.
    usual = {"CARD_GUARD": "opened_challenge=90"}
    return KEPT | usual | {"DEMO": "1", "VAR_DIR": str(var), "PYTHONUNBUFFERED": "1"}


def address() -> str:
    """The running demonstration's address; starts it where nobody has yet. Raises ``RuntimeError`` with its words."""
    try:
        folder().mkdir()
    except FileExistsError:
        return _wait()
    port = free_port(18000, taken=[])
    with (folder() / "output.txt").open("w") as words:
        running = subprocess.Popen(
            [sys.executable, "manage.py", "demo", "--port", str(port), "--emulator-port", str(port + 500)],
            cwd=ROOT, env=environment(folder()), stdout=words, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    _started.append(running)
    (folder() / "address.txt").write_text(f"http://localhost:{port}")
    (folder() / "pid.txt").write_text(str(running.pid))
    return _wait()


def _wait() -> str:
    """Until the greeting is printed: then everything is loaded and the worker runs."""
    deadline = time.monotonic() + LONGEST_START_SECONDS
    while "Ctrl-C" not in (words := _read("output.txt")):
        pid = _read("pid.txt")
        if time.monotonic() > deadline or (pid and not _lives(int(pid))):
            raise RuntimeError(f"the demonstration did not start:\n{words[-4000:]}")
        time.sleep(0.5)
    return _read("address.txt")


def stop() -> None:
    """End the demonstration, if one runs. For the first process of a test run."""
    pid = _read("pid.txt")
    if not pid:
        return
    deadline = time.monotonic() + 30
    while _lives(int(pid)) and time.monotonic() < deadline:
        os.kill(int(pid), signal.SIGINT)
        time.sleep(1)


def _read(name: str) -> str:
    file = folder() / name
    return file.read_text() if file.exists() else ""


def _lives(pid: int) -> bool:
    """Whether the process is there and not merely waiting to be collected."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
