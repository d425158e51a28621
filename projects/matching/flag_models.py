"""Matches that look like laundering (套捐: give, take the match, take the gift back), and reminders to matchers."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class MatchFlag(models.Model):
    """A match that is held: the matcher does not pay it before somebody has looked. Why stands as it was found.

    ``score`` is a sum of points (`suspicion.POINTS`), ``reasons`` its codes with commas between.
    """

    class State(models.TextChoices):
        HELD = "HELD", _("held until somebody has looked")
        CLEARED = "CLEARED", _("looked at and cleared")
        CONFIRMED = "CONFIRMED", _("confirmed: it is not paid")

    match = models.OneToOneField("matching.Match", models.PROTECT, related_name="flag")
    score = models.PositiveIntegerField()
    reasons = models.CharField(max_length=120)
    raised_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.HELD)
    note = models.CharField(_("what was found"), max_length=500, blank=True)
    decided_by_ref = models.CharField(max_length=64, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("flagged match")
        verbose_name_plural = _("flagged matches")
        ordering = ["-raised_at", "-pk"]
        indexes = [models.Index(fields=["raised_at"], condition=Q(state="HELD"), name="match_flag_held")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="HELD", decided_at__isnull=True, decided_by_ref="")
                | (Q(decided_at__isnull=False) & ~Q(state="HELD") & ~Q(decided_by_ref="") & ~Q(note="")),
                name="match_flag_decided_wholly",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.match_id} {self.state}"

    @property
    def reason_codes(self) -> list[str]:
        return self.reasons.split(",")


class MatchReminder(models.Model):
    """A letter to a matcher about what it owes. Append-only; one a pot and day."""

    pool = models.ForeignKey("matching.MatchPool", models.PROTECT, related_name="reminders")
    sent_on = models.DateField()
    overdue_minor = models.BigIntegerField(help_text="owed for gifts older than the first age")
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("reminder to a matcher")
        verbose_name_plural = _("reminders to matchers")
        ordering = ["pool", "-sent_on"]
        constraints = [
            models.UniqueConstraint(fields=["pool", "sent_on"], name="match_reminder_once_a_day"),
            models.CheckConstraint(condition=Q(overdue_minor__gt=0), name="match_reminder_of_something"),
        ]

    def __str__(self) -> str:
        return f"{self.pool_id} {self.sent_on}"
