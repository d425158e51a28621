"""Laws L8 and L9 around the ORM: what a fund's line and the log refuse; and L11 against another session."""

import re
import threading
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from ledger import transparency
from ledger.models import Fund, LogLeaf, Lot, LotCover, LotHole, LotUse, Notice, Outbox
from ledger.policy import chart
from tests.ledger import raw
from tests.ledger.helpers import START, Desk
from tests.ledger.raw import refused


@pytest.fixture
def desk(db):
    """Lots [0,300) [300,800); used [0,100); a hole at [200,300); 1,000 in the general fund."""
    desk = Desk(raw.BOOK)
    desk.first = desk.gift(300).entry_id
    desk.second = desk.gift(500).entry_id
    desk.gift(1_000, fund="general")
    desk.sequence()
    desk.award(100)
    desk.refund(desk.first, 100)
    desk.sequence()
    assert raw.fetch("SELECT start, stop FROM ledger_lothole") == [(200, 300)]
    return desk


def spend(*steps, amount=None, kind="AWARD", fund="desks", holes=(), covers=()):
    """An award by SQL that takes these steps of the line."""
    entry = uuid4()
    spends = sum(stop - start for start, stop, *skip in steps if not skip)
    raw.spending(entry, spends if amount is None else amount, fund=fund)
    for start, stop, *skip in steps:
        raw.use(entry, start, stop, kind=skip[0] if skip else "SPEND", fund=fund)
    for start, stop in holes:
        raw.hole(entry, start, stop)
    for start, stop in covers:
        raw.cover(entry, start, stop)
    raw.seal(entry, kind=kind, document_kind="award")
    connection.check_constraints()


def take_back(amount, *, holes=(), covers=(), debit=chart.GIFTS_RESTRICTED, kind="REFUND", fund="desks"):
    """A refund by SQL."""
    entry = uuid4()
    raw.posting(entry, fund=fund, debit=debit, credit=chart.STRIPE_CLEARING, amount=amount)
    for start, stop in holes:
        raw.hole(entry, start, stop)
    for start, stop in covers:
        raw.cover(entry, start, stop)
    raw.seal(entry, kind=kind, document_kind="refund")
    connection.check_constraints()


# ---- L8: spending ----


def test_l8_what_the_laws_want_is_taken(desk):
    spend((100, 200), (200, 300, "SKIP"), (300, 350))
    assert LotUse.objects.filter(fund__code="desks").count() == 4


def test_l8_a_fund_never_spends_what_it_does_not_hold(desk):
    with refused("L8: a fund never spends what it does not hold"):
        spend((100, 200), (200, 300, "SKIP"), (300, 801))


def test_l8_nothing_is_spent_of_an_empty_fund(desk):
    desk.fund("empty")
    with refused("L8: a fund never spends what it does not hold"):
        spend((0, 1), fund="empty")


def test_l8_money_leaves_a_fund_only_over_its_line(desk):
    with refused("L8: what a fund loses must stand on its line"):
        spend(amount=50)


@pytest.mark.parametrize("amount", [99, 101])
def test_l8_a_spending_takes_its_amount_to_the_unit(desk, amount):
    with refused("L8: what a fund loses must stand on its line"):
        spend((100, 200), amount=amount)


def test_l8_money_coming_in_takes_nothing_of_the_line(desk):
    entry = uuid4()
    with refused("L8: what a fund loses must stand on its line"):
        raw.posting(entry)
        raw.use(entry, 100, 200)
        raw.seal(entry)


def test_l8_an_entry_takes_nothing_of_another_funds_line(desk):
    entry = uuid4()
    with refused("L8: what a fund loses must stand on its line"):
        raw.spending(entry, 100)
        raw.use(entry, 0, 100, fund="general")
        raw.seal(entry)


@pytest.mark.parametrize(
    ("start", "stop"), [(150, 160), (50, 120), (0, 100), (0, 10)], ids=["gap", "overlap", "fork", "again"]
)
def test_l8_uses_form_one_chain(desk, start, stop):
    with refused("L8: a use starts where the last one stops|L3"):
        spend((start, stop))


@pytest.mark.parametrize("prev", [None, 0, 99])
def test_l8_a_use_is_tied_to_the_one_before(desk, prev):
    entry = uuid4()
    with refused("ledger_use_chained"):
        raw.spending(entry, 50)
        raw.use(entry, 100, 150, prev=prev)


def test_l8_a_spend_touches_no_hole(desk):
    with refused("L8: a spend touches no hole"):
        spend((100, 350))


@pytest.mark.parametrize("stop", [110, 200, 300])
def test_l8_a_skip_is_exactly_one_hole(desk, stop):
    with refused("L8: a skip is exactly one hole"):
        spend((100, stop, "SKIP"), (stop, stop + 10))


def test_l8_a_part_of_a_hole_is_not_skipped(desk):
    with refused("L8: a skip is exactly one hole"):
        spend((100, 200), (200, 250, "SKIP"), (250, 260))


def test_l8_a_use_is_of_a_known_kind(desk):
    with refused("ledger_use_kind"):
        spend((100, 200, "GRAB"), amount=100)


@pytest.mark.parametrize(("start", "stop"), [(100, 100), (100, 90), (-5, 5)])
@pytest.mark.parametrize("table", ["ledger_lot", "ledger_lotuse", "ledger_lothole", "ledger_lotcover"])
def test_l8_stretches_run_forward_from_zero(desk, table, start, stop):
    more = {"ledger_lot": {"source_kind": "OTHER", "log_index": 1}, "ledger_lotuse": {"kind": "SPEND"}}.get(table, {})
    if table == "ledger_lotuse":
        more["prev"] = start
    with refused("L8|L9|runs_forward"):
        raw.insert(table, fund_id=raw.fund_id("desks"), start=start, stop=stop, entry_id=uuid4(), **more)


@pytest.mark.parametrize("stop", [150.5, "all of it", b"x"])
def test_l8_stretches_are_whole_numbers(desk, stop):
    with refused("L8: a stretch runs forward in whole units|L8: a use|invalid input syntax|is of type|foreign key|L11"):
        raw.use(uuid4(), 100, stop)


# ---- L8: holes and covers ----


def test_l8_a_refund_the_laws_want_is_taken(desk):
    take_back(50, holes=[(150, 200)])
    take_back(60, covers=[(0, 60)], debit=chart.DEFICIT, fund="general")


def test_l8_a_hole_lies_ahead_of_the_cursor(desk):
    with refused("L8: a hole lies ahead of the cursor"):
        take_back(50, holes=[(90, 140)])


def test_l8_a_hole_lies_in_one_lot(desk):
    take_back(10, holes=[(190, 200)])
    with refused("L8: a hole lies inside one lot"):
        take_back(600, holes=[(250, 850)])
    with refused("L8: a hole lies inside one lot"):
        take_back(10, holes=[(800, 810)])


@pytest.mark.parametrize(("start", "stop"), [(200, 300), (250, 260), (190, 210)])
def test_l8_holes_are_disjoint(desk, start, stop):
    with refused("L8: holes are disjoint|L3"):
        take_back(stop - start, holes=[(start, stop)])


def test_l8_a_refund_is_as_long_as_its_holes(desk):
    with refused("L8: what a fund loses must stand on its line"):
        take_back(60, holes=[(150, 200)])
    with refused("L8: what a fund loses must stand on its line"):
        take_back(60)


def test_l8_an_award_makes_no_hole(desk):
    with refused("L8: only money taken back or reversed makes holes"):
        spend(amount=50, holes=[(150, 200)])


def test_l8_a_cover_lies_on_money_spent(desk):
    for start, stop in ((100, 150), (50, 150), (200, 210)):
        with refused("L8: a cover lies on money spent"):
            take_back(stop - start, covers=[(start, stop)], debit=chart.DEFICIT, fund="general")


def test_l8_a_cover_lies_in_one_lot(desk):
    desk.award(200)
    with refused("L8: a cover lies inside one lot"):
        take_back(250, covers=[(100, 350)], debit=chart.DEFICIT, fund="general")


def test_l8_covers_are_disjoint(desk):
    take_back(50, covers=[(0, 50)], debit=chart.DEFICIT, fund="general")
    with refused("L8: covers are disjoint"):
        take_back(30, covers=[(40, 70)], debit=chart.DEFICIT, fund="general")


def test_l8_a_cover_is_paid_for(desk):
    with refused("L8: covers are as long as what another fund bears"):
        take_back(49, covers=[(0, 50)], debit=chart.DEFICIT, fund="general")
    with refused("L8: covers are as long as what another fund bears"):
        take_back(50, holes=[(150, 200)], covers=[(0, 50)])
    with refused("L8: covers are as long as what another fund bears"):
        take_back(50, debit=chart.DEFICIT, fund="general")
    with refused("L8: covers are as long as what another fund bears"):
        spend((100, 150), covers=[(0, 50)])


# ---- L8 and L9: lots ----


def numbered_gift(amount):
    """A gift by SQL with its place in the log, but without a lot yet."""
    entry = raw.gift(amount)
    index = LogLeaf.objects.count()
    raw.leaf(index, entry=entry)
    return entry, index


@pytest.mark.parametrize(("start", "stop"), [(900, 1000), (700, 800), (300, 400)], ids=["gap", "overlap", "fork"])
def test_l8_lots_form_one_chain(desk, start, stop):
    entry, index = numbered_gift(100)
    with refused("L8: a lot starts where the last one stops|ledger_lot_pkey|L3"):
        raw.lot(entry, start, stop, index=index)


@pytest.mark.parametrize("stop", [899, 901])
def test_l8_a_lot_is_as_long_as_its_entry_brought(desk, stop):
    entry, index = numbered_gift(100)
    with refused("L8: a lot is as long as"):
        raw.lot(entry, 800, stop, index=index)


def test_l8_a_lot_stands_on_the_line_of_its_own_fund(desk):
    entry, index = numbered_gift(100)
    with refused("L8: a lot is as long as"):
        raw.lot(entry, 1_000, 1_100, index=index, fund="general")


def test_l8_an_entry_fills_a_line_once(desk):
    position = transparency.position_of(desk.second)
    with refused("L9: lots come in published order, one an entry"):
        raw.lot(desk.second, 800, 1_300, index=position)


def test_l9_a_lot_needs_its_entrys_place(desk):
    entry = raw.gift(100)
    with refused("L9: a lot carries the log position of its entry"):
        raw.lot(entry, 800, 900, index=LogLeaf.objects.count())
    other, index = numbered_gift(100)
    with refused("L9: a lot carries the log position of its entry"):
        raw.lot(entry, 800, 900, index=index)
    raw.lot(other, 800, 900, index=index)


def test_l9_lots_come_in_published_order(desk):
    (early, first), (late, second) = numbered_gift(100), numbered_gift(100)
    raw.lot(late, 800, 900, index=second)
    with refused("L9: lots come in published order"):
        raw.lot(early, 900, 1_000, index=first)


# ---- L9: the log ----


@pytest.mark.parametrize("step", [-1, 1, 5, -100])
def test_l9_positions_are_gap_free_and_given_once(desk, step):
    entry = raw.gift()
    with refused("L9: the next log position|ledger_logleaf_pkey|L3"):
        raw.leaf(LogLeaf.objects.count() + step, entry=entry)


def test_l9_positions_of_one_statement_are_gap_free_too(desk):
    """Rows of one statement are looked at together on PostgreSQL: a hole among them, or before them, is seen."""
    size = LogLeaf.objects.count()
    for places in ((size, size + 2), (size + 1, size + 2), (size, size + 1, size + 3), (-1, size)):
        with refused("L9: the next log position"):
            rows = ", ".join(["(%s, %s, %s)"] * len(places))
            raw.execute(
                f"INSERT INTO ledger_logleaf (position, entry_id, leaf_hash) VALUES {rows}",
                [value for place in places for value in (place, raw.gift(), b"h" * 32)],
            )


def test_l9_a_position_is_of_what_is_there(desk):
    for subject in ({"entry": uuid4()}, {"notice": uuid4()}, {"notice": raw.gift()}):
        with refused("(?i)L9: a position is of an entry or a notice that is there|foreign key"):
            raw.leaf(LogLeaf.objects.count(), **subject)


def test_l8_lots_of_one_statement_are_one_chain_too(desk):
    """Of many lots in one statement, over two funds, each single fault is seen."""
    good = [(*numbered_gift(100), "desks", 800, 900), (*numbered_gift(50), "desks", 900, 950)]
    faults = {
        "L8: a lot starts where the last one stops": {1: (901, 951)},
        "L8: a lot is as long as": {1: (900, 951)},
        "L9: a lot carries": {1: (900, 950, good[0][0])},
    }
    for says, change in faults.items():
        with refused(says):
            lots_in_one_statement(good, change)
    lots_in_one_statement(good, {})
    assert Lot.objects.filter(fund__code="desks").count() == 4


def lots_in_one_statement(lots, change):
    values = []
    for number, (entry, index, fund, start, stop) in enumerate(lots):
        start, stop, other = (*change.get(number, (start, stop)), None)[:3]
        values += [raw.fund_id(fund), start, stop, other or entry, "DONATION", index]
    places = ", ".join(["(%s, %s, %s, %s, %s, %s)"] * len(lots))
    raw.execute(
        f"INSERT INTO ledger_lot (fund_id, start, stop, entry_id, source_kind, log_index) VALUES {places}", values
    )


# ---- L9: tiles and sums ----


def test_l9_a_tile_is_written_when_it_is_full_and_in_order(desk):
    for number in (0, 1):
        with refused("L9: the next tile is the last one and one, and full"):
            raw.insert("ledger_logtile", level=0, number=number, root=b"r" * 32)


@pytest.mark.parametrize("ahead", [-1, 0, 1, 4_096])
@pytest.mark.parametrize("table", ["ledger_accountsnapshot", "ledger_linesnapshot"])
def test_l9_sums_are_written_by_the_batch_that_reaches_them(desk, table, ahead):
    more = {"account_id": raw.account_id(chart.BANK), "debit_minor": 5, "credit_minor": 0}
    if table == "ledger_linesnapshot":
        more = {"measure": "DONATION", "amount_minor": 5, "entries": 1}
    with refused("L9: sums are written when the log reaches their position"):
        raw.insert(table, fund_id=raw.fund_id("desks"), position=LogLeaf.objects.count() + ahead, **more)


def test_l9_an_entry_has_one_place(desk):
    with refused("entry_id|this row exists"):
        raw.leaf(LogLeaf.objects.count(), entry=desk.first)


def test_l9_a_place_is_of_one_entry_or_one_notice(desk):
    notice = Notice.objects.first().id
    with refused("ledger_leaf_one_subject|L9: a position is of an entry or a notice"):
        raw.leaf(LogLeaf.objects.count())
    with refused("ledger_leaf_one_subject|this row exists"):
        raw.leaf(LogLeaf.objects.count(), entry=raw.gift(), notice=notice)


@pytest.mark.parametrize("step", [-1, 1])
def test_l9_a_head_is_as_large_as_the_log(desk, step):
    raw.leaf(LogLeaf.objects.count(), entry=raw.gift())
    values = {"root": b"r" * 32, "frontier": b"", "sequenced_at": START}
    with refused("L9: a head is as large as the log|L3"):
        raw.insert("ledger_loghead", size=LogLeaf.objects.count() + step, **values)


def test_l9_nothing_is_lost_between_outbox_and_log(desk):
    waiting = raw.gift()
    with refused("L9: only what has its position leaves the outbox"):
        raw.execute("DELETE FROM ledger_outbox")
    with refused("L9: the outbox is not changed"):
        raw.execute("UPDATE ledger_outbox SET is_notice = is_notice")
    assert Outbox.objects.get().subject_id == waiting


def test_l9_the_outbox_takes_only_what_waits(desk):
    there = {"is_notice": False, "recorded_at": START}
    with refused("L9: the outbox holds what was written"):
        raw.insert("ledger_outbox", subject_id=uuid4(), **there)
    with refused("L9: the outbox holds what was written"):
        raw.insert("ledger_outbox", subject_id=desk.first, **there)
    if connection.vendor == "sqlite":
        with refused("L9: the outbox holds what was written"):
            raw.insert("ledger_outbox", verb="INSERT OR REPLACE", subject_id=raw.gift(), **there)
    else:
        with refused("L9: the outbox is not changed"):
            raw.execute("TRUNCATE ledger_outbox")


# ---- names looked up by a law are the books' own ----


def test_a_temporary_table_does_not_stand_in_for_a_table_of_the_books(desk):
    """PostgreSQL looks into a session's temporary tables first, unless a function says where to look."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite's triggers see their own database only")
    with refused("L8: a lot starts where the last one stops"):
        raw.execute("CREATE TEMPORARY TABLE ledger_lot ON COMMIT DROP AS TABLE ledger_lot")
        raw.execute("UPDATE pg_temp.ledger_lot SET stop = 900 WHERE stop = 800")
        entry, index = numbered_gift(100)
        values = {"fund_id": raw.fund_id("desks"), "start": 900, "stop": 1_000, "entry_id": entry}
        raw.insert("public.ledger_lot", **values, source_kind="DONATION", log_index=index)


# ---- L11 and L8 against other sessions ----


def in_another_session(work):
    """Run in a thread of its own, with a connection of its own; what it raised comes back."""
    raised = []

    def run():
        try:
            work()
        except Exception as error:
            raised.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread, raised


@pytest.mark.django_db(transaction=True)
def test_l11_another_session_cannot_join_an_entry_that_is_being_written():
    """The other session cannot see the entry yet, nor its first line: whoever does not see that is not its writer."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    Desk(raw.BOOK).sequence()
    entry = uuid4()

    def join():
        with transaction.atomic():
            raw.posting(entry, 2)

    with transaction.atomic():
        raw.posting(entry)
        raw.seal(entry)
        thread, raised = in_another_session(join)
        thread.join(5)
    thread.join()
    assert isinstance(raised[0], DatabaseError)
    assert "L11: the entry is sealed" in str(raised[0])
    assert raw.fetch("SELECT count(*) FROM ledger_posting WHERE entry_id = %s", [entry]) == [(1,)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("part", ["first line", "second line", "use", "hole", "cover"])
def test_l11_whatever_joins_at_the_same_moment_is_refused(part):
    """Two sessions write one entry; the one that is not its writer fails, whether it comes before or after the seal."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    desk = Desk(raw.BOOK)
    desk.gift(300)
    desk.sequence()
    desk.award(100)
    entry = uuid4()
    joins = {
        "first line": lambda: raw.posting(entry),
        "second line": lambda: raw.posting(entry, 2),
        "use": lambda: raw.use(entry, 100, 110),
        "hole": lambda: raw.hole(entry, 100, 110),
        "cover": lambda: raw.cover(entry, 0, 10),
    }

    def join():
        with transaction.atomic():
            raw.execute("SET LOCAL lock_timeout = '300ms'")
            joins[part]()

    for sealed in (False, True):
        with transaction.atomic():
            raw.posting(entry)
            if sealed:
                raw.seal(entry)
            thread, raised = in_another_session(join)
            thread.join()
            transaction.set_rollback(not sealed)
        says = "lock timeout" if part == "first line" else "L11: the entry is sealed"
        assert says in str(raised[0])


@pytest.mark.django_db(transaction=True)
def test_l11_a_first_line_taken_by_another_session_is_given_up_with_it():
    """Two sessions begin the same entry: one waits for the other's key, and fails once that has committed."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    Desk(raw.BOOK).sequence()
    entry = uuid4()
    with transaction.atomic():
        raw.posting(entry)
        thread, raised = in_another_session(lambda: raw.posting(entry))
        thread.join(0.3)
        raw.seal(entry)
    thread.join()
    assert re.search(r"ledger_posting\w*_pkey", str(raised[0]))
    assert raw.fetch("SELECT count(*) FROM ledger_posting WHERE entry_id = %s", [entry]) == [(1,)]


@pytest.mark.django_db(transaction=True)
def test_l11_a_later_transaction_cannot_join_a_committed_entry():
    Desk(raw.BOOK).sequence()
    with transaction.atomic():
        entry = raw.gift()
    thread, raised = in_another_session(lambda: raw.posting(entry, 2))
    thread.join()
    assert "L11: the entry is sealed" in str(raised[0])


@pytest.mark.django_db(transaction=True)
def test_l8_two_spendings_at_once_do_not_spend_the_same_money():
    desk = Desk(raw.BOOK)
    desk.gift(300)
    desk.sequence()
    threads = [in_another_session(lambda: desk.award(200)) for _ in range(3)]
    for thread, _raised in threads:
        thread.join()
    refusals = [error for _thread, raised in threads for error in raised]
    assert [getattr(error, "code", str(error)) for error in refusals] == ["fund_overspent"] * 2
    assert LotUse.objects.count() == 1


def test_the_fixture_is_what_it_says(desk):
    fund = Fund.objects.get(code="desks")
    kinds = {model: list(model.objects.filter(fund=fund).order_by("start").values_list("start", "stop"))
             for model in (Lot, LotUse, LotHole, LotCover)}  # fmt: skip
    assert kinds == {Lot: [(0, 300), (300, 800)], LotUse: [(0, 100)], LotHole: [(200, 300)], LotCover: []}
