"""Registering, verifying and ending organisations, and the tree of areas."""

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from ledger.core.refusals import Refused
from ledger.models import Book, Fund
from projects.access.actors import SETUP
from projects.audit.models import AuditEvent
from projects.organisations import actions
from projects.organisations.models import Jurisdiction, LevelType, Organisation
from projects.organisations.states import MOVES, OrganisationState
from tests.factories.organisations import OrganisationFactory, credit_code
from tests.guards import lifted

pytestmark = pytest.mark.django_db


def register(district, moment, **details):
    facts = {
        "slug": "new-charity",
        "name_zh": "新慈善会",
        "kind": "CHARITY",
        "credit_code": credit_code(1),
        "jurisdiction": district,
    }
    return actions.register(**(facts | details), by=SETUP, at=moment)


def test_a_registered_organisation_waits_to_be_verified(district_a, moment):
    organisation = register(district_a, moment)
    assert organisation.state == OrganisationState.PENDING
    assert AuditEvent.objects.filter(event="organisation.registered", subject_ref=organisation.ref).count() == 1


@pytest.mark.parametrize("wrong", ["x", "5" * 18, credit_code(1)[:-1] + "I", credit_code(1) + "1"])
def test_it_refuses_a_credit_code_with_a_wrong_check_character(wrong, district_a, moment):
    with pytest.raises(Refused) as refused:
        register(district_a, moment, credit_code=wrong)
    assert refused.value.code == "credit_code_invalid"
    assert not Organisation.objects.exists()


def test_it_refuses_a_credit_code_that_is_registered_already_however_it_is_written(district_a, moment):
    register(district_a, moment)
    with pytest.raises(Refused) as refused:
        register(district_a, moment, slug="other", credit_code=f" {credit_code(1).lower()} ")
    assert refused.value.code == "credit_code_taken"


def test_around_the_orm_two_organisations_never_share_a_code():
    one = OrganisationFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        OrganisationFactory(credit_code=one.credit_code)


def test_bodies_without_a_code_do_not_clash(district_a, moment):
    for slug in ("hub-one", "hub-two"):
        register(district_a, moment, slug=slug, kind="HUB", credit_code=None)


def test_a_regulator_verifies_in_the_own_area_and_not_elsewhere(regulator, district_a, district_b, moment):
    near, far = OrganisationFactory(jurisdiction=district_a), OrganisationFactory(jurisdiction=district_b)
    assert actions.verify(near, by=regulator, at=moment).is_verified
    with pytest.raises(Refused, match="not_permitted"):
        actions.verify(far, by=regulator, at=moment)


def test_an_operator_verifies_and_a_charitys_own_people_do_not(operator, charity_a, moment):
    actions.suspend(charity_a.organisation, reason="证书到期", by=operator, at=moment)
    for person in charity_a.people:
        with pytest.raises(Refused, match="not_permitted"):
            actions.verify(charity_a.organisation, by=person, at=moment)
    assert actions.verify(charity_a.organisation, by=operator, at=moment).is_verified


def test_a_verified_charity_has_a_book_with_its_general_fund(moment):
    charity = actions.verify(OrganisationFactory(), by=SETUP, at=moment)
    assert Fund.objects.get(book__code=charity.book_code).code == "general"
    sponsor = actions.verify(OrganisationFactory(kind="MATCHER"), by=SETUP, at=moment)
    assert sponsor.book_code == ""


def test_verifying_again_after_a_suspension_keeps_the_book(charity_a, moment):
    code = charity_a.organisation.book_code
    actions.suspend(charity_a.organisation, reason="x", by=SETUP, at=moment)
    assert actions.verify(charity_a.organisation, by=SETUP, at=moment).book_code == code
    assert Book.objects.count() == 1


def test_an_administrator_keeps_contact_and_certificate_and_nothing_else(charity_a, charity_b, moment):
    organisation = charity_a.organisation
    actions.revise(organisation, contact_phone="023-1111 1111", by=charity_a.admin, at=moment)
    assert organisation.contact_phone == "023-1111 1111"
    assert AuditEvent.objects.get(event="organisation.revised").facts == {"fields": ["contact_phone"]}
    for stranger in (charity_b.admin, charity_a.editor):
        with pytest.raises(Refused, match="not_permitted"):
            actions.revise(organisation, contact_phone="1", by=stranger, at=moment)
    for kept in ("state", "credit_code", "book_code", "name_zh"):
        with pytest.raises(TypeError):
            actions.revise(organisation, by=charity_a.admin, at=moment, **{kept: "x"})


@pytest.mark.parametrize("start", OrganisationState.values)
@pytest.mark.parametrize(
    ("verb", "to"), [(actions.verify, "VERIFIED"), (actions.suspend, "SUSPENDED"), (actions.close, "CLOSED")]
)
def test_an_organisation_moves_only_as_its_table_says(start, verb, to, moment):
    organisation = OrganisationFactory(state=start)
    reason = {} if verb is actions.verify else {"reason": "because"}
    if (start, to) in MOVES:
        assert verb(organisation, by=SETUP, at=moment, **reason).state == to
    else:
        with pytest.raises(Refused) as refused:
            verb(organisation, by=SETUP, at=moment, **reason)
        assert refused.value.code == "move_not_allowed"


@pytest.mark.parametrize("start", OrganisationState.values)
def test_around_the_orm_an_organisation_still_moves_only_as_its_table_says(start):
    organisation = OrganisationFactory(state=start)
    for to in set(OrganisationState.values) - {start}:
        if (start, to) not in MOVES:
            with pytest.raises(DatabaseError, match="organisation_moves"), transaction.atomic():
                Organisation.objects.filter(pk=organisation.pk).update(state=to)


def test_around_the_orm_an_unknown_state_is_refused():
    organisation = OrganisationFactory()
    with lifted(), pytest.raises(IntegrityError), transaction.atomic():
        Organisation.objects.filter(pk=organisation.pk).update(state="SPLENDID")


def add(code, level, parent, moment):
    return actions.add_jurisdiction(
        code=code, name_zh=code, level=level, parent=parent, valid_from=moment.date(), by=SETUP, at=moment
    )


def test_the_tree_takes_as_many_levels_as_there_are(moment):
    node = None
    for depth, level in enumerate(LevelType.objects.order_by("depth")):
        node = add(f"n{depth}", level, node, moment)
    assert node.path == "/n0/n1/n2/n3/n4/n5/n6/"
    assert Jurisdiction.objects.under(Jurisdiction.objects.get(code="n4")).count() == 3


def test_a_level_that_no_code_knows_fits_in_as_a_row(moment):
    LevelType.objects.create(code="ZONE", name_zh="片区", name_en="Zone", depth=45)
    district = add("d", "DISTRICT", None, moment)
    assert add("t", "TOWN", add("z", "ZONE", district, moment), moment).path == "/d/z/t/"


@pytest.mark.parametrize("level", ["TOWN", "DISTRICT", "MINISTRY"])
def test_it_refuses_a_node_that_is_not_deeper_than_its_parent(level, moment):
    town = add("t", "TOWN", None, moment)
    with pytest.raises(Refused) as refused:
        add("x", level, town, moment)
    assert refused.value.code == "level_not_deeper"


@pytest.mark.parametrize(
    "wrong", [{"path": "/t/x/"}, {"path": "/x/"}, {"level_id": "DISTRICT"}, {"level_id": "PROVINCE"}], ids=str
)
def test_around_the_orm_the_tree_takes_no_wrong_node(wrong, moment):
    district = add("d", "DISTRICT", add("c", "CITY", None, moment), moment)
    right = {"code": "x", "name_zh": "x", "level_id": "TOWN", "parent": district, "path": "/c/d/x/"}
    with pytest.raises(DatabaseError, match="jurisdiction_tree"), transaction.atomic():
        Jurisdiction.objects.create(**(right | wrong), valid_from=moment.date())
    Jurisdiction.objects.create(**right, valid_from=moment.date())


def test_around_the_orm_a_node_never_moves_and_no_cycle_closes(moment):
    city = add("c", "CITY", None, moment)
    district = add("d", "DISTRICT", city, moment)
    for change in ({"parent": district}, {"level_id": "TOWN"}, {"path": "/d/c/"}, {"code": "z"}):
        with pytest.raises(DatabaseError, match="jurisdiction_tree"), transaction.atomic():
            Jurisdiction.objects.filter(pk=city.pk).update(**change)


def test_a_certificate_covers_a_campaign_only_from_first_to_last_day(charity_a):
    organisation = charity_a.organisation
    first, last = organisation.certificate_from, organisation.certificate_to
    assert organisation.certificate_covers(first, last)
    assert not organisation.certificate_covers(first.replace(year=2024), last)
    assert not organisation.certificate_covers(first, last.replace(year=2030))
    assert not organisation.certificate_covers(first, None)
