"""What the benchmark ran on: without it no figure means anything."""

import os
import platform
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from time import perf_counter

from tests.bench.places import BASE, DURABLE, SQLITE_PRAGMAS
from tests.engine import postgres_bin


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine in a few words, and the versions on it."""

    hardware: dict[str, str] = field(default_factory=dict)
    software: dict[str, str] = field(default_factory=dict)

    @classmethod
    def this(cls, folder: Path) -> "Machine":
        """The machine we are on; ``folder`` is where the databases lie."""
        memory = _from_file("/proc/meminfo", "MemTotal")
        hardware = {
            "CPU": f"{_from_file('/proc/cpuinfo', 'model name') or platform.processor()}, {os.cpu_count()} cores",
            "memory": f"{int(memory.split()[0]) / 1024**2:.0f} GiB" if memory else "unknown",
            "disk": _disk(folder),
        }
        settings = ", ".join(f"{name}={value}" for name, value in DURABLE.items())
        software = {
            "kernel": platform.release(),
            "a synced write of 8 KiB": f"{_synced_write(folder) * 1_000:.2f} ms (median of 100, after the run)",
            "Python": sys.version.split()[0],
            "PostgreSQL": _postgres_version(),
            "PostgreSQL settings": settings,
            "SQLite": sqlite3.sqlite_version,
            "SQLite settings": ", ".join(SQLITE_PRAGMAS),
        }
        return cls(hardware, software)

    def text(self) -> str:
        rows = [f"| {name} | {value} |" for name, value in {**self.hardware, **self.software}.items()]
        return "\n".join(["## The machine\n", "| | |", "| --- | --- |", *rows]) + "\n"

    def same_as(self, text: str) -> bool:
        """Whether a file's lines were measured on this machine."""
        return all(f"| {name} | {value} |" in text for name, value in self.hardware.items())


def _from_file(path: str, name: str) -> str:
    try:
        lines = Path(path).read_text().splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "")


def _disk(folder: Path) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    kind = subprocess.run(["stat", "-f", "-c", "%T", str(folder)], capture_output=True, text=True, check=False)
    return f"{shutil.disk_usage(folder).total / 1024**3:.0f} GiB, {kind.stdout.strip() or 'unknown'} file system"


def _synced_write(folder: Path) -> float:
    """What a commit costs at the least: the median time of a small write that has reached the disk."""
    path, times = folder / "synced", []
    with path.open("wb") as out:
        for _ in range(100):
            begun = perf_counter()
            out.write(b"x" * 8_192)
            out.flush()
            os.fsync(out.fileno())
            times.append(perf_counter() - begun)
    path.unlink()
    return median(times)


def _postgres_version() -> str:
    found = postgres_bin()
    if found is None:
        return "none"
    said = subprocess.run([found / "postgres", "--version"], capture_output=True, text=True, check=False).stdout
    return said.split()[2] if len(said.split()) > 2 else "unknown"


def commit() -> str:
    """The commit that is measured, marked when files differ from it."""

    def git(*words: str) -> str:
        return subprocess.run(["git", *words], cwd=BASE, capture_output=True, text=True, check=False).stdout.strip()

    changed = git(
        "status", "--porcelain", "--untracked-files=no", "--", "ledger", "projects", "charity_site", "tests/bench"
    )
    return (git("rev-parse", "--short=10", "HEAD") or "unknown") + (" with changes" if changed else "")
