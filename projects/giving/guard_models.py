"""Tries at paying, kept for a day under keyed hashes, and the incidents that staff are told of."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from projects.access.refs import new_ref


class PaymentTry(models.Model):
    """A payment page was opened, a card was declined there, or more was asked before it was opened.

    No address and no card is kept: hashes under the site's key.
    """

    class Kind(models.TextChoices):
        OPENED = "OPENED", _("page opened")
        DECLINED = "DECLINED", _("card declined")
        CHALLENGED = "CHALLENGED", _("challenge shown")

    kind = models.CharField(max_length=10, choices=Kind.choices)
    # What it was about: a gift, a regular gift, or a change of card; and for a decline the provider's charge.
    subject_ref = models.CharField(max_length=255)
    project = models.ForeignKey("catalog.Project", models.CASCADE, null=True, blank=True, related_name="payment_tries")
    address = models.CharField(max_length=32, blank=True)
    network = models.CharField(max_length=32, blank=True)
    email = models.CharField(max_length=32, blank=True)
    card = models.CharField(max_length=32, blank=True)
    # The challenge that was solved for it; one challenge serves once.
    challenge = models.CharField(max_length=64, blank=True)
    at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("try at paying")
        verbose_name_plural = _("tries at paying")
        constraints = [
            models.UniqueConstraint(fields=["kind", "subject_ref"], name="paymenttry_once"),
            models.UniqueConstraint(
                fields=["challenge"], condition=~models.Q(challenge=""), name="paymenttry_challenge_serves_once"
            ),
        ]
        indexes = [
            models.Index(fields=["address", "kind", "at"]),
            models.Index(fields=["network", "kind", "at"]),
            models.Index(fields=["email", "kind", "at"]),
            models.Index(fields=["card", "kind", "at"]),
            models.Index(fields=["project", "kind", "at"]),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_ref}"


class CardIncident(models.Model):
    """Somebody tries cards on the form of a project. One open incident a project; staff say when they have looked."""

    ref = models.CharField(max_length=32, unique=True, default=new_ref, editable=False)
    project = models.ForeignKey("catalog.Project", models.PROTECT, related_name="card_incidents")
    began_at = models.DateTimeField()
    last_at = models.DateTimeField()
    opened = models.PositiveIntegerField(default=0)
    declined = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    seen_at = models.DateTimeField(null=True, blank=True)
    seen_by_ref = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = _("incident of card testing")
        verbose_name_plural = _("incidents of card testing")
        ordering = ["-began_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["project"], condition=models.Q(seen_at__isnull=True), name="cardincident_one_open"
            ),
            models.CheckConstraint(
                condition=models.Q(seen_at__isnull=True) | ~models.Q(seen_by_ref=""),
                name="cardincident_seen_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return self.ref
