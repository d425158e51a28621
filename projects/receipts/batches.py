"""Statements of all donors of a charity: asked for, made in the background, fetched as one ZIP, thrown away.

Killed at any point, a statement is drawn and noted, or it is drawn again: whoever comes next goes on with what waits.
Two at once note each statement once. Memory does not grow with the batch.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import islice
from typing import IO, Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.timezone import localtime

from ledger.core.money import decimal_text
from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from projects.access.actors import SystemActor
from projects.access.csv_cells import csv_bytes
from projects.access.permissions import require
from projects.audit import actions as audit
from projects.giving.models import Donor
from projects.receipts import batch_storage, drawing
from projects.receipts.batch_models import BatchStatement, StatementBatch
from projects.receipts.models import Receipt, ReceiptDonor
from projects.receipts.statements import Statement, statement_of

RIGHT = "receipts.statements"
MOST_DONORS = 10_000
KEPT_DAYS = 7
PROCESSES = 2
# The worker gives its other work a turn after so many statements.
AT_ONCE = 200
# So many are noted in one transaction; a kill draws at most these again.
NOTED_TOGETHER = 20
# Without news for so long, whoever made them is taken for dead.
STILL = timedelta(minutes=10)
State = StatementBatch.State
PROBLEMS = {drawing.NOT_DRAWN: _r("This statement could not be drawn. The site's own log says why.")}
_record = audit.recorder("statement_batch", organisation="organisation.ref")


def ask(organisation: Any, *, since: date, until: date, by: Any, at: datetime) -> StatementBatch:
    """Begin the statements of every donor who holds a receipt of the charity for a gift that arrived in these days.

    Refused: ``not_permitted``, ``days_reversed``, ``no_receipts``, ``too_many_donors``, ``statements_under_way``.
    """
    require(by, RIGHT, organisation=organisation, on=localtime(at).date())
    if since > until:
        raise Refused("days_reversed", _r("The last day lies before the first."))
    donors = list(_donors(organisation, since, until).values_list("pk", flat=True)[: MOST_DONORS + 1])
    if not donors:
        raise Refused("no_receipts", _r("No receipt stands for gifts that arrived between these days."))
    if len(donors) > MOST_DONORS:
        raise Refused(
            "too_many_donors",
            _r("These days have more than %(most)s donors. Ask for fewer days at a time."),
            most=f"{MOST_DONORS:,}",
        )
    try:
        with transaction.atomic():
            batch = StatementBatch.objects.create(
                organisation=organisation, since=since, until=until, total=len(donors),
                asked_by_ref=by.ref, asked_at=at, progress_at=at,
            )  # fmt: skip
            BatchStatement.objects.bulk_create(
                (BatchStatement(batch=batch, number=number, donor_id=pk) for number, pk in enumerate(donors, 1)),
                batch_size=1_000,
            )
            facts = {"since": since.isoformat(), "until": until.isoformat(), "donors": len(donors)}
            _record(batch, "statements.asked", by=by, at=at, facts=facts)
    except IntegrityError:
        raise Refused(
            "statements_under_way", _r("Statements of this charity are being made already. Wait until they are ready.")
        ) from None
    return batch


def _donors(organisation: Any, since: date, until: date) -> Any:
    return Donor.objects.filter(pk__in=_receipts(organisation, since, until).values("gift__donor")).order_by("pk")


def _receipts(organisation: Any, since: date, until: date) -> Any:
    return Receipt.objects.filter(issuer=organisation, given_on__range=(since, until)).order_by()


# ---- making ----


def make(batch: StatementBatch, *, at: datetime, most: int | None = None, processes: int = PROCESSES) -> bool:
    """Draw what waits, at most so many, and pack when nothing waits any more; True when there is more to draw.

    Acts in the name of who asked. A batch that is ready, or thrown away meanwhile, is left alone.
    """
    batch = StatementBatch.objects.select_related("organisation").get(pk=batch.pk)
    if batch.state != State.MAKING:
        return False
    waiting = batch.statements.filter(state=BatchStatement.State.WAITING).order_by("number")
    orders = [_order(batch, row, at) for row in waiting[:most]]
    drawings = iter(drawing.drawn(orders, processes=processes))
    while some := list(islice(drawings, NOTED_TOGETHER)):
        if not _note(batch, some, at):
            batch_storage.forget(batch.ref)
            return False
    if waiting.exists() or _draw_lost_ones_again(batch):
        return True
    _finish(batch, by=SystemActor(batch.asked_by_ref), at=at)
    return False


def _order(batch: StatementBatch, row: BatchStatement, at: datetime) -> drawing.Order:
    return drawing.Order(batch.ref, row.number, row.donor_id, batch.organisation_id, batch.since, batch.until, at)


def _note(batch: StatementBatch, drawings: list[drawing.Drawing], at: datetime) -> bool:
    """Write down what became of some; False where the batch was thrown away meanwhile."""
    counts = {BatchStatement.State.DRAWN: 0, BatchStatement.State.FAILED: 0}
    with transaction.atomic():
        # Whoever else makes the same batch waits here, and finds these noted.
        mine = StatementBatch.objects.select_for_update().filter(pk=batch.pk, state=State.MAKING)
        if not mine.exists():
            return False
        for one in drawings:
            state = BatchStatement.State.FAILED if one.problem else BatchStatement.State.DRAWN
            row = batch.statements.filter(number=one.number, state=BatchStatement.State.WAITING)
            counts[state] += row.update(state=state, problem=one.problem, pages=one.pages, totals=one.totals)
        drawn, failed = counts.values()
        mine.update(drawn=F("drawn") + drawn, failed=F("failed") + failed, progress_at=at)
    return True


def _draw_lost_ones_again(batch: StatementBatch) -> bool:
    """What was noted as drawn and is not on the disk (a power cut, a folder that was lost) waits again."""
    lost = [row.number for row in _drawn_rows(batch) if not batch_storage.has(batch.ref, row.number)]
    with transaction.atomic():
        rows = batch.statements.filter(number__in=lost, state=BatchStatement.State.DRAWN)
        count = rows.update(state=BatchStatement.State.WAITING, pages=0, totals={})
        StatementBatch.objects.filter(pk=batch.pk).update(drawn=F("drawn") - count)
    return bool(count)


def _finish(batch: StatementBatch, *, by: Any, at: datetime) -> None:
    size, sha256 = batch_storage.pack(batch.ref, files=_files(batch), index=_index(batch))
    with transaction.atomic():
        ready = {"ready_at": at, "expires_at": at + timedelta(days=KEPT_DAYS), "size_bytes": size, "sha256": sha256}
        mine = StatementBatch.objects.filter(pk=batch.pk, state=State.MAKING)
        is_ready = mine.update(state=State.READY, **ready)
        if is_ready:
            batch.refresh_from_db()
            facts = {"drawn": batch.drawn, "failed": batch.failed, "sha256": sha256}
            _record(batch, "statements.ready", by=by, at=at, facts=facts)
    # Another may have finished it, or it was thrown away while it was packed.
    if is_ready or StatementBatch.objects.filter(pk=batch.pk, state=State.READY).exists():
        batch_storage.forget_drawings(batch.ref)
    else:
        batch_storage.forget(batch.ref)


def _drawn_rows(batch: StatementBatch) -> Iterator[BatchStatement]:
    return batch.statements.filter(state=BatchStatement.State.DRAWN).order_by("number").iterator(chunk_size=500)


def _name_in_zip(row: BatchStatement) -> str:
    """Sorts as numbered, and says nothing of the person."""
    return f"{row.number:05}.pdf"


def _files(batch: StatementBatch) -> Iterator[tuple[str, int]]:
    return ((_name_in_zip(row), row.number) for row in _drawn_rows(batch))


def _index(batch: StatementBatch) -> bytes:
    """Which file is whose, and its sums: what finance needs to send them out."""
    names = _names(batch)
    rows = (
        (_name_in_zip(row), names.get(row.donor_id, ""), row.pages, currency, decimal_text(minor, currency))
        for row in _drawn_rows(batch)
        for currency, minor in sorted(row.totals.items())
    )
    return csv_bytes(("file", "name", "pages", "currency", "total"), rows)


def _names(batch: StatementBatch) -> dict[int, str]:
    """The name on each donor's latest receipt that bears one."""
    inside = _receipts(batch.organisation, batch.since, batch.until)
    named = ReceiptDonor.objects.filter(receipt__in=inside).exclude(name="").order_by("receipt__issued_at", "receipt")
    return dict(named.values_list("receipt__gift__donor", "name").iterator())


# ---- fetching, and the end ----


def fetch(batch: StatementBatch, *, by: Any, at: datetime) -> IO[bytes]:
    """The ZIP, open; who fetches it stands in the read log before a byte is read.

    Refused: ``not_permitted``, ``statements_not_ready``, ``statements_expired``.
    """
    require(by, RIGHT, organisation=batch.organisation, on=localtime(at).date())
    if batch.state == State.MAKING:
        raise Refused("statements_not_ready", _r("The statements are still being made."))
    gone = Refused("statements_expired", _r("The statements were thrown away. Ask for them again."))
    if batch.state != State.READY or batch.expires_at is None or batch.expires_at <= at:
        raise gone
    try:
        file = batch_storage.opened(batch.ref)
    except FileNotFoundError:
        raise gone from None
    audit.log_read(
        by=by,
        at=at,
        purpose="statements of donors",
        subject=("statement_batch", batch.ref),
        fields=["name", "gifts"],
        organisation_ref=batch.organisation.ref,
    )
    return file


def statement_for_charity(
    donor: Donor, organisation: Any, *, since: date, until: date, by: Any, at: datetime
) -> Statement:
    """One donor's statement of a charity's receipts, for its finance; the look is in the read log first.

    Refused: ``not_permitted``, ``days_reversed``, ``no_receipts``.
    """
    require(by, RIGHT, organisation=organisation, on=localtime(at).date())
    if since > until:
        raise Refused("days_reversed", _r("The last day lies before the first."))
    audit.log_read(
        by=by,
        at=at,
        purpose="statement of a donor",
        subject=("donor", donor.ref),
        fields=["name", "gifts"],
        organisation_ref=organisation.ref,
    )
    told = statement_of(donor, since=since, until=until, at=at, issuer=organisation)
    if told.is_empty:
        raise Refused("no_receipts", _r("No receipt stands for gifts that arrived between these days."))
    return told


def discard(batch: StatementBatch, *, by: Any, at: datetime) -> None:
    """Throw the papers away before their time; once thrown away, nothing changes. Refused: ``not_permitted``."""
    require(by, RIGHT, organisation=batch.organisation, on=localtime(at).date())
    _throw_away(batch, by=by, at=at, reason="by_hand")


def still(*, at: datetime) -> list[str]:
    """The batches whose maker has died, each once: whoever is handed one goes on with it."""
    refs = StatementBatch.objects.filter(state=State.MAKING, progress_at__lte=at - STILL).values_list("ref", flat=True)
    mine = StatementBatch.objects.filter(state=State.MAKING, progress_at__lte=at - STILL)
    return [ref for ref in list(refs) if mine.filter(ref=ref).update(progress_at=at)]


def forget_expired(*, by: Any, at: datetime) -> int:
    """Throw away what is past its time, and what kills have left behind; how many batches that were."""
    past = StatementBatch.objects.filter(state=State.READY, expires_at__lte=at).select_related("organisation")
    count = sum(_throw_away(batch, by=by, at=at, reason="") for batch in past)
    live = dict(StatementBatch.objects.exclude(state=State.EXPIRED).values_list("ref", "state"))
    batch_storage.forget_all_but(whole=set(live), drawings={ref for ref in live if live[ref] == State.MAKING})
    return count


def forget_donor(donor: Donor, *, by: Any, at: datetime) -> None:
    """A person is erased: the papers that bear the name go at once, with the others of their batch."""
    mine = StatementBatch.objects.filter(statements__donor=donor).exclude(state=State.EXPIRED)
    for batch in mine.select_related("organisation"):
        _throw_away(batch, by=by, at=at, reason="donor_erased")


def _throw_away(batch: StatementBatch, *, by: Any, at: datetime, reason: str) -> int:
    with transaction.atomic():
        gone = StatementBatch.objects.filter(pk=batch.pk).exclude(state=State.EXPIRED).update(state=State.EXPIRED)
        if gone:
            _record(batch, "statements.expired", by=by, at=at, reason=reason)
        transaction.on_commit(lambda: batch_storage.forget(batch.ref))
    return gone
