"""The end of an import: control totals, the fee that gifts carry, and the statement of completeness in the log."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, F, Max, Sum
from django.utils.timezone import localtime

from ledger import posting
from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from projects.access.permissions import require
from projects.audit import actions as audit
from projects.settlement import storage
from projects.settlement.models import GiftsBrought, SettlementFile
from projects.settlement.platform_rows import post_fee
from projects.settlement.reconciling import expected, reconcile_open
from projects.settlement.states import FILE_MOVES
from projects.settlement.words import FileState, RowState, Source

_record = audit.recorder("settlement_file", organisation="organisation.ref")


def complete(file: SettlementFile, *, by: Any, at: datetime) -> None:
    """Hold the rows against the file's own totals; equal, the file is complete and the log says what became of it."""
    with transaction.atomic():
        counts, totals = statement(file)
        equal = (sum(counts.values()), sum(totals.values())) == (file.rows_total, file.total_minor)
        stated = file.stated_rows in (None, file.rows_total) and file.stated_minor in (None, file.total_minor)
        state = FileState.COMPLETE if equal and stated else FileState.DIFFERS
        values: dict[str, Any] = {"state": state, "ended_at": at, **_facts_of(file)}
        if file.source == Source.PLATFORM:
            _post_gifts_fees(file, by=by, at=at)
            _count_by_project(file)
        if state == FileState.COMPLETE:
            values["notice_id"] = _publish(file, counts, totals, by=by, at=at)
        moved = SettlementFile.objects.filter(pk=file.pk, state=FileState.IMPORTING).update(**values)
        if not moved:
            return
        facts = {"counts": counts, "totals": totals}
        _record(file, FILE_MOVES[FileState.IMPORTING, state], by=by, at=at, facts=facts)
        if state == FileState.COMPLETE:
            transaction.on_commit(lambda: storage.forget(sha256=file.sha256, ref=file.ref))
    file.refresh_from_db()
    if file.source == Source.PLATFORM and file.state == FileState.COMPLETE:
        reconcile_open(file.organisation, by=by, at=at)


def accept_totals(file: SettlementFile, *, reason: str, by: Any, at: datetime) -> None:
    """The platform stated other totals, and somebody found out why: the statement is published with the file's own.

    By another person than who took the file in, and only where the rows are all of the file.
    """
    require(by, "settlement.import", organisation=file.organisation, on=localtime(at).date())
    if not reason.strip():
        raise Refused("reason_needed", _r("Say why."))
    if by.ref == file.started_by_ref:
        raise Refused("maker_checker", _r("You took this file in. Somebody else of finance must accept its totals."))
    with transaction.atomic():
        counts, totals = statement(file)
        if (sum(counts.values()), sum(totals.values())) != (file.rows_total, file.total_minor):
            raise Refused("rows_missing", _r("The rows are not all of the file. This cannot be accepted."))
        notice = _publish(file, counts, totals, by=by, at=at)
        accepted = SettlementFile.objects.filter(pk=file.pk, state=FileState.DIFFERS).update(
            state=FileState.COMPLETE, notice_id=notice
        )
        if not accepted:
            raise Refused("file_moved_on", _r("This file has moved on in the meantime. Look at it again."))
        event = FILE_MOVES[FileState.DIFFERS, FileState.COMPLETE]
        _record(file, event, by=by, at=at, reason=reason.strip())
        transaction.on_commit(lambda: storage.forget(sha256=file.sha256, ref=file.ref))
    file.refresh_from_db()
    reconcile_open(file.organisation, by=by, at=at)


def statement(file: SettlementFile) -> tuple[dict[str, int], dict[str, int]]:
    """How many rows ended in each state, and what they come to after fees, in minor units."""
    lines: Any = file.rows if file.source == Source.PLATFORM else file.lines
    net = F("amount_minor") - F("fee_minor") if file.source == Source.PLATFORM else F("amount_minor")
    found = list(lines.order_by().values("state").annotate(count=Count("pk"), sum=Sum(net)))
    return {row["state"]: row["count"] for row in found}, {row["state"]: int(row["sum"]) for row in found}


def _facts_of(file: SettlementFile) -> dict[str, Any]:
    rows: Any = file.rows if file.source == Source.PLATFORM else file.lines
    last = rows.aggregate(last=Max("on"))["last"]
    return {"expected_minor": expected(file), "last_on": last}


def _post_gifts_fees(file: SettlementFile, *, by: Any, at: datetime) -> None:
    """What the platform kept of the gifts of this file, in one entry."""
    fees = file.rows.filter(state=RowState.GIFT).aggregate(sum=Sum("fee_minor"))["sum"]
    if fees:
        post_fee(file, file.ref, fees, on=None, by=by, at=at)


def _count_by_project(file: SettlementFile) -> None:
    """The gifts of each project, for the public page that leads from a project to its files."""
    gifts = file.rows.filter(state=RowState.GIFT, project__isnull=False).order_by().values("project_id")
    found = gifts.annotate(gifts=Count("pk"), gifts_minor=Sum("amount_minor"))
    GiftsBrought.objects.bulk_create([GiftsBrought(file=file, **one) for one in found])


def _publish(file: SettlementFile, counts: dict[str, int], totals: dict[str, int], *, by: Any, at: datetime) -> Any:
    facts = {
        "digest": file.sha256,
        "source": str(file.source),
        "currency": file.currency,
        "rows": file.rows_total,
        "total": file.total_minor,
        "counts": counts,
        "totals": totals,
    }
    return posting.notice(
        "SETTLEMENT_COMPLETE",
        book=file.organisation.book_code,
        effective_on=localtime(at).date(),
        facts=facts,
        by=by.ref,
        at=at,
        key=f"settlement_complete:{file.ref}",
    )
