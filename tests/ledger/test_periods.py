"""Closing a period: announced in the log, once, and only when all its entries have their place."""

from datetime import UTC, date, datetime

import pytest

from ledger import periods, posting, stated, verify
from ledger.core.refusals import Refused
from ledger.models import JournalEntry, Notice, Period
from tests.ledger.helpers import BY, Desk

pytestmark = pytest.mark.django_db

SEPTEMBER = {"starts_on": date(2026, 9, 1), "ends_on": date(2026, 9, 30)}


@pytest.fixture
def desk():
    desk = Desk()
    desk.gift(500)
    desk.sequence()
    desk.at = datetime(2026, 10, 8, 2, tzinfo=UTC)
    desk.verified()
    return desk


def close(desk, **days):
    periods.close_period(book=desk.book, **{**SEPTEMBER, **days}, by=BY, at=desk.tick())


def code(call):
    with pytest.raises(Refused) as refusal:
        call()
    return refusal.value.code


def test_a_closed_period_takes_no_entry_and_the_next_day_does(desk):
    close(desk)
    assert periods.is_closed(book=desk.book, on=date(2026, 9, 30))
    assert not periods.is_closed(book=desk.book, on=date(2026, 10, 1))
    assert code(lambda: desk.gift(10, on=date(2026, 9, 30))) == "period_closed"
    assert desk.gift(10, on=date(2026, 10, 1)).created


def test_the_closing_is_announced_in_the_log(desk):
    close(desk)
    notice = Notice.objects.get(kind="PERIOD_CLOSED")
    assert notice.facts == '{"ends":"2026-09-30","starts":"2026-09-01"}'
    assert desk.sequence() == 4, "the closing and its three statements"


def test_closing_again_changes_nothing(desk):
    close(desk), close(desk)
    assert Period.objects.count() == 1
    assert Notice.objects.filter(kind="PERIOD_CLOSED").count() == 1


@pytest.mark.parametrize(
    "days",
    [
        {"starts_on": date(2026, 9, 30), "ends_on": date(2026, 10, 5)},
        {"starts_on": date(2026, 8, 1)},
        {"starts_on": date(2026, 9, 10), "ends_on": date(2026, 9, 12)},
    ],
)
def test_days_that_are_closed_are_not_closed_again(desk, days):
    close(desk)
    assert code(lambda: close(desk, **days)) == "period_closed_already"


def test_a_period_with_entries_that_have_no_place_yet_stays_open(desk):
    desk.gift(20)
    assert code(lambda: close(desk)) == "entries_waiting"
    assert not Period.objects.exists()
    assert JournalEntry.objects.count() == 2


@pytest.mark.parametrize(
    "days", [{"starts_on": date(2026, 9, 30), "ends_on": date(2026, 9, 1)}, {"ends_on": date(2026, 12, 31)}]
)
def test_a_period_runs_forward_and_is_over(desk, days):
    assert code(lambda: close(desk, **days)) == "period_malformed"


def test_other_books_stay_open(desk):
    other = Desk("charity-b")
    close(desk)
    assert other.gift(10).created


# ---- verified first ----


def test_a_period_stays_open_until_the_books_were_verified_after_it():
    desk = Desk()
    desk.at = datetime(2026, 9, 30, 2, tzinfo=UTC)
    desk.verified()
    desk.at = datetime(2026, 10, 8, 2, tzinfo=UTC)
    assert code(lambda: close(desk)) == "verification_missing"
    desk.verified()
    desk.sequence()
    close(desk)


def test_a_red_verification_keeps_a_period_open(desk):
    desk.verified(green=False)
    assert code(lambda: close(desk)) == "verification_red"
    assert not Period.objects.exists()
    desk.verified()
    close(desk)


# ---- statements of a closed period ----


def test_the_three_statements_are_put_into_the_log_with_the_closing(desk):
    close(desk)
    desk.sequence()
    (period,) = periods.closed_periods(book=desk.book)
    assert (period.starts_on, period.closed_by) == (SEPTEMBER["starts_on"], BY)
    assert [one.statement for one in period.statements] == ["position", "activities", "cash_flow"]
    for one in period.statements:
        assert one.log_index is not None
        assert one.again().digest() == one.digest
        assert one.again().amount("total_assets" if one.statement == "position" else "net", one.again().columns[0]) in (
            500, 0,
        )  # fmt: skip


def test_each_currency_of_the_book_is_stated(desk):
    desk.fund("tokyo", "JPY")
    desk.sequence()
    close(desk)
    assert {one.currency for one in stated.stated(book=desk.book)} == {"CNY", "JPY"}


def test_what_comes_later_changes_nothing_of_a_closed_periods_statements(desk):
    close(desk)
    desk.sequence()
    desk.gift(70, on=date(2026, 10, 1))
    desk.sequence()
    assert all(one.again().digest() == one.digest for one in stated.stated(book=desk.book))


def test_a_statement_that_the_log_does_not_give_is_named_by_verification(desk):
    facts = {
        "statement": "position", "form": "CN-2004", "currency": "CNY", "starts": "2026-09-01", "ends": "2026-09-30",
        "position": 3, "digest": "ab" * 32,
    }  # fmt: skip
    day = date(2026, 10, 8)
    posting.notice("STATEMENT", book=desk.book, effective_on=day, facts=facts, by=BY, at=desk.tick(), key="made-up")
    (check,) = (check for check in verify.CHECKS if check.name == "statements")
    (found,) = verify.run_one(check).findings
    assert "another statement at position 3" in str(found)
