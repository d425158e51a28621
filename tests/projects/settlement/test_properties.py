"""Any files, in any order, cut at any place, overlapping as they like: each gift once, and the books say its sum."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger import balances, transparency
from projects.giving.models import Gift
from projects.settlement import actions, importing
from projects.settlement.models import RawRow, SettlementRow
from tests.factories import settlement as make
from tests.factories.access import BEGIN
from tests.factories.settlement import gift, row

pytestmark = pytest.mark.django_db

FEW = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.fixture
def undone():
    """Each example begins with the same database."""
    from django.db import transaction

    def run(story):
        with transaction.atomic():
            story()
            transaction.set_rollback(True)

    return run


def platform(charity) -> int:
    while transparency.sequence(at=BEGIN):
        pass
    return balances.balance(book=charity.organisation.book_code, account="1009.platform", currency="CNY")


ROWS = st.lists(st.tuples(st.integers(1, 8), st.sampled_from(["捐赠", "神秘", "提现"])), min_size=1, max_size=12)


@FEW
@given(
    files=st.lists(ROWS, min_size=1, max_size=3),
    stretch=st.integers(1, 5),
    encoding=st.sampled_from(["utf-8", "gb18030"]),
)
def test_whatever_comes_however_often_each_money_counts_once(charity_a, monkeypatch, undone, files, stretch, encoding):
    """The amount follows from the number, so that a number that comes again is the same row again."""
    monkeypatch.setattr(importing, "STRETCH", stretch)

    def story():
        for rows in files:
            content = make.csv_of([row(n, kind, f"{n}.00") for n, kind in rows], encoding=encoding)
            file = make.imported(charity_a, content)
            assert file.state == "COMPLETE"
            assert sorted(file.rows.values_list("number", flat=True)) == list(range(1, len(rows) + 1))
            assert file.raw_rows.count() == len(rows)
        distinct = {pair for rows in files for pair in rows}
        owed = sum(n * 100 for n, kind in distinct if kind != "提现")
        assert platform(charity_a) == owed
        assert Gift.objects.filter(channel="platform").count() == sum(1 for _n, kind in distinct if kind == "捐赠")
        assert SettlementRow.objects.exclude(state="DUPLICATE").count() == len(distinct)

    undone(story)


@FEW
@given(count=st.integers(1, 9), stretch=st.integers(1, 4), kills=st.lists(st.integers(1, 4), max_size=3))
def test_a_kill_after_any_stretch_changes_nothing(charity_a, monkeypatch, undone, count, stretch, kills):
    monkeypatch.setattr(importing, "STRETCH", stretch)

    def story():
        file = make.started(charity_a, make.csv_of([gift("", "1.00", 捐赠人="同一个人") for _ in range(count)]))
        for kill in kills:
            actions.import_rows(file, at=BEGIN, stretches=kill)
        while actions.import_rows(file, at=BEGIN, stretches=1):
            pass
        assert (file.state, RawRow.objects.count()) == ("COMPLETE", count)
        assert platform(charity_a) == count * 100

    undone(story)
