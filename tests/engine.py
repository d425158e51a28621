"""Which database the tests run on, and a throwaway PostgreSQL where none is given.

``TEST_DATABASE_URL`` decides if it is set. Otherwise ``pytest --engine sqlite`` (the default) or ``--engine postgres``,
which starts a cluster of its own in a temporary folder and removes it at the end. Worker processes of pytest-xdist
inherit the choice through the environment.
"""

import atexit
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

ENGINES = ("sqlite", "postgres")
_USER = "charity_test"
# Names of our own in the environment: how the first process tells its workers what it has chosen.
_CHOSEN_URL = "CHARITY_TESTS_URL"
_CHOSEN_DIR = "CHARITY_TESTS_DIR"


def postgres_bin() -> Path | None:
    """The folder of PostgreSQL's server programs: Debian keeps them off the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


def run_dir() -> Path:
    """One temporary folder for the whole run, made by the first process."""
    if _CHOSEN_DIR not in os.environ:
        made = os.environ[_CHOSEN_DIR] = tempfile.mkdtemp(prefix="charity-tests-")
        Path(made).chmod(0o755)  # the cluster may run as another user
        atexit.register(_remove, made, os.getpid())
    return Path(os.environ[_CHOSEN_DIR])


def _remove(path: str, owner: int) -> None:
    if os.getpid() == owner:  # a forked child ends earlier and must leave it alone
        shutil.rmtree(path, ignore_errors=True)


def var_dir() -> Path:
    """A folder for what the site writes, one for each worker process."""
    path = run_dir() / os.environ.get("PYTEST_XDIST_WORKER", "main")
    path.mkdir(exist_ok=True)
    return path


def asked_engine(argv: list[str]) -> str:
    """The value of --engine. Settings are read before pytest parses options, so this looks for itself."""
    for place, word in enumerate(argv):
        if word == "--engine" and place + 1 < len(argv):
            return argv[place + 1]
        if word.startswith("--engine="):
            return word.partition("=")[2]
    return "sqlite"


def database_url() -> str:
    """The address of the database to test on."""
    if _CHOSEN_URL not in os.environ:
        os.environ[_CHOSEN_URL] = os.environ.get("TEST_DATABASE_URL") or _own_url()
    url = os.environ[_CHOSEN_URL]
    return url or f"sqlite:///{var_dir() / 'charity.sqlite3'}"


def _own_url() -> str:
    if asked_engine(sys.argv) == "postgres":
        return Cluster(run_dir() / "pg").url("charity")
    return ""


# What tests may forget at a power cut. A benchmark may not: see `tests/bench/places.py`.
FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "128MB"}


class Cluster:
    """A PostgreSQL cluster of our own. It listens on a socket in its own folder, on no port."""

    def __init__(self, home: Path, settings: Mapping[str, str] = FORGETFUL) -> None:
        self.home = home
        self.data = home / "data"
        self.settings = {"listen_addresses": "", "max_connections": "60", **settings}
        found = postgres_bin()
        if found is None:
            raise RuntimeError("No PostgreSQL server programs: apt-get install postgresql, or set TEST_DATABASE_URL.")
        self.bin = found
        # PostgreSQL refuses to run as root.
        self.user = _unprivileged_user() if os.geteuid() == 0 else None

    def start(self) -> None:
        if not self.data.exists():
            self.home.mkdir()
            if self.user:
                shutil.chown(self.home, self.user)
            self._run("initdb", "-D", self.data, "-U", _USER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        options = f"-k {self.home} " + " ".join(f"-c {name}={value}" for name, value in self.settings.items())
        self._run("pg_ctl", "-D", self.data, "-l", self.home / "log", "-w", "-o", options, "start")

    def stop(self, mode: str = "immediate") -> None:
        if (self.data / "postmaster.pid").exists():
            self._run("pg_ctl", "-D", self.data, "-m", mode, "-w", "stop")

    def url(self, name: str) -> str:
        """The address of a database of this cluster."""
        return f"postgres://{_USER}@{quote(str(self.home), safe='')}/{name}"

    def _run(self, program: str, *arguments: str | Path) -> None:
        # A pipe would be held open by the server that pg_ctl leaves behind: write to a file instead.
        with (self.home.parent / "pg-setup.log").open("a+") as log:
            command = [str(self.bin / program), *map(str, arguments)]
            done = subprocess.run(command, stdout=log, stderr=log, cwd="/", check=False, user=self.user)
            if done.returncode:
                log.seek(0)
                raise RuntimeError(f"{program} failed:\n{log.read()}")


def _unprivileged_user() -> str:
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def own_cluster() -> Cluster | None:
    """The cluster to start, if the run wants one of its own."""
    if os.environ.get("TEST_DATABASE_URL") or not database_url().startswith("postgres"):
        return None
    return Cluster(run_dir() / "pg")
