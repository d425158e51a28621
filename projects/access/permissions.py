"""Who may: asked per object. `may` answers, `require` refuses, `organisations_of` filters lists.

A right comes only from a role granted in the organisation asked about, over its area, or (operator) on the platform.
Django's superuser flag gives nothing here.
"""

import datetime
from typing import Any, Final

from django.db.models import Q, QuerySet

from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from projects.access.actors import SystemActor
from projects.access.models import RoleGrant
from projects.access.roles import IDENTITY_PERMISSIONS, PERMISSIONS, Role, roles_with


class _Anywhere:
    """Distinguishes "no scope asked" from a scope that happens to be None."""


ANYWHERE: Final = _Anywhere()


def may(
    user: Any, permission: str, *, organisation: Any = ANYWHERE, jurisdiction: Any = ANYWHERE, on: datetime.date
) -> bool:
    """Does the user hold a role with this permission, on this day, for this organisation or jurisdiction?

    Without a scope the question is "anywhere?", which is right for a menu and wrong for an object. A scope that is
    None belongs to nobody: only a role on the platform reaches it. A system actor acts by its own rule and may do
    everything but see people.
    """
    if isinstance(user, SystemActor):
        return permission in PERMISSIONS and permission not in IDENTITY_PERMISSIONS
    grants = _grants(user, permission, on)
    if organisation is ANYWHERE and jurisdiction is ANYWHERE:
        return grants.exists()
    return grants.filter(_reaching(organisation, jurisdiction)).exists()


def require(
    user: Any, permission: str, *, organisation: Any = ANYWHERE, jurisdiction: Any = ANYWHERE, on: datetime.date
) -> None:
    """Refuse unless the user may."""
    if not may(user, permission, organisation=organisation, jurisdiction=jurisdiction, on=on):
        raise Refused("not_permitted", _r("You do not have the right to do this here."), permission=permission)


def organisations_of(user: Any, permission: str, on: datetime.date) -> "QuerySet[Any, int]":
    """The ids of the organisations where the user may, as a queryset for `organisation__in=`."""
    organisations: QuerySet[Any] = RoleGrant._meta.get_field("organisation").related_model._default_manager.all()
    grants = list(_grants(user, permission, on).select_related("jurisdiction"))
    if any(grant.organisation_id is None and grant.jurisdiction_id is None for grant in grants):
        return organisations.values_list("pk", flat=True)
    reach = Q(pk__in=[grant.organisation_id for grant in grants if grant.organisation_id])
    for grant in grants:
        if grant.jurisdiction_id:
            reach |= Q(jurisdiction__path__startswith=grant.jurisdiction.path)
    return organisations.filter(reach).values_list("pk", flat=True)


def jurisdictions_of(user: Any, permission: str, on: datetime.date) -> list[Any]:
    """The nodes over which the user was granted the permission; each reaches everything below it."""
    grants = _grants(user, permission, on).filter(jurisdiction__isnull=False).select_related("jurisdiction")
    return [grant.jurisdiction for grant in grants]


def roles_of(user: Any, on: datetime.date, *, organisation: Any = ANYWHERE) -> set[Role]:
    """The roles somebody holds on a day, anywhere or where they reach one organisation."""
    if not getattr(user, "is_authenticated", False):
        return set()
    grants = RoleGrant.objects.filter(user=user).holding(on)
    if organisation is not ANYWHERE:
        grants = grants.filter(_reaching(organisation, ANYWHERE))
    return {Role(role) for role in grants.values_list("role", flat=True)}


def _grants(user: Any, permission: str, on: datetime.date) -> Any:
    roles = roles_with(permission)
    # System actors and anonymous visitors hold no roles; an inactive person keeps the rows and loses the rights.
    if not getattr(user, "is_authenticated", False) or not user.is_active:
        return RoleGrant.objects.none()
    held = RoleGrant.objects.filter(user=user).holding(on)
    if permission in IDENTITY_PERMISSIONS and (user.is_superuser or held.filter(role=Role.OPERATOR).exists()):
        return RoleGrant.objects.none()
    return held.filter(role__in=roles)


def _reaching(organisation: Any, jurisdiction: Any) -> Q:
    """Grants on the platform, in the organisation, or over an area that holds the organisation or the jurisdiction."""
    reach = Q(organisation__isnull=True, jurisdiction__isnull=True)
    if organisation is not ANYWHERE and organisation is not None:
        reach |= Q(organisation=organisation)
        if organisation.jurisdiction_id:
            reach |= Q(jurisdiction__path__in=paths_above(organisation.jurisdiction.path))
    if jurisdiction is not ANYWHERE and jurisdiction is not None:
        reach |= Q(jurisdiction__path__in=paths_above(jurisdiction.path))
    return reach


def paths_above(path: str) -> list[str]:
    """The path itself and every path above it: `/a/b/` gives `/a/` and `/a/b/`."""
    codes = path.strip("/").split("/")
    return ["/" + "/".join(codes[: depth + 1]) + "/" for depth in range(len(codes))]
