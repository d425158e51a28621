"""The one door: nothing else inserts entries, postings, stretches or notices.

Postings and stretches go first, the entry last: its insert claims the idempotency key, checks everything and seals.
What a law of the database refuses comes back as ``Refused`` with a code; nothing is written then.
"""

import hashlib
import os
import secrets
import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from ledger.answers import book_unknown, facts_not_public, key_reused, refusal_of
from ledger.core.canonical import LARGEST_LEAF, canonical_bytes
from ledger.core.entries import Draft, Line, mirrored
from ledger.core.ids import uuid7_number
from ledger.core.leaves import microseconds
from ledger.core.lines import take_last, total
from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _
from ledger.fund_lines import lock_lines
from ledger.models import Book, JournalEntry, LogLeaf, Notice, Posting, entries_with_keys
from ledger.policy import recipes
from ledger.policy.chart import flow
from ledger.policy.kinds import CAME_BACK, KINDS, NOTICE_KINDS, REINSTATING, RETURNABLE, TAKE_BACKS
from ledger.writing import NO_STRETCHES, Stretches, write_entry

# Every book has this unrestricted fund: it bears fees, covers refunds of spent gifts, and takes general gifts.
GENERAL_FUND = "general"


@dataclass(frozen=True, slots=True)
class Posted:
    """The entry of a business event. ``created`` is False when the same event was posted before."""

    entry_id: UUID
    created: bool


class _Ids:
    """Hands out time-ordered ids that keep their order inside one process, also for equal moments."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Begin anew: a forked process must hand out no random bytes that its parent hands out too."""
        self._lock = threading.Lock()
        self._last = (0, 0)
        self._random, self._used = b"", 0

    def several(self, at: datetime, count: int) -> list[int]:
        """As many as asked, in their order."""
        milliseconds = microseconds(at) // 1000
        with self._lock:
            first = self._last[1] + 1 if self._last[0] == milliseconds else 0
            self._last = (milliseconds, first + count - 1)
        random = secrets.token_bytes(8 * count)
        return [uuid7_number(milliseconds, first + n, random[8 * n : 8 * n + 8]) for n in range(count)]

    def next(self, at: datetime) -> int:
        milliseconds = microseconds(at) // 1000
        with self._lock:
            counter = self._last[1] + 1 if self._last[0] == milliseconds else 0
            self._last = (milliseconds, counter)
            # Each question to the system lets another thread take over: many ids share one.
            if self._used == len(self._random):
                self._random, self._used = secrets.token_bytes(8 * IDS_AT_ONCE), 0
            begin = self._used
            self._used += 8
            random = self._random[begin : self._used]
        return uuid7_number(milliseconds, counter, random)


IDS_AT_ONCE = 512
_ids = _Ids()
os.register_at_fork(after_in_child=_ids.begin)
_A_DAY = timedelta(days=1)


def new_ids_hex(at: datetime, count: int) -> list[str]:
    """Ids of one moment, drawn together, as 32 hexadecimal digits each."""
    return [f"{number:032x}" for number in _ids.several(at, count)]


def new_id(at: datetime) -> UUID:
    """An id for what happens at a moment, later in order than every one given before for the same millisecond."""
    return UUID(int=_ids.next(at))


def new_id_hex(at: datetime) -> str:
    """The same as 32 hexadecimal digits."""
    return f"{_ids.next(at):032x}"


def post(draft: Draft, *, by: str, at: datetime, key: str) -> Posted:
    """Post a draft. ``by`` is the actor's opaque reference, ``at`` the moment, ``key`` names the business event.

    The same key and draft again returns the first entry (``created`` False). Refused: ``key_reused``,
    ``fund_overspent``, ``period_closed``, ``book_unknown``, ``fund_unknown``, ``account_unknown``,
    ``effective_in_future``. A draft that lowers what a fund is worth takes the next free stretch of its line.
    """
    outgoing = {fund: -net for fund, net in net_by_fund(draft.lines).items() if net < 0}
    if not outgoing:
        return _write(draft, draft.input_hash(), NO_STRETCHES, by=by, at=at, key=key)
    with transaction.atomic():
        lines = lock_lines(draft.book, outgoing)
        # A spending looks for its key first: the money may be gone only because this very event has taken it.
        earlier = _earlier(draft.book, key, draft.input_hash())
        if earlier:
            return earlier
        uses = {fund: lines[fund].spend(amount) for fund, amount in outgoing.items()}
        return _write(draft, draft.input_hash(), Stretches(uses, {}, {}), by=by, at=at, key=key)


def reverse(
    entry_id: UUID, *, document_ref: str, effective_on: date, by: str, at: datetime, key: str, came_back: bool = False
) -> Posted:
    """Undo an entry by its mirror. Money that comes back to a fund becomes a new lot behind the others.

    ``came_back``: a refund or a dispute did not hold, so its mirror bears the name of that (``CAME_BACK``).
    Refused: ``already_reversed``, ``already_spent`` (what the entry brought is used: refund it instead),
    ``not_yet_in_log``.
    """
    with transaction.atomic():
        origin, lines = _origin(entry_id)
        kind = _kind_of_mirror(origin.kind, came_back)
        draft = Draft(
            book=origin.book.code,
            kind=kind,
            effective_on=effective_on,
            document_kind=KINDS[kind].document_kind,
            document_ref=document_ref,
            lines=mirrored(lines),
            reverses=entry_id,
        )
        outgoing = [fund for fund, net in net_by_fund(draft.lines).items() if net < 0]
        state = lock_lines(draft.book, outgoing)
        earlier = _earlier(draft.book, key, draft.input_hash())
        if earlier:
            return earlier
        if JournalEntry.objects.filter(reverses=entry_id).exists():
            raise Refused("already_reversed", _("This entry has been reversed already."))
        holes = {}
        for fund in outgoing:
            lot = state[fund].lot_of(entry_id)
            if state[fund].unspent(lot) != [lot]:
                raise Refused("already_spent", _("Part of this money is spent or refunded; refund it instead."))
            holes[fund] = [lot]
        return _write(draft, draft.input_hash(), Stretches({}, holes, {}), by=by, at=at, key=key)


def _kind_of_mirror(kind: str, came_back: bool) -> str:
    if came_back:
        return CAME_BACK.get(kind, "REVERSAL")
    return "AWARD_CANCELLED" if kind == "AWARD" else "REVERSAL"


def refund(
    *,
    origin: UUID,
    amount_minor: int,
    kind: str = "REFUND",
    document_ref: str,
    effective_on: date,
    by: str,
    at: datetime,
    key: str,
) -> Posted:
    """Take back a gift or a match, in whole or in part (``kind`` REFUND, MATCH_RELEASE or DISPUTE_WITHDRAWN).

    The unspent part becomes a hole in the origin's own lot, last units first. For the spent part the relief stays paid:
    a cover over it, and the general fund stands in, as far as it can; the rest stands on the deficit account. Of money
    that came back (``REINSTATING``) the first line can be taken back again. Refused:
    ``not_yet_in_log``, ``refund_too_large``, ``refund_not_possible``.
    """
    input_hash = refund_input_hash(
        origin=origin, amount_minor=amount_minor, kind=kind, document_ref=document_ref, effective_on=effective_on
    )
    with transaction.atomic():
        entry, lines = _origin(origin)
        again = entry.kind in REINSTATING
        if kind not in TAKE_BACKS or not (again or KINDS[entry.kind].source in RETURNABLE):
            raise Refused("refund_not_possible", _("Only gifts and matches can be taken back."))
        if (len(lines) != 1 and not again) or flow(lines[0].debit, lines[0].credit) != 1:
            raise Refused("refund_not_possible", _("Only money that came into one fund can be taken back."))
        line, book = lines[0], entry.book.code
        state = lock_lines(book, {line.fund, GENERAL_FUND})
        earlier = _earlier(book, key, input_hash)
        if earlier:
            return earlier
        lot = state[line.fund].lot_of(origin)
        unspent, spent = state[line.fund].unspent(lot), state[line.fund].spent(lot)
        if not 0 < amount_minor <= total(unspent) + total(spent):
            raise Refused(
                "refund_too_large",
                _("%(left)s is left of this gift (in minor units); %(asked)s cannot be taken back."),
                left=total(unspent) + total(spent),
                asked=amount_minor,
            )
        holes = take_last(unspent, amount_minor)
        covers = take_last(spent, amount_minor - total(holes))
        state[line.fund] = state[line.fund].with_holes(holes)
        bearer = state[GENERAL_FUND]
        # A general fund in another currency cannot stand in: the shortfall is stated in the gift's own fund.
        bears = bearer.currency == line.currency
        covered = min(total(covers), bearer.available) if bears else 0
        draft = recipes.take_back(
            kind,
            book=book,
            fund=line.fund,
            income_account=line.credit,
            money_account=line.debit,
            general_fund=GENERAL_FUND if bears else line.fund,
            unspent_minor=total(holes),
            covered_minor=covered,
            deficit_minor=total(covers) - covered,
            currency=line.currency,
            effective_on=effective_on,
            document_ref=document_ref,
            origin_index=LogLeaf.objects.values_list("position", flat=True).get(entry_id=origin),
        )
        uses = {GENERAL_FUND: bearer.spend(covered)} if covered else {}
        stretches = Stretches(uses, {line.fund: holes}, {line.fund: covers})
        return _write(draft, input_hash, stretches, by=by, at=at, key=key)


def refund_input_hash(*, origin: UUID, amount_minor: int, kind: str, document_ref: str, effective_on: date) -> bytes:
    """SHA-256 over what was asked: which parts are unspent is decided by the line, so it is no input."""
    request = {"amount": amount_minor, "doc": document_ref, "kind": kind, "on": effective_on.isoformat()}
    return hashlib.sha256(canonical_bytes({**request, "origin": origin.hex})).digest()


def notice(
    kind: str, *, book: str, effective_on: date, facts: Mapping[str, Any], by: str, at: datetime, key: str
) -> UUID:
    """Put a public fact without postings into the log. The same key and facts again changes nothing."""
    unknown = set(facts) - NOTICE_KINDS[kind]
    if unknown:
        raise facts_not_public(unknown)
    text = canonical_bytes(dict(facts)).decode()
    owner = Book.objects.filter(code=book).first()
    if owner is None:
        raise book_unknown(book)
    notice_id = new_id(at)
    try:
        with transaction.atomic():
            Notice.objects.create(
                id=notice_id,
                book=owner,
                kind=kind,
                effective_on=effective_on,
                recorded_at=at,
                recorded_by=by,
                idempotency_key=key,
                facts=text,
            )
    except IntegrityError:
        there = Notice.objects.filter(book=owner, idempotency_key=key).first()
        if there is None:
            raise
        if (there.kind, there.facts) != (kind, text):
            raise key_reused(key) from None
        return there.id
    return notice_id


def net_by_fund(lines: Iterable[Line]) -> dict[str, int]:
    """What each fund's line gains (positive) or loses (negative) by some postings, in minor units."""
    nets: dict[str, int] = defaultdict(int)
    for line in lines:
        nets[line.fund] += line.amount_minor * flow(line.debit, line.credit)
    return nets


# ---- writing ----


def _write(draft: Draft, input_hash: bytes, stretches: Stretches, *, by: str, at: datetime, key: str) -> Posted:
    check(draft, at)
    entry_id = new_id(at)
    try:
        write_entry(draft, entry_id, input_hash, stretches, by=by, at=at, key=key)
    except IntegrityError as error:
        earlier = _earlier(draft.book, key, input_hash)
        if earlier:
            return earlier
        raise refusal_of(error) from error
    return Posted(entry_id, created=True)


def check(draft: Draft, at: datetime) -> None:
    """What a draft must be before it is written: of a known kind, with facts of its allow-list, not of the future.

    Refused: ``kind_unknown``, ``fact_not_public``, ``effective_in_future``, ``leaf_too_large``.
    """
    rule = KINDS.get(draft.kind)
    if rule is None or draft.document_kind != rule.document_kind:
        raise Refused("kind_unknown", _("There is no entry of the kind %(kind)s."), kind=draft.kind)
    if not rule.facts.issuperset(draft.facts):
        raise facts_not_public(set(draft.facts) - rule.facts)
    if draft.effective_on > at.date() + _A_DAY:
        raise Refused("effective_in_future", _("An entry cannot be dated in the future."))
    # At most four bytes a character of the facts, and 200 a posting.
    if 4 * len(str(draft.facts)) + 200 * len(draft.lines) > LARGEST_LEAF - 2_000:
        raise Refused("leaf_too_large", _("This entry is too large for the public log; split the event."))


# ---- answers ----


def _earlier(book: str, key: str, input_hash: bytes) -> Posted | None:
    """The entry that has this key already: the first result for the same input, a refusal for another."""
    there = entries_with_keys(book, [key]).values_list("id", "input_hash").first()
    if there is None:
        return None
    if bytes(there[1]) != input_hash:
        raise key_reused(key)
    return Posted(there[0], created=False)


def _origin(entry_id: UUID) -> tuple[JournalEntry, tuple[Line, ...]]:
    origin = JournalEntry.objects.select_related("book").filter(id=entry_id).first()
    if origin is None:
        raise Refused("entry_unknown", _("There is no such entry."))
    return origin, lines_of(entry_id)


def lines_of(entry_id: UUID) -> tuple[Line, ...]:
    """The postings of an entry, by codes, in order."""
    rows = (
        Posting.objects.filter(entry_id=entry_id)
        .order_by("line")
        .values_list("fund__code", "debit_account__code", "credit_account__code", "amount_minor", "currency")
    )
    return tuple(Line(*row) for row in rows)
