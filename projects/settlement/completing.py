"""The end of an import: control totals, the fee that gifts carry, and the statement of completeness in the log."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, Max, Sum, Value
from django.utils.timezone import localtime

from ledger import posting
from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from projects.access.permissions import require
from projects.audit import actions as audit
from projects.settlement import storage
from projects.settlement.models import GiftsBrought, SettlementFile
from projects.settlement.platform_rows import post_fee
from projects.settlement.reconciling import OWED, reconcile_open
from projects.settlement.states import FILE_MOVES
from projects.settlement.words import FileState, RowState, Source

_record = audit.recorder("settlement_file", organisation="organisation.ref")


def complete(file: SettlementFile, *, by: Any, at: datetime) -> None:
    """Hold the rows against the file's own totals; equal, the file is complete and the log says what became of it."""
    with transaction.atomic():
        sums = Sums(file)
        counts, totals = sums.counts, sums.totals
        equal = (sum(counts.values()), sum(totals.values())) == (file.rows_total, file.total_minor)
        stated = file.stated_rows in (None, file.rows_total) and file.stated_minor in (None, file.total_minor)
        state = FileState.COMPLETE if equal and stated else FileState.DIFFERS
        values: dict[str, Any] = {
            "state": state,
            "ended_at": at,
            "expected_minor": sums.expected_minor,
            "last_on": sums.last_on,
        }
        if file.source == Source.PLATFORM:
            # What the platform kept of the gifts of this file, in one entry.
            if sums.gifts_fee_minor:
                post_fee(file, file.ref, sums.gifts_fee_minor, on=None, by=by, at=at)
            GiftsBrought.objects.bulk_create(sums.brought())
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
    sums = Sums(file)
    return sums.counts, sums.totals


class Sums:
    """The rows of a file by state and project, read through once. Amounts in minor units, after fees where not said."""

    def __init__(self, file: SettlementFile) -> None:
        self.file, self.of_platform = file, file.source == Source.PLATFORM
        rows: Any = file.rows if self.of_platform else file.lines
        apart = ("state", "project_id") if self.of_platform else ("state",)
        fee: Any = Sum("fee_minor") if self.of_platform else Value(0)
        sums = {"rows": Count("pk"), "amount": Sum("amount_minor"), "fee": fee, "last": Max("on")}
        self._parts = list(rows.order_by().values(*apart).annotate(**sums))
        # How many rows ended in each state, and what they come to.
        self.counts: dict[str, int] = {}
        self.totals: dict[str, int] = {}
        for part in self._parts:
            state = part["state"]
            self.counts[state] = self.counts.get(state, 0) + part["rows"]
            self.totals[state] = self.totals.get(state, 0) + int(part["amount"]) - int(part["fee"])

    @property
    def last_on(self) -> date | None:
        """The latest day of a row."""
        return max((part["last"] for part in self._parts if part["last"]), default=None)

    @property
    def expected_minor(self) -> int:
        """What should reach the bank."""
        return sum(self.totals.get(state, 0) for state in OWED) if self.of_platform else 0

    @property
    def gifts_fee_minor(self) -> int:
        """What the platform kept of the gifts."""
        return sum(int(part["fee"]) for part in self._gifts())

    def brought(self) -> Iterator[GiftsBrought]:
        """The gifts of each project before fees, for the public page that leads from a project to its files."""
        for part in self._gifts():
            if part["project_id"] is not None:
                yield GiftsBrought(
                    file=self.file, project_id=part["project_id"], gifts=part["rows"], gifts_minor=int(part["amount"])
                )

    def _gifts(self) -> Iterator[dict[str, Any]]:
        return (part for part in self._parts if part["state"] == RowState.GIFT)


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
