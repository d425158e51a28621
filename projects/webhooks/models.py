"""Addresses that are told what happens, what they are told, and each try at telling it."""

from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import StrIndex
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from projects.access.refs import new_ref


class Endpoint(models.Model):
    """An address outside that an organisation wants told. Its secret is ciphertext (`relief.sealing`)."""

    class State(models.TextChoices):
        ACTIVE = "ACTIVE", _("is told")
        PAUSED = "PAUSED", pgettext_lazy("webhook", "paused")
        DISABLED = "DISABLED", _("switched off: it did not answer")
        ENDED = "ENDED", pgettext_lazy("webhook", "ended")

    ref = models.CharField(max_length=32, unique=True, default=new_ref, editable=False)
    organisation = models.ForeignKey("organisations.Organisation", on_delete=models.PROTECT, related_name="endpoints")
    address = models.CharField(max_length=500)
    kinds = models.JSONField(default=list)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ACTIVE)
    secret_box = models.BinaryField(null=True)
    # After a rotation both secrets sign for a while, so that the other side can change at its own time.
    old_secret_box = models.BinaryField(null=True)
    rotated_at = models.DateTimeField(null=True, blank=True)
    registered_by_ref = models.CharField(max_length=64)
    registered_at = models.DateTimeField()
    # Nobody answered there: its other messages wait too, so that one dead address costs one wait at a time.
    held_until = models.DateTimeField(null=True, blank=True)
    disabled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        ordering = ["-registered_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Exact(StrIndex("address", Value("https://")), 1), name="endpoint_is_https"
            ),
            models.CheckConstraint(
                condition=Q(state="ENDED", secret_box__isnull=True, old_secret_box__isnull=True)
                | ~Q(state="ENDED") & Q(secret_box__isnull=False),
                name="endpoint_has_its_secret_until_it_ends",
            ),
            models.CheckConstraint(
                condition=Q(state="DISABLED", disabled_at__isnull=False) | ~Q(state="DISABLED"),
                name="endpoint_disabled_at_a_moment",
            ),
        ]

    def __str__(self) -> str:
        return self.ref

    def __repr__(self) -> str:
        return f"<Endpoint {self.ref}>"


class Message(models.Model):
    """What is told, word for word: written in the transaction of what it tells, never changed."""

    ref = models.CharField(max_length=32, unique=True, default=new_ref, editable=False)
    organisation = models.ForeignKey("organisations.Organisation", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=40)
    body = models.TextField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.message_id

    @property
    def message_id(self) -> str:
        """The same for every try and every address: who has seen it may drop what comes again."""
        return f"msg_{self.ref}"


class Delivery(models.Model):
    """One message on its way to one address."""

    class State(models.TextChoices):
        WAITING = "WAITING", pgettext_lazy("webhook", "waiting")
        TAKEN = "TAKEN", pgettext_lazy("webhook", "received")
        GIVEN_UP = "GIVEN_UP", _("given up")

    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="deliveries")
    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="deliveries")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(fields=["message", "endpoint"], name="delivery_once_to_an_endpoint"),
        ]
        indexes = [
            models.Index(fields=["next_at"], condition=Q(state="WAITING"), name="delivery_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.message_id} {self.state}"


class Attempt(models.Model):
    """One try: when, and what came of it. What the other side wrote back is not read and not kept."""

    class Outcome(models.TextChoices):
        TAKEN = "TAKEN", pgettext_lazy("webhook", "received")
        REFUSED = "REFUSED", _("answered with an error")
        NO_ANSWER = "NO_ANSWER", _("no answer")
        TOO_SLOW = "TOO_SLOW", _("too slow")
        FORBIDDEN = "FORBIDDEN", _("the address leads into an inner network: not sent")

    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="attempts")
    number = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    # The HTTP status; 0 when there was no answer.
    code = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["delivery", "number"], name="attempt_numbered_once"),
        ]

    def __str__(self) -> str:
        return f"{self.delivery_id} {self.number} {self.outcome}"
