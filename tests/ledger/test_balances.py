"""Balances and figures at every position are the plain sums, and cost the same wherever the log ends."""

import random
from collections import Counter

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ledger import balances, snapshots, sums, transparency
from ledger.core.refusals import Refused
from ledger.models import LogLeaf, Lot, LotCover, LotHole, LotUse, Posting
from ledger.policy import chart, recipes
from tests.ledger.helpers import Desk
from tests.ledger.story import move, tell

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def every_eight(monkeypatch):
    monkeypatch.setattr(snapshots, "SNAPSHOT_EVERY", 8)


@pytest.fixture
def random_story():
    """A few dozen events of every sort, numbered at random times."""
    dice = random.Random(20260901)
    desk = Desk()
    desk.fund("lamps")
    desk.fund("tokyo", "JPY")
    gifts = []
    for number in range(90):
        fund, currency = dice.choice([("desks", "CNY"), ("lamps", "CNY"), ("general", "CNY"), ("tokyo", "JPY")])
        deed = dice.choice(["gift", "gift", "gift", "match", "award", "refund", "move", "reverse"])
        try:
            if deed == "gift":
                gifts.append(desk.gift(dice.randint(1, 90), fund=fund, currency=currency))
            elif deed == "match":
                desk.post(recipes.match, dice.randint(1, 40), fund=fund, currency=currency, restricted=True,
                          pool="pool-0001", rule_version=1, gift_index=1)  # fmt: skip
            elif deed == "award":
                last = desk.award(dice.randint(1, 30), fund=fund, currency=currency)
                if dice.random() < 0.3:
                    desk.reverse(last.entry_id)
            elif deed == "refund" and gifts:
                desk.refund(dice.choice(gifts).entry_id, dice.randint(1, 20))
            elif deed == "reverse" and gifts:
                desk.reverse(dice.choice(gifts).entry_id)
            elif deed == "move":
                move(desk, dice.randint(1, 20), reference=f"transfer-{number}")
        except Refused:
            pass
        if dice.random() < 0.3:
            desk.sequence()
    desk.sequence()
    return desk


def numbered(size):
    return set(LogLeaf.objects.filter(position__lt=size, entry__isnull=False).values_list("entry_id", flat=True))


def plain_sides(book, size):
    found, there = Counter(), numbered(size)
    for row in Posting.objects.filter(book__code=book).select_related("fund", "debit_account", "credit_account"):
        if row.entry_id in there:
            found[row.fund.code, row.debit_account.code, "debit"] += row.amount_minor
            found[row.fund.code, row.credit_account.code, "credit"] += row.amount_minor
    return found


def length(model, fund, there, **more):
    rows = model.objects.filter(fund__code=fund, entry_id__in=there, **more)
    return sum(row.stop - row.start for row in rows)


def test_both_sides_of_every_account_are_the_plain_sums_at_every_position(random_story):
    for size in range(transparency.head().size + 1):
        found = Counter()
        for one in balances.sides(book=random_story.book, position=size):
            found[one.fund, one.account, "debit"] += one.debit_minor
            found[one.fund, one.account, "credit"] += one.credit_minor
        assert +found == plain_sides(random_story.book, size), size


def test_a_funds_figures_are_the_plain_sums_at_every_position(random_story):
    for size in range(0, transparency.head().size + 1, 3):
        there = numbered(size)
        for fund in ("desks", "lamps", "general", "tokyo"):
            figures = balances.fund_figures(book=random_story.book, fund=fund, position=size)
            gifts = Lot.objects.filter(fund__code=fund, entry_id__in=there, source_kind="DONATION")
            assert figures.given_minor == length(Lot, fund, there, source_kind="DONATION")
            assert figures.matched_minor == length(Lot, fund, there, source_kind="MATCH")
            assert figures.gift_count == gifts.count()
            assert figures.spent_minor == length(LotUse, fund, there, kind="SPEND")
            assert figures.refunded_minor == length(LotHole, fund, there)
            assert figures.covered_minor == length(LotCover, fund, there)
            assert sum(figures.refunded_by_source.values()) == figures.refunded_minor
            assert figures.given_minor + figures.matched_minor + figures.other_in_minor == (
                figures.spent_minor + figures.refunded_minor + figures.left_minor
            )


def test_what_was_taken_back_is_told_by_its_source():
    desk = Desk()
    gift = desk.gift(100)
    grant = desk.post(recipes.subsidy, 50)
    desk.sequence()
    desk.refund(gift.entry_id, 30)
    desk.reverse(grant.entry_id)
    desk.sequence()
    told = balances.fund_figures(book=desk.book, fund="desks").refunded_by_source
    assert told == {"DONATION": 30, "SUBSIDY": 50}


def test_the_trial_balance_of_each_currency_agrees_on_both_sides(random_story):
    for currency in ("CNY", "JPY"):
        rows = balances.trial_balance(book=random_story.book, currency=currency)
        assert rows
        assert sum(row.debit_minor for row in rows) == sum(row.credit_minor for row in rows)


def test_a_balance_of_one_fund_or_of_the_book():
    desk = tell()
    whole = balances.balance(book=desk.book, account=chart.PROGRAMME_COST, currency="CNY")
    parts = [balances.fund_balances(book=desk.book, fund=fund) for fund in ("desks", "lamps", "general")]
    assert whole == sum(part.get(chart.PROGRAMME_COST, 0) for part in parts) == 20_000


def test_a_position_that_the_log_has_not_reached_is_refused():
    desk = tell()
    for position in (-1, transparency.head().size + 1):
        with pytest.raises(Refused, match="position_unknown"):
            balances.sides(book=desk.book, position=position)


def cost(read, position):
    with CaptureQueriesContext(connection) as seen:
        read(position)
    return len(seen)


def test_reading_costs_as_many_queries_in_a_long_book_as_in_a_short_one(random_story):
    end = transparency.head().size
    for read in (
        lambda at: balances.sides(book=random_story.book, position=at),
        lambda at: balances.fund_figures(book=random_story.book, fund="desks", position=at),
        lambda at: balances.trial_balance(book=random_story.book, currency="CNY", position=at),
    ):
        assert cost(read, 9) == cost(read, end) <= 7


def plan(sql, *values):
    explain = "EXPLAIN QUERY PLAN " if connection.vendor == "sqlite" else "EXPLAIN "
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Tables of a test are small, and a small table is always scanned; asked is whether an index could serve.
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_bitmapscan = off")
        cursor.execute(explain + sql, list(values))
        lines = [" ".join(str(cell) for cell in row) for row in cursor.fetchall()]
        if connection.vendor == "postgresql":
            cursor.execute("RESET enable_seqscan")
            cursor.execute("RESET enable_bitmapscan")
    return "\n".join(lines)


def test_every_table_is_read_by_an_index(random_story):
    """Neither the whole log nor a fund's whole line is walked: each table is entered by an index, from the leaves."""
    at = transparency.head().size
    hole_source = snapshots.HOLE_SOURCE
    plans = [
        plan(sums._LATEST_ACCOUNTS.format(funds="%s"), 8, 1),
        plan(sums.from_the_leaves(sums._TAIL_ACCOUNTS).format(funds="%s"), 8, at, 1),
        plan(sums.from_the_leaves(sums._TAIL_MEASURES).format(since=8, at=at, funds="1", hole_source=hole_source)),
    ]
    for told in plans:
        if connection.vendor == "sqlite":
            scans = [line for line in told.splitlines() if " SCAN " in f" {line} "]
            assert [line for line in scans if "moved" not in line and "SUBQUERY" not in line] == [], told
            assert "fund_id=?" not in told or "ledger_accountsnapshot" in told or "ledger_lot" in told, told
        else:
            assert "Seq Scan on ledger_" not in told, told
            assert "ledger_posting_fund" not in told, told
