"""Two people, one household, one moment: the cap and the approval count each other."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from ledger.core.refusals import Refused
from projects.relief import actions
from projects.relief.models import Approval, AssistanceRequest, Award
from tests.factories import relief as make
from tests.factories.catalog import open_project

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*calls) -> list[str]:
    """What became of each call, made at the same moment on connections of their own."""
    gate = Barrier(len(calls))

    def run(call) -> str:
        gate.wait(timeout=30)
        try:
            call()
        except Refused as refused:
            return refused.code
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(len(calls)) as pool:
        return sorted(pool.map(run, calls))


def test_two_awards_at_once_do_not_pass_the_cap_together(charity_a, moment):
    project = open_project(charity_a.organisation, award_cap_minor=5_000_00)
    requests = [make.recommended(charity_a, project, 1, amount_minor=3_000_00)]
    second = make.case(charity_a, 2, household_number="HU000001", purposes="助医")
    request = actions.submit_request(
        second,
        project=project,
        purpose=project.purpose,
        amount_minor=3_000_00,
        by=make.intake_agent(charity_a),
        at=moment,
    )
    actions.screen_request(request, by=charity_a.caseworker, at=moment)
    requests.append(request)

    def propose(one: AssistanceRequest):
        fresh = AssistanceRequest.objects.get(pk=one.pk)
        return lambda: actions.propose_award(fresh, amount_minor=3_000_00, by=charity_a.caseworker, at=moment)

    assert at_once(*(propose(one) for one in requests)) == ["cap_exceeded", "done"]
    assert Award.objects.count() == 1


def test_two_checkers_at_once_are_one_approval_and_one_entry(charity_a, moment):
    project = make.funded_project(charity_a)
    award = make.proposed(charity_a, project, amount_minor=1_000_00)

    def approve(person):
        fresh = Award.objects.get(pk=award.pk)
        return lambda: actions.approve_award(fresh, seen=award.digest, by=person, at=moment)

    answers = at_once(approve(charity_a.checker), approve(charity_a.second_checker))
    assert answers == ["done", "not_under_review"]
    assert Approval.objects.filter(award=award).count() == 1
