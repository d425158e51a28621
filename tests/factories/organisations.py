"""Areas and organisations. Codes are made up, with right check characters."""

import datetime

import factory
from stdnum.cn import uscc

from projects.access.actors import SETUP
from projects.organisations import actions
from projects.organisations.models import Jurisdiction, LevelType, Organisation, OrganisationKind
from tests.factories.access import BEGIN


def level(code: str) -> LevelType:
    return LevelType.objects.get(code=code)


def credit_code(number: int, area: str = "500000") -> str:
    """A unified social credit code of a social organisation, with its check character."""
    body = f"53{area}MJ{number:07d}"
    return body + uscc.calc_check_digit(body)


def city() -> Jurisdiction:
    """The nation and one city below it, made once."""
    nation, _ = Jurisdiction.objects.get_or_create(
        code="CN",
        defaults={
            "name_zh": "全国",
            "name_en": "China",
            "level": level("MINISTRY"),
            "path": "/CN/",
            "valid_from": datetime.date(1949, 10, 1),
        },
    )
    node, _ = Jurisdiction.objects.get_or_create(
        code="500000",
        defaults={
            "name_zh": "重庆市",
            "name_en": "Chongqing",
            "level": level("PROVINCE"),
            "parent": nation,
            "path": "/CN/500000/",
            "valid_from": datetime.date(1997, 6, 18),
        },
    )
    return node


class JurisdictionFactory(factory.django.DjangoModelFactory):
    """A district of the city."""

    class Meta:
        model = Jurisdiction

    # No real district has such a code: tests that name one (500116) never meet it here, whatever ran before them.
    code = factory.Sequence(lambda n: f"59{n:04d}")
    name_zh = factory.LazyAttribute(lambda node: f"第{node.code}区")
    name_en = factory.LazyAttribute(lambda node: f"District {node.code}")
    level = factory.LazyFunction(lambda: level("DISTRICT"))
    parent = factory.LazyFunction(city)
    path = factory.LazyAttribute(lambda node: f"{node.parent.path if node.parent else '/'}{node.code}/")
    valid_from = datetime.date(2000, 1, 1)


class OrganisationFactory(factory.django.DjangoModelFactory):
    """A charity with a certificate, still PENDING."""

    class Meta:
        model = Organisation

    slug = factory.Sequence(lambda n: f"charity-{n}")
    name_zh = factory.Sequence(lambda n: f"第{n}慈善会")
    name_en = factory.Sequence(lambda n: f"Charity {n}")
    kind = OrganisationKind.CHARITY
    credit_code = factory.Sequence(credit_code)
    jurisdiction = factory.SubFactory(JurisdictionFactory)
    fundraising_certificate = factory.LazyAttribute(lambda one: f"{one.credit_code}A")
    certificate_from = datetime.date(2025, 1, 1)
    certificate_to = datetime.date(2029, 12, 31)
    contact_name = "周敏"
    contact_phone = "023-0000 0000"
    contact_email = "office@example.org"
    address = "江湾路 1 号"
    registered_at = BEGIN


def verified(**details) -> Organisation:
    """An organisation, verified by the same action as on the site; a charity then has its book."""
    return actions.verify(OrganisationFactory(**details), by=SETUP, at=BEGIN)
