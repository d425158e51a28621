"""The table: on the screen, and merged into BENCHMARKS.md line by line.

A line of the file says when, at which commit and at which scale it was measured. A run replaces the lines it has
measured and leaves the others; lines that another machine has measured do not stay.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from tests.bench.lines import LINES, Line, Result, spread
from tests.bench.machine import Machine
from tests.bench.methods import HOW

HEADINGS = ("line", "what", "min", "median", "max", "at least", "reach", "met", "plain figures", "gifts", "measured")
NOT_YET = "not measured yet"
RELATIONS = "## Bytes of a gift by table, PostgreSQL"
_INTRODUCTION = """\
# Benchmarks

What the books cost, measured by `make bench`: ours and the floor (or the peer) take turns in processes of their own,
each turn gives one ratio, and the table shows the least, the median and the greatest of them. "×" is a ratio of two
measurements of the same run, never of a figure remembered from elsewhere. *met* says whether the median reaches the
goal: `reach`, `yes` (at least), `NO`, or `–` where a line is shown for proportion only. The world is made up
(`tests/bench/world.py`): at full scale 1,600,000 gifts that sum to 30,000,000.00 yuan, 35,000 spendings and two pots of
matching. How each line is measured stands below the table.
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """Where and when a run's lines were measured."""

    machine: Machine
    gifts: int
    commit: str
    moment: str


def row_of(line: Line, result: Result | None, measured: Measured | None) -> str:
    """One line of the table."""
    goals = ["–" if goal is None else _number(line, goal) for goal in (line.at_least, line.reach)]
    if not line.more and line.at_least is not None:
        goals = [f"≤ {goal}" for goal in goals]
    if result is None or measured is None:
        cells = ["–", "–", "–", *goals, "–", NOT_YET, "", ""]
    elif result.why_not:
        cells = ["–", "–", "–", *goals, "–", f"not measured: {result.why_not}", *_when(measured)]
    else:
        values = spread(result.values)
        shown = [_number(line, value) for value in values]
        cells = [*shown, *goals, line.met(values[1]), result.beside, *_when(measured)]
    cells = [f"`{line.key}`", f"{line.what} ({line.unit})", *cells]
    return "| " + " | ".join(cell.replace("|", "/").replace("\n", " ") for cell in cells) + " |"


def _when(measured: Measured) -> tuple[str, str]:
    return f"{measured.gifts:,}", f"{measured.moment}, {measured.commit}"


def _number(line: Line, value: float) -> str:
    if line.unit == "×":
        return f"{value:.2f}" if value < 20 else f"{value:.0f}"
    return f"{value:,.0f}"


def merged(path: Path, results: dict[str, Result], measured: Measured) -> str:
    """The file's new text: measured lines replaced, the others as they stand."""
    before = path.read_text() if path.exists() else ""
    there = rows_of(before) if measured.machine.same_as(before) else {}
    rows = []
    for key, line in LINES.items():
        if key in results:
            rows.append(row_of(line, results[key], measured))
        else:
            rows.append(there.get(key) or row_of(line, None, None))
    table = ["| " + " | ".join(HEADINGS) + " |", "|" + " --- |" * len(HEADINGS), *rows]
    if "bytes" in results:
        relations = _relations(results["bytes"])
    else:
        relations = _section(before, RELATIONS) if there else ""
    parts = [_INTRODUCTION, measured.machine.text(), "## The table\n\n" + "\n".join(table) + "\n", relations, HOW]
    return "\n".join(part for part in parts if part)


def _relations(result: Result) -> str:
    """Where the bytes of a gift lie, table by table."""
    if not result.rows:
        return ""
    heading, *rows = (f"| {' | '.join(row)} |" for row in result.rows)
    return "\n".join([f"{RELATIONS}\n", heading, "| --- | ---: | ---: | ---: |", *rows]) + "\n"


def rows_of(text: str) -> dict[str, str]:
    """The lines of a file's table by their keys."""
    return {found[1]: found[0] for found in re.finditer(r"^\| `([a-z0-9-]+)` \|.*$", text, re.MULTILINE)}


def _section(text: str, heading: str) -> str:
    _before, found, rest = text.partition(heading)
    return found + rest.partition("\n## ")[0] if found else ""


def screen(results: dict[str, Result]) -> str:
    """The table for a terminal."""
    headings = ["line", "min", "median", "max", "at least", "reach", "met", "plain figures"]
    rows = [headings, *(_cells(LINES[key], results[key]) for key in LINES if key in results)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(headings) - 1)]
    lines = []
    for name, *figures, beside in rows:
        cells = [cell.rjust(width) for cell, width in zip(figures, widths[1:], strict=True)]
        lines.append("  ".join([name.ljust(widths[0]), *cells, beside]))
    return "\n".join(lines)


def _cells(line: Line, result: Result) -> list[str]:
    cells = row_of(line, result, Measured(Machine(), 0, "", "")).strip("| ").split(" | ")
    return [line.key, *cells[2:9]]
