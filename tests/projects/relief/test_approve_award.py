"""Maker is never checker: proposing, approving, and what the database says when somebody goes around the actions."""

import datetime

import pytest
from django.db import DatabaseError, connection, transaction

from charity_site.demo.people import made_up_person
from ledger import balances, transparency
from ledger.sql import law_sql
from projects.access.actors import WORKER
from projects.audit.models import AuditEvent
from projects.catalog.queries import book_of
from projects.relief import actions, queries
from projects.relief.models import Approval, Award
from projects.relief.states import AWARD_MOVES
from tests.factories import relief as make
from tests.refusals import refusal

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(charity_a):
    return make.funded_project(charity_a, award_cap_minor=30_000_00)


def insert_approval(award, approver, *, stage=1, permission="relief.approve_award"):
    """Around the actions, as a script would."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO relief_approval (ref, award_id, version, stage, approver_id, permission, digest, approved_at)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
            [
                f"{approver.pk:032d}",
                award.pk,
                award.version,
                stage,
                approver.pk,
                permission,
                award.digest,
                award.proposed_at,
            ],
        )


def run_sql(sql, values=()):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)


def test_one_checker_commits_a_small_award_in_the_books(charity_a, project, moment):
    award = make.proposed(charity_a, project, amount_minor=2_000_00)
    actions.approve_award(award, seen=award.digest, by=charity_a.checker, at=moment)
    assert award.state == "COMMITTED"
    assert award.entry_id is not None
    transparency.sequence(at=moment)
    assert balances.fund_figures(book=book_of(project), fund=project.fund_code).spent_minor == 2_000_00
    assert award.request.case.state == "IN_SUPPORT"


def test_a_larger_award_needs_checker_and_finance_in_that_order(charity_a, project, moment):
    award = make.proposed(charity_a, project, amount_minor=5_000_00)
    early = refusal(actions.approve_award, award=award, seen=award.digest, by=charity_a.finance, at=moment)
    assert early.code == "not_permitted"
    actions.approve_award(award, seen=award.digest, by=charity_a.checker, at=moment)
    assert award.state == "IN_REVIEW"
    actions.approve_award(award, seen=award.digest, by=charity_a.finance, at=moment)
    assert award.state == "COMMITTED"


def test_the_largest_awards_need_the_administrator_too(charity_a, project, moment):
    award = make.proposed(charity_a, project, amount_minor=20_000_01)
    for person in (charity_a.checker, charity_a.finance):
        actions.approve_award(award, seen=award.digest, by=person, at=moment)
        assert award.state == "IN_REVIEW"
    actions.approve_award(award, seen=award.digest, by=charity_a.admin, at=moment)
    assert award.state == "COMMITTED"


def test_it_refuses_an_award_approved_by_its_proposer(charity_a, project, moment):
    award = make.proposed(charity_a, project)
    again = refusal(actions.approve_award, award=award, seen=award.digest, by=charity_a.caseworker, at=moment)
    assert again.code == "maker_checker"
    assert refusal(actions.reject_award, award=award, code="NOT_ELIGIBLE", by=charity_a.caseworker, at=moment).code == (
        "maker_checker"
    )


def test_it_refuses_an_award_approved_by_whoever_took_the_case_in(charity_a, project, moment):
    award = make.proposed(charity_a, project)
    agent = make.intake_agent(charity_a)
    assert refusal(actions.approve_award, award=award, seen=award.digest, by=agent, at=moment).code == "maker_checker"


def test_the_database_refuses_an_approval_by_the_proposer(charity_a, project):
    award = make.proposed(charity_a, project)
    with pytest.raises(DatabaseError, match="nobody approves their own award"):
        insert_approval(award, charity_a.caseworker)


def test_the_database_refuses_an_approval_by_whoever_took_the_case_in(charity_a, project):
    award = make.proposed(charity_a, project)
    with pytest.raises(DatabaseError, match="nobody approves their own award"):
        insert_approval(award, make.intake_agent(charity_a))


def test_the_database_refuses_a_second_approval_by_one_person(charity_a, project):
    award = make.proposed(charity_a, project)
    insert_approval(award, charity_a.checker)
    with pytest.raises(DatabaseError):
        insert_approval(award, charity_a.checker, stage=2, permission="relief.approve_award_second")


def test_the_database_refuses_an_approval_of_something_else(charity_a, project):
    award = make.proposed(charity_a, project)
    award.digest = "0" * 64
    with pytest.raises(DatabaseError, match="what is in front of it"):
        insert_approval(award, charity_a.checker)


@pytest.mark.parametrize("state", ["APPROVED", "COMMITTED", "PAYING", "PAID"])
def test_the_database_refuses_to_skip_the_approvals(charity_a, project, state):
    award = make.proposed(charity_a, project)
    with pytest.raises(DatabaseError):
        run_sql(
            "UPDATE relief_award SET state = %s, entry_id = %s, committed_at = proposed_at WHERE id = %s",
            [state, "0" * 32 if connection.vendor == "sqlite" else "0" * 8 + "-0000" * 3 + "-" + "0" * 12, award.pk],
        )


def test_the_database_refuses_to_change_an_amount_under_an_approval(charity_a, project, moment):
    award = make.proposed(charity_a, project)
    actions.approve_award(award, seen=award.digest, by=charity_a.checker, at=moment)
    with pytest.raises(DatabaseError, match="a changed award is a new version"):
        run_sql("UPDATE relief_award SET amount_minor = 1 WHERE id = %s", [award.pk])
    with pytest.raises(DatabaseError, match="keeps its request, household, project and proposer"):
        run_sql("UPDATE relief_award SET proposed_by_id = %s WHERE id = %s", [charity_a.editor.pk, award.pk])


@pytest.mark.parametrize("table", ["relief_approval", "relief_approvalpolicy", "relief_approvalstage", "relief_award"])
def test_the_database_refuses_to_delete_what_was_decided(charity_a, project, moment, table):
    award = make.proposed(charity_a, project)
    actions.approve_award(award, seen=award.digest, by=charity_a.checker, at=moment)
    with pytest.raises(DatabaseError):
        run_sql(f"DELETE FROM {table}")


def test_one_person_counts_once_over_all_stages(charity_a, project, moment):
    award = make.proposed(charity_a, project, amount_minor=20_000_01)
    actions.approve_award(award, seen=award.digest, by=charity_a.checker, at=moment)
    again = refusal(actions.approve_award, award=award, seen=award.digest, by=charity_a.checker, at=moment)
    assert again.code == "approved_already"


def test_a_change_voids_the_approvals(charity_a, project, moment):
    award = make.proposed(charity_a, project, amount_minor=5_000_00)
    seen = award.digest
    actions.approve_award(award, seen=seen, by=charity_a.checker, at=moment)
    actions.change_award(award, amount_minor=4_000_00, by=charity_a.caseworker, at=moment)
    assert (award.state, award.version) == ("PROPOSED", 2)
    assert refusal(actions.approve_award, award=award, seen=seen, by=charity_a.second_checker, at=moment).code == (
        "stale_version"
    )
    actions.approve_award(award, seen=award.digest, by=charity_a.checker, at=moment)
    actions.approve_award(award, seen=award.digest, by=charity_a.finance, at=moment)
    assert award.state == "COMMITTED"
    assert Approval.objects.filter(award=award).count() == 3


def test_another_bank_account_voids_the_approvals(charity_a, project, moment):
    award = make.proposed(charity_a, project)
    actions.approve_award(award, seen=award.digest, by=charity_a.checker, at=moment)
    agent = make.intake_agent(charity_a)
    actions.change_payee(award.request.case, values={"account": "0000009999999999999"}, by=agent, at=moment)
    award.refresh_from_db()
    assert (award.state, award.version) == ("PROPOSED", 2)


def test_splitting_an_award_does_not_escape_its_range(charity_a, project, moment):
    first = make.proposed(charity_a, project, amount_minor=1_500_00)
    actions.approve_award(first, seen=first.digest, by=charity_a.checker, at=moment)
    other = make.funded_project(charity_a, purpose_id="EDUCATION")
    request = actions.submit_request(
        first.request.case,
        project=other,
        purpose=other.purpose,
        amount_minor=600_00,
        by=make.intake_agent(charity_a),
        at=moment,
    )
    actions.screen_request(request, by=charity_a.caseworker, at=moment)
    second = actions.propose_award(request, amount_minor=600_00, by=charity_a.caseworker, at=moment)
    assert second.weighed_minor == 2_100_00
    actions.approve_award(second, seen=second.digest, by=charity_a.checker, at=moment)
    assert second.state == "IN_REVIEW"


def test_people_of_another_charity_cannot_approve(charity_a, charity_b, project, moment):
    award = make.proposed(charity_a, project)
    assert refusal(actions.approve_award, award=award, seen=award.digest, by=charity_b.checker, at=moment).code == (
        "not_permitted"
    )


def test_a_fund_without_money_keeps_the_award_waiting(charity_a, moment):
    project = make.funded_project(charity_a, amount_minor=1_000_00)
    award = make.proposed(charity_a, project, amount_minor=1_500_00)
    assert refusal(actions.approve_award, award=award, seen=award.digest, by=charity_a.checker, at=moment).code == (
        "fund_overspent"
    )
    award = Award.objects.get(pk=award.pk)
    assert award.state == "PROPOSED"
    assert not award.approvals.exists()


def test_a_cancelled_award_gives_the_money_back(charity_a, project, moment):
    award = make.committed(charity_a, project)
    transparency.sequence(at=moment)
    actions.cancel_award(award, code="OTHER_CHANNEL", by=charity_a.second_checker, at=moment)
    transparency.sequence(at=moment)
    assert award.state == "CANCELLED"
    assert balances.fund_figures(book=book_of(project), fund=project.fund_code).left_minor == 200_000_00
    assert refusal(actions.cancel_award, award=award, code="OTHER_CHANNEL", by=charity_a.checker, at=moment).code == (
        "move_not_allowed"
    )


def test_a_rejected_award_frees_the_cap(charity_a, project, moment):
    award = make.proposed(charity_a, project, amount_minor=30_000_00)
    actions.reject_award(award, code="BUDGET_USED", by=charity_a.checker, at=moment)
    again = actions.propose_award(award.request, amount_minor=30_000_00, by=charity_a.caseworker, at=moment)
    assert again.pseudonym_zh != award.pseudonym_zh


def test_every_decision_is_in_the_audit_trail_without_a_name(charity_a, project, moment):
    award = make.committed(charity_a, project)
    events = AuditEvent.objects.filter(subject_kind="award", subject_ref=award.ref)
    assert set(events.values_list("event", flat=True)) >= {"award.proposed", "award.approved", "award.committed"}
    assert made_up_person(1).name not in str(list(events.values()))


def test_the_table_of_moves_is_the_one_in_the_database():
    for vendor in ("sqlite", "postgresql"):
        text = law_sql("award_life", vendor, of="projects.relief")
        listed = {word for word in text.split("'") if ">" in word and word.isupper()}
        assert listed == {f"{before}>{after}" for before, after in AWARD_MOVES}


def test_a_part_of_the_system_decides_nothing(charity_a, project, moment):
    award = make.proposed(charity_a, project)
    assert refusal(actions.approve_award, award=award, seen=award.digest, by=WORKER, at=moment).code == "not_a_person"
    assert refusal(actions.reject_award, award=award, code="BUDGET_USED", by=WORKER, at=moment).code == "not_a_person"


def test_no_approval_after_the_authorisation_has_expired(charity_a, project, moment):
    award = make.proposed(charity_a, project)
    later = moment + datetime.timedelta(days=400)
    assert refusal(actions.approve_award, award=award, seen=award.digest, by=charity_a.checker, at=later).code == (
        "no_authorisation"
    )


def test_each_person_finds_the_awards_that_wait_for_them(charity_a, charity_b, project, moment):
    award = make.proposed(charity_a, project, amount_minor=5_000_00)
    on = moment.date()
    assert queries.awards_to_approve(charity_a.checker, on=on) == [award]
    for person in (charity_a.caseworker, charity_a.finance, charity_b.checker, make.intake_agent(charity_a)):
        assert queries.awards_to_approve(person, on=on) == []
    actions.approve_award(award, seen=award.digest, by=charity_a.checker, at=moment)
    assert queries.awards_to_approve(charity_a.second_checker, on=on) == []
    assert queries.awards_to_approve(charity_a.finance, on=on) == [award]


def test_a_case_is_found_by_the_number_of_its_person(charity_a, charity_b, moment):
    case = make.case(charity_a, 7)
    person = made_up_person(7)
    for text in (person.id_number, person.phone, person.account, case.ref, case.source_number):
        assert queries.find_cases(charity_a.organisation, text, at=moment).get() == case
        assert not queries.find_cases(charity_b.organisation, text, at=moment).exists()
    assert not queries.find_cases(charity_a.organisation, person.name, at=moment).exists()
