"""Names of colleagues behind the references that the tables keep."""

import datetime
from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from projects.access.models import RoleGrant, User


def names(refs: Iterable[str]) -> dict[str, str]:
    refs = {ref for ref in refs if ref}
    known = {user.ref: str(user) for user in User.objects.filter(ref__in=refs)}
    return {ref: known.get(ref) or (_("The system") if ref.startswith("system:") else ref[:8]) for ref in refs}


def name(ref: str) -> str:
    return names([ref]).get(ref, "")


def staff_addresses(organisation: Any, on: datetime.date) -> frozenset[str]:
    """The e-mail addresses of whoever holds a role in an organisation on a day, in small letters."""
    held = RoleGrant.objects.holding(on).filter(organisation=organisation).exclude(user__email="")
    return frozenset(address.lower() for address in held.values_list("user__email", flat=True))
