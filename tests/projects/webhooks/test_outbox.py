"""What is told: the outcomes that were chosen, to the organisation's own addresses, in the deed's own transaction."""

import json

import pytest
from django.db import transaction

from ledger import transparency
from projects.access.actors import STRIPE
from projects.giving import disputes, going_back
from projects.giving.models import Gift
from projects.organisations import outcomes
from projects.webhooks import actions
from projects.webhooks.models import Delivery, Message
from tests.factories import giving, matching, settlement
from tests.factories.access import BEGIN
from tests.factories.catalog import open_project
from tests.factories.webhooks import ADDRESS, registered
from tests.projects.tracing.conftest import story

__all__ = ["story"]
pytestmark = pytest.mark.django_db


def told(kind: str = "") -> list[dict]:
    messages = Message.objects.order_by("pk")
    return [json.loads(message.body) for message in (messages.filter(kind=kind) if kind else messages)]


@pytest.fixture
def project(charity_a):
    return open_project(charity_a.organisation, slug="rooms")


@pytest.fixture
def listening(charity_a):
    return registered(charity_a)[0]


def test_a_gift_is_told_by_references_and_its_amount_alone(project, listening):
    gift = giving.settled_gift(project, amount_minor=88_00, name="林晓", email="lin@example.org", message="加油")
    facts = {"gift": gift.ref, "project": project.ref, "amount_minor": 88_00, "currency": "CNY", "channel": "stripe"}
    assert told() == [{"type": "gift.received", "timestamp": "2026-03-02T02:00:00Z", "data": facts}]


def test_a_whole_life_is_told_and_nobody_is_named(charity_a, listening, story):
    sums = {(message["type"], message["data"]["amount_minor"], message["data"]["currency"]) for message in told()}
    assert sums == {("gift.received", 100_00, "CNY"), ("match.added", 50_00, "CNY"), ("payout.made", 120_00, "CNY")}
    every = "".join(Message.objects.values_list("body", flat=True))
    assert not [word for word in ("王小明", "wang", "@", "name", "account") if word in every]
    assert Delivery.objects.filter(endpoint=listening, state="WAITING").count() == len(told())


def test_refunds_and_disputes_are_told(charity_a, project, listening):
    matching.open_pool(project, pledged_minor=1_000_00, ratio_bps=5_000)
    transparency.sequence(at=BEGIN)
    gift = giving.settled_gift(project, amount_minor=100_00)
    matching.run(at=BEGIN)
    transparency.sequence(at=BEGIN)
    how = {"by": STRIPE, "at": BEGIN}
    refund = going_back.refund_gift(gift, provider_ref="re_1", amount_minor=40_00, **how)
    transparency.sequence(at=BEGIN)
    matching.run(at=BEGIN)
    going_back.return_refund(refund, **how)
    dispute = disputes.note_dispute(
        gift, provider_ref="dp_1", amount_minor=60_00, state="NEEDS_RESPONSE", reason="fraud", respond_by=None,
        opened_at=BEGIN, **how,
    )  # fmt: skip
    disputes.withdraw_dispute(dispute, **how)
    transparency.sequence(at=BEGIN)
    disputes.reinstate_dispute(dispute, **how)
    sums = [(message["type"], message["data"]["amount_minor"]) for message in told()]
    assert sums == [
        ("gift.received", 100_00),
        ("match.added", 50_00),
        ("gift.refunded", 40_00),
        ("match.released", 20_00),
        ("gift.refund_returned", 40_00),
        ("gift.withdrawn", 60_00),
        ("gift.reinstated", 60_00),
    ]
    assert told("gift.refunded")[0]["data"]["refund"] == refund.ref


def test_what_is_rolled_back_was_never_told(project, listening):
    with transaction.atomic():
        giving.settled_gift(project)
        assert told("gift.received")
        transaction.set_rollback(True)
    assert not told()


def test_outside_a_transaction_nothing_may_be_told(monkeypatch):
    class Outside:
        in_atomic_block = False

    monkeypatch.setattr(transaction, "get_connection", lambda *_args: Outside())
    with pytest.raises(transaction.TransactionManagementError):
        outcomes.tell(1, "gift.received", at=BEGIN, gift="x")


@pytest.mark.parametrize(
    "facts", [{"name": "林晓"}, {"email": "lin@example.org"}, {"gift": 1.5}, {"gift": ["x"]}, {"payout": "x"}]
)
def test_only_facts_of_the_list_can_be_told(facts):
    with pytest.raises(ValueError, match="may not tell"):
        outcomes.Outcome("gift.received", BEGIN, facts)


def test_no_kind_may_tell_of_a_person():
    allowed = set().union(*(kind.facts for kind in outcomes.KINDS.values()))
    assert allowed == {
        "amount_minor", "award", "channel", "currency", "dispute", "gift", "match", "payout", "pool", "project",
        "refund", "release",
    }  # fmt: skip


def test_another_charity_hears_nothing_and_unchosen_events_are_not_kept(charity_a, charity_b, project):
    registered(charity_b)
    giving.settled_gift(project)
    assert not Message.objects.exists()
    registered(charity_a, kinds=["match.added"])
    giving.settled_gift(project)
    assert not Message.objects.exists()


def test_two_addresses_hear_the_same_message(charity_a, project, listening):
    registered(charity_a, address=ADDRESS + "/2", kinds=["gift.received"])
    giving.settled_gift(project)
    assert (Message.objects.count(), Delivery.objects.count()) == (1, 2)


@pytest.mark.parametrize(("verb", "count"), [("pause", 1), ("disable", 0), ("end", 0)])
def test_who_pauses_hears_later_who_is_switched_off_does_not(charity_a, project, listening, verb, count):
    getattr(actions, verb)(listening, by=charity_a.admin, at=BEGIN)
    giving.settled_gift(project)
    assert Message.objects.count() == count


def test_gifts_of_a_platform_are_told_one_by_one(charity_a, project):
    rows = [settlement.gift(1, "1.00"), settlement.gift(2, "2.50", 项目=project.name_zh), settlement.gift(3, "3.00")]
    settlement.imported(charity_a, settlement.csv_of(rows[:1]))
    assert not Message.objects.exists()
    endpoint, _secret = registered(charity_a)
    settlement.imported(charity_a, settlement.csv_of(rows[1:]))
    facts = [message["data"] for message in told("gift.received")]
    assert [(one["project"], one["amount_minor"], one["channel"]) for one in facts] == [
        (project.ref, 2_50, "platform"),
        (None, 3_00, "platform"),
    ]
    assert {one["gift"] for one in facts} == set(Gift.objects.exclude(amount_minor=1_00).values_list("ref", flat=True))
    assert "林晓" not in "".join(Message.objects.values_list("body", flat=True))
    assert endpoint.deliveries.count() == 2
