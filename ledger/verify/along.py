"""The pass along the log: ranges between two heads, page by page. And the few entries that wait for their place."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from typing import Any

from django.db import connection

from ledger import snapshots as kept
from ledger.models import LogLeaf
from ledger.verify import journal, lines, log, snapshots
from ledger.verify.chain import Row
from ledger.verify.findings import Finding, Named, Pass
from ledger.verify.moment import once_a_moment
from ledger.verify.values import fetched, places, references_at, references_of, values_at, values_of
from ledger.verify.walk import PAGE, PAGE_ON_SQLITE, RANGE, Walk

# What is asked of an entry that is not certainly right; and of every entry that has no place yet.
PATIENT: tuple[tuple[str, Callable[[Sequence[Any]], Iterable[Finding]]], ...] = (
    ("values", values_of),
    ("references", references_of),
    ("postings", journal.postings_agree),
    ("sealed", journal.entries_are_whole),
    ("documents", journal.documents_of),
    ("keys", journal.inputs_of),
    ("uses", lines.losses_of),
    ("holes", lines.hole_lengths_of),
    ("covers", lines.cover_lengths_of),
)
# What is asked about each position that no entry has; and about one that is in doubt.
OF_NOTICES: tuple[tuple[str, Callable[[Sequence[Any]], Iterable[Finding]]], ...] = (
    ("leaves", log.rehashed),
    ("values", values_at),
)
AT_POSITIONS = (*OF_NOTICES, ("lots", lines.lots_at), ("references", references_at))
FEW = 200


def ranges() -> list[tuple[int, int]]:
    """Stretches of the log between heads, each of some thousand positions; the last one reaches its end."""
    last = LogLeaf.objects.order_by("-position").values_list("position", flat=True).first()
    if last is None:
        return []
    end, found, start = last + 1, [], 0
    for (size,) in fetched("SELECT size FROM ledger_loghead WHERE size > 0 ORDER BY size"):
        if size >= end:
            break
        if size - start >= RANGE:
            found.append((start, size))
            start = size
    return [*found, (start, end)]


def along_the_log(start: int, stop: int) -> Iterator[Named]:
    """Everything that one entry after another shows, and the tree that grows over their leaves."""
    with connection.cursor() as cursor, closing(log.Tree(start, stop)) as tree:
        walk: Walk = once_a_moment("walk", lambda: Walk(cursor))
        walk.begin(cursor, start)
        walk.moved = snapshots.moved_before(start)
        expected, stretch = start, kept.SNAPSHOT_EVERY
        page = PAGE_ON_SQLITE if connection.vendor == "sqlite" else PAGE
        for first, end in _pages(start, stop, min(page, stretch)):
            leaves, suspects = walk.suspects(first, end)
            yield from _positions(leaves, expected)
            expected = leaves[-1][0] + 1 if leaves else expected
            yield from tree.grow(leaves)
            others = [row[0] for row in leaves if row[4]]
            yield from _in_doubt(suspects)
            for name, find in OF_NOTICES:
                yield from _named(name, find, others)
            if end % stretch == 0:
                yield from (("days", finding) for finding in snapshots.day_sums_at(end, walk.moved))
                walk.moved.clear()
        if expected != stop:
            yield "positions", Finding(log.LEAF, f"position={expected}", "is missing")
        yield from (("lots", finding) for finding in walk.chain.findings())
        yield from tree.end()


def _pages(start: int, stop: int, size: int) -> Iterator[tuple[int, int]]:
    """Pages that end at multiples of their size: where a stretch of the log ends, one does."""
    while start < stop:
        end = min((start // size + 1) * size, stop)
        yield start, end
        start = end


def _positions(leaves: Sequence[Row], expected: int) -> Iterator[Named]:
    if [row[0] for row in leaves] == list(range(expected, expected + len(leaves))):
        return
    for row in leaves:
        if row[0] != expected:
            yield "positions", Finding(log.LEAF, f"position={row[0]}", f"follows on {expected - 1}: some are missing")
        expected = row[0] + 1


def _in_doubt(positions: Sequence[int]) -> Iterator[Named]:
    """What is wrong at these positions, if anything."""
    for at in range(0, len(positions), FEW):
        few = positions[at : at + FEW]
        for name, find in AT_POSITIONS:
            yield from _named(name, find, few)
        ids = [row[0] for row in fetched(*_ids_at(few))]
        for name, find in PATIENT:
            yield from _named(name, find, ids)


def _ids_at(positions: Sequence[int]) -> tuple[str, list[Any]]:
    sql = f"SELECT entry_id FROM ledger_logleaf WHERE position IN ({places(positions)}) AND entry_id IS NOT NULL"
    return sql, list(positions)


def _named(name: str, find: Callable[[Sequence[Any]], Iterable[Finding]], subjects: Sequence[Any]) -> Iterator[Named]:
    """The findings of a patient function. Where it stumbles, one subject after another, to name the one."""
    if not subjects:
        return
    try:
        found = list(find(subjects))
    except (ValueError, LookupError, TypeError, AttributeError) as fault:
        if len(subjects) == 1:
            shown = getattr(subjects[0], "hex", subjects[0])
            yield name, Finding("the books", f"id={shown}", f"cannot be read: {type(fault).__name__}: {fault}")
            return
        for subject in subjects:
            yield from _named(name, find, [subject])
        return
    yield from ((name, finding) for finding in found)


def waiting(_start: int, _stop: int) -> Iterator[Named]:
    """Entries that wait are asked everything, patiently: there are seldom more than a second brings.

    One that has no place and does not wait for one either is named by the check of the outbox.
    """
    few: list[Any] = []
    for (entry_id,) in fetched(
        "SELECT e.id FROM ledger_outbox o JOIN ledger_journalentry e ON e.id = o.subject_id "
        "LEFT JOIN ledger_logleaf l ON l.entry_id = e.id WHERE l.position IS NULL"
    ):
        few.append(entry_id)
        if len(few) == FEW:
            yield from _asked(few)
            few = []
    yield from _asked(few)


def _asked(ids: Sequence[Any]) -> Iterator[Named]:
    for name, find in PATIENT:
        yield from _named(name, find, ids)


SERVED = frozenset(name for name, _find in PATIENT)
PASSES = (
    Pass("along the log", SERVED | {"positions", "leaves", "heads", "lots", "tiles", "days"}, ranges, along_the_log),
    Pass("waiting", SERVED, lambda: [(0, 1)], waiting),
)
