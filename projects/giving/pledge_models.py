"""The promise to give again and again. Each payment that it brings is a gift of its own.

On screens a pledge is a regular gift. Where it stands is the provider's to say; what is kept here was read from there.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from projects.access.refs import new_ref
from projects.giving.visibility import Visibility

# States in which the provider charges, or may charge again.
LIVE = ("ACTIVE", "PAUSED", "PAST_DUE")


class Pledge(models.Model):
    """A regular gift of one donor to one project: ``amount_minor`` in ``currency``, every month or every year."""

    class State(models.TextChoices):
        INITIATED = "INITIATED", _("waiting for the first payment")
        ACTIVE = "ACTIVE", _("running")
        PAUSED = "PAUSED", _("paused")
        PAST_DUE = "PAST_DUE", _("payment overdue")
        CANCELLED = "CANCELLED", _("ended")
        EXPIRED = "EXPIRED", _("not begun in time")

    class Interval(models.TextChoices):
        MONTH = "MONTH", _("every month")
        YEAR = "YEAR", _("every year")

    ref = models.CharField(max_length=32, unique=True, default=new_ref, editable=False)
    form_key = models.CharField(max_length=64, unique=True)
    project = models.ForeignKey("catalog.Project", on_delete=models.PROTECT, related_name="pledges")
    organisation = models.ForeignKey("organisations.Organisation", on_delete=models.PROTECT, related_name="pledges")
    donor = models.ForeignKey("giving.Donor", on_delete=models.PROTECT, related_name="pledges")

    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    interval = models.CharField(max_length=8, choices=Interval.choices)

    # Copied into each gift: how the donor wanted to be named when the pledge was made.
    donor_name = models.CharField(max_length=80, blank=True)
    visibility = models.CharField(
        _("who may see the name"), max_length=8, choices=Visibility.choices, default=Visibility.FINANCE
    )
    email = models.EmailField()
    language = models.CharField(max_length=10, default="zh-hans")

    state = models.CharField(max_length=16, choices=State.choices, default=State.INITIATED)
    session_ref = models.CharField(max_length=255, unique=True, null=True, blank=True)
    subscription_ref = models.CharField(max_length=255, unique=True, null=True, blank=True)
    next_charge_at = models.DateTimeField(null=True, blank=True)
    # Charges before this moment are left out.
    skips_until = models.DateTimeField(null=True, blank=True)
    # After a charge that failed: when the provider tries again. Empty: it does not.
    retry_at = models.DateTimeField(null=True, blank=True)
    failed_attempts = models.PositiveSmallIntegerField(default=0)
    # How many wishes of the donor the provider has carried out: the same wish twice is one request.
    wishes = models.PositiveIntegerField(default=0)

    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.CharField(max_length=60, blank=True)

    class Meta:
        verbose_name = _("regular gift")
        verbose_name_plural = _("regular gifts")
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["state", "next_charge_at"])]
        constraints = [
            models.UniqueConstraint(
                fields=["donor", "project"],
                condition=models.Q(state__in=LIVE),
                name="pledge_one_live_per_donor_and_project",
            ),
            models.CheckConstraint(condition=models.Q(amount_minor__gt=0), name="pledge_amount_positive"),
            models.CheckConstraint(
                condition=~models.Q(state__in=LIVE)
                | models.Q(started_at__isnull=False, subscription_ref__isnull=False, ended_at__isnull=True),
                name="pledge_live_has_begun",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="CANCELLED") | models.Q(ended_at__isnull=False),
                name="pledge_ended_has_its_end",
            ),
        ]

    def __str__(self) -> str:
        return self.ref

    @property
    def is_live(self) -> bool:
        """Whether the provider charges for it, or may again."""
        return self.state in LIVE

    @property
    def skips_next(self) -> bool:
        """Whether the next charge is left out."""
        return bool(self.skips_until and self.next_charge_at and self.next_charge_at < self.skips_until)


class PledgeAmount(models.Model):
    """What a pledge promised from a moment on. Append-only: a changed amount is a new row.

    ``cover_minor``: the part of it that the donor adds for the payment fee.
    """

    pledge = models.ForeignKey(Pledge, on_delete=models.PROTECT, related_name="amounts")
    amount_minor = models.BigIntegerField()
    cover_minor = models.BigIntegerField(default=0)
    since = models.DateTimeField()

    class Meta:
        verbose_name = _("amount of a regular gift")
        verbose_name_plural = _("amounts of regular gifts")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(amount_minor__gt=0), name="pledge_amount_row_positive"),
            models.CheckConstraint(
                condition=models.Q(cover_minor__gte=0, cover_minor__lt=models.F("amount_minor")),
                name="pledge_amount_cover_is_a_part",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pledge_id} {self.amount_minor}"


class PledgeLetter(models.Model):
    """That the donor was told something once: of a charge to come, of one that failed, of the end."""

    class Kind(models.TextChoices):
        CHARGE_AHEAD = "CHARGE_AHEAD", _("a charge is coming")
        CHARGE_FAILED = "CHARGE_FAILED", _("a charge failed")
        ENDED = "ENDED", _("it has ended")

    pledge = models.ForeignKey(Pledge, on_delete=models.PROTECT, related_name="letters")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    # The day or the invoice that it is about: the same news is told once.
    about = models.CharField(max_length=255)
    sent_at = models.DateTimeField()

    class Meta:
        verbose_name = _("letter about a regular gift")
        verbose_name_plural = _("letters about regular gifts")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["pledge", "kind", "about"], name="pledge_letter_once")]

    def __str__(self) -> str:
        return f"{self.pledge_id} {self.kind} {self.about}"
