"""Totals per fund and project as the leaves give them, and what the site publishes, side by side."""

import json
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any

from ledger.auditor.lines import Line
from ledger.auditor.report import Report
from ledger.auditor.sources import Source
from ledger.auditor.words import COLUMNS, text_of
from ledger.core.money import EXPONENTS, decimal_text
from ledger.core.notes import TreeHead

AMOUNTS = ("given", "matched", "other_in", "refunded", "covered", "spent", "left")
COUNTS = ("gifts", "matches")


def figures_of(line: Line) -> dict[str, int]:
    """A fund's figures, in minor units, under the names of the public interface."""
    given, gifts = line.came.get("DONATION", (0, 0))
    matched, matches = line.came.get("MATCH", (0, 0))
    return {
        "given": given,
        "matched": matched,
        "other_in": line.end - given - matched,
        "refunded": line.refunded,
        "covered": line.covered,
        "spent": line.spent,
        "left": line.end - line.spent - line.refunded,
        "gifts": gifts,
        "matches": matches,
    }


def compare(source: Source, head: TreeHead, lines: dict[tuple[str, str], Line], report: Report) -> int:
    """Hold the published figures against ours. Returns how many funds were compared."""
    compared, after = 0, ""
    while True:
        raw = source.figures(head.size, after)
        if raw is None:
            report.note("figures_none")
            return compared
        rows, more = _page(raw, head, report)
        compared += sum(_compare_row(row, lines, report) for row in rows)
        if more <= after:  # the end; or a page that leads nowhere
            return compared
        after = more


def _page(raw: bytes, head: TreeHead, report: Report) -> tuple[list[Any], str]:
    """The rows of a page for our position, and what to ask for next."""
    try:
        published = json.loads(raw)
        rows, position, root = published["projects"], published["position"], published["root"]
        after = published.get("after", "")
        if not isinstance(rows, list) or not isinstance(after, str):
            raise TypeError
    except (ValueError, KeyError, TypeError):
        report.add("figures_unreadable")
        return [], ""
    if position != head.size:
        report.note("figures_elsewhere", position=position, size=head.size)
        return [], ""
    if root != head.root.hex():
        report.add("figures_root", root=str(root), ours=head.root.hex())
    return rows, after


def _compare_row(row: Any, lines: dict[tuple[str, str], Line], report: Report) -> int:
    try:
        book, fund, project = row["book"], row["fund"], row["project"]
        theirs = {name: row[name] for name in ("currency", *AMOUNTS, *COUNTS)}
    except (KeyError, TypeError):
        report.add("figures_unreadable")
        return 0
    line = lines.get((book, fund))
    if line is None or line.project not in ("", project):
        report.add("figures_no_fund", project=str(project), book=str(book), fund=str(fund))
        return 0
    ours: dict[str, Any] = {"currency": line.currency, **figures_of(line)}
    for name, value in theirs.items():
        if value != ours[name] or type(value) is not type(ours[name]):
            report.add("figures_differ", project=str(project), fund=fund, name=name, theirs=value, ours=ours[name])
    return 1


# ---- the table ----


def table(lines: Iterable[Line], lang: str) -> Iterator[str]:
    """One row a fund, amounts with their decimals."""
    heads = [text_of(COLUMNS[name], lang) for name in ("fund", "currency", *AMOUNTS, *COUNTS)]
    rows = [heads]
    for line in lines:
        ours = figures_of(line)
        rows.append(
            [
                f"{line.book}/{line.fund}",
                line.currency,
                *(_money(ours[name], line.currency) for name in AMOUNTS),
                *(f"{ours[name]:,}" for name in COUNTS),
            ]
        )
    widths = [max(_width(row[n]) for row in rows) for n in range(len(heads))]
    for row in rows:
        yield "  ".join(_pad(text, widths[n], left=n < 2) for n, text in enumerate(row)).rstrip()


def _money(minor: int, currency: str) -> str:
    if currency not in EXPONENTS:
        return str(minor)
    head, point, tail = decimal_text(minor, currency).partition(".")
    return f"{int(head):,}{point}{tail}" if head != "-0" else f"{head}{point}{tail}"


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _pad(text: str, width: int, *, left: bool) -> str:
    space = " " * (width - _width(text))
    return text + space if left else space + text
