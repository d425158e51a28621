"""From a request to a proposed award: caps, purposes, budgets and consent, in code and in the database."""

import datetime

import pytest
from django.db import DatabaseError, connection, transaction

from projects.relief import actions, exports, queries
from projects.relief.models import AssistanceRequest, Award
from tests.factories import relief as make
from tests.factories.catalog import open_project
from tests.refusals import refusal

pytestmark = pytest.mark.django_db
LINES = (("床、书桌、衣柜", "Bed, desk, wardrobe", 205_000_00),)


@pytest.fixture
def project(charity_a):
    return open_project(charity_a.organisation, award_cap_minor=5_000_00, lines=LINES)


def test_forty_one_rooms_at_the_cap_and_the_forty_second_above_it_is_refused(charity_a, moment):
    project = open_project(charity_a.organisation, award_cap_minor=5_000_00, lines=(("房间", "Rooms", 210_000_00),))
    for number in range(1, 42):
        make.proposed(charity_a, project, number, amount_minor=5_000_00)
    request = make.recommended(charity_a, project, 42, amount_minor=5_000_00)
    answer = refusal(actions.propose_award, request, amount_minor=5_000_01, by=charity_a.caseworker, at=moment)
    assert answer.code == "cap_exceeded"
    assert (answer.values["left"], answer.values["asked"]) == ("¥5,000.00", "¥5,000.01")
    assert sum(award.amount_minor for award in queries.active_awards()) == 205_000_00


def test_a_request_above_the_cap_is_not_recommended(charity_a, project, moment):
    request = make.recommended(charity_a, project, amount_minor=5_000_01)
    assert request.state == AssistanceRequest.State.SCREENING
    assert {"code": "cap_exceeded", "answer": False} in request.findings


def test_the_cap_is_for_the_household_not_for_the_case(charity_a, project, moment):
    make.proposed(charity_a, project, 1, amount_minor=3_000_00)
    second = make.case(charity_a, 2, household_number="HU000001", purposes="助医")
    request = actions.submit_request(
        second,
        project=project,
        purpose=project.purpose,
        amount_minor=2_000_01,
        by=make.intake_agent(charity_a),
        at=moment,
    )
    actions.screen_request(request, by=charity_a.caseworker, at=moment)
    assert {"code": "cap_exceeded", "answer": False} in request.findings
    assert queries.cap_left_minor(second.household, project) == 2_000_00


def test_the_database_refuses_an_award_above_the_cap(charity_a, project, moment):
    award = make.proposed(charity_a, project, amount_minor=3_000_00)
    other = make.recommended(charity_a, project, 2, amount_minor=2_000_00)
    for amount, sum_before in ((2_000_01, 3_000_00), (5_000_01, 0)):
        copy = Award.objects.get(pk=award.pk)
        copy.pk, copy._state.adding = None, True
        copy.ref, copy.pseudonym_zh, copy.request = "f" * 32, "小别（化名）", other
        copy.amount_minor = copy.weighed_minor = amount
        if sum_before:  # the same household, by a request of its own
            other.case.household = award.household
            type(other.case).objects.filter(pk=other.case.pk).update(household=award.household)
        else:
            type(other.case).objects.filter(pk=other.case.pk).update(household_id=copy.household_id)
        with pytest.raises(DatabaseError, match="cap of the household"), transaction.atomic():
            copy.save(force_insert=True)


def test_the_database_refuses_to_raise_an_award_above_the_cap(charity_a, project):
    award = make.proposed(charity_a, project, amount_minor=3_000_00)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE relief_award SET amount_minor = 500001, weighed_minor = 500001, version = 2, digest = 'x',"
            " state = 'PROPOSED' WHERE id = %s",
            [award.pk],
        )


def test_the_database_refuses_an_award_that_is_born_committed(charity_a, project):
    award = make.proposed(charity_a, project, amount_minor=3_000_00)
    copy = Award.objects.get(pk=award.pk)
    copy.pk, copy._state.adding, copy.ref, copy.pseudonym_zh = None, True, "f" * 32, "小别（化名）"
    copy.state, copy.entry_id, copy.committed_at = "COMMITTED", "0" * 32, copy.proposed_at
    with pytest.raises(DatabaseError, match="begins as a proposal"), transaction.atomic():
        copy.save(force_insert=True)


def test_the_same_help_from_two_projects_is_a_conflict_that_names_only_the_project(charity_a, project, moment):
    make.proposed(charity_a, project, amount_minor=3_000_00)
    other = open_project(charity_a.organisation, name_zh="暖居计划", lines=LINES)
    case = queries.active_awards().get().request.case
    request = actions.submit_request(
        case, project=other, purpose=other.purpose, amount_minor=1_000_00, by=make.intake_agent(charity_a), at=moment
    )
    actions.screen_request(request, by=charity_a.caseworker, at=moment)
    assert {"code": "purpose_conflict", "answer": False} in request.findings
    facts = queries.facts_of_request(request, amount_minor=1_000_00, at=moment)
    assert facts.conflicting_project == project.name


def test_help_for_another_purpose_is_no_conflict(charity_a, project, moment):
    make.proposed(charity_a, project, amount_minor=3_000_00)
    other = open_project(charity_a.organisation, purpose_id="EDUCATION", lines=LINES)
    case = queries.active_awards().get().request.case
    request = actions.submit_request(
        case, project=other, purpose=other.purpose, amount_minor=1_000_00, by=make.intake_agent(charity_a), at=moment
    )
    actions.screen_request(request, by=charity_a.caseworker, at=moment)
    assert request.state == "RECOMMENDED"


def test_the_budget_is_not_granted_twice(charity_a, moment):
    project = open_project(charity_a.organisation, lines=(("床", "Bed", 6_000_00),))
    make.proposed(charity_a, project, 1, amount_minor=4_000_00)
    request = make.recommended(charity_a, project, 2, amount_minor=2_000_01)
    assert {"code": "budget_exceeded", "answer": False} in request.findings


def test_a_purpose_the_project_does_not_serve_is_not_recommended(charity_a, project, moment):
    from projects.catalog.models import Purpose

    case = make.case(charity_a)
    request = actions.submit_request(
        case,
        project=project,
        purpose=Purpose.objects.get(code="MEDICAL"),
        amount_minor=1_000_00,
        by=make.intake_agent(charity_a),
        at=moment,
    )
    actions.screen_request(request, by=charity_a.caseworker, at=moment)
    assert {"code": "purpose_not_in_project", "answer": False} in request.findings


def test_a_possible_duplicate_is_unknown_and_goes_to_a_person(charity_a, project, moment):
    make.case(charity_a, 1)
    request = make.recommended(charity_a, project, 2, phone=make.row(1)["phone"])
    assert request.state == "NEEDS_INFORMATION"
    actions.adjudicate_case(request.case, is_duplicate_of=None, reason="neighbours", by=charity_a.caseworker, at=moment)
    actions.screen_request(request, by=charity_a.caseworker, at=moment)
    assert request.state == "RECOMMENDED"


def test_without_an_authorisation_in_force_nothing_is_asked(charity_a, project, moment):
    case = make.case(charity_a)
    later = moment + datetime.timedelta(days=400)
    details = {"project": project, "purpose": project.purpose, "amount_minor": 1, "by": make.intake_agent(charity_a)}
    assert refusal(actions.submit_request, case, at=later, **details).code == "no_authorisation"


def test_withdrawing_the_authorisation_stops_what_is_not_in_the_books(charity_a, project, moment):
    award = make.proposed(charity_a, project)
    case = award.request.case
    actions.withdraw_authorisation(case.authorisations.get(), by=make.intake_agent(charity_a), at=moment)
    award.refresh_from_db()
    case.refresh_from_db()
    assert (award.state, case.state) == ("REJECTED", "AWAITING_AUTHORISATION")
    assert refusal(actions.screen_request, award.request, by=charity_a.caseworker, at=moment).code == "no_authorisation"


def test_a_decline_has_a_reason_and_says_where_to_complain(charity_a, project, moment):
    request = make.recommended(charity_a, project, amount_minor=5_000_01)
    assert refusal(actions.decline_request, request, code="JUST_SO", by=charity_a.caseworker, at=moment).code == (
        "reason_unknown"
    )
    actions.decline_request(request, code="CAP_REACHED", by=charity_a.caseworker, at=moment)
    notice = exports.decline_notice(request)
    assert request.state == "DECLINED"
    assert charity_a.organisation.name in notice
    assert charity_a.organisation.contact_phone in notice


def test_another_charity_cannot_propose(charity_a, charity_b, project, moment):
    request = make.recommended(charity_a, project)
    assert refusal(actions.propose_award, request, amount_minor=1, by=charity_b.caseworker, at=moment).code == (
        "not_permitted"
    )


def test_lines_add_up_to_the_award(charity_a, project, moment):
    request = make.recommended(charity_a, project)
    lines = [{"kind": "IN_KIND", "name": "床", "amount_minor": 1_800_00}, {"kind": "CASH", "amount_minor": 200_00}]
    details = {"by": charity_a.caseworker, "at": moment}
    assert refusal(actions.propose_award, request, amount_minor=2_000_01, lines=lines, **details).code == (
        "lines_do_not_add_up"
    )
    assert actions.propose_award(request, amount_minor=2_000_00, lines=lines, **details).lines == lines


@pytest.mark.parametrize("amount", [0, -1])
def test_an_award_is_more_than_nothing(charity_a, project, moment, amount):
    request = make.recommended(charity_a, project)
    details = {"amount_minor": amount, "by": charity_a.caseworker, "at": moment}
    assert refusal(actions.propose_award, request, **details).code == "amount_not_positive"
