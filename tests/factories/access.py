"""People, and the roles they hold."""

import datetime

import factory

from projects.access.actors import SETUP
from projects.access.models import RoleGrant, User
from projects.access.roles import Role
from projects.organisations import actions

PASSWORD = "correct-horse-battery"
# The moment at which the stories of the tests begin: a Monday, ten in the morning in Chongqing.
BEGIN = datetime.datetime(2026, 3, 2, 2, 0, tzinfo=datetime.UTC)


class UserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"person{n}")
    display_name = factory.LazyAttribute(lambda user: user.username.title())
    email = factory.LazyAttribute(lambda user: f"{user.username}@example.org")
    password = factory.django.Password(PASSWORD)


def grant(user: User, role: Role | str, *, organisation=None, jurisdiction=None, at=BEGIN) -> RoleGrant:
    """A role, given by the set-up through the same action as on the site."""
    return actions.grant_role(user, role, organisation=organisation, jurisdiction=jurisdiction, by=SETUP, at=at)


def user_with(role: Role | str, *, organisation=None, jurisdiction=None, **details) -> User:
    """Somebody new who holds one role."""
    user = UserFactory(**details)
    grant(user, role, organisation=organisation, jurisdiction=jurisdiction)
    return user
