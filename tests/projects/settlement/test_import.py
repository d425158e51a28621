"""From a platform's file to the books: every row in one state, money once, and the totals said in the log."""

import io

import pytest
from django.db import IntegrityError

from ledger import balances, transparency
from ledger.core.refusals import Refused
from projects.giving.models import Donor, Gift
from projects.giving.refund_requests import request_refund
from projects.settlement import actions, importing, platform_rows
from projects.settlement.models import RawRow, SettlementFile, SettlementRow, UnexplainedItem
from projects.settlement.parsing import NormalRow
from projects.settlement.raw import Read, hashed_person, row_digest
from tests.factories import giving
from tests.factories import settlement as make
from tests.factories.access import BEGIN
from tests.factories.settlement import gift, row

pytestmark = pytest.mark.django_db

PLATFORM = "1009.platform"
SUSPENSE = "2209.suspense"


def balance(charity, account: str) -> int:
    while transparency.sequence(at=BEGIN):
        pass
    return balances.balance(book=charity.organisation.book_code, account=account, currency="CNY")


def test_gifts_go_into_the_books_of_their_project(charity_a, project):
    rows = [gift(1, "10.00", 项目=project.name_zh), gift(2, "5.50")]
    file = make.imported(charity_a, make.csv_of(rows))
    assert file.state == "COMPLETE"
    assert make.states(file) == ["GIFT", "GIFT"]
    gifts = list(Gift.objects.filter(channel="platform").order_by("amount_minor"))
    assert [(one.amount_minor, one.project, one.state, one.visibility) for one in gifts] == [
        (550, None, "SETTLED", "FINANCE"),
        (1000, project, "SETTLED", "FINANCE"),
    ]
    assert balance(charity_a, PLATFORM) == 1550


def test_two_equal_gifts_without_numbers_stay_two(charity_a):
    file = make.imported(charity_a, make.csv_of([gift("", "1.00", 捐赠人="林晓")] * 2))
    assert make.states(file) == ["GIFT", "GIFT"]
    assert balance(charity_a, PLATFORM) == 200


def test_the_same_file_twice_adds_nothing(charity_a):
    content = make.csv_of([gift(1), gift(2)])
    first = make.imported(charity_a, content)
    again = make.imported(charity_a, content)
    assert again.pk == first.pk
    assert (SettlementFile.objects.count(), RawRow.objects.count(), Gift.objects.count()) == (1, 2, 2)


def test_an_overlapping_file_adds_only_what_is_new(charity_a):
    make.imported(charity_a, make.csv_of([gift(1), gift(2)]))
    later = make.imported(charity_a, make.csv_of([gift(3), gift(2), gift(1)]))
    assert make.states(later) == ["GIFT", "DUPLICATE", "DUPLICATE"]
    assert balance(charity_a, PLATFORM) == 300
    assert later.rows.get(number=2).duplicate_of.file.pk != later.pk


def test_a_gift_that_came_by_a_feed_is_not_taken_again(charity_a, project):
    paid = giving.settled_gift(project, amount_minor=100)
    file = make.imported(charity_a, make.csv_of([gift(paid.provider_ref, "1.00"), gift("other")]))
    assert make.states(file) == ["DUPLICATE", "GIFT"]
    assert file.rows.get(number=1).gift == paid


def test_a_stretch_made_ready_beforehand_is_decided_by_what_is_known_when_it_is_taken(charity_a, project, monkeypatch):
    """Its entries fit where nothing of it is known; else they are made anew. What comes out is the same."""
    used, take = [], importing.take_stretch

    def with_ready(file, stretch, **how):
        ready = platform_rows.make_ready(file, [read.normal for read in stretch], **how)
        done = take(file, stretch, ready=ready, **how)
        used.append(len(ready.posted) == sum(row.state == "GIFT" for row in ready.made))
        return done

    monkeypatch.setattr(importing, "take_stretch", with_ready)
    first = make.imported(charity_a, make.csv_of([gift(1, 项目=project.name_zh), gift(2), gift(4, "x")]))
    later = make.imported(charity_a, make.csv_of([gift(3), gift(2), gift(1, "7.00"), gift(5, 项目="谁也不知道")]))
    assert make.states(first) == ["GIFT", "GIFT", "REJECTED"]
    assert make.states(later) == ["GIFT", "DUPLICATE", "SUSPENSE", "SUSPENSE"]
    assert used == [True, False]
    assert balance(charity_a, PLATFORM) == 300 + 700 + 100
    assert Gift.objects.count() == Donor.objects.count() == 3
    assert {row.entry_id for row in later.rows.filter(state="GIFT")} == {
        one.entry_id for one in Gift.objects.filter(settlement_rows__file=later)
    }


def test_one_number_with_another_amount_is_held(charity_a):
    make.imported(charity_a, make.csv_of([gift(1, "1.00")]))
    later = make.imported(charity_a, make.csv_of([gift(1, "2.00")]))
    assert make.states(later) == ["SUSPENSE"]
    assert later.rows.get().problem == "number_reused"


def test_an_unknown_kind_is_suspense_and_never_a_fee(charity_a):
    file = make.imported(charity_a, make.csv_of([gift(1, "5.00"), row(2, "神秘", "3.00"), row(3, "神秘", "-1.00")]))
    assert make.states(file) == ["GIFT", "SUSPENSE", "SUSPENSE"]
    assert balance(charity_a, PLATFORM) == 700
    assert balance(charity_a, SUSPENSE) == 200
    assert [item.amount_minor for item in UnexplainedItem.objects.order_by("pk")] == [300, -100]


def test_a_project_nobody_knows_is_suspense(charity_a):
    file = make.imported(charity_a, make.csv_of([gift(1, "5.00", 项目="没有这个项目", 手续费="0.50")]))
    assert file.rows.get().problem == "project_unknown"
    assert balance(charity_a, SUSPENSE) == 450


def test_broken_rows_do_not_stop_the_file(charity_a):
    rows = [
        gift(1, "一元"),
        gift(2, "=1+1"),
        gift(3, "1.001"),
        gift(4, 日期="昨天"),
        gift(5, 日期="2031-01-01"),
        gift(6, "0"),
        gift(7, "2.00", 捐赠人="林晓,多一格"),
        gift(8, "2.00"),
    ]
    file = make.imported(charity_a, make.csv_of(rows))
    assert file.state == "COMPLETE"
    assert make.states(file) == ["REJECTED"] * 7 + ["GIFT"]
    assert list(file.rows.order_by("number").values_list("problem", flat=True)) == [
        "amount_not_a_number",
        "cell_is_formula",
        "amount_too_fine",
        "date_not_readable",
        "effective_in_future",
        "amount_zero",
        "cells_beyond_heading",
        "",
    ]


def test_a_rejected_row_can_come_again_corrected(charity_a):
    make.imported(charity_a, make.csv_of([gift(1, "一元")]))
    assert make.states(make.imported(charity_a, make.csv_of([gift(1, "1.00")]))) == ["GIFT"]


def test_a_refund_takes_its_gift_back(charity_a, project):
    rows = [row(9, "退款", "4.00", 原编号="1"), gift(1, "10.00", 项目=project.slug)]
    file = make.imported(charity_a, make.csv_of(rows))
    assert make.states(file) == ["REFUND", "GIFT"]
    assert Gift.objects.get(amount_minor=1000).refunded_minor == 400
    assert balance(charity_a, PLATFORM) == 600


def test_a_refund_without_its_gift_is_suspense(charity_a):
    file = make.imported(charity_a, make.csv_of([row(9, "退款", "4.00", 原编号="404")]))
    assert make.states(file) == ["SUSPENSE"]
    assert file.rows.get().problem == "origin_unknown"
    assert balance(charity_a, SUSPENSE) == -400


def test_fees_are_borne_by_the_general_fund(charity_a):
    rows = [gift(1, "10.00", 手续费="0.06"), gift(2, "10.00", 手续费="0.06"), row(3, "手续费", "1.00")]
    file = make.imported(charity_a, make.csv_of(rows))
    assert make.states(file) == ["GIFT", "GIFT", "FEE"]
    assert file.expected_minor == 2000 - 12 - 100
    assert balance(charity_a, PLATFORM) == file.expected_minor


def test_what_became_of_a_file_is_in_the_log_without_a_name(charity_a):
    file = make.imported(charity_a, make.csv_of([gift(1), row(2, "神秘", "3.00"), gift(3, "坏")]))
    transparency.sequence(at=BEGIN)
    notice = transparency.sealed_notices([file.notice_id])[file.notice_id]
    assert notice.kind == "SETTLEMENT_COMPLETE"
    assert notice.facts["digest"] == file.sha256
    assert notice.facts["counts"] == {"GIFT": 1, "REJECTED": 1, "SUSPENSE": 1}
    assert notice.facts["totals"] == {"GIFT": 100, "REJECTED": 0, "SUSPENSE": 300}
    assert "林晓" not in str(notice.facts)


def test_totals_that_the_platform_states_otherwise_stop_the_statement(charity_a):
    file = make.imported(charity_a, make.csv_of([gift(1)]), stated_rows=2)
    assert (file.state, file.notice_id) == ("DIFFERS", None)


def test_other_totals_are_accepted_by_a_second_person_with_a_reason(charity_a):
    file = make.imported(charity_a, make.csv_of([gift(1)]), stated_rows=2)

    def refused(by, reason: str) -> str:
        with pytest.raises(Refused) as error:
            actions.accept_totals(file, reason=reason, by=by, at=BEGIN)
        return error.value.code

    assert refused(charity_a.finance, "x") == "maker_checker"
    assert refused(charity_a.second_finance, " ") == "reason_needed"
    actions.accept_totals(file, reason="平台汇总页多数了一行", by=charity_a.second_finance, at=BEGIN)
    assert (file.state, file.notice_id is None) == ("COMPLETE", False)
    assert refused(charity_a.second_finance, "x") == "file_moved_on"


def test_a_kill_in_the_middle_is_resumed(charity_a, monkeypatch):
    monkeypatch.setattr(importing, "STRETCH", 3)
    file = make.started(charity_a, make.csv_of([gift(number) for number in range(10)]))
    take, calls = importing.take_stretch, []

    def killed(*args, **kwargs):
        take(*args, **kwargs)
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(importing, "take_stretch", killed)
    with pytest.raises(KeyboardInterrupt):
        actions.import_rows(file, at=BEGIN)
    file.refresh_from_db()
    assert (file.state, file.rows_done, Gift.objects.count()) == ("IMPORTING", 6, 6)
    monkeypatch.setattr(importing, "take_stretch", take)
    assert actions.import_rows(file, at=BEGIN) is False
    assert (file.state, Gift.objects.count(), Donor.objects.count()) == ("COMPLETE", 10, 10)


def test_a_stretch_that_fails_leaves_nothing_behind(charity_a, monkeypatch):
    file = make.started(charity_a, make.csv_of([gift(1)]))

    def dies(*args, **kwargs):
        raise IntegrityError

    monkeypatch.setattr("projects.settlement.platform_rows.copy_values", dies)
    with pytest.raises(IntegrityError):
        actions.import_rows(file, at=BEGIN)
    assert (Gift.objects.count(), RawRow.objects.count(), SettlementRow.objects.count()) == (0, 0, 0)


def test_a_stretch_is_taken_once(charity_a):
    file = make.started(charity_a, make.csv_of([gift(1)]))
    late = SettlementFile.objects.get(pk=file.pk)
    actions.import_rows(file, at=BEGIN)
    assert actions.import_rows(late, at=BEGIN) is False
    row = Read((1, "{}", "", "", "", ""), NormalRow(1))
    with pytest.raises(Refused) as refused:
        importing.take_stretch(late, [row], by=charity_a.finance, at=BEGIN)
    assert refused.value.code == "import_runs_elsewhere"


def test_a_slice_says_that_there_is_more(charity_a, monkeypatch):
    monkeypatch.setattr(importing, "STRETCH", 2)
    file = make.started(charity_a, make.csv_of([gift(number) for number in range(5)]))
    assert actions.import_rows(file, at=BEGIN, stretches=1) is True
    assert file.rows_done == 2
    assert actions.import_rows(file, at=BEGIN, stretches=5) is False


def test_the_file_itself_is_not_kept_longer_than_needed(charity_a, folder, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        make.imported(charity_a, make.csv_of([gift(1)]))
    assert list((folder / "settlement").iterdir()) == []


def test_a_person_is_erased_and_the_digest_stands(charity_a):
    file = make.imported(charity_a, make.csv_of([gift(1)]))
    raw = file.raw_rows.get()
    assert "林晓" in raw.person
    assert "林晓" not in raw.cells
    assert hashed_person(raw.person, raw.salt) == raw.person_hash
    actions.erase_person(raw, reason="asked for", by=charity_a.finance, at=BEGIN)
    assert (raw.person, raw.salt) == ("", "")
    assert row_digest(file.sha256, raw.number, raw.cells, raw.person_hash) == raw.digest


def test_who_may_not_import_is_refused(charity_a, charity_b):
    for person in (charity_a.caseworker, charity_a.admin, charity_b.finance):
        with pytest.raises(Refused):
            actions.receive_file(
                charity_a.organisation,
                file=io.BytesIO(b"x"),
                file_name="",
                mapping_code="generic-csv",
                by=person,
                at=BEGIN,
            )


def test_a_platforms_gift_is_not_refunded_by_the_payment_provider(charity_a):
    make.imported(charity_a, make.csv_of([gift(1)]))
    with pytest.raises(Refused) as refused:
        request_refund(Gift.objects.get(), reason="asked for", by=charity_a.finance, at=BEGIN)
    assert refused.value.code == "refund_at_platform"


def test_bytes_that_no_table_takes_do_not_stop_the_file(charity_a):
    content = make.csv_of([gift(1, 捐赠人="林\x00晓"), gift(2, 捐赠人="林晓,\x00多")])
    assert make.states(make.imported(charity_a, content)) == ["GIFT", "REJECTED"]
