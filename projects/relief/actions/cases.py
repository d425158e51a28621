"""A case comes in, is looked at for duplicates, merged, corrected, closed."""

from datetime import datetime

from django.db import transaction
from django.utils.timezone import localtime

from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from projects.access.permissions import require
from projects.audit import actions as audit

from .. import vault
from ..intake import household_hash
from ..models import Authorisation, Award, Case, Household, Need
from ..records import Record
from ..sealing import Keyring
from ..states import AWARD_UNDER_REVIEW, CASE_MOVES, lock, move
from .awards import void_approvals

_record = audit.recorder("case", organisation="organisation.ref")


@transaction.atomic
def open_case(
    record: Record, *, organisation, source: str, node, keys: Keyring, row_hash: str, is_suspect: bool, by, at: datetime
) -> Case:
    """A case with its household, identity, needs and authorisation, from a record that was found good."""
    require(by, "relief.intake", organisation=organisation, on=localtime(at).date())
    household, _made = Household.objects.get_or_create(
        organisation=organisation,
        number_hash=household_hash(record, keys),
        defaults={"node": node, "size": record.household_size, "opened_at": at},
    )
    case = Case.objects.create(
        organisation=organisation,
        source=source,
        source_number=record.source_number,
        category_id=record.category,
        node=node,
        household=household,
        identity=vault.store(organisation=organisation, values=record.identity, at=at, keys=keys),
        sensitivity=record.sensitivity,
        origin=record.origin,
        is_under_14=record.is_under_14,
        duplicate=Case.Duplicate.NEEDS_ADJUDICATION if is_suspect else Case.Duplicate.UNIQUE,
        row_hash=row_hash,
        intake_by_ref=by.ref,
        received_at=at,
    )
    Need.objects.bulk_create(
        Need(case=case, purpose_id=purpose, amount_minor=minor, currency=currency)
        for purpose, minor, currency in record.needs
    )
    authorise(case, record)
    _record(case, "case.received", by=by, at=at, facts={"source": source, "category": record.category})
    return case


@transaction.atomic
def correct_case(case: Case, *, record: Record, keys: Keyring, row_hash: str, by, at: datetime) -> None:
    """The source sent the case again with other facts. What an approver has seen already is not changed silently."""
    require(by, "relief.intake", organisation=case.organisation, on=localtime(at).date())
    lock(case)
    change_payee(case, values=record.identity, keys=keys, by=by, at=at)
    if case.state == Case.State.RECEIVED:
        case.needs.all().delete()
        Need.objects.bulk_create(
            Need(case=case, purpose_id=purpose, amount_minor=minor, currency=currency)
            for purpose, minor, currency in record.needs
        )
    if not case.authorisations.filter(reference=record.reference).exists():
        case.authorisations.filter(state=Authorisation.State.ACTIVE).update(state=Authorisation.State.EXPIRED)
        authorise(case, record)
    harder = case.sensitivity if _grade(case.sensitivity) > _grade(record.sensitivity) else record.sensitivity
    Case.objects.filter(pk=case.pk).update(
        row_hash=row_hash,
        category_id=record.category,
        sensitivity=harder,
        is_under_14=case.is_under_14 or record.is_under_14,
    )
    _record(case, "case.corrected", by=by, at=at)


def authorise(case: Case, record: Record) -> Authorisation:
    """The authorisation that came with the record."""
    return Authorisation.objects.create(
        case=case,
        reference=record.reference,
        scope=list(record.scope),
        purposes=list(record.purposes),
        recipients=list(record.recipients),
        given_by=record.given_by,
        document_hash=record.document_hash,
        signed_at=record.signed_at,
        expires_at=record.expires_at,
    )


@transaction.atomic
def change_payee(case: Case, *, values: dict[str, str], by, at: datetime, keys: Keyring | None = None) -> bool:
    """Correct the person's data. Another account, name or bank voids approvals that were given for the old one."""
    require(by, "relief.intake", organisation=case.organisation, on=localtime(at).date())
    identity = case.identity
    before = (bytes(identity.name or b""), bytes(identity.bank or b""), identity.account_hash)
    if not vault.amend(identity, values=values, by=by, at=at, keys=keys):
        return False
    if (bytes(identity.name or b""), bytes(identity.bank or b""), identity.account_hash) != before:
        for award in Award.objects.filter(payee=identity, state__in=AWARD_UNDER_REVIEW).order_by("pk"):
            lock(award)
            void_approvals(award, by=by, at=at)
    return True


@transaction.atomic
def adjudicate_case(case: Case, *, is_duplicate_of: Case | None, reason: str, by, at: datetime) -> None:
    """A person looked at a possible duplicate. Not the person who took the case in."""
    require(by, "relief.propose_award", organisation=case.organisation, on=localtime(at).date())
    lock(case)
    if by.ref == case.intake_by_ref:
        raise Refused("intake_agent", _r("You took this case in. Somebody else decides whether it is a duplicate."))
    if case.duplicate != Case.Duplicate.NEEDS_ADJUDICATION:
        raise Refused("nothing_to_adjudicate", _r("There is no duplicate to decide about."))
    Case.objects.filter(pk=case.pk).update(
        duplicate=Case.Duplicate.UNIQUE, adjudicated_by_ref=by.ref, adjudicated_at=at
    )
    case.refresh_from_db()
    _record(case, "case.adjudicated", by=by, at=at, reason=reason)
    if is_duplicate_of is not None:
        merge_case(case, into=is_duplicate_of, by=by, at=at)


@transaction.atomic
def merge_case(case: Case, *, into: Case, by, at: datetime) -> None:
    """A duplicate points to the case that goes on. No award and no entry moves."""
    require(by, "relief.propose_award", organisation=case.organisation, on=localtime(at).date())
    lock(case)
    if into.pk == case.pk or into.organisation_id != case.organisation_id or into.state == Case.State.MERGED:
        raise Refused("cannot_merge", _r("A case is merged into another open case of the same organisation."))
    if case.requests.exclude(state__in=["DECLINED", "WITHDRAWN"]).exists():
        raise Refused("case_has_requests", _r("Withdraw the requests of this case first."))
    event = move(case, Case.State.MERGED, moves=CASE_MOVES, merged_into=into)
    _record(case, event, by=by, at=at, facts={"into": into.ref})


@transaction.atomic
def set_sensitivity(case: Case, *, sensitivity: str, reason: str, by, at: datetime) -> None:
    """How careful everybody is with the case; orange and red are never published."""
    require(by, "relief.intake", organisation=case.organisation, on=localtime(at).date())
    if sensitivity not in Case.Sensitivity.values:
        raise Refused("unknown_sensitivity", _r("Choose green, yellow, orange or red."))
    lock(case)
    before, case.sensitivity = case.sensitivity, sensitivity
    case.save(update_fields=["sensitivity"])
    _record(case, "case.sensitivity", by=by, at=at, reason=reason, facts={"from": before, "to": sensitivity})


@transaction.atomic
def close_case(case: Case, *, reason: str, by, at: datetime) -> None:
    """The need is met or gone."""
    require(by, "relief.propose_award", organisation=case.organisation, on=localtime(at).date())
    lock(case)
    _record(case, move(case, Case.State.CLOSED, moves=CASE_MOVES), by=by, at=at, reason=reason)


def _grade(sensitivity: str) -> int:
    return list(Case.Sensitivity.values).index(sensitivity)
