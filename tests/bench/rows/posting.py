"""Posting a gift: beside django-hordak and django-ledger, and beside the drivers alone."""

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

from tests.bench.helpers import Helper
from tests.bench.lines import POSTGRES, SQLITE, Result, ratios
from tests.bench.run import Run, beside, turns

# Tables that a gift's posting writes, in the order in which a floor may write them.
WRITTEN = ("ledger_posting", "ledger_journalentry", "ledger_outbox")
CLIENTS = 4


def _each(run: Run) -> int:
    """Gifts of one turn."""
    return max(10, min(1_000, run.gifts // 60))


def _stretch(run: Run, number: int, lane: int = 0) -> dict[str, int]:
    """The gifts of a round, after those that earlier rounds have posted; each lane has its own."""
    each = _each(run)
    start = (lane * (run.runs + 1) + number) * each
    return {"start": start, "stop": start + each}


def post(run: Run) -> Iterator[Result]:
    """One client on PostgreSQL: ours, the driver alone, and two peers, in turns."""
    with run.helper("ours", run.opened(POSTGRES, "ours"), profile="post") as ours:
        if run.wants("post-raw"):
            yield _beside_the_driver(run, ours)
        if run.wants("post-hordak"):
            yield _peer(run, ours, "post-hordak", "hordak", "peer_hordak", 1)
        if run.wants("post-django-ledger"):
            yield _peer(run, ours, "post-django-ledger", "django_ledger", "peer_django_ledger", 2)


def _beside_the_driver(run: Run, ours: Helper) -> Result:
    (raw,) = _raw_clients(run, 1)
    with raw:
        rates = turns(
            run.runs,
            {
                "ours": lambda number: ours.ask("post", **_stretch(run, number)),
                "raw": lambda number: raw.ask("replay", **_stretch(run, number)),
            },
        )
    return Result("post-raw", ratios(rates["ours"], rates["raw"]), beside(rates["ours"], rates["raw"]))


def _peer(run: Run, ours: Helper, key: str, package: str, program: str, lane: int) -> Result:
    if find_spec(package) is None:
        return Result(key, why_not=f"{package} is not installed here (`make bench` installs it)")
    # django-ledger is slow: a tenth of the gifts are enough for a rate.
    part = 10 if package == "django_ledger" else 1
    with run.helper(program, run.places.empty(POSTGRES, program)) as peer:
        peer.ask("open")

        def theirs(number: int) -> dict[str, Any]:
            stretch = _stretch(run, number, lane)
            return peer.ask("post", start=stretch["start"], stop=stretch["start"] + max(5, _each(run) // part))

        rates = turns(
            run.runs, {"ours": lambda number: ours.ask("post", **_stretch(run, number, lane)), "theirs": theirs}
        )
    return Result(key, ratios(rates["ours"], rates["theirs"]), beside(rates["ours"], rates["theirs"]))


def _raw_clients(run: Run, lanes: int) -> list[Helper]:
    """psycopg clients on guarded tables, with statements recorded from our own posting to other tables like them."""
    floor, clients = run.opened(POSTGRES, "floor"), []
    path = run.home / "recorded.pickle"
    with run.helper("ours", run.opened(POSTGRES, "scratch")) as recorder:
        for lane in range(lanes):
            first, last = _stretch(run, 0, lane)["start"], _stretch(run, run.runs, lane)["stop"]
            said = recorder.ask("record", start=first, stop=last, path=str(path))
            clients.append(run.helper("raw", floor))
            clients[-1].ask("load", path=str(path), first=first)
    path.unlink()
    run.say(f"  how ours sends a gift, and so the floor: {said}")
    return clients


def four(run: Run) -> Iterator[Result]:
    """Four processes of ours, then four clients of the driver alone, in turns."""
    raws, url = _raw_clients(run, CLIENTS), run.opened(POSTGRES, "ours")
    several = [run.helper("ours", url) for _lane in range(CLIENTS)]

    def together(helpers: list[Helper], do: str, number: int) -> dict[str, Any]:
        for lane, helper in enumerate(helpers):
            helper.tell(do, **_stretch(run, number, lane))
        said = [helper.answer() for helper in helpers]
        # The slowest decides: what all of them posted, in the time until the last was ready.
        return {"count": sum(one["count"] for one in said), "seconds": max(one["seconds"] for one in said)}

    rates = turns(
        run.runs,
        {
            "ours": lambda number: together(several, "post", number),
            "raw": lambda number: together(raws, "replay", number),
        },
    )
    for helper in (*several, *raws):
        helper.close()
    yield Result("four-raw", ratios(rates["ours"], rates["raw"]), beside(rates["ours"], rates["raw"]))


def post_sqlite(run: Run) -> Iterator[Result]:
    """One process on SQLite, then the same rows by the driver alone, in turns."""
    source, floor = run.opened(SQLITE, "ours"), run.places.unguarded(SQLITE, "floor")
    with run.helper("ours", source, profile="post-sqlite") as ours, run.helper("raw", floor) as raw:
        since: dict[str, int] = {}

        def posted(number: int) -> dict[str, Any]:
            since.update(ours.ask("last_rows", tables=WRITTEN)["rows"])
            return ours.ask("post", **_stretch(run, number))

        rates: dict[str, list[float]] = {"ours": [], "raw": []}
        # The floor writes what ours has just written, so the order of the two cannot change.
        for number in range(run.runs + 1):
            said = posted(number)
            floor_said = raw.ask("write", source=source, since=since, count=said["count"])
            if number:
                rates["ours"].append(said["count"] / said["seconds"])
                rates["raw"].append(floor_said["count"] / floor_said["seconds"])
    yield Result("post-sqlite-raw", ratios(rates["ours"], rates["raw"]), beside(rates["ours"], rates["raw"]))
