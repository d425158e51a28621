"""Stretches that go ahead several at a time: what comes out is what comes out of one after the other."""

import threading
from datetime import date

import pytest
from django.db import close_old_connections, connection, transaction

from ledger import balances, periods, reading
from ledger.core.refusals import Refused
from ledger.transparency import sequence
from projects.audit.models import AuditEvent
from projects.giving.models import Donor, Gift
from projects.settlement import actions, importing
from projects.settlement.models import RawRow, SettlementFile, SettlementRow
from tests.factories import giving
from tests.factories import settlement as make
from tests.factories.access import BEGIN
from tests.factories.settlement import gift, row

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets one write at a time"),
]


@pytest.fixture(autouse=True)
def ahead(monkeypatch) -> list[int]:
    """Three rows a stretch; the numbers of the rows with which those begin that went ahead and were kept."""
    monkeypatch.setattr(importing, "STRETCH", 3)
    taken, take = [], importing._take_ahead

    def counted(file, numbers, *args, **how):
        done = take(file, numbers, *args, **how)
        taken.append(numbers[0])
        return done

    monkeypatch.setattr(importing, "_take_ahead", counted)
    return taken


def owed(charity) -> int:
    while sequence(at=BEGIN):
        pass
    return balances.balance(book=charity.organisation.book_code, account="1009.platform", currency="CNY")


def steps(file) -> list[tuple[int, int]]:
    """From which row to which, in the order of the record."""
    taken = AuditEvent.objects.filter(event="settlement_file.rows_taken", subject_ref=file.ref).order_by("pk")
    return [(one.facts["from"], one.facts["to"]) for one in taken]


def test_what_is_new_goes_ahead_and_commits_in_order(charity_a, ahead):
    rows = [gift(number, f"{number}.00") for number in range(1, 15)]
    file = make.imported(charity_a, make.csv_of([*rows, row("R", "退款", "1.00", 原编号="7"), gift(16, "坏")]))
    assert make.states(file) == ["GIFT"] * 14 + ["REFUND", "REJECTED"]
    assert sorted(ahead) == [4, 7, 10, 13, 16]
    assert steps(file) == [(1, 3), (4, 6), (7, 9), (10, 12), (13, 15), (16, 16)]
    assert owed(charity_a) == sum(range(1, 15)) * 100 - 100
    assert Gift.objects.count() == Donor.objects.count() == 14
    assert [one.row_id for one in file.rows.filter(state="GIFT").order_by("number")] == [str(n) for n in range(1, 15)]
    assert all(one.gift.entry_id == one.entry_id for one in file.rows.filter(state="GIFT").select_related("gift"))


def test_rows_written_ahead_are_those_that_are_written_looked_up(charity_a, project, monkeypatch, ahead):
    """The same file without anybody going ahead: the same rows to the last column, but for what is drawn by lot."""
    names = ["王\t小\\n", "a\nb", "'=x", "　", "\\N", "普通"]
    rows = [gift(n, "1.00", 项目=project.name_zh if n % 2 else "", 捐赠人=f'"{names[n % 6]}"') for n in range(12)]
    first = make.imported(charity_a, make.csv_of(rows))
    assert ahead
    told = _told(first)
    monkeypatch.setattr(importing.Ready, "foresee", lambda self, file: False)
    for one in rows:
        one["编号"] += "-"
    assert _told(make.imported(charity_a, make.csv_of(rows))) == told


def _told(file) -> list[list[object]]:
    names = [
        "number", "kind", "state", "problem", "origin_id", "amount_minor", "fee_minor", "currency", "on", "project_id",
        "duplicate_of_id", "gift__project_id", "gift__amount_minor", "gift__currency", "gift__donor_name",
        "gift__donor__name", "gift__visibility", "gift__state", "gift__channel", "gift__created_at",
        "gift__settled_at", "gift__organisation_id", "gift__email", "gift__language", "gift__cover_minor",
    ]  # fmt: skip
    raw = RawRow.objects.filter(file=file).order_by("number").values_list("person", flat=True)
    return [[*values, person] for values, person in zip(
        file.rows.order_by("number").values_list(*names), raw, strict=True
    )]  # fmt: skip


def test_money_that_is_known_is_found_though_nobody_looked(charity_a, ahead):
    make.imported(charity_a, make.csv_of([gift(8), gift(11, "5.00")]))
    file = make.imported(charity_a, make.csv_of([gift(number) for number in range(1, 16)]))
    states = make.states(file)
    assert (states[7], states[10], states.count("GIFT")) == ("DUPLICATE", "SUSPENSE", 13)
    assert file.rows.get(number=11).problem == "number_reused"
    # 4 went ahead; 7 met what was known, and the one behind it fell with it.
    assert ahead == [4]
    assert owed(charity_a) == (13 + 1 + 5 + 1) * 100
    assert RawRow.objects.filter(file=file).count() == 15
    assert steps(file) == [(1, 3), (4, 6), (7, 9), (10, 12), (13, 15)]


@pytest.mark.parametrize("where", [(4, 5), (4, 8), (5, 7), (9, 10)])
def test_one_number_twice_in_a_file_is_one_gift(charity_a, where):
    rows = [gift(number) for number in range(1, 13)]
    rows[where[1]]["编号"] = rows[where[0]]["编号"]
    file = make.imported(charity_a, make.csv_of(rows))
    states = make.states(file)
    assert (states.count("GIFT"), states[where[1]]) == (11, "DUPLICATE")
    assert file.rows.get(number=where[1] + 1).duplicate_of.number == where[0] + 1
    assert owed(charity_a) == 1100


def test_a_gift_that_came_by_a_feed_is_met_ahead(charity_a, project):
    paid = giving.settled_gift(project, amount_minor=100)
    rows = [gift(number) for number in range(1, 13)]
    rows[7]["编号"] = paid.provider_ref
    file = make.imported(charity_a, make.csv_of(rows))
    assert file.rows.get(number=8).gift == paid
    assert make.states(file).count("GIFT") == 11


def test_a_month_that_is_closed_meanwhile_sends_gifts_to_today(charity_a, monkeypatch):
    """They were made ready for a day of February. The law refuses them there, and they are made anew."""
    foresee, book, days = importing.Ready.foresee, charity_a.organisation.book_code, []

    def after_the_close(ready, file):
        if not days:
            days.extend((date(2026, 2, 1), date(2026, 2, 28)))
            sequence(at=BEGIN)
            periods.close_period(book=book, starts_on=days[0], ends_on=days[1], by="x" * 12, at=BEGIN)
        return foresee(ready, file)

    monkeypatch.setattr(periods, "require_green", lambda *, after: None)
    monkeypatch.setattr(importing.Ready, "foresee", after_the_close)
    file = make.imported(charity_a, make.csv_of([gift(number) for number in range(1, 13)]))
    assert make.states(file) == ["GIFT"] * 12
    entries = [reading.entry(one.entry_id) for one in file.rows.order_by("number")]
    assert [one.effective_on.month for one in entries] == [2] * 3 + [3] * 9
    assert owed(charity_a) == 1200


def test_a_failure_of_the_first_of_two_leaves_neither(charity_a, monkeypatch, ahead):
    claim = importing._claim

    def fails(file, first, *args):
        if first == 4:
            raise KeyboardInterrupt
        claim(file, first, *args)

    monkeypatch.setattr(importing, "_claim", fails)
    file = make.started(charity_a, make.csv_of([gift(number) for number in range(1, 13)]))
    with pytest.raises(KeyboardInterrupt):
        actions.import_rows(file, at=BEGIN)
    file.refresh_from_db()
    assert (file.rows_done, RawRow.objects.count(), Gift.objects.count(), ahead) == (3, 3, 3, [])
    monkeypatch.setattr(importing, "_claim", claim)
    assert actions.import_rows(file, at=BEGIN) is False
    assert SettlementRow.objects.filter(state="GIFT").count() == 12


def test_two_who_take_in_one_file_at_once_take_each_row_once(charity_a):
    file = make.started(charity_a, make.csv_of([gift(number) for number in range(1, 40)]))
    together(
        lambda: actions.import_rows(SettlementFile.objects.get(pk=file.pk), at=BEGIN),
        lambda: actions.import_rows(SettlementFile.objects.get(pk=file.pk), at=BEGIN),
    )
    file.refresh_from_db()
    actions.import_rows(file, at=BEGIN)
    assert file.state == "COMPLETE"
    assert (make.states(file), RawRow.objects.count(), Gift.objects.count()) == (["GIFT"] * 39, 39, 39)


def test_two_files_with_the_same_money_in_opposite_order_end(charity_a, monkeypatch):
    """Each may hold what the other waits for, where the database cannot see it: the wait ends, and both go on."""
    monkeypatch.setattr(importing, "LONGEST_WAIT", "300ms")
    numbers = list(range(1, 40))
    one = make.started(charity_a, make.csv_of([gift("a"), gift("b"), gift("c"), *map(gift, numbers)]))
    other = make.started(charity_a, make.csv_of([gift("d"), gift("e"), gift("f"), *map(gift, reversed(numbers))]))
    together(lambda: actions.import_rows(one, at=BEGIN), lambda: actions.import_rows(other, at=BEGIN))
    for file in (one, other):
        file.refresh_from_db()
        actions.import_rows(file, at=BEGIN)
    assert (one.state, other.state) == ("COMPLETE", "COMPLETE")
    assert Gift.objects.count() == 39 + 6
    assert owed(charity_a) == 45 * 100
    states = make.states(one) + make.states(other)
    assert (states.count("GIFT"), states.count("DUPLICATE")) == (45, 39)


def together(*works) -> None:
    """All at once. One may be told that somebody else is at it, or give way in a deadlock: nothing else may stop it."""
    stopped: list[BaseException] = []

    def run(work) -> None:
        try:
            work()
        except Refused as refused:
            if refused.code != "import_runs_elsewhere":
                stopped.append(refused)
        except Exception as error:
            if "deadlock" not in str(error):
                stopped.append(error)
        finally:
            close_old_connections()
            connection.close()

    threads = [threading.Thread(target=run, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    if stopped:
        raise stopped[0]


def test_a_stretch_that_went_ahead_claims_behind_the_one_before(charity_a):
    """The condition of the claim is the file's own progress: nobody can be counted before who comes before."""
    file = make.started(charity_a, make.csv_of([gift(number) for number in range(1, 7)]))
    with pytest.raises(Refused) as refused, transaction.atomic():
        importing._claim(file, 4, 6, BEGIN)
    assert refused.value.code == "import_runs_elsewhere"
