"""What can be paid, what was paid, what waits."""

import hashlib
import json

from django.db.models import Q, QuerySet, Sum

from projects.payouts.models import Payout, PayoutBatch, SuspenseItem
from projects.payouts.states import OPEN, STANDING
from projects.payouts.words import PayoutState
from projects.relief.models import Award

PAYABLE_AWARDS = ("COMMITTED", "PAYING")
PAID = (PayoutState.CONFIRMED, PayoutState.ACKNOWLEDGED)


def awards_to_pay(organisation) -> QuerySet[Award]:
    """Booked awards with no payout on its way and not paid yet, oldest first."""
    standing = Payout.objects.filter(state__in=STANDING).values("award_id")
    return (
        Award.objects.filter(project__organisation=organisation, state__in=PAYABLE_AWARDS)
        .exclude(pk__in=standing)
        .select_related("payee", "project__organisation", "household__node")
        .order_by("committed_at", "pk")
    )


def left_to_pay(award: Award) -> int:
    """What is still owed: the award less everything on its way or received."""
    return award.amount_minor - standing_minor(award)


def standing_minor(award: Award) -> int:
    return award.payouts.filter(state__in=STANDING).aggregate(sum=Sum("amount_minor"))["sum"] or 0


def paid_minor(award: Award) -> int:
    return award.payouts.filter(state__in=PAID).aggregate(sum=Sum("amount_minor"))["sum"] or 0


def batch_rows(batch: PayoutBatch) -> QuerySet[Payout]:
    return batch.payouts.exclude(state=PayoutState.CANCELLED).order_by("end_to_end_id")


def batch_digest(batch: PayoutBatch) -> str:
    """SHA-256 over what the bank will be told, without a name in it: any other row, amount or account changes it."""
    rows = [
        [p.end_to_end_id, p.amount_minor, p.currency, p.account_hash, hashlib.sha256(bytes(p.account_box)).hexdigest()]
        for p in batch_rows(batch)
    ]
    head = [batch.ref, batch.bank_code, batch.currency, rows]
    return hashlib.sha256(json.dumps(head, ensure_ascii=True, separators=(",", ":")).encode()).hexdigest()


def open_suspense(organisation) -> QuerySet[SuspenseItem]:
    return SuspenseItem.objects.filter(line__file__organisation=organisation, solved_at__isnull=True).select_related(
        "line__file__batch"
    )


def waiting_for_bank(organisation) -> QuerySet[Payout]:
    return Payout.objects.filter(batch__organisation=organisation, state__in=OPEN)


def to_acknowledge(organisation) -> QuerySet[Payout]:
    """Confirmed by the bank, and the household has not answered yet."""
    return Payout.objects.filter(
        Q(acknowledgements__isnull=True), batch__organisation=organisation, state=PayoutState.CONFIRMED
    )
