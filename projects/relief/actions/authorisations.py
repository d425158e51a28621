"""The end of an authorisation: by its date, or by the person, which is as easy as giving it."""

from datetime import datetime

from django.db import transaction
from django.utils.timezone import localtime

from projects.access.permissions import require
from projects.audit import actions as audit

from ..models import Authorisation, Award, Case
from ..records import Record
from ..states import AUTHORISATION_MOVES, AWARD_MOVES, AWARD_UNDER_REVIEW, CASE_MOVES, lock, move
from .cases import authorise

State = Authorisation.State
_record = audit.recorder("authorisation", organisation="case.organisation.ref")


@transaction.atomic
def withdraw_authorisation(authorisation: Authorisation, *, by, at: datetime) -> None:
    """Nothing new is done with the data from now on, and nothing of it is shown. The books stand."""
    case = authorisation.case
    require(by, "relief.intake", organisation=case.organisation, on=localtime(at).date())
    lock(authorisation)
    event = move(authorisation, State.WITHDRAWN, moves=AUTHORISATION_MOVES, withdrawn_by_ref=by.ref, withdrawn_at=at)
    _record(authorisation, event, by=by, at=at)
    _stop(case, by=by, at=at)


@transaction.atomic
def renew_authorisation(case: Case, record: Record, *, by, at: datetime) -> Authorisation:
    """A new signature. The one before, if it is still active, ends here."""
    require(by, "relief.intake", organisation=case.organisation, on=localtime(at).date())
    lock(case)
    for old in case.authorisations.filter(state=State.ACTIVE):
        _record(old, move(old, State.EXPIRED, moves=AUTHORISATION_MOVES), by=by, at=at)
    authorisation = authorise(case, record)
    if case.state == Case.State.AWAITING_AUTHORISATION:
        move(case, Case.State.RECEIVED, moves=CASE_MOVES)
    _record(authorisation, "authorisation.given", by=by, at=at)
    return authorisation


def expire_authorisations(*, by, at: datetime) -> int:
    """Called daily: authorisations past their end. They stopped counting at that moment already; this says so."""
    count = 0
    for authorisation in Authorisation.objects.filter(state=State.ACTIVE, expires_at__lte=at).order_by("pk"):
        with transaction.atomic():
            _record(authorisation, move(authorisation, State.EXPIRED, moves=AUTHORISATION_MOVES), by=by, at=at)
        count += 1
    return count


def _stop(case: Case, *, by, at: datetime) -> None:
    """Awards that are not in the books yet end; a case that has not been helped waits for a new authorisation."""
    for award in Award.objects.filter(request__case=case, state__in=AWARD_UNDER_REVIEW).order_by("pk"):
        event = move(
            award, "REJECTED", moves=AWARD_MOVES, ended_by_ref=by.ref, ended_at=at, end_code="NO_AUTHORISATION"
        )
        audit.record(by=by, at=at, event=event, subject=("award", award.ref), organisation_ref=case.organisation.ref)
    lock(case)
    if (case.state, "AWAITING_AUTHORISATION") in CASE_MOVES:
        move(case, Case.State.AWAITING_AUTHORISATION, moves=CASE_MOVES)
