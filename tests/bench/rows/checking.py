"""Verification from inside and from outside, beside bare loops over the same rows."""

import os
import pstats
import shutil
import subprocess
import sys
from collections.abc import Iterator
from statistics import median
from time import perf_counter
from typing import Any

from tests.bench.lines import SQLITE, Result, ratios
from tests.bench.places import BASE, site_environment
from tests.bench.rows.bulk import MB, world_of_a_site
from tests.bench.run import Run, beside, turns

PROCESSES = 2


def verify(run: Run, engine: str) -> Iterator[Result]:
    """The whole command from its start to its verdict; the floor's processes are timed from their start as well."""
    url = world_of_a_site(run, engine)
    with run.helper("ours", url) as clerk:
        size = clerk.ask("size")["size"]
    verdicts = []
    # The profile is of the first process, which shares the work with the second.
    profiled = ["-m", "cProfile", "-o", str(run.home / f"profile-verify-{engine}.pstats")] if run.profile else []

    def ours(_number: int) -> dict[str, Any]:
        begun = perf_counter()
        command = [sys.executable, *profiled, "manage.py", "verify", "--processes", str(PROCESSES)]
        environment = {**os.environ, **site_environment(run.home, url)}
        done = subprocess.run(command, cwd=BASE, env=environment, capture_output=True, text=True, check=False)
        seconds = perf_counter() - begun
        verdicts.append((done.stdout.strip().splitlines() or done.stderr.strip().splitlines() or ["nothing said"])[-1])
        return {"seconds": seconds, "count": size}

    def floor(_number: int) -> dict[str, Any]:
        begun = perf_counter()
        halves = [run.helper("floors", url) for _process in range(PROCESSES)]
        for part, half in enumerate(halves):
            half.tell("verify", start=size * part // PROCESSES, stop=size * (part + 1) // PROCESSES)
        said = [half.answer() for half in halves]
        seconds = perf_counter() - begun
        for half in halves:
            half.close()
        if sum(one["as_kept"] for one in said) < run.gifts:
            raise RuntimeError("the floor does not make the leaves that the log keeps")
        return {"seconds": seconds, "count": size}

    rates = turns(_rounds(run), {"ours": ours, "floor": floor}, warm=run.gifts < 100_000)
    if run.profile:
        with (run.home / f"profile-verify-{engine}.txt").open("w") as out:
            pstats.Stats(profiled[-1], stream=out).sort_stats("tottime").print_stats(45)
    seconds = f"{size / max(rates['ours']):,.1f} s for {size:,} entries"
    yield Result(
        f"verify-{engine}",
        ratios(rates["ours"], rates["floor"]),
        f"{beside(rates['ours'], rates['floor'])}; {seconds}; {verdicts[-1]}",
    )


def auditor(run: Run) -> Iterator[Result]:
    """The outside verifier over an exported folder that it has never seen, beside a bare loop over the same files."""
    folder = run.home / "exported"
    shutil.rmtree(folder, ignore_errors=True)
    with run.helper("ours", world_of_a_site(run, SQLITE)) as clerk:
        size, root = (clerk.ask("export", folder=str(folder))[name] for name in ("size", "root"))
    peaks, bare = [], []

    def ours(number: int) -> dict[str, Any]:
        with run.helper("outside", "", profile="auditor") as outside:
            said = outside.ask("check", folder=str(folder), state=str(run.home / f"seen-{number}"))
        (run.home / f"seen-{number}").unlink(missing_ok=True)
        peaks.append(said["peak_bytes"] / MB)
        return {**said, "count": size}

    def floor(_number: int) -> dict[str, Any]:
        with run.helper("floors", "") as floors:
            said = floors.ask("canonical", path=str(folder))
        if (said["count"], said["root"]) != (size, root):
            raise RuntimeError("the floor does not find the log's root")
        bare.append(said["count"] / said["bare_seconds"])
        return said

    rates = turns(_rounds(run), {"ours": ours, "floor": floor}, warm=run.gifts < 100_000)
    yield Result(
        "auditor",
        ratios(rates["ours"], rates["floor"]),
        f"{beside(rates['ours'], rates['floor'])}; without reading and parsing the floor does {median(bare):,.0f}/s",
    )
    yield Result("memory-auditor", tuple(peaks), f"{size:,} entries")
    shutil.rmtree(folder)


def _rounds(run: Run) -> int:
    """A whole year is verified fewer times: each takes minutes."""
    return run.runs if run.gifts < 100_000 else min(run.runs, 2)
