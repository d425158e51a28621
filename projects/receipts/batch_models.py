"""Statements of many donors of one charity, made in the background and fetched as one file.

The rows say how far it has come, so that whoever comes after a kill goes on from there; they hold no name and no paper.
"""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from projects.access.refs import new_ref


class StatementBatch(models.Model):
    """The statements of all donors of a charity for some days, both included."""

    class State(models.TextChoices):
        MAKING = "MAKING", _("being made")
        READY = "READY", _("ready to fetch")
        EXPIRED = "EXPIRED", _("thrown away")

    ref = models.CharField(max_length=32, unique=True, default=new_ref, editable=False)
    organisation = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="statement_batches")
    since = models.DateField()
    until = models.DateField()
    state = models.CharField(max_length=8, choices=State, default=State.MAKING)
    total = models.PositiveIntegerField()
    drawn = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    asked_by_ref = models.CharField(max_length=64)
    asked_at = models.DateTimeField()
    progress_at = models.DateTimeField()
    ready_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    size_bytes = models.BigIntegerField(null=True, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = _("statements of donors")
        verbose_name_plural = _("statements of donors")
        ordering = ["-asked_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(since__lte=F("until")), name="statementbatch_days_in_order"),
            models.CheckConstraint(
                condition=Q(total__gt=0, drawn__lte=F("total") - F("failed")), name="statementbatch_within_total"
            ),
            models.CheckConstraint(
                condition=~Q(state="READY")
                | Q(ready_at__isnull=False, expires_at__isnull=False, total=F("drawn") + F("failed")),
                name="statementbatch_ready_is_whole",
            ),
            # A second one would only take the machine from the first.
            models.UniqueConstraint(
                fields=["organisation"], condition=Q(state="MAKING"), name="statementbatch_one_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return self.ref

    @property
    def done(self) -> int:
        return self.drawn + self.failed


class BatchStatement(models.Model):
    """One donor's statement in a batch. ``totals``: currency → sum of valid receipts, in minor units."""

    class State(models.TextChoices):
        WAITING = "WAITING", _("not drawn yet")
        DRAWN = "DRAWN", _("drawn")
        FAILED = "FAILED", _("could not be drawn")

    batch = models.ForeignKey(StatementBatch, models.PROTECT, related_name="statements")
    number = models.PositiveIntegerField()
    donor = models.ForeignKey("giving.Donor", models.PROTECT, related_name="+")
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    problem = models.CharField(max_length=32, blank=True)
    pages = models.PositiveIntegerField(default=0)
    totals = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("statement in a batch")
        verbose_name_plural = _("statements in a batch")
        ordering = ["batch", "number"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "number"], name="batchstatement_one_per_number"),
            models.UniqueConstraint(fields=["batch", "donor"], name="batchstatement_one_per_donor"),
            models.CheckConstraint(
                condition=Q(state="FAILED", problem__gt="") | (~Q(state="FAILED") & Q(problem="")),
                name="batchstatement_failed_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.batch} {self.number}"
