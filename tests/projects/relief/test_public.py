"""The public page of a project's awards, asked by somebody who may see nothing else."""

import datetime

import pytest

from charity_site.demo.people import made_up_person
from projects.relief import actions, public
from tests.factories import relief as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(charity_a):
    return make.funded_project(charity_a)


def helped(charity, project, numbers, **cells):
    return [make.committed(charity, project, n, amount_minor=1_000_00 + n, **cells) for n in numbers]


def test_five_households_of_a_town_stand_under_pseudonyms(charity_a, project, moment):
    awards = helped(charity_a, project, range(1, 6))
    rows = public.public_awards(project, at=moment)
    assert {row.pseudonym for row in rows} == {award.pseudonym_zh for award in awards}
    assert len({row.pseudonym for row in rows}) == 5
    assert all(row.pseudonym.endswith("（化名）") and row.place == "柏林镇" for row in rows)
    assert all(row.month == datetime.date(2026, 3, 1) for row in rows)
    assert sum(row.amount_minor for row in rows) == sum(award.amount_minor for award in awards)
    assert public.public_award(awards[0], at=moment).pseudonym == awards[0].pseudonym_zh
    assert made_up_person(1).name not in str(rows)


def test_four_households_are_one_sum(charity_a, project, moment):
    helped(charity_a, project, range(1, 5))
    (row,) = public.public_awards(project, at=moment)
    assert (row.is_single, row.households, row.award_ref) == (False, None, "")


@pytest.mark.parametrize("cells", [{"sensitivity": "橙"}, {"sensitivity": "红"}, {"authorisation_scope": "处理"}])
def test_who_may_not_be_shown_is_never_alone(charity_a, project, moment, cells):
    helped(charity_a, project, range(1, 6))
    hidden = helped(charity_a, project, range(6, 11), **cells)
    rows = public.public_awards(project, at=moment)
    singles = {row.award_ref for row in rows if row.is_single}
    assert len(singles) == 5
    assert not singles & {award.ref for award in hidden}
    assert sum(row.households for row in rows) == 10


def test_withdrawing_the_consent_takes_the_row_away_at_once(charity_a, project, moment):
    awards = helped(charity_a, project, range(1, 7))
    consent = awards[0].request.case.authorisations.get()
    actions.withdraw_authorisation(consent, by=make.intake_agent(charity_a), at=moment)
    rows = public.public_awards(project, at=moment)
    assert awards[0].pseudonym_zh not in {row.pseudonym for row in rows}
    assert sum(row.amount_minor for row in rows) == sum(award.amount_minor for award in awards)


def test_a_village_is_shown_as_its_town(charity_a, project, moment):
    from tests.factories.organisations import JurisdictionFactory, level

    parent = make.town(parent=charity_a.organisation.jurisdiction)
    JurisdictionFactory(code="500116100201", name_zh="柳树村", name_en="V", level=level("VILLAGE"), parent=parent)
    helped(charity_a, project, range(1, 6), node="500116100201")
    assert {row.place for row in public.public_awards(project, at=moment)} == {"柏林镇"}


def test_two_grants_to_one_household_have_two_pseudonyms(charity_a, project, moment):
    first = make.committed(charity_a, project, 1, amount_minor=1_000_00)
    other = make.funded_project(charity_a, purpose_id="EDUCATION")
    request = actions.submit_request(
        first.request.case,
        project=other,
        purpose=other.purpose,
        amount_minor=900_00,
        by=make.intake_agent(charity_a),
        at=moment,
    )
    actions.screen_request(request, by=charity_a.caseworker, at=moment)
    second = actions.propose_award(request, amount_minor=900_00, by=charity_a.caseworker, at=moment)
    assert second.pseudonym_zh != first.pseudonym_zh
    assert public.households_helped(project) == 1


def test_pseudonyms_are_found_however_many_are_taken():
    from projects.relief import pseudonyms

    taken: set[str] = set()
    for number in range(3_000):
        zh, en = pseudonyms.choose(f"{number:032x}", is_taken=taken.__contains__)
        assert zh not in taken
        assert en.endswith("(name changed)")
        taken.add(zh)
