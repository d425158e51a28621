"""A difference between what a platform's rows come to and what the bank's line brought, explained by two people."""

from django.db import models
from django.db.models import F, Q

from projects.access.refs import new_ref
from projects.settlement.words import AdjustmentState, Reason, Way


class Adjustment(models.Model):
    """Drafted by one person of finance, confirmed by another, then for ever. Undone only by one that `answers` it.

    gifts − fees − refunds of `settlement` (or what `payout_row` says) ± the amount = the line, exactly. The law
    `adjustment_kept` says the same in the database.
    """

    ref = models.CharField(max_length=32, unique=True, default=new_ref, editable=False)
    organisation = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    line = models.ForeignKey("settlement.StatementLine", models.PROTECT, related_name="adjustments")
    # What the line pays out: a whole settlement file, or one payout row of a file.
    settlement = models.ForeignKey("settlement.SettlementFile", models.PROTECT, null=True, related_name="+")
    payout_row = models.ForeignKey("settlement.SettlementRow", models.PROTECT, null=True, related_name="+")
    answers = models.ForeignKey("self", models.PROTECT, null=True, related_name="answered_by")
    way = models.CharField(max_length=3, choices=Way)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    # The day on which it is booked.
    on = models.DateField()
    reason = models.CharField(max_length=20, choices=Reason)
    note = models.CharField(max_length=500)
    # Where the paper lies: the number of a letter, a ticket, a page of the platform.
    evidence_ref = models.CharField(max_length=120)
    state = models.CharField(max_length=16, choices=AdjustmentState, default=AdjustmentState.DRAFTED)
    drafted_by_ref = models.CharField(max_length=64)
    drafted_at = models.DateTimeField()
    decided_by_ref = models.CharField(max_length=64, blank=True)
    decided_at = models.DateTimeField(null=True)
    why_dropped = models.CharField(max_length=500, blank=True)
    entry_id = models.UUIDField(null=True)
    # The entry that the line got with it: the platform's payout, or suspense again.
    line_entry_id = models.UUIDField(null=True)

    class Meta:
        ordering = ["drafted_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                name="adjustment_one_draft_a_line", fields=["line"], condition=Q(state=AdjustmentState.DRAFTED)
            ),
            models.UniqueConstraint(
                name="adjustment_answered_once",
                fields=["answers"],
                condition=Q(answers__isnull=False) & ~Q(state=AdjustmentState.DROPPED),
            ),
            models.CheckConstraint(name="adjustment_amount_positive", condition=Q(amount_minor__gt=0)),
            models.CheckConstraint(
                name="adjustment_of_one_payout",
                condition=Q(settlement__isnull=False, payout_row__isnull=True)
                | Q(settlement__isnull=True, payout_row__isnull=False),
            ),
            models.CheckConstraint(name="adjustment_says_why", condition=~Q(note="") & ~Q(evidence_ref="")),
            models.CheckConstraint(
                name="adjustment_reason_has_its_way",
                condition=Q(answers__isnull=False)
                | ~(
                    Q(reason__in=[Reason.PLATFORM_FEE, Reason.BANK_CHARGE], way=Way.IN)
                    | Q(reason=Reason.PLATFORM_ADDED, way=Way.OUT)
                ),
            ),
            models.CheckConstraint(
                name="adjustment_decided_at_by",
                condition=Q(decided_at__isnull=True, decided_by_ref="", state=AdjustmentState.DRAFTED)
                | (Q(decided_at__isnull=False) & ~Q(decided_by_ref="") & ~Q(state=AdjustmentState.DRAFTED)),
            ),
            models.CheckConstraint(
                name="adjustment_confirmed_by_another",
                condition=~Q(state=AdjustmentState.CONFIRMED) | ~Q(decided_by_ref=F("drafted_by_ref")),
            ),
            models.CheckConstraint(
                name="adjustment_confirmed_is_booked",
                condition=Q(state=AdjustmentState.CONFIRMED, entry_id__isnull=False, line_entry_id__isnull=False)
                | (~Q(state=AdjustmentState.CONFIRMED) & Q(entry_id__isnull=True, line_entry_id__isnull=True)),
            ),
        ]

    def __str__(self) -> str:
        return self.ref

    @property
    def signed_minor(self) -> int:
        """What it adds to what the payout's rows come to: + the bank brought more, − it brought less."""
        return self.amount_minor if self.way == Way.IN else -self.amount_minor
