"""Names of colleagues behind the references that the tables keep."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from projects.access.models import User


def names(refs: Iterable[str]) -> dict[str, str]:
    refs = {ref for ref in refs if ref}
    known = {user.ref: str(user) for user in User.objects.filter(ref__in=refs)}
    return {ref: known.get(ref) or (_("The system") if ref.startswith("system:") else ref[:8]) for ref in refs}


def name(ref: str) -> str:
    return names([ref]).get(ref, "")
