"""The lives of cases, requests, authorisations and awards, as tables: each allowed move with its audit event."""

from typing import Any

from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from projects.audit.moves import event_of

CASE_MOVES: dict[tuple[str, str], str] = {
    ("LEAD", "AWAITING_AUTHORISATION"): "case.contacted",
    ("AWAITING_AUTHORISATION", "RECEIVED"): "case.authorised",
    ("RECEIVED", "SCREENING"): "case.screening",
    ("SCREENING", "NEEDS_INFORMATION"): "case.needs_information",
    ("NEEDS_INFORMATION", "SCREENING"): "case.screening",
    ("SCREENING", "ELIGIBLE"): "case.eligible",
    ("SCREENING", "INELIGIBLE"): "case.ineligible",
    ("NEEDS_INFORMATION", "INELIGIBLE"): "case.ineligible",
    ("INELIGIBLE", "SCREENING"): "case.screening",
    ("ELIGIBLE", "SCREENING"): "case.screening",
    ("ELIGIBLE", "IN_SUPPORT"): "case.in_support",
    ("IN_SUPPORT", "TAPER"): "case.taper",
    ("IN_SUPPORT", "CLOSED"): "case.closed",
    ("TAPER", "CLOSED"): "case.closed",
    ("ELIGIBLE", "CLOSED"): "case.closed",
    ("INELIGIBLE", "CLOSED"): "case.closed",
    ("RECEIVED", "CLOSED"): "case.closed",
    ("RECEIVED", "AWAITING_AUTHORISATION"): "case.authorisation_withdrawn",
    ("SCREENING", "AWAITING_AUTHORISATION"): "case.authorisation_withdrawn",
    ("NEEDS_INFORMATION", "AWAITING_AUTHORISATION"): "case.authorisation_withdrawn",
    ("ELIGIBLE", "AWAITING_AUTHORISATION"): "case.authorisation_withdrawn",
    ("RECEIVED", "MERGED"): "case.merged",
    ("SCREENING", "MERGED"): "case.merged",
    ("CLOSED", "SEALED"): "case.sealed",
}
# A second case of the same household for the same purpose is a duplicate while the first is in one of these.
CASE_OPEN_STATES = (
    "LEAD",
    "AWAITING_AUTHORISATION",
    "RECEIVED",
    "SCREENING",
    "NEEDS_INFORMATION",
    "ELIGIBLE",
    "IN_SUPPORT",
    "TAPER",
)
# A case may ask a (further) project for help in these.
CASE_ASKING_STATES = ("RECEIVED", "SCREENING", "NEEDS_INFORMATION", "ELIGIBLE", "IN_SUPPORT")

REQUEST_MOVES: dict[tuple[str, str], str] = {
    ("SUBMITTED", "SCREENING"): "request.screening",
    ("SCREENING", "SCREENING"): "request.screened",
    ("SCREENING", "NEEDS_INFORMATION"): "request.needs_information",
    ("NEEDS_INFORMATION", "SCREENING"): "request.screening",
    ("SCREENING", "RECOMMENDED"): "request.recommended",
    ("RECOMMENDED", "SCREENING"): "request.screening",
    ("SUBMITTED", "DECLINED"): "request.declined",
    ("SCREENING", "DECLINED"): "request.declined",
    ("NEEDS_INFORMATION", "DECLINED"): "request.declined",
    ("RECOMMENDED", "DECLINED"): "request.declined",
    ("SUBMITTED", "WITHDRAWN"): "request.withdrawn",
    ("SCREENING", "WITHDRAWN"): "request.withdrawn",
    ("NEEDS_INFORMATION", "WITHDRAWN"): "request.withdrawn",
    ("RECOMMENDED", "WITHDRAWN"): "request.withdrawn",
}

AUTHORISATION_MOVES: dict[tuple[str, str], str] = {
    ("ACTIVE", "EXPIRED"): "authorisation.expired",
    ("ACTIVE", "WITHDRAWN"): "authorisation.withdrawn",
}

# The same table stands in `sql/award_life.*.sql`; a test compares them.
AWARD_MOVES: dict[tuple[str, str], str] = {
    ("PROPOSED", "IN_REVIEW"): "award.approved_stage",
    ("PROPOSED", "APPROVED"): "award.approved",
    ("PROPOSED", "REJECTED"): "award.rejected",
    ("IN_REVIEW", "PROPOSED"): "award.changed",
    ("IN_REVIEW", "APPROVED"): "award.approved",
    ("IN_REVIEW", "REJECTED"): "award.rejected",
    ("APPROVED", "COMMITTED"): "award.committed",
    ("COMMITTED", "PAYING"): "award.paying",
    ("COMMITTED", "CANCELLED"): "award.cancelled",
    ("PAYING", "COMMITTED"): "award.payment_withdrawn",
    ("PAYING", "PAID"): "award.paid",
    ("PAID", "PAYING"): "award.payment_returned",
}

AWARD_UNDER_REVIEW = ("PROPOSED", "IN_REVIEW")


def lock(thing: Any) -> None:
    """Take the row's lock and read it again: what is decided next is decided on what stands now."""
    thing.refresh_from_db(from_queryset=type(thing)._default_manager.select_for_update())


def move(thing: Any, to: str, *, moves: dict[tuple[str, str], str], **values: Any) -> str:
    """Change the state where the old one still holds, with other columns beside it. Returns the audit event."""
    event = event_of(thing, to, moves)
    changed = type(thing)._default_manager.filter(pk=thing.pk, state=thing.state).update(state=to, **values)
    if not changed:
        raise Refused("stale_version", _r("Somebody else changed this in the meantime. Look at it again."))
    thing.state = to
    for name, value in values.items():
        setattr(thing, name, value)
    return event
