"""What a whole city would cost, from what a district's year cost here: ``python -m tests.bench.city``.

Nothing is measured by this program. It takes the figures of BENCHMARKS.md and multiplies: rows and bytes by gifts,
hours by entries. What is not measured yet is said to be so.
"""

import argparse
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.report import rows_of

BASE = Path(__file__).resolve().parents[2]
DISTRICTS = 41
GIFTS = 65_000_000
YEAR = 365 * 24 * 3600
# Where a line of BENCHMARKS.md states a speed, and what is done at that speed.
STEPS = {
    "post-raw": "post, one client",
    "four-raw": "post, four processes",
    "bulk-postgresql": "post in bulk",
    "sequencer-postgresql": "number, hash, snapshots, tiles",
    "verify-postgresql": "verify, two processes",
    "auditor": "check from outside, one process",
}
_SPEED = re.compile(r"([\d,]+(?:\.\d+)?)\s*/s")


@dataclass(frozen=True, slots=True)
class Figures:
    """What BENCHMARKS.md says: speeds by line, bytes a gift, entries a gift, and at which scale."""

    speeds: dict[str, float]
    bytes_each: float | None
    entries_each: float | None
    gifts: str

    @classmethod
    def of(cls, text: str) -> "Figures":
        cells = {key: [cell.strip() for cell in row.strip("| ").split(" | ")] for key, row in rows_of(text).items()}
        measured = {key: row for key, row in cells.items() if row[2] != "–" and len(row) > 9}
        speeds = {
            key: number(found[1]) for key in STEPS if key in measured and (found := _SPEED.search(measured[key][8]))
        }
        entries = measured.get("sequencer-postgresql-speed")
        log = re.match(r"([\d,]+) entries", entries[8]) if entries else None
        return cls(
            speeds=speeds,
            bytes_each=number(measured["bytes"][3]) if "bytes" in measured else None,
            entries_each=number(log[1]) / number(entries[9]) if entries and log else None,
            gifts=", ".join(sorted({row[9] for row in measured.values()})),
        )


def number(text: str) -> float:
    return float(text.replace(",", ""))


def table(figures: Figures, gifts: int, districts: int) -> list[tuple[str, str, str]]:
    """Lines of what, for the whole city in one journal, for a district in its own."""
    entries = gifts * (figures.entries_each or 1)
    rows = [("gifts", f"{gifts:,}", f"{gifts / districts:,.0f}")]
    rows.append(("gifts a second, over a year", f"{gifts / YEAR:.2f}", f"{gifts / districts / YEAR:.3f}"))
    if figures.entries_each:
        rows.append(("entries (gifts, matches, spendings)", f"{entries:,.0f}", f"{entries / districts:,.0f}"))
        rows.append(("rows: entry, posting, leaf, lot", f"{4 * entries:,.0f}", f"{4 * entries / districts:,.0f}"))
    if figures.bytes_each:
        whole = gifts * figures.bytes_each / 1e9
        rows.append(("disk, tables and indexes", f"{whole:,.1f} GB", f"{whole / districts:,.2f} GB"))
    for line, what in STEPS.items():
        count = gifts if line in ("post-raw", "four-raw", "bulk-postgresql") else entries
        speed = figures.speeds.get(line)
        hours = count / speed / 3600 if speed else None
        one, each = (f"{hours:,.1f} h", f"{hours / districts * 60:,.1f} min") if hours else ("not measured yet",) * 2
        rows.append((what, one, each))
    return rows


def main(arguments: Sequence[str] | None = None) -> int:
    options = argparse.ArgumentParser(prog="python -m tests.bench.city", description="What a whole city would cost.")
    options.add_argument("--gifts", type=int, default=GIFTS, help="a year's gifts (default 65,000,000)")
    options.add_argument(
        "--districts", type=int, default=DISTRICTS, help="how many journals they fall into (default 41)"
    )
    options.add_argument("--figures", type=Path, default=BASE / "BENCHMARKS.md", help="the measured figures")
    asked = options.parse_args(arguments)
    figures = Figures.of(asked.figures.read_text())
    print(
        f"From figures measured at {figures.gifts or 'no scale yet'} gifts, times what a year of the city has more:\n"
    )
    print(f"| | {asked.gifts:,} gifts in one journal | one of {asked.districts} districts in its own |")
    print("| --- | --- | --- |")
    for row in table(figures, asked.gifts, asked.districts):
        print("| " + " | ".join(row) + " |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
