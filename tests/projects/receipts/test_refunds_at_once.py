"""Two refunds of one gift at one moment: each receipt is amended once, the last one says what is left, no gap."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest
from django.db import connection, transaction

from ledger import transparency
from projects.access.actors import STRIPE
from projects.giving import going_back
from projects.giving.models import Gift, Refund
from projects.receipts import actions, queries
from projects.receipts.models import Receipt, ReceiptVoid
from tests.factories.access import BEGIN
from tests.factories.matching import project_with_fund
from tests.factories.receipts import receipt_for, settled_gift

GIFTS = 8
PARTS = (30_00, 20_00)

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer: nothing meets there"),
]


@pytest.fixture
def gifts() -> list[Gift]:
    project = project_with_fund()
    gifts = [settled_gift(project, amount_minor=100_00, email=f"{n}@example.org") for n in range(GIFTS)]
    for gift in gifts:
        receipt_for(gift)
    transparency.sequence(at=BEGIN)
    return gifts


def refund(gift: Gift, amount_minor: int) -> None:
    going_back.refund_gift(
        Gift.objects.get(pk=gift.pk),
        provider_ref=f"re_{gift.ref}_{amount_minor}",
        amount_minor=amount_minor,
        by=STRIPE,
        at=BEGIN,
    )


def answer(gift: Gift) -> None:
    actions.answer_refund(gift=gift, by=STRIPE, at=BEGIN)


def at_once(*calls) -> None:
    """Each call begins at the same moment, on a connection of its own; what one raises is raised."""
    gate = Barrier(len(calls))

    def run(call) -> None:
        gate.wait(timeout=30)
        try:
            call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        for one in [pool.submit(run, call) for call in calls]:
            one.result(timeout=120)


def editions(gift: Gift) -> list[tuple[int, int, bool]]:
    """(edition, amount, void) of every receipt of a gift, oldest first."""
    rows = Receipt.objects.filter(gift=gift).select_related("void").order_by("edition")
    return [(row.edition, row.amount_minor, row.is_void) for row in rows]


def check_numbers() -> None:
    serials = list(Receipt.objects.order_by("serial").values_list("serial", flat=True))
    assert serials == list(range(1, len(serials) + 1))
    assert queries.gaps() == []
    assert ReceiptVoid.objects.count() == Receipt.objects.count() - GIFTS


def test_posted_and_answered_together_each_refund_amends_the_receipt_once(gifts):
    def both(gift, amount_minor):
        def call():
            with transaction.atomic():
                refund(gift, amount_minor)
                answer(gift)

        return call

    for gift in gifts:
        at_once(*(both(gift, amount) for amount in PARTS))
        between = [70_00, 80_00]
        first, second, third = editions(gift)
        assert (first, second[0], second[2], third) == ((1, 100_00, True), 2, True, (3, 50_00, False))
        assert second[1] in between
    assert Refund.objects.filter(state="POSTED").count() == 2 * GIFTS
    check_numbers()


def test_posted_first_and_answered_later_no_receipt_says_too_much(gifts):
    """As the site does it: the books first, the papers in a transaction of their own."""

    def one_after_the_other(gift, amount_minor):
        def call():
            refund(gift, amount_minor)
            answer(gift)

        return call

    for gift in gifts:
        at_once(*(one_after_the_other(gift, amount) for amount in PARTS))
        told = editions(gift)
        # Whoever answered first may have seen both refunds: then there is nothing left to amend for the other.
        assert len(told) in (2, 3)
        assert [void for _edition, _amount, void in told] == [True] * (len(told) - 1) + [False]
        assert (told[0][1], told[-1][1]) == (100_00, 50_00)
        assert [edition for edition, _amount, _void in told] == list(range(1, len(told) + 1))
    assert Refund.objects.filter(state="POSTED").count() == 2 * GIFTS
    check_numbers()


def test_a_refund_that_is_posted_while_another_is_answered_is_not_lost(gifts, monkeypatch):
    """The first answer has read the gift and written its receipt, but is not through; the second refund comes then."""
    gift, written, go_on, record = gifts[0], Event(), Event(), actions._record

    def wait_before_the_end(receipt, event, **how):
        record(receipt, event, **how)
        if event == "receipt.issued" and receipt.amount_minor == 70_00:
            written.set()
            assert go_on.wait(30)

    def first():
        refund(gift, 30_00)
        answer(gift)

    def second():
        assert written.wait(30)
        # What the refund leaves behind, without its posting, which would wait for the new receipt's row.
        Gift.objects.filter(pk=gift.pk).update(refunded_minor=50_00)
        answer(gift)

    def third():
        assert written.wait(30)
        while not waits_for_a_lock():
            pass
        go_on.set()

    monkeypatch.setattr(actions, "_record", wait_before_the_end)
    at_once(first, second, third)
    assert editions(gift) == [(1, 100_00, True), (2, 70_00, True), (3, 50_00, False)]
    check_numbers()


def waits_for_a_lock() -> bool:
    """Whether another connection of this database waits for one to let go."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return bool(cursor.fetchone()[0])
