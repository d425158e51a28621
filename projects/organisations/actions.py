"""What is done with organisations, areas and the roles in them."""

import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from projects.access import groups, permissions
from projects.access.actors import Actor
from projects.access.models import RoleGrant, User
from projects.access.roles import (
    EITHER_SCOPE_ROLES,
    JURISDICTION_ROLES,
    ORGANISATION_ROLES,
    PLATFORM_ROLES,
    Role,
    incompatible,
)
from projects.audit import actions as audit
from projects.audit.moves import event_of
from projects.organisations import policies
from projects.organisations.books import open_book
from projects.organisations.models import Jurisdiction, LevelType, Organisation
from projects.organisations.states import MOVES, OrganisationState

_record = audit.recorder("organisation", organisation="ref")

# Names, code and kind are what was verified; these may change later.
REVISABLE = frozenset(
    {
        "fundraising_certificate",
        "certificate_from",
        "certificate_to",
        "contact_name",
        "contact_phone",
        "contact_email",
        "address",
        "website",
    }
)


def add_jurisdiction(
    *,
    code: str,
    name_zh: str,
    name_en: str = "",
    level: LevelType | str,
    parent: Jurisdiction | None,
    valid_from: datetime.date,
    by: Actor,
    at: datetime.datetime,
) -> Jurisdiction:
    """Add an area below its parent."""
    level = level if isinstance(level, LevelType) else LevelType.objects.get(code=level)
    policies.check_level(level, parent)
    with transaction.atomic():
        node = Jurisdiction.objects.create(
            code=code,
            name_zh=name_zh,
            name_en=name_en,
            level=level,
            parent=parent,
            path=f"{parent.path if parent else '/'}{code}/",
            valid_from=valid_from,
        )
        audit.record(
            by=by,
            at=at,
            event="jurisdiction.added",
            subject=("jurisdiction", code),
            facts={"level": level.code, "path": node.path},
        )
    return node


def register(
    *,
    slug: str,
    name_zh: str,
    name_en: str = "",
    kind: str,
    credit_code: str | None,
    jurisdiction: Jurisdiction,
    by: Actor,
    at: datetime.datetime,
    **details: Any,
) -> Organisation:
    """Register an organisation; it is PENDING until somebody verifies it. `details`: certificate, contact, address."""
    code = policies.checked_credit_code(credit_code) if credit_code else None
    with transaction.atomic():
        if code:
            policies.check_code_is_free(code)
        organisation = Organisation(
            slug=slug,
            name_zh=name_zh,
            name_en=name_en,
            kind=kind,
            credit_code=code,
            jurisdiction=jurisdiction,
            registered_at=at,
            **details,
        )
        organisation.save(force_insert=True)
        _record(organisation, "organisation.registered", by=by, at=at, facts={"kind": kind})
    return organisation


def revise(organisation: Organisation, *, by: Actor, at: datetime.datetime, **details: Any) -> Organisation:
    """Change an organisation's contact, address or certificate (`REVISABLE`)."""
    permissions.require(by, "organisations.edit", organisation=organisation, on=timezone.localtime(at).date())
    unknown = set(details) - REVISABLE
    if unknown:
        raise TypeError(f"Not a detail that is revised: {', '.join(sorted(unknown))}")
    with transaction.atomic():
        # Only these columns: whoever moves the state at this moment is not overwritten.
        Organisation.objects.filter(pk=organisation.pk).update(**details)
        _record(organisation, "organisation.revised", by=by, at=at, facts={"fields": sorted(details)})
    organisation.refresh_from_db()
    return organisation


def verify(organisation: Organisation, *, by: Actor, at: datetime.datetime) -> Organisation:
    """Say that the organisation is what it claims to be. A charity gets its book with that."""
    return _move(organisation, OrganisationState.VERIFIED, by=by, at=at)


def suspend(organisation: Organisation, *, reason: str, by: Actor, at: datetime.datetime) -> Organisation:
    """Stop the organisation's public work until it is verified again."""
    return _move(organisation, OrganisationState.SUSPENDED, reason=reason, by=by, at=at)


def close(organisation: Organisation, *, reason: str, by: Actor, at: datetime.datetime) -> Organisation:
    """End the organisation's work here. Its books stay."""
    return _move(organisation, OrganisationState.CLOSED, reason=reason, by=by, at=at)


def grant_role(
    user: User,
    role: Role | str,
    *,
    organisation: Organisation | None = None,
    jurisdiction: Jurisdiction | None = None,
    valid_from: datetime.date | None = None,
    by: Actor,
    at: datetime.datetime,
) -> RoleGrant:
    """Give somebody a role in one place, from a day on (default: the day of `at`)."""
    role, on = Role(role), timezone.localtime(at).date()
    _check_scope(role, organisation, jurisdiction)
    _check_may_grant(by, role, organisation, on)
    with transaction.atomic():
        # Two grants at once could each miss the other's half of a forbidden pair: one after the other.
        User.objects.select_for_update().get(pk=user.pk)
        _check_compatible(user, role, organisation)
        grant = RoleGrant.objects.create(
            user=user,
            role=role,
            organisation=organisation,
            jurisdiction=jurisdiction,
            valid_from=valid_from or on,
            granted_by_ref=by.ref,
            granted_at=at,
        )
        groups.sync_user(user, on)
        _record_grant(grant, "role.granted", by=by, at=at)
    return grant


def revoke_role(grant: RoleGrant, *, by: Actor, at: datetime.datetime) -> RoleGrant:
    """End a role from the day of `at` on."""
    on = timezone.localtime(at).date()
    _check_may_grant(by, Role(grant.role), grant.organisation, on)
    with transaction.atomic():
        ends = max(on, grant.valid_from)
        if not RoleGrant.objects.filter(pk=grant.pk, valid_to=None).update(valid_to=ends):
            raise Refused("role_ended_already", _r("This role has ended already."))
        grant.valid_to = ends
        groups.sync_user(grant.user, on)
        _record_grant(grant, "role.revoked", by=by, at=at)
    return grant


def _move(organisation: Organisation, to: str, *, by: Actor, at: datetime.datetime, reason: str = "") -> Organisation:
    permissions.require(by, "organisations.verify", organisation=organisation, on=timezone.localtime(at).date())
    with transaction.atomic():
        locked = Organisation.objects.select_for_update().get(pk=organisation.pk)
        event = event_of(locked, to, MOVES)
        before, locked.state = locked.state, to
        if to == OrganisationState.VERIFIED and locked.keeps_a_book:
            locked.book_code = open_book(locked, by=by, at=at)
        locked.save(update_fields=["state", "book_code"])
        _record(locked, event, by=by, at=at, reason=reason, facts={"from": before, "to": to})
    organisation.refresh_from_db()
    return organisation


def _check_scope(role: Role, organisation: Organisation | None, jurisdiction: Jurisdiction | None) -> None:
    given = (organisation is not None, jurisdiction is not None)
    fits = {
        (True, False): role in ORGANISATION_ROLES | EITHER_SCOPE_ROLES,
        (False, True): role in JURISDICTION_ROLES | EITHER_SCOPE_ROLES,
        (False, False): role in PLATFORM_ROLES,
    }
    if not fits.get(given, False):
        raise Refused("role_scope_wrong", _r("The role “%(role)s” cannot be granted there."), role=role.label)


def _check_may_grant(by: Actor, role: Role, organisation: Organisation | None, on: datetime.date) -> None:
    """A charity's administrator grants inside the charity; roles above it come from the platform's operator."""
    scope = organisation if role in ORGANISATION_ROLES else None
    permissions.require(by, "access.grant_role", organisation=scope, on=on)


def _check_compatible(user: User, role: Role, organisation: Organisation | None) -> None:
    # Every grant that has not ended counts, also one that begins later.
    for held in RoleGrant.objects.filter(user=user, valid_to=None):
        together = organisation is not None and held.organisation_id == organisation.pk
        if incompatible(role, held.role, same_organisation=together):
            raise Refused(
                "roles_incompatible",
                _r("One person cannot be “%(role)s” and “%(held)s” at once."),
                role=role.label,
                held=Role(held.role).label,
            )
        same_place = held.role == role and held.organisation_id == (organisation.pk if organisation else None)
        if same_place and held.jurisdiction_id is None:
            raise Refused("role_held_already", _r("This person holds the role “%(role)s” already."), role=role.label)


def _record_grant(grant: RoleGrant, event: str, *, by: Actor, at: datetime.datetime) -> None:
    audit.record(
        by=by,
        at=at,
        event=event,
        subject=("user", grant.user.ref),
        organisation_ref=grant.organisation.ref if grant.organisation else "",
        facts={"role": grant.role, "jurisdiction": grant.jurisdiction.code if grant.jurisdiction else ""},
    )
