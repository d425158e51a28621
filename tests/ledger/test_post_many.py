"""Posting in bulk: the same rows and the same refusals as one by one, in batches, restartable by key."""

from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger import bulk, posting, verify
from ledger.core.refusals import Refused
from ledger.models import JournalEntry, LotUse, Outbox, Period
from ledger.policy import recipes, transit
from tests.ledger import raw
from tests.ledger.helpers import BY, DAY, START, Desk

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    desk = Desk(raw.BOOK)
    desk.gift(300)
    desk.sequence()
    return desk


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    monkeypatch.setattr(bulk, "BATCH", 3)
    monkeypatch.setattr(bulk, "LARGER_ON_SQLITE", 1)


def gift(number, amount=100, **more):
    values = {"book": raw.BOOK, "fund": "desks", "currency": "CNY", "effective_on": DAY, "restricted": True, **more}
    draft = recipes.gift(amount_minor=amount, document_ref=f"document-{number:04}", **values)
    return draft, START + timedelta(minutes=number), f"gift:{number}"


def award(number, amount):
    draft = recipes.award(
        book=raw.BOOK, fund="desks", amount_minor=amount, currency="CNY", effective_on=DAY,
        document_ref=f"award-{number:04}",
    )  # fmt: skip
    return draft, START + timedelta(minutes=number), f"award:{number}"


def counts(outcome):
    return outcome.posted, outcome.there_already, outcome.refused


def test_in_bulk_the_same_rows_are_written_as_one_by_one(desk):
    drafts = [
        gift(1),
        gift(2, channel="bank", commitment=b"\\x0" * 8),
        gift(3, fund="general", restricted=False),
        (transit.provider_payout(
            book=raw.BOOK, amounts_by_fund={"desks": 50, "general": 20}, currency="CNY", effective_on=DAY,
            document_ref="payout-0004",
        ), START + timedelta(minutes=4), "tab\t\\N 换行\n'quoted'"),
        gift(5),
    ]  # fmt: skip
    assert counts(bulk.post_many(drafts, by="actor\\x")) == (5, 0, 0)
    other = Desk("charity-b")
    for draft, at, key in drafts:
        posting.post(replace(draft, book=other.book), by="actor\\x", at=at, key=key)
        assert rows_of(raw.BOOK, key) == rows_of(other.book, key)


def rows_of(book, key):
    """All that is stored of an entry, by codes, but its id and what names the book."""
    entry = JournalEntry.objects.get(book__code=book, idempotency_key=key)
    names = (
        "kind",
        "effective_on",
        "recorded_at",
        "recorded_by",
        "document_kind",
        "document_ref",
        "facts",
        "reverses_id",
    )
    values = [getattr(entry, name) for name in (*names, "posting_count")]
    return [*values, bytes(entry.commitment or b""), len(entry.input_hash), posting.lines_of(entry.id)]


def test_ids_are_in_the_order_of_the_stream(desk):
    bulk.post_many([gift(number) for number in range(10)], by=BY)
    ids = [JournalEntry.objects.get(idempotency_key=f"gift:{number}").id for number in range(10)]
    assert all(one < next_one for one, next_one in pairwise(ids))


def test_the_same_stream_again_posts_only_what_is_missing(desk):
    assert counts(bulk.post_many((gift(number) for number in range(7)), by=BY)) == (7, 0, 0)
    assert counts(bulk.post_many((gift(number) for number in range(11)), by=BY)) == (4, 7, 0)
    assert JournalEntry.objects.filter(kind="GIFT").count() == 12
    assert Outbox.objects.count() == 11


def test_keys_that_come_late_in_a_stream_are_found_too(desk):
    bulk.post_many([gift(20), gift(22)], by=BY)
    assert counts(bulk.post_many((gift(number) for number in range(30)), by=BY)) == (28, 2, 0)


def test_a_key_of_another_event_is_refused_and_the_rest_goes_on(desk):
    bulk.post_many([gift(4)], by=BY)
    draft, at, _key = gift(99)
    outcome = bulk.post_many([gift(1), gift(2), (draft, at, "gift:4"), gift(5), gift(6), gift(7)], by=BY)
    assert counts(outcome) == (5, 0, 1)
    ((key, why),) = outcome.refusals
    assert (key, why.code) == ("gift:4", "key_reused")


def test_a_key_twice_in_one_stream_is_one_event(desk):
    draft, at, _key = gift(2)
    outcome = bulk.post_many([gift(1), gift(1), (draft, at, "gift:1")], by=BY)
    assert counts(outcome) == (1, 1, 1)
    assert outcome.refusals[0][1].code == "key_reused"


def test_what_a_law_refuses_is_named_and_the_rest_goes_on(desk):
    Period.objects.create(
        book_id=raw.book_id(), starts_on=date(2025, 1, 1), ends_on=date(2025, 12, 31), closed_at=START, closed_by=BY
    )
    drafts = [gift(1), gift(2, effective_on=date(2025, 6, 1)), gift(3), gift(4), gift(5)]
    outcome = bulk.post_many(drafts, by=BY)
    assert counts(outcome) == (4, 0, 1)
    assert [(key, why.code) for key, why in outcome.refusals] == [("gift:2", "period_closed")]


def test_what_cannot_be_posted_is_refused_as_one_by_one(desk):
    desk.fund("dollars", "USD")
    drafts = [
        gift(1, fund="nowhere"),
        gift(2, fund="dollars"),
        gift(3, effective_on=date(2030, 1, 1)),
        gift(4, currency="EUR"),
        gift(5),
    ]
    outcome = bulk.post_many(drafts, by=BY)
    assert counts(outcome) == (1, 0, 4)
    for (draft, at, key), (refused_key, why) in zip(drafts, outcome.refusals, strict=False):
        with pytest.raises(Refused) as refusal:
            posting.post(draft, by=BY, at=at, key=key)
        assert (refused_key, why.code) == (key, refusal.value.code)


def test_a_fund_opened_while_the_stream_runs_is_known(desk):
    def drafts():
        yield gift(1)
        desk.fund("roof")
        yield gift(2, fund="roof")

    assert counts(bulk.post_many(drafts(), by=BY)) == (2, 0, 0)


def test_a_spending_takes_its_turn_in_the_stream(desk):
    drafts = [gift(1), award(2, 120), gift(3), award(4, 900), gift(5)]
    outcome = bulk.post_many(drafts, by=BY)
    assert counts(outcome) == (4, 0, 1)
    assert outcome.refusals[0][1].code == "fund_overspent"
    assert list(LotUse.objects.values_list("start", "stop")) == [(0, 120)]
    assert counts(bulk.post_many(drafts, by=BY)) == (0, 4, 1)
    ids = [JournalEntry.objects.get(idempotency_key=key).id for key in ("gift:1", "award:2", "gift:3", "gift:5")]
    assert ids == sorted(ids)


def test_a_stream_is_read_a_batch_at_a_time(desk):
    def drafts():
        for number in range(20):
            assert JournalEntry.objects.filter(kind="GIFT").count() >= 1 + number // 3 * 3 - 3
            yield gift(number)

    assert counts(bulk.post_many(drafts(), by=BY)) == (20, 0, 0)


def test_books_posted_in_bulk_verify(desk):
    bulk.post_many((gift(number, amount=number + 1) for number in range(20)), by=BY)
    desk.sequence()
    bulk.post_many([award(50, 400)], by=BY)
    desk.sequence()
    assert [str(finding) for check in verify.CHECKS for finding in verify.run_one(check).findings] == []


def made_ready(drafts):
    ready = bulk.Ready(BY)
    for draft, at, key in drafts:
        ready.add(draft, at, key)
    return ready


def test_what_is_made_ready_is_written_later_and_once(desk):
    drafts, before = [gift(number) for number in range(5)], set(JournalEntry.objects.values_list("id", flat=True))
    ready = made_ready(drafts)
    assert JournalEntry.objects.count() == len(before)
    assert counts(ready.post()) == (5, 0, 0)
    assert set(ready.entries) == {key for _draft, _at, key in drafts}
    new = JournalEntry.objects.exclude(id__in=before)
    assert {entry.id.hex for entry in new} == set(ready.entries.values())
    assert counts(bulk.post_many(drafts, by=BY)) == (0, 5, 0)


def test_what_takes_from_a_line_is_not_made_ready(desk):
    with pytest.raises(ValueError, match="in its turn"):
        made_ready([award(50, 400)])


DIFFERS = st.fixed_dictionaries(
    {
        "amount_minor": st.one_of(st.integers(1, 2**50), st.sampled_from([0, -1, 1.5, "7", 2**63, True])),
        "effective_on": st.dates(DAY - timedelta(days=900), DAY + timedelta(days=900)),
        "document_ref": st.one_of(st.from_regex(r"[A-Za-z0-9_-]{8,64}", fullmatch=True), st.text(max_size=9)),
        "commitment": st.none() | st.binary(min_size=32, max_size=32),
    }
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(differs=DIFFERS, key=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12))
def test_drafts_alike_make_the_rows_and_the_refusals_of_the_drafts_themselves(desk, differs, key):
    sample, at, _key = gift(1)
    alike = bulk.Alike(sample, at)
    quick, patient = bulk.Ready(BY), bulk.Ready(BY)
    said = []
    for ready, add in (
        (quick, lambda: quick.add_alike(alike, quick.ids(at, 1)[0], key, **differs)),
        (patient, lambda: patient.add(alike.draft(**differs), at, key)),
    ):
        try:
            add()
        except Refused as refused:
            said.append((refused.code, str(refused)))
            continue
        stream = ready._stream
        said.append((told(stream.rows), [(of, why.code) for of, why in stream.outcome.refusals]))
    assert said[0] == said[1]


def told(rows):
    """Rows with their ids left out: each is made once and stands in both."""
    return [
        (row.book, row.key, row.input_hash, repr(row.postings).replace(row.entry_id, ""),
         repr(row.entry).replace(row.entry_id, ""))
        for row in rows.values()
    ]  # fmt: skip


def test_drafts_alike_are_posted(desk):
    sample, at, _key = gift(1)
    alike, ready = bulk.Alike(sample, at), bulk.Ready(BY)
    for number in range(3):
        ready.add_alike(
            alike, ready.ids(at, 1)[0], f"alike:{number}", amount_minor=number + 1, effective_on=DAY,
            document_ref=f"alike-doc-{number}", commitment=None,
        )  # fmt: skip
    assert counts(ready.post()) == (3, 0, 0)
    desk.sequence()
    assert [str(finding) for check in verify.CHECKS for finding in verify.run_one(check).findings] == []


def test_what_takes_from_a_line_has_no_like(desk):
    with pytest.raises(ValueError, match="takes nothing"):
        bulk.Alike(award(50, 400)[0], award(50, 400)[1])


def test_ids_drawn_together_keep_their_order_among_the_others():
    one = partial(posting.new_id, START)
    ids = [one().hex, *bulk.Ready.ids(START, 700), one().hex, *bulk.Ready.ids(START, 2), one().hex]
    assert ids == sorted(set(ids))
