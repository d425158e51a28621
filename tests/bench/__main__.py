"""``make bench``: measure, print the table, write it to BENCHMARKS.md. See `--help`."""

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from time import perf_counter

from tests.bench import machine, report
from tests.bench.lines import GROUPS, POSTGRES, SQLITE, Result, groups_of
from tests.bench.places import BASE, ENGINES, Places
from tests.bench.rows import bulk, checking, posting, pots, reading, settlement, statements
from tests.bench.run import Run
from tests.bench.world import FULL_SCALE
from tests.engine import postgres_bin

SMALL_SCALE = 20_000
# Group → the database it needs, and what measures it.
MEASURES: dict[str, tuple[str, Callable[[Run], Iterator[Result]]]] = {
    "post": (POSTGRES, posting.post),
    "four": (POSTGRES, posting.four),
    "post-sqlite": (SQLITE, posting.post_sqlite),
    "auditor": (SQLITE, checking.auditor),
    "hot-pot": (POSTGRES, pots.hot_pot),
    "statements": (POSTGRES, statements.statements),
    **{
        f"{name}-{engine}": (engine, partial(measure, engine=engine))
        for name, measure in (
            ("bulk", bulk.bulk),
            ("verify", checking.verify),
            ("read", reading.read),
            ("spending", reading.spending),
            ("settlement", settlement.settlement),
        )
        for engine in ENGINES
    },
}


def main(arguments: list[str] | None = None) -> int:
    asked = _options().parse_args(arguments)
    gifts = asked.gifts or int(os.environ.get("SCALE") or (SMALL_SCALE if asked.scale == "small" else FULL_SCALE))
    groups = list(dict.fromkeys(group for name in asked.only for group in groups_of(name))) or list(GROUPS)
    if asked.only and not groups:
        print(f"No line is called {', '.join(asked.only)}. There are: {', '.join(GROUPS)}", file=sys.stderr)
        return 2
    engines = (asked.engine,) if asked.engine else ENGINES
    places = Places(asked.home.resolve())
    run = Run(places, gifts, asked.runs, engines, frozenset(asked.only), profile=asked.profile)
    path = asked.write or (BASE / "BENCHMARKS.md" if gifts >= FULL_SCALE else None)
    results: dict[str, Result] = {}
    try:
        for group in groups:
            found = _measured(run, group)
            results |= found
            # Line group by line group, so that a run that is stopped has not been for nothing.
            if path and not asked.profile:
                path.write_text(report.merged(path, found, _here(run)))
    finally:
        places.stop()
    print("\n" + report.screen(results))
    if asked.profile:
        print("\nA profiled side is slower: these ratios are not for the record.")
    elif path:
        print(f"\nWritten to {path.name}.")
    return 0


def _here(run: Run) -> report.Measured:
    """This machine, this commit, this day."""
    moment = f"{datetime.now(tz=UTC):%Y-%m-%d}"
    return report.Measured(machine.Machine.this(run.home), run.gifts, machine.commit(), moment)


def _options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog="make bench", description="Measure the books beside peers and floors.")
    options.add_argument("--scale", choices=["small", "full"], default="full", help="20,000 or 1,600,000 gifts")
    options.add_argument("--gifts", type=int, help="any other number of gifts (or SCALE in the environment)")
    options.add_argument(
        "--only", action="append", default=[], metavar="LINE", help=f"of {', '.join(GROUPS)}; again for more"
    )
    options.add_argument("--runs", type=int, default=5, help="turns of each side")
    options.add_argument("--engine", choices=ENGINES, help="only the lines of this database")
    options.add_argument("--profile", action="store_true", help="leave profiles of our side in the folder")
    options.add_argument("--write", type=Path, help="write this file (a full run writes BENCHMARKS.md)")
    options.add_argument("--home", type=Path, default=BASE / "var" / "bench", help="where the databases lie")
    return options


def _measured(run: Run, group: str) -> dict[str, Result]:
    """The group's lines. What cannot be measured says why, and the others go on."""
    keys = [line.key for line in GROUPS[group]]
    engine, measure = MEASURES[group]
    if engine not in run.engines:
        return {}
    print(f"{group} …", flush=True)
    begun = perf_counter()
    found: dict[str, Result] = {}
    try:
        if engine == POSTGRES and postgres_bin() is None:
            raise RuntimeError("no PostgreSQL server programs here")
        for result in measure(run):
            found[result.key] = result
    except Exception as error:
        why = f"{type(error).__name__}: {error}".replace(str(BASE), "")
        print(f"  {why}", file=sys.stderr)
        found |= {key: Result(key, why_not=why) for key in keys if key not in found and run.wants(key)}
    print(f"  {perf_counter() - begun:.0f} s", flush=True)
    return found


if __name__ == "__main__":
    sys.exit(main())
