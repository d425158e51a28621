"""The journal against the laws L2, L4 to L7, L10 and L11, re-derived from its tables."""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection

from ledger.core.canonical import canonical_bytes
from ledger.core.entries import Draft, Line
from ledger.core.money import LARGEST_MINOR
from ledger.core.refusals import Refused
from ledger.models import JournalEntry, LogLeaf, Notice, Period, Posting
from ledger.policy.kinds import KINDS, NOTICE_KINDS, TAKE_BACKS
from ledger.posting import refund_input_hash
from ledger.verify.findings import Finding
from ledger.verify.values import fetched, named, places

BATCH = 1_000
ENTRY = "ledger_journalentry"


def entry_row(entry: JournalEntry) -> str:
    """How to find an entry."""
    return f"id={entry.id.hex} document_ref={entry.document_ref}"


# ---- L2 and L6 ----


def postings_agree(entry_ids: Sequence[Any]) -> Iterator[Finding]:
    """One positive amount from one account to another; posting, fund and accounts of one book and one currency."""
    key = ["entry_id", "line"]
    for row in fetched(
        f"""
        SELECT p.entry_id, p.line FROM ledger_posting p
        LEFT JOIN ledger_fund f ON f.id = p.fund_id
        LEFT JOIN ledger_account d ON d.id = p.debit_account_id
        LEFT JOIN ledger_account c ON c.id = p.credit_account_id
        LEFT JOIN ledger_journalentry e ON e.id = p.entry_id
        WHERE p.entry_id IN ({places(entry_ids)}) AND NOT coalesce(
            f.currency = p.currency AND d.currency = p.currency AND c.currency = p.currency
            AND f.book_id = p.book_id AND d.book_id = p.book_id AND c.book_id = p.book_id AND e.book_id = p.book_id
            AND p.debit_account_id <> p.credit_account_id AND p.amount_minor BETWEEN 1 AND {LARGEST_MINOR}, false)
        """,
        list(entry_ids),
    ):
        yield Finding("ledger_posting", named(key, row), "amount, sides, book or currency break L2 or L6")


# ---- L11 ----


def entries_are_whole(entry_ids: Sequence[Any]) -> Iterator[Finding]:
    """As many postings as counted, numbered from one."""
    for row in fetched(
        f"""
        SELECT e.id, e.posting_count, count(p.line), min(p.line), max(p.line)
        FROM ledger_journalentry e LEFT JOIN ledger_posting p ON p.entry_id = e.id
        WHERE e.id IN ({places(entry_ids)}) GROUP BY e.id, e.posting_count
        HAVING count(p.line) <> e.posting_count OR count(p.line) < 1 OR min(p.line) <> 1 OR max(p.line) <> count(p.line)
        """,
        list(entry_ids),
    ):
        yield Finding(ENTRY, named(["id"], row), f"counts {row[1]} postings and has {row[2]}")


# ---- L10 ----


def documents_of(entry_ids: Sequence[Any]) -> Iterator[Finding]:
    """Kinds of the list with their document kind; facts canonical and within the kind's allow-list."""
    for entry in JournalEntry.objects.filter(id__in=entry_ids).order_by("id"):
        rule = KINDS.get(entry.kind)
        if rule is None or rule.document_kind != entry.document_kind:
            yield Finding(ENTRY, entry_row(entry), f"{entry.kind} {entry.document_kind} is no kind of entry")
            continue
        fault = _facts_fault(entry.facts, rule.facts)
        if fault:
            yield Finding(ENTRY, entry_row(entry), fault)


def documents_of_notices() -> Iterator[Finding]:
    """Notices of the list; facts canonical and within the kind's allow-list."""
    for notice in Notice.objects.order_by("id").iterator(BATCH):
        fault = _facts_fault(notice.facts, NOTICE_KINDS.get(notice.kind, frozenset()))
        if fault or notice.kind not in NOTICE_KINDS:
            yield Finding("ledger_notice", f"id={notice.id.hex}", fault or f"{notice.kind} is no kind of notice")


def _facts_fault(text: str, allowed: frozenset[str]) -> str:
    try:
        facts = json.loads(text)
        if canonical_bytes(facts).decode() != text:
            return "facts are not in canonical form"
    except ValueError as fault:
        return f"facts cannot be read: {fault}"
    unknown = set(facts) - allowed
    return f"facts that may not be published: {', '.join(sorted(unknown))}" if unknown else ""


# ---- L4 ----


def keys_are_unique() -> Iterator[Finding]:
    """Each key once in a book."""
    for table in (ENTRY, "ledger_notice"):
        for book_id, key in fetched(
            f"SELECT book_id, idempotency_key FROM {table} GROUP BY book_id, idempotency_key HAVING count(*) > 1"
        ):
            yield Finding(table, f"book_id={book_id} idempotency_key={key}", "this key stands twice (L4)")


def inputs_of(entry_ids: Sequence[Any]) -> Iterator[Finding]:
    """The input hash is that of what the entry says."""
    entries = list(JournalEntry.objects.filter(id__in=entry_ids).select_related("book").order_by("id"))
    lines = _lines([entry.id for entry in entries])
    origins = _origins(entries)
    for entry in entries:
        try:
            expected = _input_hash(entry, lines[entry.id], origins)
        except (Refused, ValueError, KeyError, TypeError) as fault:
            yield Finding(ENTRY, entry_row(entry), f"is no draft that could be posted: {fault}")
            continue
        if expected != bytes(entry.input_hash):
            yield Finding(ENTRY, entry_row(entry), "does not say what its input hash was made of (L4)")


def _lines(entry_ids: Sequence[UUID]) -> dict[UUID, list[Line]]:
    found: dict[UUID, list[Line]] = defaultdict(list)
    for entry_id, fund, debit, credit, amount, currency in (
        Posting.objects.filter(entry_id__in=entry_ids)
        .order_by("entry_id", "line")
        .values_list(
            "entry_id", "fund__code", "debit_account__code", "credit_account__code", "amount_minor", "currency"
        )
    ):
        found[entry_id].append(Line(fund, debit, credit, amount, currency))
    return found


def _origins(entries: Sequence[JournalEntry]) -> dict[int, UUID]:
    """Which entry stands at each position that a refund names."""
    places = set()
    for entry in entries:
        if entry.kind in TAKE_BACKS:
            place = _facts(entry).get("origin")
            places.update([place] if isinstance(place, int) else [])
    return dict(LogLeaf.objects.filter(position__in=places).values_list("position", "entry_id"))


def _facts(entry: JournalEntry) -> dict[str, Any]:
    try:
        facts = json.loads(entry.facts)
    except ValueError:
        return {}
    return facts if isinstance(facts, dict) else {}


def _input_hash(entry: JournalEntry, lines: Sequence[Line], origins: dict[int, UUID]) -> bytes:
    draft = Draft(
        book=entry.book.code,
        kind=entry.kind,
        effective_on=entry.effective_on,
        document_kind=entry.document_kind,
        document_ref=entry.document_ref,
        lines=tuple(lines),
        facts=json.loads(entry.facts),
        commitment=None if entry.commitment is None else bytes(entry.commitment),
        reverses=entry.reverses_id,
    )
    if entry.kind not in TAKE_BACKS:
        return draft.input_hash()
    facts = draft.facts
    parts = [facts["unspent"], facts["covered"], facts["deficit"]]
    if sum(parts) != sum(line.amount_minor for line in lines) or len(lines) != sum(1 for part in parts if part):
        raise ValueError("its postings do not add up to what was taken back")
    return refund_input_hash(
        origin=origins[facts["origin"]],
        amount_minor=sum(parts),
        kind=entry.kind,
        document_ref=entry.document_ref,
        effective_on=entry.effective_on,
    )


# ---- L5 ----


def reversals_mirror() -> Iterator[Finding]:
    """The same postings with the sides exchanged, in the same book, later, and only once."""
    for row in fetched(
        """
        SELECT e.id FROM ledger_journalentry e LEFT JOIN ledger_journalentry o ON o.id = e.reverses_id
        WHERE e.reverses_id IS NOT NULL AND (
            o.id IS NULL OR o.book_id <> e.book_id OR o.posting_count <> e.posting_count
            OR o.recorded_at > e.recorded_at OR (o.recorded_at = e.recorded_at AND o.id >= e.id)
            OR EXISTS (
                SELECT 1 FROM ledger_posting p LEFT JOIN ledger_posting m ON m.entry_id = e.id AND m.line = p.line
                    AND m.fund_id = p.fund_id AND m.amount_minor = p.amount_minor AND m.currency = p.currency
                    AND m.debit_account_id = p.credit_account_id AND m.credit_account_id = p.debit_account_id
                WHERE p.entry_id = o.id AND m.entry_id IS NULL
            )
        )
        """
    ):
        yield Finding(ENTRY, named(["id"], row), "is no mirror of one earlier entry (L5)")
    for row in fetched(
        "SELECT reverses_id FROM ledger_journalentry WHERE reverses_id IS NOT NULL "
        "GROUP BY reverses_id HAVING count(*) > 1"
    ):
        yield Finding(ENTRY, named(["id"], row), "was reversed twice (L5)")


# ---- L7 ----


def periods_are_closed() -> Iterator[Finding]:
    """Each closed period has its notice, says the same, and no entry of its days came after it."""
    places = dict(LogLeaf.objects.filter(notice__kind="PERIOD_CLOSED").values_list("notice_id", "position"))
    notices = {(row.book_id, row.facts): row for row in Notice.objects.filter(kind="PERIOD_CLOSED")}
    for period in Period.objects.order_by("id"):
        row = f"id={period.id} book_id={period.book_id} starts_on={period.starts_on}"
        facts = canonical_bytes({"starts": str(period.starts_on), "ends": str(period.ends_on)}).decode()
        notice = notices.pop((period.book_id, facts), None)
        if notice is None or (notice.recorded_at, notice.recorded_by) != (period.closed_at, period.closed_by):
            yield Finding("ledger_period", row, "is not as a PERIOD_CLOSED notice says (L7)")
            continue
        yield from _entries_after(period, places.get(notice.id))
    for notice in notices.values():
        yield Finding("ledger_period", f"book_id={notice.book_id} {notice.facts}", "was announced and is not there")


def _entries_after(period: Period, place: int | None) -> Iterator[Finding]:
    condition = "" if place is None else "AND l.position < %s"
    for row in fetched(
        f"""
        SELECT e.id, e.document_ref FROM ledger_journalentry e
        LEFT JOIN ledger_logleaf l ON l.entry_id = e.id {condition}
        WHERE e.book_id = %s AND e.effective_on >= %s AND e.effective_on <= %s AND l.position IS NULL
        """,
        [*([] if place is None else [place]), period.book_id, _day(period.starts_on), _day(period.ends_on)],
    ):
        says = f"is dated in a period closed from {period.starts_on} on (L7)"
        yield Finding(ENTRY, named(["id", "document_ref"], row), says)


def _day(day: date) -> Any:
    return connection.ops.adapt_datefield_value(day)
