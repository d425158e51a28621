"""The campaign year as a whole: posted in bulk, numbered, matched, spent. The other lines read what it leaves."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import psycopg

from tests.bench.helpers import Helper
from tests.bench.lines import POSTGRES, Result, ratios
from tests.bench.places import schema_fingerprint
from tests.bench.run import Run, beside

# Leaves of each slice that the hashing floor hashes: its speed does not depend on how many.
HASHED = 20_000
MB = 1_000_000


def bulk(run: Run, engine: str) -> Iterator[Result]:
    """Build the year, ours and the floors slice by slice."""
    figures = build(run, engine, run.gifts, measured=True)
    ours, floor, numbered, hashed = (figures[name] for name in ("posted", "copied", "numbered", "hashed"))
    yield Result(f"bulk-{engine}", ratios(ours, floor), beside(ours, floor))
    yield Result(f"sequencer-{engine}-speed", tuple(numbered), f"{figures['entries']:,} entries in the log")
    yield Result(f"sequencer-{engine}", ratios(numbered, hashed), beside(numbered, hashed))
    for line, name in (("bulk", "posting_peak"), ("sequencer", "sequencing_peak")):
        yield Result(f"memory-{line}-{engine}", (figures[name] / MB,), "Django and the site's apps included")
    if engine == POSTGRES:
        yield _bytes(run)


def world(run: Run, engine: str, gifts: int = 0) -> str:
    """The address of the year at a scale: the one that is kept from an earlier line or run, or a new one."""
    gifts = gifts or run.gifts
    kept = run.places.noted(_name(engine, gifts))
    there = kept and kept["schema"] == schema_fingerprint() and run.places.there(engine, _name(engine, gifts))
    if not there:
        build(run, engine, gifts, measured=False)
    return run.places.url(engine, _name(engine, gifts))


def world_of_a_site(run: Run, engine: str) -> str:
    """The year with the site's own rows of gifts, awards and matches beside the books."""
    url, name = world(run, engine), _name(engine, run.gifts)
    kept = run.places.noted(name)
    if not kept.get("site"):
        with run.helper("ours", url) as clerk:
            clerk.ask("site_rows")
        run.places.note(name, {**kept, "site": True})
    return url


def build(run: Run, engine: str, gifts: int, *, measured: bool) -> dict[str, Any]:
    """Post, number, match and spend the year in slices; between them the floors do the same rows."""
    places, name = run.places, _name(engine, gifts)
    url = run.opened(engine, name, gifts)
    figures: dict[str, Any] = {"posted": [], "copied": [], "numbered": [], "hashed": [], "entries": 0}
    with ExitStack() as stack:
        start = _starter(run, stack, gifts)
        sides = {"poster": start("ours", url, f"bulk-{engine}"), "sequencer": start("ours", url, f"sequencer-{engine}")}
        sides["clerk"] = start("ours", url, "")
        if measured:
            sides["copier"] = start("raw_bulk", places.unguarded(engine, f"{name}_floor"), "", BENCH_SOURCE=url)
            sides["copier"].ask("write")
            sides["hasher"] = start("floors", url, "")
        awards = 0
        for first, stop in run.world_of(gifts).slices():
            awards = _slice(run, sides, figures, first, stop, awards)
        figures |= {"entries": sides["clerk"].ask("size")["size"], "gifts": gifts, "awards": awards}
        figures["posting_peak"] = sides["poster"].ask("size")["peak_bytes"]
        figures["sequencing_peak"] = sides["sequencer"].ask("size")["peak_bytes"]
    if measured:
        places.drop(engine, f"{name}_floor")
    places.settle(engine, name)
    places.note(name, {"schema": schema_fingerprint(), **figures})
    return figures


def _starter(run: Run, stack: ExitStack, gifts: int) -> Any:
    def start(program: str, url: str, profile: str, **more: str) -> Helper:
        return stack.enter_context(run.helper(program, url, gifts=gifts, profile=profile, **more))

    return start


def _slice(run: Run, sides: dict[str, Helper], figures: dict[str, Any], first: int, stop: int, awards: int) -> int:
    """One stretch of the campaign. Returns how many awards there are after it."""
    clerk = sides["clerk"]
    before = clerk.ask("size")["size"]
    _keep(figures["posted"], sides["poster"].ask("post_many", start=first, stop=stop))
    if "copier" in sides:
        _keep(figures["copied"], sides["copier"].ask("write"))
    _keep(figures["numbered"], sides["sequencer"].ask("sequence"))
    if "hasher" in sides:
        path = run.home / "leaves"
        clerk.ask("leaves", start=before, most=HASHED, path=str(path))
        _keep(figures["hashed"], sides["hasher"].ask("hash", path=str(path)))
        path.unlink()
    clerk.ask("match", since=before, stop=stop)
    sides["sequencer"].ask("sequence")
    awards += clerk.ask("spend", stop=stop, first=awards)["count"]
    sides["sequencer"].ask("sequence")
    return awards


def _keep(rates: list[float], said: dict[str, Any]) -> None:
    rates.append(said["count"] / said["seconds"])


def _name(engine: str, gifts: int) -> str:
    return f"year_{engine}_{gifts}"


def _bytes(run: Run) -> Result:
    rows = _bytes_by_relation(run)
    whole = sum(table + indexes for _name, table, indexes in rows)
    shown = [
        (name, *(f"{part / run.gifts:,.1f}" for part in (table, indexes, table + indexes)))
        for name, table, indexes in rows
        if table + indexes >= run.gifts / 10
    ]
    heading = ("table", "its rows", "its indexes", "together")
    beside = f"{whole / MB:,.0f} MB with matches, spendings and the log"
    return Result("bytes", (whole / run.gifts,), beside, rows=(heading, *shown))


def _bytes_by_relation(run: Run) -> list[tuple[str, int, int]]:
    """Each table of the books: its own bytes and its indexes', largest first."""
    with psycopg.connect(run.places.url(POSTGRES, _name(POSTGRES, run.gifts))) as connection:
        return connection.execute(
            "SELECT relname, pg_table_size(oid), pg_indexes_size(oid) FROM pg_class"
            " WHERE relkind IN ('r', 'p') AND relname LIKE 'ledger%' ORDER BY pg_total_relation_size(oid) DESC"
        ).fetchall()
