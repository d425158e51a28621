"""Django's groups follow the roles, for the screens that only know groups."""

import datetime

import pytest
from django.contrib.auth.models import Group

from projects.access import groups
from projects.access.actors import WORKER
from projects.access.models import RoleGrant, User
from projects.access.roles import Role
from projects.organisations import actions
from tests.factories.access import BEGIN, UserFactory

pytestmark = pytest.mark.django_db


def fresh(user: User) -> User:
    """As the next request sees the user: without the permissions remembered on the object."""
    return User.objects.get(pk=user.pk)


def test_staff_of_a_charity_may_enter_the_admin_and_others_may_not(charity_a, regulator, auditor, donor, stranger):
    assert all(fresh(person).has_perm("wagtailadmin.access_admin") for person in charity_a.people)
    assert not any(
        fresh(person).has_perm("wagtailadmin.access_admin") for person in (regulator, auditor, donor, stranger)
    )


def test_a_role_puts_somebody_into_its_two_groups(charity_a):
    names = set(charity_a.editor.groups.values_list("name", flat=True))
    assert names == {"role:EDITOR", f"role:EDITOR@{charity_a.organisation.ref}"}
    assert groups.role_group(Role.EDITOR, charity_a.organisation).name in names


def test_the_end_of_a_role_takes_somebody_out_and_leaves_other_groups_alone(charity_a, moment):
    other = Group.objects.create(name="choir")
    charity_a.editor.groups.add(other)
    held = RoleGrant.objects.get(user=charity_a.editor)
    actions.revoke_role(held, by=charity_a.admin, at=moment)
    assert list(charity_a.editor.groups.all()) == [other]
    assert not fresh(charity_a.editor).has_perm("wagtailadmin.access_admin")


def test_the_calendar_is_followed_for_roles_that_begin_later(charity_a, today):
    person = UserFactory()
    begins = today + datetime.timedelta(days=3)
    actions.grant_role(
        person, Role.CHECKER, organisation=charity_a.organisation, valid_from=begins, by=WORKER, at=BEGIN
    )
    assert not person.groups.exists()
    groups.sync_everybody(begins)
    assert person.groups.filter(name="role:CHECKER").exists()


def test_only_the_operator_gets_into_the_django_admin(operator, charity_a, regulator):
    assert fresh(operator).is_staff
    assert fresh(operator).has_perm("organisations.view_organisation")
    assert not fresh(operator).has_perm("organisations.change_organisation")
    assert not fresh(operator).has_perm("catalog.change_project")
    assert not any(fresh(person).is_staff for person in [*charity_a.people, regulator])
