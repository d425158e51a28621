"""Whatever order the messages come in, with repeats and losses: the same provider's objects give the same ledger.

Two tests for each scenario, and they are not the same:

- *1,000 permutations of the decisions.* Pure Python: `decisions.plan` over the objects as they stood, and a model of
  the books that writes down what is posted. No database, no payouts to the bank (they are no decisions of `plan`).
- *Six permutations through the database.* The real messages, stored and worked by `flow.process_event`, the real
  actions, the real ledger and its sequencer, the sweep and payouts; only the wire is replaced, by the objects that the
  emulator's API showed at each moment. What goes over the wire has its own tests.

In both, each message may come up to three times or not at all, is worked at a random moment not before it was sent (the
objects may have moved on), and work may be cut off in the middle. At the end one sweep sees the last state.
"""

import datetime
import json
import random
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import count

import pytest
from django.db import connection, transaction

from ledger import posting, transparency
from ledger.policy import chart
from projects.checkout import care, decisions, flow, letters, sweeper
from projects.checkout.decisions import Books, Step
from projects.checkout.facts import Whole
from projects.checkout.models import EventWork, ProviderPayout, StripeEvent
from projects.giving.models import Dispute, Gift, Refund
from tests.factories.access import BEGIN
from tests.factories.giving import opened_gift, project_with_books
from tests.projects.checkout.scenarios import SCENARIOS
from tests.projects.checkout.stories import GIFT_REF, Story, seen_at

DECISIONS = 1_000
# Orders that go through the database: a sample of the thousand above, and a smaller one where it runs a second time.
THROUGH_THE_DATABASE = 6 if connection.vendor == "sqlite" else 2
NAMES = [scenario.__name__ for scenario in SCENARIOS]
told = cache(lambda name: next(scenario for scenario in SCENARIOS if scenario.__name__ == name)())


def shuffled(story: Story, dice: random.Random) -> list[tuple[int, dict]]:
    """Deliveries: (moment at which it is worked, event). The moments never go back."""
    sent = [
        one for one in story.events if one[1]["type"] in flow.HANDLERS for _ in range(dice.choice((0, 1, 1, 1, 2, 3)))
    ]
    dice.shuffle(sent)
    last, now, found = len(story.moments) - 1, 0, []
    for moment, event in sent:
        now = max(now, moment)
        if dice.random() < 0.3:
            now = dice.randint(now, last)
        found.append((now, event))
    return found


# ---- the decisions, purely ----


@dataclass
class Model:
    """The books as a list of what was posted, in order; and the states beside them."""

    story: Story
    state: str = "INITIATED"
    intent: str = ""
    fee_done: bool = False
    posted: list[tuple[str, int]] = field(default_factory=list)
    refunds: dict[str, str] = field(default_factory=dict)
    disputes: dict[str, tuple[str, frozenset[str]]] = field(default_factory=dict)
    amount_minor: int = 0
    part_noted: bool = False

    def books(self) -> Books:
        return Books(
            GIFT_REF, self.amount_minor or self.story.amount_minor, self.story.currency, self.state, self.intent,
            self.fee_done, dict(self.refunds), dict(self.disputes), self.part_noted,
        )  # fmt: skip

    def follow(self, whole: Whole, cut: int = 99) -> None:
        for step in decisions.plan(self.books(), whole)[:cut]:
            self.do(step)

    def do(self, step: Step) -> None:
        """What the step does to the books, in the smallest words."""
        states = {"REFUND_OUT": "POSTED", "REFUND_HOME": "RETURNED", "NOTE_REFUND": "PENDING", "FAIL_REFUND": "FAILED"}
        if step.act in ("SETTLE", "FAIL", "EXPIRE", "HOLD"):
            ends = {"SETTLE": "SETTLED", "FAIL": "FAILED", "EXPIRE": "EXPIRED", "HOLD": "NEEDS_REVIEW"}
            self.state, self.intent = ends[step.act], step.thing
        elif step.act == "FEE":
            self.fee_done = True
        elif step.act == "NOTE_PART":
            self.part_noted = True
        elif step.act in states:
            self.refunds[step.thing] = states[step.act]
        elif step.act == "NOTE_DISPUTE":
            self.disputes[step.thing] = (step.note, self.disputes.get(step.thing, ("", frozenset()))[1])
        else:
            state, done = self.disputes[step.thing]
            assert step.act not in done, "posted twice"
            self.disputes[step.thing] = (state, done | {step.act})
        if step.act.endswith(("SETTLE", "FEE", "OUT", "HOME")):
            self.posted.append((f"{step.act} {step.thing}", step.amount_minor))

    def outcome(self) -> tuple:
        return self.state, self.fee_done, tuple(self.posted), self.refunds, self.disputes


@pytest.mark.parametrize("name", NAMES)
def test_a_thousand_permutations_of_the_decisions_post_the_same_in_the_same_order(name):
    story = told(name)
    last = story.moments[-1].whole
    at_once = Model(story)
    at_once.follow(last)
    assert decisions.plan(at_once.books(), last) == [], "what was done is asked for again"
    for seed in range(DECISIONS):
        dice, model = random.Random(f"{name}{seed}"), Model(story)
        for moment, event in shuffled(story, dice):
            whole = story.moments[moment].whole
            goes_back = event["type"].startswith(("refund.", "charge.refunded", "charge.dispute"))
            model.follow(whole if goes_back else Whole(whole.payment), cut=dice.choice((1, 2, 99)))
        model.follow(last)
        assert model.outcome() == at_once.outcome(), seed
    assert max(Counter(model.posted).values(), default=1) == 1


@pytest.mark.parametrize("order", ["ab", "ba"])
def test_what_came_back_in_the_same_second_stands_behind_what_was_taken(order):
    whole = told("dispute_won_within_one_second").moments[-1].whole
    moves = [replace(move, txn_id=f"txn_{name}") for name, move in zip(order, whole.disputes[0].moves, strict=True)]
    same = replace(whole, disputes=(replace(whole.disputes[0], moves=tuple(sorted(moves, key=lambda m: m.txn_id))),))
    books = Books(GIFT_REF, 100_00, "CNY", "SETTLED", whole.payment.intent_id, fee_done=True)
    acts = [step.act for step in decisions.plan(books, same)]
    assert acts == ["NOTE_DISPUTE", "DISPUTE_OUT", "DISPUTE_FEE", "DISPUTE_HOME", "DISPUTE_FEE_HOME"]


# ---- the whole way, through the database ----


def gift_of(story: Story) -> Gift:
    # Without an address: letters have their own tests.
    gift = opened_gift(project_with_books(currency=story.currency), amount_minor=story.amount_minor, email="")
    Gift.objects.filter(pk=gift.pk).update(ref=GIFT_REF, session_ref=story.session_id)
    gift.refresh_from_db()
    care.start_care(gift, at=BEGIN)
    return gift


def work(event: dict, at: datetime.datetime) -> None:
    """Store a message as the webhook does, and work it as the worker does."""
    row, created = StripeEvent.objects.get_or_create(
        event_id=event["id"],
        defaults={
            "type": event["type"], "livemode": False, "api_version": "", "payload": json.dumps(event).encode(),
            "signature": "", "received_at": at,
        },
    )  # fmt: skip
    if created:
        EventWork.objects.create(event=row, next_try_at=at)
    flow.process_event(event["id"], at=at)


def ledger_of(gift: Gift) -> tuple:
    """Everything the books say, without the references that are random.

    A gift's own entries come in one order. So do the payouts' entries; but a payout and a refund are different objects,
    and which of them enters the log first is the one thing that the order of messages may decide.
    """
    entries = [
        (
            entry.kind,
            entry.effective_on,
            entry.facts.get("borne"),
            tuple((line.fund, line.debit, line.credit, line.amount_minor) for line in posting.lines_of(entry.entry_id)),
        )
        for entry in transparency.entries_since(0, kinds=KINDS, limit=1_000)
    ]
    gift.refresh_from_db()
    of_payouts = [entry for entry in entries if any(chart.BANK in line[1:3] for line in entry[3])]
    return (
        [entry for entry in entries if entry not in of_payouts] + of_payouts,
        (gift.state, gift.refunded_minor, gift.disputed_minor, gift.fee_minor, gift.fee_currency, gift.left_minor),
        sorted(Refund.objects.values_list("provider_ref", "state", "amount_minor")),
        sorted(Dispute.objects.values_list("provider_ref", "state", "fee_minor", "respond_by")),
        sorted(ProviderPayout.objects.values_list("provider_ref", "state", "review_reason")),
        [(row.txn_id, row.net_minor, row.rate) for row in gift.balance_transactions.all()],
    )


KINDS = (
    "GIFT", "PROCESSING_FEE", "REFUND", "REFUND_FAILED", "REFUND_EXCESS", "DISPUTE_WITHDRAWN", "DISPUTE_REINSTATED",
    "DISPUTE_EXCESS", "DISPUTE_FEE", "PROVIDER_PAYOUT", "REVERSAL",
)  # fmt: skip


def run(story: Story, gift: Gift, dice: random.Random, monkeypatch) -> tuple:
    """One permutation, then the sweep; the ledger at the end."""
    clock = (BEGIN + datetime.timedelta(hours=2, seconds=second) for second in count())
    with seen_at(monkeypatch, story) as at:
        for moment, event in shuffled(story, dice):
            at[0] = moment
            work(event, next(clock))
            if dice.random() < 0.3:
                transparency.sequence(at=next(clock))
        at[0] = len(story.moments) - 1
        later = BEGIN + datetime.timedelta(hours=5)
        for minute in range(1, 5):
            moment = later + datetime.timedelta(minutes=minute)
            transparency.sequence(at=moment)
            EventWork.objects.filter(state="WAITING").update(next_try_at=moment)
            care.look_after(Gift.objects.get(pk=gift.pk), at=moment)
            flow.sweep(at=moment)
            whole = sweeper.sweep_since(BEGIN, at=moment)[1]
        transparency.sequence(at=moment)
    assert whole
    assert not EventWork.objects.filter(state="WAITING").exists()
    return ledger_of(gift)


@pytest.mark.django_db
@pytest.mark.parametrize("name", NAMES)
def test_permutations_through_the_database_give_one_ledger(name, monkeypatch):
    # Receipts and letters follow from the books and have their own tests.
    for letter in ("receipt_for", "receipt_after_refund", "send_thanks", "send_refunded"):
        monkeypatch.setattr(letters, letter, lambda *_args, **_options: None)
    story = told(name)
    gift = gift_of(story)
    seen = []
    for seed in range(THROUGH_THE_DATABASE):
        with transaction.atomic():
            seen.append(run(story, gift, random.Random(f"{name}{seed}"), monkeypatch))
            transaction.set_rollback(True)
        gift.refresh_from_db()
        assert seen[-1] == seen[0], seed
    assert_sound(seen[0], story)


def assert_sound(ledger: tuple, story: Story) -> None:
    """What waits at the provider by our books is what its balance says, where both speak one currency."""
    moved = [line for _kind, _on, _borne, lines in ledger[0] for line in lines]
    waits = sum(amount for _f, debit, _c, amount in moved if debit == chart.STRIPE_CLEARING)
    waits -= sum(amount for _f, _d, credit, amount in moved if credit == chart.STRIPE_CLEARING)
    if not story.bank.terms.settlement:
        assert waits == sum(move["net"] for move in story.bank.store.all("balance_transaction"))


def test_there_are_enough_scenarios_and_each_tells_something():
    assert len(SCENARIOS) >= 12
    assert all(told(name).events for name in NAMES)
