"""What the payment provider told us, exactly as it came, and how far each message and each gift has been worked."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from projects.giving.models import Gift


class StripeEvent(models.Model):
    """One signed message, raw. Append-only; the database refuses changes. How far it is worked is `EventWork`."""

    event_id = models.CharField(max_length=255, unique=True)
    type = models.CharField(max_length=100)
    livemode = models.BooleanField()
    api_version = models.CharField(max_length=40, blank=True)
    payload = models.BinaryField()
    signature = models.TextField()
    received_at = models.DateTimeField()

    class Meta:
        verbose_name = _("payment event")
        verbose_name_plural = _("payment events")
        ordering = ["-received_at", "-id"]

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"


class EventWork(models.Model):
    """How far one message has been worked: waiting until it is done or was none of our business. Never lost."""

    class State(models.TextChoices):
        WAITING = "WAITING", _("waiting")
        DONE = "DONE", _("done")
        IGNORED = "IGNORED", _("not ours")

    event = models.OneToOneField(StripeEvent, on_delete=models.PROTECT, related_name="work")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=100, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("work on a payment event")
        verbose_name_plural = _("work on payment events")
        indexes = [models.Index(fields=["state", "next_try_at"])]

    def __str__(self) -> str:
        return f"{self.event_id} {self.state}"


class GiftCare(models.Model):
    """What is still to be done for a gift that went to the provider: ask again, book the fee, send the letter."""

    gift = models.OneToOneField(Gift, on_delete=models.PROTECT, related_name="care")
    # When to look next; empty when nothing is left to do.
    next_look_at = models.DateTimeField(null=True, blank=True, db_index=True)
    looks = models.PositiveIntegerField(default=0)
    fee_done = models.BooleanField(default=False)
    thanked_at = models.DateTimeField(null=True, blank=True)
    refund_told_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("care of a gift")
        verbose_name_plural = _("care of gifts")

    def __str__(self) -> str:
        return str(self.gift_id)
