"""The words stored in this app's tables."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class PayoutState(TextChoices):
    PREPARED = "PREPARED", _("Prepared")
    IN_BATCH = "IN_BATCH", _("In a batch")
    EXPORTED = "EXPORTED", _("Sent to the bank")
    CONFIRMED = "CONFIRMED", _("Confirmed by the bank")
    ACKNOWLEDGED = "ACKNOWLEDGED", _("Acknowledged by the household")
    FAILED = "FAILED", _("Failed")
    RETURNED = "RETURNED", _("Returned")
    CANCELLED = "CANCELLED", _("Cancelled")


class BatchState(TextChoices):
    PREPARED = "PREPARED", _("Waiting for release")
    RELEASED = "RELEASED", _("Released")
    EXPORTED = "EXPORTED", _("Bank file made")
    CLOSED = "CLOSED", _("Closed")
    CANCELLED = "CANCELLED", _("Cancelled")


class Outcome(TextChoices):
    """What the bank says of one line."""

    PAID = "PAID", _("Paid")
    FAILED = "FAILED", _("Failed")
    RETURNED = "RETURNED", _("Returned")


class Problem(TextChoices):
    """Why a line of a result file could not be matched."""

    UNKNOWN = "UNKNOWN", _("No payout of this batch has this number")
    AMOUNT = "AMOUNT", _("The amount differs from the payout's")
    STATE = "STATE", _("The payout is not waiting for this answer")


class Answer(TextChoices):
    """What the household says when asked whether the money came."""

    RECEIVED = "RECEIVED", _("Yes, it came")
    AMOUNT_DIFFERS = "AMOUNT_DIFFERS", _("The amount differs")
    NOT_RECEIVED = "NOT_RECEIVED", _("Not received")
    NOT_MINE = "NOT_MINE", _("Not my request")


class Channel(TextChoices):
    """How the answer reached us."""

    AGENT = "AGENT", _("Asked by an agent, with a witness")
    CODE = "CODE", _("With the household's code")
