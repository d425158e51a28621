"""Payouts to households: each for one award, sent in a batch that two people carry, answered by the bank and the payee.

The laws that matter also stand in the database (sql/): amounts and payees never change, a released batch is frozen,
states move along the table, an award is never paid more than it grants, and who prepares never releases.
"""

from django.db import models
from django.db.models import F, Q

from projects.access.refs import new_ref
from projects.payouts.goods_models import GoodsIssue as GoodsIssue
from projects.payouts.states import OPEN
from projects.payouts.words import Answer, BatchState, Channel, Outcome, PayoutState, Problem


def actor(**options) -> models.CharField:
    """Who acted, by reference: a person or a part of the system."""
    return models.CharField(max_length=64, **options)


def paired(act: str) -> Q:
    """A moment without its actor, or an actor without the moment, is half a fact."""
    moment, who = f"{act}_at__isnull", f"{act}_by_ref"
    return (Q(**{moment: True}) & Q(**{who: ""})) | (Q(**{moment: False}) & ~Q(**{who: ""}))


class PayoutBatch(models.Model):
    """Payouts approved together for one bank, prepared by one person of finance and released by another."""

    ref = models.CharField(max_length=32, unique=True, default=new_ref, editable=False)
    organisation = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="payout_batches")
    currency = models.CharField(max_length=3)
    bank_code = models.CharField(max_length=32)
    state = models.CharField(max_length=16, choices=BatchState, default=BatchState.PREPARED)
    prepared_by_ref = actor()
    prepared_at = models.DateTimeField()
    released_by_ref = actor(blank=True)
    released_at = models.DateTimeField(null=True)
    # Frozen at release: what the second person saw is what the bank gets.
    total_minor = models.BigIntegerField(default=0)
    count = models.PositiveIntegerField(default=0)
    digest = models.CharField(max_length=64, blank=True)
    closed_by_ref = actor(blank=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-prepared_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="payout_batch_preparer_never_releases",
                condition=~Q(released_by_ref=F("prepared_by_ref")),
            ),
            models.CheckConstraint(name="payout_batch_released_at_by", condition=paired("released")),
            models.CheckConstraint(name="payout_batch_closed_at_by", condition=paired("closed")),
            models.CheckConstraint(
                name="payout_batch_released_before_bank",
                condition=Q(state__in=[BatchState.PREPARED, BatchState.CANCELLED]) | ~Q(released_by_ref=""),
            ),
        ]

    def __str__(self) -> str:
        return f"batch {self.ref[:8]}"


class Payout(models.Model):
    """Money on its way to one household for one award. A failed one is answered by a new row, never by an edit."""

    ref = models.CharField(max_length=32, unique=True, default=new_ref, editable=False)
    award = models.ForeignKey("relief.Award", models.PROTECT, related_name="payouts")
    batch = models.ForeignKey(PayoutBatch, models.PROTECT, related_name="payouts", null=True)
    attempt_of = models.ForeignKey("self", models.PROTECT, related_name="later_attempts", null=True)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    # Name, account and bank as they were when the payout was prepared; encrypted under the organisation's key.
    account_box = models.BinaryField()
    # Keyed hash of the account number: finds a hold without opening the box.
    account_hash = models.CharField(max_length=64, db_index=True)
    end_to_end_id = models.CharField(max_length=35, unique=True)
    state = models.CharField(max_length=16, choices=PayoutState, default=PayoutState.PREPARED)
    prepared_by_ref = actor()
    prepared_at = models.DateTimeField()
    bank_ref = models.CharField(max_length=64, blank=True)
    answered_on = models.DateField(null=True)
    entry_id = models.UUIDField(null=True)
    return_entry_id = models.UUIDField(null=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(name="payout_amount_positive", condition=Q(amount_minor__gt=0)),
            models.CheckConstraint(name="payout_has_end_to_end_id", condition=~Q(end_to_end_id="")),
            models.UniqueConstraint(
                name="payout_one_open_per_award", fields=["award"], condition=Q(state__in=list(OPEN))
            ),
            models.CheckConstraint(
                name="payout_sent_in_a_batch",
                condition=Q(state__in=[PayoutState.PREPARED, PayoutState.CANCELLED]) | Q(batch__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"payout {self.end_to_end_id}"


class PayoutFile(models.Model):
    """One bank file made from a batch. Making another voids the one before: only the highest number is good."""

    ref = models.CharField(max_length=32, unique=True, default=new_ref, editable=False)
    batch = models.ForeignKey(PayoutBatch, models.PROTECT, related_name="files")
    number = models.PositiveIntegerField()
    exporter = models.CharField(max_length=32)
    sha256 = models.CharField(max_length=64)
    made_by_ref = actor()
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["batch", "-number"]
        constraints = [models.UniqueConstraint(name="payout_file_number_once", fields=["batch", "number"])]


class ResultFile(models.Model):
    """The bank's answer, read once: the same bytes again add nothing."""

    ref = models.CharField(max_length=32, unique=True, default=new_ref, editable=False)
    organisation = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    batch = models.ForeignKey(PayoutBatch, models.PROTECT, related_name="results")
    bank_code = models.CharField(max_length=32)
    sha256 = models.CharField(max_length=64)
    received_by_ref = actor()
    received_at = models.DateTimeField()

    class Meta:
        ordering = ["-received_at", "-pk"]
        constraints = [models.UniqueConstraint(name="result_file_read_once", fields=["organisation", "sha256"])]


class ResultLine(models.Model):
    """One line of the bank's answer, as it came. `payout` is empty where the line could not be matched."""

    file = models.ForeignKey(ResultFile, models.PROTECT, related_name="lines")
    number = models.PositiveIntegerField()
    end_to_end_id = models.CharField(max_length=64)
    amount_minor = models.BigIntegerField()
    outcome = models.CharField(max_length=16, choices=Outcome)
    bank_ref = models.CharField(max_length=64, blank=True)
    on = models.DateField()
    payout = models.ForeignKey(Payout, models.PROTECT, related_name="answers", null=True)

    class Meta:
        ordering = ["file", "number"]
        constraints = [models.UniqueConstraint(name="result_line_number_once", fields=["file", "number"])]


class SuspenseItem(models.Model):
    """A bank line nobody understands yet. While one is open its batch cannot be closed."""

    line = models.OneToOneField(ResultLine, models.PROTECT, related_name="suspense")
    problem = models.CharField(max_length=16, choices=Problem)
    solved_by_ref = actor(blank=True)
    solved_at = models.DateTimeField(null=True)
    note = models.TextField(blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [models.CheckConstraint(name="suspense_item_solved_at_by", condition=paired("solved"))]


class AcknowledgementCode(models.Model):
    """A short code given to the household; its hash is kept, five wrong tries or its date end it."""

    payout = models.ForeignKey(Payout, models.PROTECT, related_name="codes")
    code_hash = models.CharField(max_length=64)
    expires_at = models.DateTimeField()
    wrong_tries = models.PositiveSmallIntegerField(default=0)
    issued_by_ref = actor()
    issued_at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]


class Acknowledgement(models.Model):
    """The household's answer. Append-only: a later answer is a new row."""

    ref = models.CharField(max_length=32, unique=True, default=new_ref, editable=False)
    payout = models.ForeignKey(Payout, models.PROTECT, related_name="acknowledgements")
    answer = models.CharField(max_length=16, choices=Answer)
    channel = models.CharField(max_length=8, choices=Channel)
    taken_by_ref = actor()
    witness_ref = actor(blank=True)
    at = models.DateTimeField()
    remark = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="acknowledgement_agent_has_a_witness",
                condition=~Q(channel=Channel.AGENT) | (~Q(witness_ref="") & ~Q(witness_ref=F("taken_by_ref"))),
            ),
        ]


class AccountHold(models.Model):
    """No further payout goes to this account until another person has looked and lifted the hold."""

    organisation = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    account_hash = models.CharField(max_length=64)
    payout = models.ForeignKey(Payout, models.PROTECT, related_name="holds")
    reason = models.CharField(max_length=16, choices=Answer)
    placed_by_ref = actor()
    placed_at = models.DateTimeField()
    lifted_by_ref = actor(blank=True)
    lifted_at = models.DateTimeField(null=True)
    note = models.TextField(blank=True)

    class Meta:
        ordering = ["-placed_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                name="account_hold_one_open",
                fields=["organisation", "account_hash"],
                condition=Q(lifted_at__isnull=True),
            ),
            models.CheckConstraint(name="account_hold_lifted_at_by", condition=paired("lifted")),
            models.CheckConstraint(
                name="account_hold_lifted_by_another",
                condition=~Q(lifted_by_ref=F("placed_by_ref")),
            ),
        ]
