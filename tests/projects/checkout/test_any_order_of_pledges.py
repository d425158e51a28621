"""The same two permutation tests as in `test_any_order`, for regular gifts: several payments under one promise.

Entries of different gifts may take their places in the log in another order; each gift's own entries may not.
"""

import datetime
import random
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from uuid import UUID

import pytest
from django.db import transaction

from ledger import posting, transparency
from projects.checkout import care, flow, letters, pledge_care, pledge_decisions, pledge_letters, sweeper
from projects.checkout.facts import Whole
from projects.checkout.models import EventWork, ProviderPayout
from projects.checkout.pledge_decisions import PledgeBooks, PledgeStep, Standing
from projects.giving.models import Gift, Pledge, PledgeAmount
from projects.giving.states import PLEDGE_MOVES
from tests.factories.access import BEGIN
from tests.factories.giving import project_with_books
from tests.projects.checkout.pledge_scenarios import ANOTHER_AMOUNT, PLEDGE_SCENARIOS
from tests.projects.checkout.pledge_stories import PLEDGE_REF, PledgeMoment, PledgeStory, pledge_seen_at
from tests.projects.checkout.test_any_order import (
    DECISIONS,
    KINDS,
    THROUGH_THE_DATABASE,
    Model,
    assert_sound,
    shuffled,
    work,
)
from tests.projects.checkout.test_pledges import promised

NAMES = [scenario.__name__ for scenario in PLEDGE_SCENARIOS]
told = cache(lambda name: next(scenario for scenario in PLEDGE_SCENARIOS if scenario.__name__ == name)())


# ---- the decisions, purely ----


@dataclass
class PledgeModel:
    """What we have of a pledge, and of each of its gifts by its invoice."""

    story: PledgeStory
    standing: Standing = field(default_factory=lambda: Standing("INITIATED", 100_00))
    subscription: str = ""
    gifts: dict[str, Model] = field(default_factory=dict)
    payments: dict[str, str] = field(default_factory=dict)

    def follow(self, seen: PledgeMoment, cut: int = 99) -> None:
        books = PledgeBooks(PLEDGE_REF, "CNY", self.standing, self.subscription, frozenset(self.gifts))
        for step in pledge_decisions.plan(books, seen.pledge)[:cut]:
            self.do(step, seen)

    def do(self, step: PledgeStep, seen: PledgeMoment) -> None:
        if step.act == "GIFT":
            assert step.thing not in self.gifts, "one invoice became two gifts"
            self.gifts[step.thing] = Model(self.story, amount_minor=step.amount_minor)
            self.payments[step.intent_id] = step.thing
            self.look_at(step.intent_id, seen, back=False)
            return
        state = step.standing.state if step.act == "STAND" else "EXPIRED"
        assert state == self.standing.state or (self.standing.state, state) in PLEDGE_MOVES
        self.standing = step.standing if step.act == "STAND" else Standing(state, 100_00)
        self.subscription = self.subscription or (step.thing if step.act == "STAND" else "")

    def look_at(self, intent: str, seen: PledgeMoment, *, back: bool, cut: int = 99) -> None:
        """The way of `flow`: a payment that no gift knows is found through its invoice, by following the pledge."""
        if intent not in self.payments:
            self.follow(seen)
        if intent in self.payments:
            whole = seen.payments[intent]
            self.gifts[self.payments[intent]].follow(whole if back else Whole(whole.payment), cut)

    def outcome(self) -> tuple:
        return self.standing, list(self.gifts), [gift.outcome() for gift in self.gifts.values()]


@pytest.mark.parametrize("name", NAMES)
def test_a_thousand_permutations_of_the_decisions_make_the_same_gifts(name):
    story = told(name)
    last = story.moments[-1]
    at_once = PledgeModel(story)
    finish(at_once, last)
    for seed in range(DECISIONS):
        dice, model = random.Random(f"{name}{seed}"), PledgeModel(story)
        for number, event in shuffled(story, dice):
            seen, cut, thing = story.moments[number], dice.choice((1, 2, 99)), event["data"]["object"]
            if isinstance(thing.get("payment_intent"), str):
                model.look_at(thing["payment_intent"], seen, back=not event["type"].startswith("charge.s"), cut=cut)
            elif thing["object"] in ("invoice", "subscription", "checkout.session"):
                model.follow(seen, cut)
        finish(model, last)
        assert model.outcome() == at_once.outcome(), seed


def finish(model: PledgeModel, last: PledgeMoment) -> None:
    """The sweep: the pledge, then each of its payments."""
    model.follow(last)
    for intent in list(model.payments):
        model.look_at(intent, last, back=True)
    assert pledge_decisions.plan(
        PledgeBooks(PLEDGE_REF, "CNY", model.standing, model.subscription, frozenset(model.gifts)), last.pledge
    ) == []  # fmt: skip


# ---- the whole way, through the database ----


def pledge_of(story: PledgeStory) -> Pledge:
    pledge = promised(project_with_books(), amount_minor=story.amount_minor)
    PledgeAmount.objects.create(pledge=pledge, amount_minor=ANOTHER_AMOUNT, since=BEGIN)
    Pledge.objects.filter(pk=pledge.pk).update(ref=PLEDGE_REF, session_ref=story.session_id)
    pledge.refresh_from_db()
    pledge_care.start_care(pledge, at=BEGIN)
    return pledge


def entries_of(gift: Gift) -> list[tuple]:
    """A gift's own entries in the order of the log."""
    backs = [*gift.refunds.all(), *gift.disputes.all()]
    ids = [gift.entry_id, gift.fee_entry_id]
    fees = ("fee_entry_id", "fee_back_entry_id")
    ids += [getattr(back, name, None) for back in backs for name in fees]
    ids += [one for part in gift.taken_back.all() for one in (part.entry_id, part.returned_entry_id)]
    placed = sorted((transparency.position_of(one), one) for one in ids if one)
    return [lines_of(one) for _position, one in placed]


def ledger_of(pledge: Pledge) -> tuple:
    pledge.refresh_from_db()
    gifts = pledge.gifts.order_by("invoice_ref")
    return (
        [
            (gift.invoice_ref, gift.state, gift.amount_minor, gift.refunded_minor, gift.disputed_minor, gift.fee_minor)
            for gift in gifts
        ],
        [entries_of(gift) for gift in gifts],
        (pledge.state, pledge.amount_minor, pledge.next_charge_at, pledge.skips_until, pledge.retry_at),
        (pledge.failed_attempts, pledge.end_reason, pledge.subscription_ref),
        sorted(ProviderPayout.objects.values_list("provider_ref", "state", "review_reason")),
    )


def every_line() -> list[tuple]:
    """All that was posted, in the form that `assert_sound` reads."""
    entries = [entry.entry_id for entry in transparency.entries_since(0, kinds=KINDS, limit=1_000)]
    return [("", "", None, lines_of(entry_id)) for entry_id in entries]


def lines_of(entry_id: UUID) -> tuple:
    return tuple((line.fund, line.debit, line.credit, line.amount_minor) for line in posting.lines_of(entry_id))


def run(story: PledgeStory, pledge: Pledge, dice: random.Random, monkeypatch) -> tuple:
    """One permutation, then the sweep; the ledger at the end."""
    # Behind the story's last day: an entry may not stand on a day to come.
    begin = datetime.datetime.fromtimestamp(story.seconds, BEGIN.tzinfo)
    clock = (begin + datetime.timedelta(hours=2, seconds=second) for second in count())
    with pledge_seen_at(monkeypatch, story) as at:
        for moment, event in shuffled(story, dice):
            at[0] = moment
            work(event, next(clock))
            if dice.random() < 0.3:
                transparency.sequence(at=next(clock))
        at[0] = len(story.moments) - 1
        later = begin + datetime.timedelta(hours=5)
        for minute in range(1, 5):
            moment = later + datetime.timedelta(minutes=minute)
            transparency.sequence(at=moment)
            EventWork.objects.filter(state="WAITING").update(next_try_at=moment)
            pledge_care.follow(Pledge.objects.get(pk=pledge.pk), at=moment)
            for gift in Gift.objects.all():
                care.look_after(gift, at=moment)
            flow.sweep(at=moment)
            whole = sweeper.sweep_since(BEGIN, at=moment)[1]
        transparency.sequence(at=moment)
    assert whole
    assert not EventWork.objects.filter(state="WAITING").exists()
    return ledger_of(pledge)


@pytest.mark.django_db
@pytest.mark.parametrize("name", NAMES)
def test_permutations_through_the_database_give_one_ledger(name, monkeypatch):
    # Receipts and letters follow from the books and have their own tests.
    for letter in ("receipt_for", "receipt_after_refund", "send_thanks", "send_refunded"):
        monkeypatch.setattr(letters, letter, lambda *_args, **_options: None)
    monkeypatch.setattr(pledge_letters, "tell", lambda *_args, **_options: None)
    story = told(name)
    pledge = pledge_of(story)
    seen = []
    for seed in range(max(2, THROUGH_THE_DATABASE // 2)):
        with transaction.atomic():
            seen.append(run(story, pledge, random.Random(f"{name}{seed}"), monkeypatch))
            assert_sound((every_line(),), story)
            transaction.set_rollback(True)
        pledge.refresh_from_db()
        assert seen[-1] == seen[0], seed
    assert len(seen[0][0]) == sum(bill.status == "paid" for bill in story.moments[-1].pledge.invoices)


def test_there_are_enough_scenarios_and_each_tells_something():
    assert len(PLEDGE_SCENARIOS) >= 12
    assert all(told(name).events for name in NAMES)
