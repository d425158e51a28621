"""Reading the two records, and checking that nobody touched them."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from projects.audit.actions import GENESIS, LATE_ROWS
from projects.audit.canonical import EVENT_FIELDS, READ_FIELDS, link_hash, row_digest
from projects.audit.models import AuditEvent, ChainLink, ReadLog

STREAMS: tuple[tuple[str, Any, tuple[str, ...]], ...] = (
    (ChainLink.Stream.EVENTS, AuditEvent, EVENT_FIELDS),
    (ChainLink.Stream.READS, ReadLog, READ_FIELDS),
)

# Links looked at together with their rows.
BATCH = 1_000


@dataclass(frozen=True)
class Broken:
    """A place where a record is not what was written: which stream, which row or position, and what is wrong."""

    stream: str
    place: str
    fault: str


def events_of(kind: str, ref: str) -> QuerySet[AuditEvent]:
    """What was done with one thing, oldest first."""
    return AuditEvent.objects.filter(subject_kind=kind, subject_ref=ref).order_by("at", "id")


def reads_of(kind: str, ref: str) -> QuerySet[ReadLog]:
    """Who looked at one thing, oldest first. The person concerned may ask for this."""
    return ReadLog.objects.filter(subject_kind=kind, subject_ref=ref).order_by("at", "id")


def broken_links() -> list[Broken]:
    """Every fault in both streams; empty when the records are as they were written."""
    return list(each_broken_link())


def each_broken_link() -> Iterator[Broken]:
    """The same, one by one: the records may be long."""
    for stream, model, names in STREAMS:
        yield from _faults(stream, model, names)


def chain_head(stream: str) -> tuple[int, str]:
    """How many rows are chained, and the hash that stands for all of them: what is published once a day."""
    last = ChainLink.objects.filter(stream=stream).order_by("position").last()
    return (last.position + 1, last.hash) if last else (0, GENESIS)


def _faults(stream: str, model: Any, names: tuple[str, ...]) -> Iterator[Broken]:
    prev_hash, position, newest = GENESIS, 0, 0
    links = ChainLink.objects.filter(stream=stream).order_by("position").iterator(BATCH)
    while batch := list(islice(links, BATCH)):
        rows = {row.ref: row for row in model.objects.filter(ref__in=[link.row_ref for link in batch])}
        for link in batch:
            if link.position != position:
                yield Broken(stream, str(position), "a link is missing")
            if link.prev_hash != prev_hash or link.hash != link_hash(link.prev_hash, link.position, link.digest):
                yield Broken(stream, str(link.position), "the link does not follow from the one before")
            yield from _row_faults(stream, link, rows.get(link.row_ref), names)
            prev_hash, position = link.hash, link.position + 1
        newest = max([newest, *(row.id for row in rows.values())])
    chained = ChainLink.objects.filter(stream=stream, row_ref=OuterRef("ref"))
    for row in model.objects.filter(~Exists(chained)).order_by("id").iterator(BATCH):
        if row_digest(row, names) != row.digest:
            yield Broken(stream, row.ref, "the row was changed")
        if row.id < newest - LATE_ROWS:
            yield Broken(stream, row.ref, "the row was left out of the chain")


def _row_faults(stream: str, link: ChainLink, row: Any, names: tuple[str, ...]) -> Iterator[Broken]:
    if row is None:
        yield Broken(stream, link.row_ref, "the row is gone")
        return
    if row_digest(row, names) != row.digest:
        yield Broken(stream, row.ref, "the row was changed")
    if row.digest != link.digest:
        yield Broken(stream, row.ref, "the row was changed after it was chained")
