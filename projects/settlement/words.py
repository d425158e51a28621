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
    ADJUSTMENT = "ADJUSTMENT", _("It was a platform's payout, with an adjustment")


class AdjustmentState(TextChoices):
    """What became of an adjustment that somebody drafted."""

    DRAFTED = "DRAFTED", _("Waits for a second person")
    CONFIRMED = "CONFIRMED", _("Confirmed, in the books")
    DROPPED = "DROPPED", _("Dropped, never booked")


class Way(TextChoices):
    """Which way an adjustment goes, seen from the charity."""

    IN = "IN", _("The bank brought more")
    OUT = "OUT", _("The bank brought less")


class Reason(TextChoices):
    """Why a platform's payout is not what its rows come to. The accounts of each stand in the ledger's policy."""

    PLATFORM_FEE = "PLATFORM_FEE", _("A fee of the platform that its file does not state")
    BANK_CHARGE = "BANK_CHARGE", _("A charge of a bank on the way")
    EARLIER_SETTLEMENT = "EARLIER_SETTLEMENT", _("The platform corrected an earlier settlement")
    PLATFORM_ADDED = "PLATFORM_ADDED", _("The platform added something of its own")
    ROUNDING = "ROUNDING", _("Rounding at the platform")
