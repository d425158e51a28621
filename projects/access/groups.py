"""Django groups that follow the roles, for the screens that only know groups (Wagtail's pages, the Django admin).

Why groups and not an authentication backend: Wagtail gives page rights and moderation tasks to groups, so groups are
needed anyway, and one mechanism is simpler than two. For each role that somebody holds there is

* `role:EDITOR`, which carries Django's own permissions from `roles.DJANGO_PERMISSIONS` (entry
  to the Wagtail admin), and
* `role:EDITOR@<organisation ref>`, to which the pages give that charity's part of the page tree.

The groups are a copy: `sync_user` runs on every grant and revocation, `sync_everybody` once a day for grants that
begin or end by date. Our own screens never look at groups; they ask `permissions.may`.
"""

import datetime
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db.models import Q

from projects.access.models import RoleGrant, User
from projects.access.roles import DJANGO_ADMIN_ROLES, DJANGO_PERMISSIONS, Role

PREFIX = "role:"


def group_name(role: Role | str, organisation: Any = None) -> str:
    """The name of the group for a role, everywhere or in one organisation."""
    name = f"{PREFIX}{Role(role).value}"
    return name if organisation is None else f"{name}@{organisation.ref}"


def role_group(role: Role | str, organisation: Any = None) -> Group:
    """The group for a role, made when missing, with the permissions the table gives it."""
    group, _created = Group.objects.get_or_create(name=group_name(role, organisation))
    if organisation is None:
        group.permissions.set(_permissions(Role(role)))
    return group


def sync_user(user: User, on: datetime.date) -> None:
    """Put the user into exactly the role groups that the grants of this day give."""
    grants = list(RoleGrant.objects.filter(user=user).holding(on).select_related("organisation"))
    wanted = {role_group(grant.role) for grant in grants}
    wanted |= {role_group(grant.role, grant.organisation) for grant in grants if grant.organisation_id}
    for group in set(user.groups.filter(name__startswith=PREFIX)) - wanted:
        user.groups.remove(group)
    user.groups.add(*wanted)
    is_staff = user.is_superuser or any(grant.role in DJANGO_ADMIN_ROLES for grant in grants)
    if user.is_staff != is_staff:
        user.is_staff = is_staff
        user.save(update_fields=["is_staff"])


def sync_everybody(on: datetime.date) -> int:
    """Follow the calendar: bring everybody who ever held a role up to this day. Returns how many were looked at."""
    users = User.objects.filter(Q(role_grants__isnull=False) | Q(groups__name__startswith=PREFIX)).distinct()
    for user in users:
        sync_user(user, on)
    return len(users)


def _permissions(role: Role) -> list[Permission]:
    names = [name.split(".") for name in DJANGO_PERMISSIONS.get(role, ())]
    wanted = Q(pk__in=[])
    for app_label, codename in names:
        wanted |= Q(content_type__app_label=app_label, codename=codename)
    return list(Permission.objects.filter(wanted))
