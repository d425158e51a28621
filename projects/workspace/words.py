"""What colour a state has. Four meanings, the same everywhere: waiting, on its way, reached somebody, stopped."""

WAITING = "waiting"
MOVING = "moving"
REACHED = "reached"
STOPPED = "stopped"

TONES = {
    MOVING: (
        "SENT INITIATED PENDING SCREENING IN_REVIEW APPROVED COMMITTED PAYING IN_BATCH RELEASED EXPORTED "
        "FILED IN_SUPPORT TAPER MEASURING IMPORTING PAYOUT"
    ),
    REACHED: (
        "PAID CONFIRMED ACKNOWLEDGED CLOSED OPEN SETTLED POSTED ELIGIBLE RECOMMENDED REPORTED ACTIVE "
        "COMPLETE GIFT SETTLEMENT"
    ),
    STOPPED: (
        "REJECTED CANCELLED FAILED RETURNED DECLINED REFUSED WITHDRAWN INELIGIBLE EXPIRED PAUSED ABORTED DISCARDED "
        "REFUNDED SEALED MERGED ARCHIVED REFUND FEE DUPLICATE LEFT"
    ),
}
_BY_STATE = {state: tone for tone, states in TONES.items() for state in states.split()}


def tone(state: str) -> str:
    return _BY_STATE.get(state, WAITING)
