"""What is promised: each line of the benchmark's table, with what is the least and what we reach for."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

POSTGRES, SQLITE = "postgresql", "sqlite"


@dataclass(frozen=True, slots=True)
class Line:
    """One figure. ``more`` says whether more is better; without a goal it is shown for proportion only."""

    key: str
    what: str
    unit: str
    at_least: float | None = None
    reach: float | None = None
    more: bool = True

    def met(self, value: float) -> str:
        if self.at_least is None or self.reach is None:
            return "–"
        if self._holds(value, self.reach):
            return "reach"
        return "yes" if self._holds(value, self.at_least) else "NO"

    def _holds(self, value: float, goal: float) -> bool:
        return value >= goal if self.more else value <= goal


@dataclass(frozen=True, slots=True)
class Result:
    """A line measured: one value for each turn, and the plain figures beside. Or why it was not."""

    key: str
    values: tuple[float, ...] = ()
    beside: str = ""
    why_not: str = ""
    # A table that belongs to the line: its heading and rows.
    rows: tuple[tuple[str, ...], ...] = ()


GROWTH = "time in the whole year ÷ time in a year of 10,000 gifts"
_NAMES = {POSTGRES: "PostgreSQL", SQLITE: "SQLite"}
_PEERS = {POSTGRES: "COPY", SQLITE: "executemany"}


def _bulk(engine: str) -> list[Line]:
    name, peer = _NAMES[engine], _PEERS[engine]
    return [
        Line(f"bulk-{engine}", f"post_many ÷ {peer} of the same rows, same indexes, no triggers", "×", 0.3, 0.6),
        Line(f"sequencer-{engine}-speed", f"sequencer over a backlog, {name}", "entries/s", 40_000, 100_000),
        Line(f"sequencer-{engine}", "the same ÷ hash and frontier alone", "×", 0.05, 0.13),
        Line(f"memory-bulk-{engine}", f"peak memory of a process that runs post_many, {name}", "MB", 300, 300, False),
        Line(f"memory-sequencer-{engine}", f"peak memory of the sequencer, {name}", "MB", 300, 300, False),
    ]


def _read(engine: str) -> list[Line]:
    what = {
        "trace-gift": "trace of a gift",
        "trace-spending": "trace of a spending, first 50 gifts",
        "balance": "balance of an account",
        "figures": "figures of a project",
    }
    return [
        Line(f"{key}-{engine}", f"{text}, {_NAMES[engine]}: {GROWTH}", "×", 1.5, 1.1, False)
        for key, text in what.items()
    ]


def _verify(engine: str) -> list[Line]:
    what = f"verify, all checks ÷ bare loop, two processes each, {_NAMES[engine]}"
    return [Line(f"verify-{engine}", what, "×", 0.5, 0.8)]


def _spending(engine: str) -> list[Line]:
    what = f"posting a spending that covers 100,000 gifts ÷ one that covers 10, {_NAMES[engine]}"
    return [Line(f"spending-{engine}", what, "×", 1.5, 1.1, False)]


def _settlement(engine: str) -> list[Line]:
    what = f"a platform's file of the year's gifts taken in ÷ post_many of the same gifts, {_NAMES[engine]}"
    return [
        Line(f"settlement-{engine}", what, "×", 0.35, 0.7),
        Line(f"memory-settlement-{engine}", f"peak memory of that process, {_NAMES[engine]}", "MB", 300, 300, False),
    ]


# Group → its lines, in the order in which they are measured. `--only` takes the name of a group or of a line.
GROUPS: dict[str, Sequence[Line]] = {
    "post": [
        Line("post-hordak", "post() of a gift, one client, PostgreSQL ÷ django-hordak", "×", 1.5, 2.5),
        Line("post-django-ledger", "the same ÷ django-ledger", "×"),
        Line("post-raw", "the same ÷ raw psycopg, same statements, same guarded tables", "×", 0.5, 0.8),
    ],
    "four": [Line("four-raw", "post() in four processes ÷ raw psycopg with four clients", "×", 0.4, 0.7)],
    "post-sqlite": [
        Line("post-sqlite-raw", "post() of a gift, SQLite ÷ raw sqlite3, same rows, unguarded tables", "×", 0.25, 0.4)
    ],
    "bulk-postgresql": [
        *_bulk(POSTGRES),
        Line("bytes", "disk for each gift, all tables of the books and their indexes", "bytes", 900, 600, False),
    ],
    "bulk-sqlite": _bulk(SQLITE),
    "verify-postgresql": _verify(POSTGRES),
    "verify-sqlite": _verify(SQLITE),
    "auditor": [
        Line("auditor", "outside verifier over a folder ÷ canonicalise, hash, frontier", "×", 0.4, 0.8),
        Line("memory-auditor", "peak memory of the outside verifier", "MB", 300, 300, False),
    ],
    "read-postgresql": _read(POSTGRES),
    "read-sqlite": _read(SQLITE),
    "spending-postgresql": _spending(POSTGRES),
    "spending-sqlite": _spending(SQLITE),
    "settlement-postgresql": _settlement(POSTGRES),
    "settlement-sqlite": _settlement(SQLITE),
    "hot-pot": [
        Line(
            "hot-pot", "donors held, paid and answered at one pot ÷ the same at a pot each, four at once", "×", 0.8, 1.0
        )
    ],
    "statements": [
        Line("statements", "statements of all donors of a charity ÷ bare WeasyPrint, two processes each", "×", 0.9, 1.0)
    ],
}
LINES: dict[str, Line] = {line.key: line for lines in GROUPS.values() for line in lines}


def groups_of(asked: str) -> list[str]:
    """The groups that a name of ``--only`` means."""
    if asked in GROUPS:
        return [asked]
    found = [name for name, lines in GROUPS.items() if any(line.key.startswith(asked) for line in lines)]
    found += [name for name in GROUPS if name.startswith(asked) and name not in found]
    return found


def ratios(above: Sequence[float], below: Sequence[float]) -> tuple[float, ...]:
    """Turn by turn, one divided by the other."""
    return tuple(one / other for one, other in zip(above, below, strict=True))


def spread(values: Sequence[float]) -> tuple[float, float, float]:
    return min(values), median(values), max(values)
