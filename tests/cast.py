"""The fixed cast. Two charities in two districts, each with its people; and those who stand outside.

A test asks for whom it needs by name: `charity_a.caseworker`, `regulator` (of charity A's district), `stranger`.
"""

import datetime
from dataclasses import dataclass

import pytest

from projects.access.models import User
from projects.access.roles import Role
from projects.organisations.models import Jurisdiction, Organisation
from tests.factories.access import BEGIN, UserFactory, user_with
from tests.factories.organisations import JurisdictionFactory, credit_code, verified


@dataclass(frozen=True)
class Charity:
    """A charity and the people who work in it."""

    organisation: Organisation
    editor: User
    caseworker: User
    checker: User
    second_checker: User
    finance: User
    second_finance: User
    admin: User

    @property
    def people(self) -> list[User]:
        return [
            self.editor,
            self.caseworker,
            self.checker,
            self.second_checker,
            self.finance,
            self.second_finance,
            self.admin,
        ]


def make_charity(letter: str, district: Jurisdiction, *, name_zh: str, name_en: str) -> Charity:
    organisation = verified(
        slug=f"charity-{letter}",
        name_zh=name_zh,
        name_en=name_en,
        credit_code=credit_code(9000 + ord(letter)),
        jurisdiction=district,
    )

    def person(role: Role, name: str) -> User:
        return user_with(role, organisation=organisation, username=f"{name}-{letter}")

    return Charity(
        organisation=organisation,
        editor=person(Role.EDITOR, "editor"),
        caseworker=person(Role.CASEWORKER, "caseworker"),
        checker=person(Role.CHECKER, "checker"),
        second_checker=person(Role.CHECKER, "second-checker"),
        finance=person(Role.FINANCE, "finance"),
        second_finance=person(Role.FINANCE, "second-finance"),
        admin=person(Role.ADMIN, "admin"),
    )


@pytest.fixture
def moment() -> datetime.datetime:
    """The moment at which the stories begin."""
    return BEGIN


@pytest.fixture
def today(moment: datetime.datetime) -> datetime.date:
    return moment.date()


@pytest.fixture
def district_a(db: None) -> Jurisdiction:
    return JurisdictionFactory(code="500116", name_zh="江湾区", name_en="Jiangwan")


@pytest.fixture
def district_b(db: None) -> Jurisdiction:
    return JurisdictionFactory(code="500117", name_zh="河川区", name_en="Hechuan")


@pytest.fixture
def charity_a(district_a: Jurisdiction) -> Charity:
    return make_charity("a", district_a, name_zh="江湾慈善会", name_en="Jiangwan Charity")


@pytest.fixture
def charity_b(district_b: Jurisdiction) -> Charity:
    return make_charity("b", district_b, name_zh="河川慈善会", name_en="Hechuan Charity")


@pytest.fixture
def regulator(district_a: Jurisdiction) -> User:
    """Of charity A's district, and of nothing else."""
    return user_with(Role.REGULATOR, jurisdiction=district_a, username="regulator")


@pytest.fixture
def auditor(charity_a: Charity) -> User:
    """Of charity A."""
    return user_with(Role.AUDITOR, organisation=charity_a.organisation, username="auditor")


@pytest.fixture
def operator(db: None) -> User:
    return user_with(Role.OPERATOR, username="operator")


@pytest.fixture
def donor(db: None) -> User:
    return user_with(Role.DONOR, username="donor")


@pytest.fixture
def stranger(db: None) -> User:
    """Signed in, and holding no role at all: who must see nothing."""
    return UserFactory(username="stranger")
