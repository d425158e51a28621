"""The words stored in this app's tables."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Source(TextChoices):
    """Whose file it is."""

    PLATFORM = "PLATFORM", _("Settlement file of a platform")
    BANK = "BANK", _("Bank statement")


class Kind(TextChoices):
    """What a row of a platform says it is."""

    GIFT = "GIFT", _("Gift")
    REFUND = "REFUND", _("Refund")
    FEE = "FEE", _("Fee")
    PAYOUT = "PAYOUT", _("Paid out to the bank")
    UNKNOWN = "UNKNOWN", _("Unknown")


class RowState(TextChoices):
    """What became of a row: exactly one of these, and for ever once it is not waiting."""

    WAITING = "WAITING", _("Waiting for the gift's place in the log")
    GIFT = "GIFT", _("Gift, in the books")
    REFUND = "REFUND", _("Refund, in the books")
    FEE = "FEE", _("Fee, in the books")
    PAYOUT = "PAYOUT", _("Paid out, to be found at the bank")
    DUPLICATE = "DUPLICATE", _("Known already")
    REJECTED = "REJECTED", _("Not readable")
    SUSPENSE = "SUSPENSE", _("In suspense")


class LineState(TextChoices):
    """What became of a line of the bank."""

    SETTLEMENT = "SETTLEMENT", _("A platform's payout")
    SUSPENSE = "SUSPENSE", _("In suspense")
    LEFT = "LEFT", _("Money that left")
    DUPLICATE = "DUPLICATE", _("Known already")
    REJECTED = "REJECTED", _("Not readable")


class FileState(TextChoices):
    RECEIVED = "RECEIVED", _("Looked at, not taken in")
    MEASURING = "MEASURING", _("Being counted")
    IMPORTING = "IMPORTING", _("Being taken in")
    COMPLETE = "COMPLETE", _("Complete")
    DIFFERS = "DIFFERS", _("Totals differ")
    DISCARDED = "DISCARDED", _("Thrown away")


class Answer(TextChoices):
    """How an item of suspense was explained."""

    GIFT = "GIFT", _("It was a gift")
    RETURNED = "RETURNED", _("It went back, or was booked elsewhere")
    SETTLEMENT = "SETTLEMENT", _("It was a platform's payout")
