"""Three ways to one sum: what the platform's rows come to, what it says it paid out, and what the bank's line brought.

gifts − fees − refunds ± suspense of a settlement file = the bank's line, to the cent; a file that names its payouts is
held against the bank payout by payout. A line without its file is suspense until the file comes or somebody answers.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Sum

from ledger import posting
from ledger.core.money import split
from ledger.core.refusals import Refused
from ledger.policy import transit
from projects.audit import actions as audit
from projects.giving.bearing import GENERAL_FUND
from projects.giving.platform_gifts import CHANNEL
from projects.organisations.models import Organisation
from projects.settlement import suspense
from projects.settlement.models import SettlementFile, SettlementRow, StatementLine, UnexplainedItem
from projects.settlement.states import LINE_MOVES
from projects.settlement.words import FileState, LineState, RowState, Source

_record = audit.recorder("statement_line", organisation="file.organisation.ref")

# A platform's money may reach the bank so long after its last row, or (with weekends between zones) a day before.
LATEST = timedelta(days=45)
EARLIEST = timedelta(days=1)
# What a file's rows do to what the platform owes; known, rejected and paid-out rows do nothing.
OWED = (RowState.GIFT, RowState.REFUND, RowState.FEE, RowState.SUSPENSE)


@dataclass(frozen=True)
class Payable:
    """What a bank's line may be: a whole file, or one payout row of a file."""

    settlement: SettlementFile | None
    payout_row: SettlementRow | None

    @property
    def file(self) -> SettlementFile:
        if self.settlement is not None:
            return self.settlement
        assert self.payout_row is not None
        return self.payout_row.file

    @property
    def due_minor(self) -> int:
        """What it says should reach the bank."""
        if self.payout_row is not None:
            return -self.payout_row.amount_minor
        return int(self.file.expected_minor or 0)

    @property
    def names(self) -> set[str]:
        """Numbers that may stand on the bank's line."""
        own = {self.payout_row.row_id} if self.payout_row else set()
        return (own | {self.file.batch_ref}) - {""}


def fitting(organisation: Any, line: StatementLine, *, memo: str = "", taken: set[Payable] | None = None) -> Any:
    """The one thing that this line pays out, or the code of why there is not one."""
    found = [payable for payable in _payables(organisation, line) if payable not in (taken or set())]
    if len(found) > 1:
        # The platform's own number on the line decides between equal sums.
        found = [payable for payable in found if any(name in memo for name in payable.names)] or found
    if len(found) == 1:
        return found[0]
    return "several_fit" if found else "nothing_fits"


def _payables(organisation: Any, line: StatementLine) -> list[Payable]:
    return payables(organisation, line, due_minor=line.amount_minor)


def payables(organisation: Any, line: StatementLine, *, due_minor: int | None = None) -> list[Payable]:
    """What is not paid out yet and may have reached the bank on the line's day; with ``due_minor``, of this sum."""
    assert line.on is not None  # a line without a day is rejected
    first, last = line.on - LATEST, line.on + EARLIEST
    files = SettlementFile.objects.filter(
        organisation=organisation,
        source=Source.PLATFORM,
        state=FileState.COMPLETE,
        currency=line.currency,
        last_on__range=(first, last),
        bank_line__isnull=True,
    ).exclude(rows__state=RowState.PAYOUT)
    rows = SettlementRow.objects.filter(
        file__organisation=organisation,
        state=RowState.PAYOUT,
        currency=line.currency,
        on__range=(first, last),
        bank_line__isnull=True,
        file__state=FileState.COMPLETE,
    ).select_related("file")
    if due_minor is not None:
        files, rows = files.filter(expected_minor=due_minor), rows.filter(amount_minor=-due_minor)
    return [Payable(file, None) for file in files] + [Payable(None, row) for row in rows]


def shares(file: SettlementFile, amount_minor: int) -> dict[str, int]:
    """A payout's share of each fund: the file's own sums, or in their proportion where it paid out another amount."""
    funds: dict[str, int] = defaultdict(int)
    rows = file.rows.filter(state__in=OWED).order_by().values("project__fund_code", "state")
    for row in rows.annotate(sum=Sum("amount_minor"), fees=Sum("fee_minor")):
        own = row["state"] in (RowState.GIFT, RowState.REFUND) and row["project__fund_code"]
        funds[own or GENERAL_FUND] += int(row["sum"])
        funds[GENERAL_FUND] -= int(row["fees"])
    if sum(funds.values()) == amount_minor:
        return {fund: share for fund, share in funds.items() if share}
    names = sorted(fund for fund, share in funds.items() if share > 0) or [GENERAL_FUND]
    parts = split(amount_minor, [max(funds[fund], 1) for fund in names])
    return {fund: part for fund, part in zip(names, parts, strict=True) if part}


def post_payout(
    line: StatementLine, payable: Payable, *, by: Any, at: datetime, adjusted_minor: int = 0, key: str = ""
) -> UUID:
    """The platform's money is at the bank; ``adjusted_minor`` is what it is more (+) or less (−) than the rows say."""
    file = payable.file
    book = file.organisation.book_code
    funds = shares(file, line.amount_minor - adjusted_minor)
    # An adjustment is the general fund's: that fund's part of the payout is larger or smaller by it.
    funds[GENERAL_FUND] = funds.get(GENERAL_FUND, 0) + adjusted_minor
    draft = transit.provider_payout(
        book=book,
        amounts_by_fund=funds,
        currency=line.currency,
        effective_on=suspense.booked_on(book, line.on, at),
        document_ref=line.ref,
        channel=CHANNEL,
    )
    return posting.post(draft, by=by.ref, at=at, key=f"statement_line:{key or line.ref}").entry_id


def reconcile_open(organisation: Any, *, by: Any, at: datetime) -> int:
    """Hold the bank's unexplained lines against the files that have come since, oldest first; how many it explained."""
    waiting = UnexplainedItem.objects.filter(
        organisation=organisation, solved_at__isnull=True, line__state=LineState.SUSPENSE
    )
    done = 0
    for item in waiting.select_related("line__file__organisation", "organisation").order_by("on", "pk"):
        try:
            done += _reconcile(item, by=by, at=at)
        except Refused as refused:
            # Its entry has no place in the log yet: the next round finds it again.
            if refused.code != "not_yet_in_log":
                raise
    return done


def reconcile_everywhere(*, by: Any, at: datetime) -> int:
    """`reconcile_open` for every charity: a line and its file that came at one moment may have missed each other."""
    waiting = UnexplainedItem.objects.filter(solved_at__isnull=True, line__isnull=False)
    charities = Organisation.objects.filter(pk__in=waiting.values("organisation"))
    return sum(reconcile_open(charity, by=by, at=at) for charity in charities)


def _reconcile(item: UnexplainedItem, *, by: Any, at: datetime) -> bool:
    line = item.line
    assert line is not None
    with transaction.atomic():
        locked = UnexplainedItem.objects.select_for_update().get(pk=item.pk)
        found = fitting(item.organisation, line, memo=_memo(line))
        if locked.solved_at is not None or isinstance(found, str):
            return False
        suspense.undo_entry(item, by=by, at=at)
        entry = post_payout(line, found, by=by, at=at)
        StatementLine.objects.filter(pk=line.pk, state=LineState.SUSPENSE).update(
            state=LineState.SETTLEMENT,
            problem="",
            settlement=found.settlement,
            payout_row=found.payout_row,
            entry_id=entry,
        )
        suspense.close_as_settlement(item, entry_id=entry, by=by, at=at)
        _record(line, LINE_MOVES[LineState.SUSPENSE, LineState.SETTLEMENT], by=by, at=at)
    return True


def _memo(line: StatementLine) -> str:
    """The words on the line, unless they were blanked; they may name a person, so they are only searched."""
    raw = line.file.raw_rows.filter(number=line.number).values_list("person", flat=True).first()
    return raw or ""
