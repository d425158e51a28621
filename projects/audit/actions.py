"""Writing the two records, and chaining them."""

import datetime
from collections.abc import Iterable, Mapping
from operator import attrgetter
from typing import Any, Protocol

from django.db import connection, transaction
from django.db.models import Exists, OuterRef

from projects.access.actors import Actor
from projects.audit.canonical import EVENT_FIELDS, READ_FIELDS, link_hash, plain, row_digest
from projects.audit.models import AuditEvent, ChainLink, ReadLog

# The lock's number on PostgreSQL; any constant that nobody else uses.
CHAIN_LOCK = 0x6175646974
GENESIS = "0" * 64
BATCH = 1000
# A transaction that took a low id may commit late: so far behind the chain's end is looked each time. Anything later
# than that is found by the daily sweep, and named by the check until then.
LATE_ROWS = 1000


def record(
    *,
    by: Actor,
    at: datetime.datetime,
    event: str,
    subject: tuple[str, str],
    organisation_ref: str = "",
    reason: str = "",
    facts: Mapping[str, Any] | None = None,
) -> AuditEvent:
    """Write that something was done. Call it inside the transaction that does it: both happen or neither."""
    row = AuditEvent(
        at=at,
        by_ref=by.ref,
        event=str(event),
        subject_kind=subject[0],
        subject_ref=str(subject[1]),
        organisation_ref=organisation_ref,
        reason=reason,
        facts=plain(dict(facts or {})),
    )
    row.digest = row_digest(row, EVENT_FIELDS)
    row.save(force_insert=True)
    return row


class Recorder(Protocol):
    """`record` for things of one kind."""

    def __call__(
        self,
        thing: Any,
        event: str,
        *,
        by: Actor,
        at: datetime.datetime,
        reason: str = "",
        facts: Mapping[str, Any] | None = None,
    ) -> AuditEvent: ...


def recorder(kind: str, *, organisation: str) -> Recorder:
    """`record` for things of one kind: `organisation` is the way from the thing to its organisation's reference."""
    reference = attrgetter(organisation)

    def record_thing(thing: Any, event: str, **how: Any) -> AuditEvent:
        return record(event=event, subject=(kind, thing.ref), organisation_ref=reference(thing), **how)

    return record_thing


def log_read(
    *,
    by: Actor,
    at: datetime.datetime,
    purpose: str,
    subject: tuple[str, str],
    fields: Iterable[str],
    role: str = "",
    organisation_ref: str = "",
) -> ReadLog:
    """Write that somebody is about to see personal data. Call it first; when it raises, show nothing."""
    if not purpose.strip():
        raise ValueError("A look at personal data needs a purpose.")
    row = ReadLog(
        at=at,
        by_ref=by.ref,
        role=str(role),
        organisation_ref=organisation_ref,
        purpose=purpose.strip(),
        subject_kind=subject[0],
        subject_ref=str(subject[1]),
        fields=sorted(set(fields)),
    )
    row.digest = row_digest(row, READ_FIELDS)
    row.save(force_insert=True)
    return row


def seal(*, sweep: bool = False) -> int:
    """Chain what is not chained yet, in both streams. The worker calls it; returns how many links were added.

    `sweep` also looks for rows far behind the chain's end; once a day is enough.
    """
    sealed = 0
    while count := _seal_batch(sweep):
        sealed += count
    return sealed


def _seal_batch(sweep: bool) -> int:
    with transaction.atomic():
        _take_chain_lock()
        streams = ((ChainLink.Stream.EVENTS, AuditEvent), (ChainLink.Stream.READS, ReadLog))
        return sum(_seal_stream(stream, model, sweep) for stream, model in streams)


def _take_chain_lock() -> None:
    # SQLite's transactions are IMMEDIATE here: whoever is inside is alone already.
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CHAIN_LOCK])


def _seal_stream(stream: str, model: Any, sweep: bool) -> int:
    last = ChainLink.objects.filter(stream=stream).order_by("position").last()
    position, prev_hash = (last.position + 1, last.hash) if last else (0, GENESIS)
    rows = model.objects.filter(~Exists(ChainLink.objects.filter(stream=stream, row_ref=OuterRef("ref"))))
    if last and not sweep:
        rows = rows.filter(id__gt=_id_of(model, last.row_ref) - LATE_ROWS)
    links = []
    for row in rows.order_by("id").only("ref", "digest")[:BATCH]:
        link = ChainLink(
            stream=stream,
            position=position,
            row_ref=row.ref,
            digest=row.digest,
            prev_hash=prev_hash,
            hash=link_hash(prev_hash, position, row.digest),
        )
        links.append(link)
        position, prev_hash = position + 1, link.hash
    ChainLink.objects.bulk_create(links)
    return len(links)


def _id_of(model: Any, ref: str) -> int:
    return int(model.objects.filter(ref=ref).values_list("id", flat=True).first() or 0)
