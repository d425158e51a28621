"""Did the money come? Answered beside a witness or with a code; a no holds the account."""

import datetime

import pytest

from projects.payouts import actions
from projects.payouts.models import AccountHold, AcknowledgementCode
from projects.relief import actions as relief_actions
from tests.factories import payouts as make
from tests.factories import relief
from tests.refusals import refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def payout(charity_a):
    make.project_with_awards(charity_a)
    return make.confirmed(charity_a).payouts.get()


@pytest.fixture
def asked(charity_a, moment):
    return {"witness_ref": charity_a.checker.ref, "by": charity_a.caseworker, "at": moment}


def test_a_household_that_has_the_money_acknowledges_it(payout, asked):
    actions.acknowledge(payout, answer="RECEIVED", **asked)
    payout.refresh_from_db()
    assert payout.state == "ACKNOWLEDGED"


def test_an_agent_needs_a_witness_who_is_somebody_else(payout, asked):
    own = asked | {"witness_ref": asked["by"].ref}
    assert refused(actions.acknowledge, payout, answer="RECEIVED", **own) == "witness_needed"
    none = asked | {"witness_ref": ""}
    assert refused(actions.acknowledge, payout, answer="RECEIVED", **none) == "witness_needed"


def test_who_sent_the_money_is_no_witness(payout, asked, charity_a):
    sender = asked | {"witness_ref": charity_a.finance.ref}
    assert refused(actions.acknowledge, payout, answer="RECEIVED", **sender) == "witness_involved"


def test_finance_does_not_ask(payout, asked, charity_a):
    assert (
        refused(actions.acknowledge, payout, answer="RECEIVED", **asked | {"by": charity_a.finance}) == "not_permitted"
    )


def test_a_caseworker_of_another_charity_does_not_ask(payout, asked, charity_b):
    other = asked | {"by": charity_b.caseworker}
    assert refused(actions.acknowledge, payout, answer="RECEIVED", **other) == "not_permitted"


def award_to_the_same_account(charity, at):
    """Another household names the account that the first payout went to, before its award is approved."""
    project = relief.funded_project(charity, slug="second")
    award = relief.proposed(charity, project, 7, amount_minor=100_00)
    values = {"account": relief.row(1)["account"]}
    relief_actions.change_payee(award.request.case, values=values, by=charity.caseworker, at=at)
    award.refresh_from_db()
    for person in relief.approvers(charity, award):
        relief_actions.approve_award(award, seen=award.digest, by=person, at=at)
    return award


@pytest.mark.parametrize("answer", ["NOT_RECEIVED", "NOT_MINE"])
def test_a_no_holds_further_payouts_to_the_account(payout, asked, charity_a, moment, answer):
    actions.acknowledge(payout, answer=answer, **asked)
    payout.refresh_from_db()
    assert payout.state == "CONFIRMED"
    later = award_to_the_same_account(charity_a, moment)
    assert refused(make.prepared, charity_a) == "nothing_to_pay"
    hold = AccountHold.objects.get()
    actions.lift_hold(hold, note="the bank showed the statement", by=charity_a.finance, at=moment)
    assert make.prepared(charity_a).payouts.get().award == later


def test_an_account_held_after_the_preparing_is_not_released(payout, asked, charity_a, moment):
    award_to_the_same_account(charity_a, moment)
    batch = make.prepared(charity_a)
    actions.acknowledge(payout, answer="NOT_RECEIVED", **asked)
    from projects.payouts.queries import batch_digest

    args = {"seen_digest": batch_digest(batch), "by": charity_a.second_finance, "at": moment}
    assert refused(actions.release_batch, batch, **args) == "account_held"


def test_another_amount_holds_nothing_but_is_written_down(payout, asked):
    actions.acknowledge(payout, answer="AMOUNT_DIFFERS", **asked)
    assert payout.acknowledgements.get().answer == "AMOUNT_DIFFERS"
    assert not AccountHold.objects.exists()


def test_a_hold_is_not_lifted_without_a_reason_or_twice(payout, asked, charity_a, moment):
    actions.acknowledge(payout, answer="NOT_RECEIVED", **asked)
    hold = AccountHold.objects.get()
    assert refused(actions.lift_hold, hold, note=" ", by=charity_a.finance, at=moment) == "reason_needed"
    actions.lift_hold(hold, note="seen", by=charity_a.finance, at=moment)
    assert refused(actions.lift_hold, hold, note="seen", by=charity_a.finance, at=moment) == "hold_lifted"


def test_the_code_answers_for_the_household(payout, charity_a, moment):
    code = actions.issue_code(payout, by=charity_a.caseworker, at=moment)
    assert code not in str(AcknowledgementCode.objects.values())
    actions.acknowledge_with_code(payout, code=code, answer="RECEIVED", by=charity_a.caseworker, at=moment)
    payout.refresh_from_db()
    assert (payout.state, payout.acknowledgements.get().channel) == ("ACKNOWLEDGED", "CODE")


def test_five_wrong_codes_end_the_code(payout, charity_a, moment):
    code = actions.issue_code(payout, by=charity_a.caseworker, at=moment)
    args = {"answer": "RECEIVED", "by": charity_a.caseworker, "at": moment}
    wrong = "0" * 8 if code != "0" * 8 else "1" * 8
    for _try in range(5):
        assert refused(actions.acknowledge_with_code, payout, code=wrong, **args) == "code_wrong"
    assert refused(actions.acknowledge_with_code, payout, code=code, **args) == "code_wrong"


def test_a_code_ends_with_its_days_and_with_the_next_code(payout, charity_a, moment):
    late = moment + datetime.timedelta(days=31)
    code = actions.issue_code(payout, by=charity_a.caseworker, at=moment)
    args = {"answer": "RECEIVED", "by": charity_a.caseworker}
    assert refused(actions.acknowledge_with_code, payout, code=code, at=late, **args) == "code_wrong"
    actions.issue_code(payout, by=charity_a.caseworker, at=moment)
    assert refused(actions.acknowledge_with_code, payout, code=code, at=moment, **args) == "code_wrong"


def test_what_was_acknowledged_is_not_asked_again(payout, asked):
    actions.acknowledge(payout, answer="RECEIVED", **asked)
    assert refused(actions.acknowledge, payout, answer="NOT_RECEIVED", **asked) == "payout_state"
