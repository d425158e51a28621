"""Words and colours of the screens. A state has one of four: waiting, on its way, reached somebody, stopped."""

from django.utils.translation import gettext_lazy as _

# How gifts reach the charity.
CHANNELS = {
    "stripe": _("the form on this site"),
    "platform": _("files of platforms"),
    "cash": _("cash"),
    "goods": _("goods"),
}
WAITING = "waiting"
MOVING = "moving"
REACHED = "reached"
STOPPED = "stopped"

TONES = {
    MOVING: (
        "SENT INITIATED PENDING SCREENING IN_REVIEW APPROVED COMMITTED PAYING IN_BATCH RELEASED EXPORTED "
        "FILED IN_SUPPORT TAPER UNDER_REVIEW MEASURING IMPORTING PAYOUT MAKING"
    ),
    REACHED: (
        "PAID CONFIRMED ACKNOWLEDGED CLOSED OPEN SETTLED POSTED ELIGIBLE RECOMMENDED REPORTED ACTIVE WON "
        "INQUIRY_CLOSED COMPLETE GIFT SETTLEMENT READY DRAWN ISSUED"
    ),
    STOPPED: (
        "REJECTED CANCELLED FAILED RETURNED DECLINED REFUSED WITHDRAWN INELIGIBLE EXPIRED PAUSED ABORTED DISCARDED "
        "REFUNDED SEALED MERGED ARCHIVED LOST REFUND FEE DUPLICATE LEFT DROPPED DISABLED ENDED"
    ),
}
_BY_STATE = {state: tone for tone, states in TONES.items() for state in states.split()}


def percent(bps: int) -> str:
    """Basis points as per cent, with the digits it takes and no more: 10000 is 100%, 5 is 0.05%."""
    return f"{bps / 100:.10g}%"


def channel(code: str) -> str:
    return str(CHANNELS.get(code, code))


def tone(state: str) -> str:
    return _BY_STATE.get(state, WAITING)
