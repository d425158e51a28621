"""Random stories: gifts, matches, spendings, refunds, transfers, reversals, numbered at random times.

After every step the books are held against coins in a row (naive.py). The identity that is conserved, for every fund:

    what postings make it worth (credits − debits on net assets, income and expense)
      = coins on its line + coins still waiting for their place − coins spent − coins taken back as holes

Covers change no fund's coins: what they mark is paid for by coins of the general fund, or stands as a deficit.
STORY_EXAMPLES and STORY_STEPS in the environment make the stories more and longer.
"""

import os
from collections import defaultdict

import pytest
from django.db import connection, transaction
from django.db.models import Sum
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from ledger import balances, trace, verify
from ledger.core.refusals import Refused
from ledger.fund_lines import lock_lines
from ledger.models import Lot, LotCover, LotHole, LotUse, Posting
from ledger.policy import chart, recipes
from tests.ledger.helpers import Desk
from tests.ledger.naive import Naive
from tests.ledger.story import move

FUNDS = ["desks", "lamps", "general"]
WORTH = {account.code for account in chart.CHART.accounts if account.type in chart.FUND_WORTH}
AMOUNTS = st.integers(1, 12)
ANY = st.integers(0, 10**6)


class StoryMachine(RuleBasedStateMachine):
    """One book with three funds, and the naive books beside it."""

    @initialize()
    def open(self):
        self.undo = transaction.atomic()
        self.undo.__enter__()
        self.desk = Desk("story")
        self.desk.fund("lamps")
        self.desk.sequence()
        self.naive = Naive(FUNDS)
        self.ids: dict[str, object] = {}

    def teardown(self):
        if not hasattr(self, "undo"):
            return
        try:
            connection.check_constraints()
            self.desk.sequence(), self.naive.sequence()
            self.books_agree()
            self.traces_sum_to_the_whole()
            found = [str(finding) for outcome in verify.run(ROWS) for finding in outcome.findings]
            assert found == []
        finally:
            transaction.set_rollback(True)
            self.undo.__exit__(None, None, None)

    # ---- telling ----

    def name(self) -> str:
        return f"event-{len(self.naive.events):04d}"

    def chosen(self, number: int, kinds=None) -> str | None:
        names = [event.name for event in self.naive.events.values() if kinds is None or event.kind in kinds]
        return names[number % len(names)] if names else None

    def refused(self, code: str, call) -> None:
        with pytest.raises(Refused) as refusal:
            call()
        assert refusal.value.code == code

    @rule(fund=st.sampled_from(FUNDS), amount=AMOUNTS, matched=st.booleans())
    def money_comes_in(self, fund, amount, matched):
        name = self.name()
        if matched:
            more = {"pool": "pool-0001", "rule_version": 1, "gift_index": 0}
            posted = self.desk.post(recipes.match, amount, fund=fund, restricted=True, document_ref=name, **more)
            sides = (chart.MATCH_RECEIVABLE, chart.MATCH_RESTRICTED)
        else:
            posted = self.desk.post(recipes.gift, amount, fund=fund, restricted=True, document_ref=name)
            sides = (chart.STRIPE_CLEARING, chart.GIFTS_RESTRICTED)
        self.ids[name] = posted.entry_id
        self.naive.post(name, "IN", [(fund, *sides, amount)], gains={fund: amount})

    @rule(fund=st.sampled_from(FUNDS), amount=AMOUNTS, fee=st.booleans())
    def money_is_spent(self, fund, amount, fee):
        name = self.name()
        recipe = recipes.processing_fee if fee else recipes.award
        spend = lambda: self.desk.post(recipe, amount, fund=fund, document_ref=name)  # noqa: E731
        if amount > len(self.naive.free(fund)):
            self.refused("fund_overspent", spend)
            return
        self.ids[name] = spend().entry_id
        assert spend().created is False
        sides = (chart.FUNDRAISING_COST, chart.STRIPE_CLEARING) if fee else (chart.PROGRAMME_COST, chart.AID_PAYABLE)
        self.naive.post(name, "FEE" if fee else "AWARD", [(fund, *sides, amount)], spends={fund: amount})

    @rule(fund=st.sampled_from(FUNDS), amount=AMOUNTS)
    def a_payout_leaves_the_bank(self, fund, amount):
        name = self.name()
        self.ids[name] = self.desk.post(recipes.payout, amount, fund=fund, document_ref=name).entry_id
        self.naive.post(name, "PAYOUT", [(fund, chart.AID_PAYABLE, chart.BANK, amount)])

    @rule(pair=st.permutations(FUNDS), amount=AMOUNTS)
    def money_is_transferred(self, pair, amount):
        source, target, _other = pair
        name = self.name()
        transfer = lambda: move(self.desk, amount, source=source, target=target, reference=name)  # noqa: E731
        if amount > len(self.naive.free(source)):
            self.refused("fund_overspent", transfer)
            return
        self.ids[name] = transfer().entry_id
        moves = [
            (source, chart.TRANSFERS, chart.INTER_FUND, amount),
            (target, chart.INTER_FUND, chart.TRANSFERS, amount),
        ]
        self.naive.post(name, "TRANSFER", moves, gains={target: amount}, spends={source: amount})

    @rule(number=ANY, amount=AMOUNTS)
    def a_gift_is_refunded(self, number, amount):
        origin = self.chosen(number, {"IN"})
        if origin is None:
            return
        event, name = self.naive.events[origin], self.name()
        ((fund, debit, credit, _whole),) = event.moves
        left = [coin for coin in self.naive.of_lot(fund, origin) if coin.free or (coin.spent_by and not coin.cover_by)]
        refund = lambda: self.desk.refund(self.ids[origin], amount)  # noqa: E731
        if not event.numbered:
            self.refused("not_yet_in_log", refund)
        elif amount > len(left):
            self.refused("refund_too_large", refund)
        else:
            self.ids[name] = refund().entry_id
            self.naive.take_back(
                name, origin, amount, money=debit, income=credit, cover=chart.REFUND_COVER, deficit=chart.DEFICIT
            )

    @rule(number=ANY)
    def an_entry_is_reversed(self, number):
        origin = self.chosen(number)
        if origin is None:
            return
        event, name = self.naive.events[origin], self.name()
        reverse = lambda: self.desk.reverse(self.ids[origin])  # noqa: E731
        if event.reversed_by:
            self.refused("already_reversed", reverse)
        elif event.gains and not event.numbered:
            self.refused("not_yet_in_log", reverse)
        elif not all(coin.free for fund in event.gains for coin in self.naive.of_lot(fund, origin)):
            self.refused("already_spent", reverse)
        else:
            self.ids[name] = reverse().entry_id
            self.naive.reverse(name, origin, WORTH)

    @rule(number=ANY)
    def what_is_no_gift_is_not_refunded(self, number):
        origin = self.chosen(number, {"AWARD", "FEE", "PAYOUT", "TRANSFER", "REFUND", "REVERSAL"})
        if origin:
            self.refused("refund_not_possible", lambda: self.desk.refund(self.ids[origin], 1))

    @rule()
    def the_sequencer_comes_by(self):
        self.desk.sequence()
        self.naive.sequence()

    # ---- holding the books against the coins ----

    @invariant()
    @precondition(lambda self: hasattr(self, "naive"))
    def books_agree(self):
        lines = lock_lines("story", FUNDS)
        names = {entry_id: name for name, entry_id in self.ids.items()}
        for fund in FUNDS:
            coins = self.naive.coins[fund]
            there = {
                model: {
                    unit: names[row.entry_id] for row in self.rows(model, fund) for unit in range(row.start, row.stop)
                }
                for model in (Lot, LotHole, LotCover)
            }
            spent = {unit: names[row.entry_id] for row in self.rows(LotUse, fund) if row.kind == "SPEND"
                     for unit in range(row.start, row.stop)}  # fmt: skip
            assert there[Lot] == {n: coin.lot for n, coin in enumerate(coins)}
            assert there[LotHole] == {n: coin.hole_by for n, coin in enumerate(coins) if coin.hole_by}
            assert there[LotCover] == {n: coin.cover_by for n, coin in enumerate(coins) if coin.cover_by}
            assert spent == {n: coin.spent_by for n, coin in enumerate(coins) if coin.spent_by}
            assert lines[fund].available == len(self.naive.free(fund))
            self.conserved(fund, lots=len(there[Lot]), spent=len(spent), holes=len(there[LotHole]))

    def rows(self, model, fund):
        return model.objects.filter(fund__code=fund, fund__book__code="story")

    def conserved(self, fund, *, lots, spent, holes):
        sides: dict[str, int] = defaultdict(int)
        for side, sign in (("debit_account__code", 1), ("credit_account__code", -1)):
            rows = Posting.objects.filter(fund__code=fund, book__code="story").values(side)
            for row in rows.annotate(amount=Sum("amount_minor")):
                sides[row[side]] += sign * row["amount"]
        assert {k: v for k, v in sides.items() if v} == {
            account: side for (where, account), side in self.naive.sides.items() if where == fund and side
        }
        worth = -sum(amount for account, amount in sides.items() if account in WORTH)
        assert worth == lots + self.naive.waiting(fund) - spent - holes
        assert worth == sum(amount for account, amount in sides.items() if account not in WORTH)

    @rule(fund=st.sampled_from(FUNDS))
    def figures_agree(self, fund):
        self.the_sequencer_comes_by()
        coins = self.naive.coins[fund]
        figures = balances.fund_figures(book="story", fund=fund)
        assert figures.spent_minor == sum(1 for coin in coins if coin.spent_by)
        assert figures.refunded_minor == sum(1 for coin in coins if coin.hole_by)
        assert figures.covered_minor == sum(1 for coin in coins if coin.cover_by)
        assert figures.left_minor == len(self.naive.free(fund))

    def traces_sum_to_the_whole(self):
        """Forward from every money that came in, back from every award; and no unit of help has two origins."""
        helped: dict[object, int] = defaultdict(int)
        for name, event in self.naive.events.items():
            if event.kind == "IN":
                found = trace.forward(self.ids[name], limit=None)
                self.sums(found.total_minor, found.hops)
                for end in trace.leaves_of(found.hops):
                    helped[end.entry_id] += end.amount_minor if end.kind in ("AWARD", "PROCESSING_FEE") else 0
        for name, event in self.naive.events.items():
            if event.kind in ("AWARD", "FEE"):
                found = trace.back(self.ids[name], limit=None)
                self.sums(found.total_minor, found.hops)
                if not event.reversed_by:
                    assert helped[self.ids[name]] == found.total_minor
                    assert all(end.kind in ("GIFT", "MATCH") for end in trace.leaves_of(found.hops))

    def sums(self, amount, hops):
        if hops:
            assert sum(hop.amount_minor for hop in hops) == amount
        for hop in hops:
            self.sums(hop.amount_minor, hop.hops)


ROWS = [check for check in verify.CHECKS if check.name not in ("file", "schema", "laws", "grants", "values")]


@pytest.mark.django_db
def test_random_stories_agree_with_coins_in_a_row():
    connection.check_constraints()
    run_state_machine_as_test(
        StoryMachine,
        settings=settings(
            max_examples=int(os.environ.get("STORY_EXAMPLES", "12")),
            stateful_step_count=int(os.environ.get("STORY_STEPS", "25")),
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
