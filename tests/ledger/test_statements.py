"""The statements: right to the unit against plain sums, at any day and position, with identities that hold."""

from datetime import date, timedelta
from itertools import pairwise

import pytest

from ledger import account_lines, posting, snapshots, statements, transparency
from ledger.core.refusals import Refused
from ledger.models import JournalEntry, LogLeaf, Posting
from ledger.policy import chart, recipes, transit
from ledger.policy import statements as policy
from tests.ledger.helpers import BY, Desk, ref
from tests.ledger.story import move

pytestmark = pytest.mark.django_db

AUGUST, SEPTEMBER = (date(2026, 8, 1), date(2026, 8, 31)), (date(2026, 9, 1), date(2026, 9, 30))


@pytest.fixture(autouse=True)
def every_eight(monkeypatch):
    """Sums of days and the tail since are both at work."""
    monkeypatch.setattr(snapshots, "SNAPSHOT_EVERY", 8)


def on(month, day):
    return date(2026, month, day)


@pytest.fixture
def desk():
    """Two months of a small charity. What happened on which day is a story of its own; the log has its own order."""
    desk = Desk()
    desk.at += timedelta(days=45)
    desk.fund("lamps")
    desk.post(recipes.opening_balance, 1_000, fund="general", restricted=False, on=on(8, 1))
    desk.gift(30_000, on=on(8, 3))
    desk.gift(20_000, fund="general", on=on(8, 4))
    desk.post(recipes.match, 15_000, restricted=True, pool="pool-0001", rule_version=1, gift_index=3, on=on(8, 5))
    desk.sequence()
    desk.award(20_000, on=on(8, 20))
    desk.post(recipes.payout, 12_000, on=on(8, 28))
    desk.post(recipes.match_received, 15_000, pool="pool-0001", on=on(8, 29))
    desk.post(recipes.processing_fee, 300, fund="general", on=on(8, 30))
    desk.sequence()
    desk.post(recipes.payout, 8_000, on=on(9, 2))
    desk.post(recipes.payout_returned, 3_000, on=on(9, 4))
    desk.post(transit.suspense_in, 700, fund="general", on=on(9, 5))
    desk.gift(5_000, on=on(8, 15))  # known late: of August all the same
    gift = desk.gift(9_000, on=on(9, 6))
    desk.sequence()
    desk.refund(gift.entry_id, 4_000)
    move(desk, 6_000)
    cost = recipes.cost(
        book=desk.book, amounts_by_fund={"general": 900, "lamps": 100}, expense_class="MANAGEMENT", currency="CNY",
        effective_on=on(9, 9), document_ref=ref(),
    )  # fmt: skip
    desk.sequence()
    posting.post(cost, by=BY, at=desk.tick(), key="cost:1")
    desk.sequence()
    return desk


def make(desk, kind, days=SEPTEMBER, **more):
    return statements.make(kind, book=desk.book, currency="CNY", starts_on=days[0], ends_on=days[1], **more)


def plain(desk, until, position, account):
    """Debits less credits of an account by hand."""
    there = dict(LogLeaf.objects.filter(position__lt=position, entry__isnull=False).values_list("entry_id", "position"))
    entries = {row.id for row in JournalEntry.objects.filter(effective_on__lte=until) if row.id in there}
    rows = Posting.objects.filter(book__code=desk.book, currency="CNY").select_related(
        "debit_account", "credit_account"
    )
    return sum(
        row.amount_minor * ((row.debit_account.code == account) - (row.credit_account.code == account))
        for row in rows
        if row.entry_id in entries
    )


def test_every_account_of_the_chart_stands_in_the_forms_once():
    for forms in policy.FORMS.values():
        assert policy.unplaced(forms) == []


def test_an_account_that_the_forms_forget_is_named():
    forgotten = chart.ChartAccount("1999", chart.ASSET, "新科目", "New")
    assert policy.unplaced(policy.CURRENT, (forgotten,)) == [
        "1999 stands in no line",
        "1999 stands in no line of the cash flow",
    ]


def test_the_trial_balance_is_the_plain_sums_on_every_day_and_at_every_position(desk):
    for position in range(0, transparency.head().size + 1, 5):
        for ends_on in (on(8, 3), on(8, 31), on(9, 9)):
            made = make(desk, "trial_balance", (on(8, 3), ends_on), position=position)
            for account in chart.CHART.accounts:
                closing = made.amount(account.code, "closing_debit") - made.amount(account.code, "closing_credit")
                assert closing == plain(desk, ends_on, position, account.code), (account.code, ends_on, position)
            assert all(identity.holds for identity in made.identities)


def test_identities_hold_on_every_day_and_at_every_position(desk):
    for position in range(0, transparency.head().size + 1, 4):
        for day in range(1, 30, 6):
            for kind in statements.MAKERS:
                made = make(desk, kind, (on(8, day), on(9, day)), position=position)
                assert [one.code for one in made.identities if not one.holds] == [], (kind, day, position)


def test_the_balance_sheet_of_september(desk):
    made = make(desk, "position")
    assert made.amount("cash", "end") == (
        1_000 + 30_000 + 20_000 + 15_000 + 5_000 + 9_000 + 700 - 20_000 - 300 + 3_000 - 4_000 - 1_000
    )
    assert (made.amount("payables", "end"), made.amount("suspense", "end")) == (3_000, 700)
    assert made.amount("receivables", "end") == 0
    # General: 1,000 + 20,000 − 300 − 900. Others: what came in, less what was spent on the purpose.
    assert made.amount("free", "end") == 19_800
    assert made.amount("restricted", "end") == 30_000 + 15_000 + 5_000 + 9_000 - 4_000 - 20_000 - 100
    assert made.amount("total_assets", "year_start") == 0


def test_the_activities_of_august_and_of_september(desk):
    august, september = make(desk, "activities", AUGUST), make(desk, "activities")
    assert august.amount("gifts", "period_restricted") == 35_000
    assert august.amount("gifts", "period_free") == 20_000
    assert august.amount("matches", "period_total") == 15_000
    assert august.amount("opened", "period_free") == 1_000
    assert august.amount("programme", "period_free") == 20_000, "what a restricted fund spends has met its condition"
    assert august.amount("released", "period_free") == -august.amount("released", "period_restricted") == 20_000
    assert august.amount("change", "period_restricted") == 30_000
    assert september.amount("gifts", "period_restricted") == 5_000, "a refund of what was not spent lessens the gifts"
    assert september.amount("gifts", "year_restricted") == 40_000
    assert september.amount("management", "period_total") == 1_000
    assert september.amount("transfers", "period_total") == 0
    assert september.amount("released", "period_free") == 100


def test_the_cash_flow_of_september(desk):
    made = make(desk, "cash_flow")
    assert made.amount("gifts_received", "period") == 9_000
    assert made.amount("other_received", "period") == 700
    assert made.amount("aid_paid", "period") == 8_000 - 3_000, "what came back lessens what was paid"
    assert made.amount("refunds_paid", "period") == 4_000
    assert made.amount("management_paid", "period") == 1_000
    assert made.amount("gifts_received", "year") == 30_000 + 20_000 + 15_000 + 5_000 + 9_000
    assert made.amount("opened_with", "year") == 1_000
    assert made.amount("ended", "period") - made.amount("began", "period") == made.amount("net", "period")


def test_a_gift_that_was_known_late_is_in_the_days_it_was_given_from_its_position_on(desk):
    late = next(leaf.position for leaf in LogLeaf.objects.filter(entry__effective_on=on(8, 15)).order_by("position"))
    before, after = (make(desk, "activities", AUGUST, position=late + known) for known in (0, 1))
    assert after.amount("gifts", "period_total") - before.amount("gifts", "period_total") == 5_000


def test_the_same_days_at_the_same_position_give_the_same_bytes_for_ever(desk):
    position = transparency.head().size
    before = make(desk, "position", position=position)
    desk.gift(77, on=on(8, 2))
    desk.sequence()
    assert make(desk, "position", position=position).canonical() == before.canonical()
    assert make(desk, "position").digest() != before.digest()
    assert before.root_hex


def test_a_released_part_is_not_released_again_when_it_is_spent():
    desk = Desk()
    desk.at += timedelta(days=45)
    desk.gift(100, on=on(8, 1))
    desk.sequence()
    desk.post(recipes.release_restriction, 40, on=on(8, 2))
    desk.award(30, on=on(8, 3))
    desk.sequence()
    made = make(desk, "position", AUGUST)
    assert (made.amount("restricted", "end"), made.amount("free", "end")) == (60, 10)
    desk.award(50, on=on(8, 4))
    desk.sequence()
    made = make(desk, "position", AUGUST)
    assert (made.amount("restricted", "end"), made.amount("free", "end")) == (20, 0)
    activities = make(desk, "activities", AUGUST)
    assert activities.amount("released", "period_free") == 80
    assert all(one.holds for one in (*made.identities, *activities.identities))


def test_each_currency_has_its_own_statements(desk):
    desk.fund("tokyo", "JPY")
    desk.gift(5_000, fund="tokyo", currency="JPY", on=on(9, 1))
    desk.sequence()
    assert statements.currencies(desk.book) == ["CNY", "JPY"]
    made = statements.make(
        "position", book=desk.book, currency="JPY", starts_on=SEPTEMBER[0], ends_on=SEPTEMBER[1]
    )  # fmt: skip
    assert made.amount("total_assets", "end") == 5_000


@pytest.mark.parametrize(
    ("kind", "days", "more", "code"),
    [
        ("nothing", SEPTEMBER, {}, "statement_unknown"),
        ("position", SEPTEMBER[::-1], {}, "days_backwards"),
        ("position", SEPTEMBER, {"position": 10_000}, "position_unknown"),
        ("position", SEPTEMBER, {"form": "CN-1900"}, "statement_unknown"),
    ],
)
def test_what_cannot_be_stated_is_refused(desk, kind, days, more, code):
    with pytest.raises(Refused, match=code):
        make(desk, kind, days, **more)


# ---- the statement of an account ----


BOTH_MONTHS = (AUGUST[0], SEPTEMBER[1])


def lines_of(desk, account, *, page=4, days=BOTH_MONTHS, **more):
    """All pages, one after the other."""
    pages, after = [], 0
    while after is not None:
        made = account_lines.account_statement(
            book=desk.book, account=account, currency="CNY", starts_on=days[0], ends_on=days[1], after=after, page=page,
            **more,
        )  # fmt: skip
        pages.append(made)
        after = made.next_after
    return pages


def test_the_lines_of_an_account_run_to_its_balance(desk):
    for account in (chart.BANK, chart.STRIPE_CLEARING, chart.AID_PAYABLE, chart.GIFTS_RESTRICTED, chart.CASH):
        pages = lines_of(desk, account)
        lines = [line for page in pages for line in page.lines]
        sign = 1 if chart.CHART.account(account).normal_side == chart.DEBIT else -1
        assert [line.position for line in lines] == sorted(line.position for line in lines)
        balance = pages[0].opening_minor
        for line in lines:
            balance += sign * (line.debit_minor - line.credit_minor)
            assert line.balance_minor == balance
        assert balance == sign * plain(desk, on(9, 30), transparency.head().size, account)
        assert all(page.before_minor == before.lines[-1].balance_minor for before, page in pairwise(pages))


def test_the_lines_of_some_days_begin_with_the_balance_before_them(desk):
    (page,) = lines_of(desk, chart.BANK, page=50, days=SEPTEMBER)
    assert page.opening_minor == plain(desk, on(8, 31), page.position, chart.BANK) == page.before_minor
    assert {line.on.month for line in page.lines} == {9}
    assert page.lines[-1].balance_minor == plain(desk, on(9, 30), page.position, chart.BANK)


def test_the_lines_at_an_earlier_position_are_those_known_then(desk):
    (page,) = lines_of(desk, chart.STRIPE_CLEARING, page=50, position=10)
    assert page.lines
    assert all(line.position < 10 for line in page.lines)


def test_an_account_that_the_book_does_not_have_is_refused(desk):
    with pytest.raises(Refused, match="account_unknown"):
        lines_of(desk, "1999")
