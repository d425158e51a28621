"""Working a whole pot out again from the public log and its published versions, and naming what is not so.

`pot.replay` knows nothing of these tables: what it says from the log alone is what must stand in them. Both are read in
the order of the log, side by side.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from heapq import merge
from operator import attrgetter, itemgetter
from typing import Any

from ledger import transparency
from ledger.transparency import NoticeTold, Told
from projects.catalog.queries import book_of
from projects.matching import pot
from projects.matching.models import Match, MatchPool
from projects.matching.rules import GiftSeen
from projects.matching.runner import TAKEN_BACK, taken_back
from projects.matching.walk import values_of

# An answer: its place in the log, the reference of a gift, a refund or a hold, what was wanted, what was matched (less
# than nothing where it was freed), the rule's version (released: the round), and what had been held.
Answered = tuple[int, str, int, int, int, int]
AT_ONCE = 2_000
HOLDS = ("MATCH_HOLD_ASKED", "MATCH_HOLD_ENDED", "MATCH_REST_WITHDRAWN")


class Wishes:
    """What was asked of the pots of a book by notices, in log order: a book is read once for all of its pots.

    One book is kept at a time, and each pot's part is handed out once: go over the pots book by book.
    """

    def __init__(self) -> None:
        self._book = ""
        self._asked: dict[str, list[pot.Event]] = {}

    def of(self, pool: MatchPool) -> list[pot.Event]:
        book = book_of(pool.project)
        if book != self._book:
            self._book, self._asked = book, {}
            for told in transparency.all_notices(kinds=HOLDS, book=book):
                self._asked.setdefault(told.facts["pool"], []).append(_wish(told))
        return self._asked.pop(pool.ref, [])


def differences(pool: MatchPool, wishes: Wishes | None = None) -> list[str]:
    """The references of gifts and refunds that were answered otherwise than the rule says. Empty is right.

    With ``wishes``, which is handed on from pot to pot, the notices of a book are read once.
    """
    pool.refresh_from_db(fields=["next_position"])
    versions = values_of(pool.rules.filter(published_at__isnull=False).select_related("after"))
    events = _events(pool, pool.next_position, (wishes or Wishes()).of(pool))
    due = pot.replay(versions, pledged_minor=pool.pledged_minor, currency=pool.currency, events=events)
    return sorted(_line(*answer) for answer in _unlike(_expected(due), _written(pool)))


def _unlike(due: Iterator[Answered], written: Iterator[Answered]) -> Iterator[Answered]:
    """What stands in one of the two only; both are in the order of positions, and nearly always the same."""
    mine, theirs = next(due, None), next(written, None)
    while mine is not None or theirs is not None:
        if mine == theirs:
            mine, theirs = next(due, None), next(written, None)
            continue
        position = min(answer[0] for answer in (mine, theirs) if answer is not None)
        one, other = set(), set()
        while mine is not None and mine[0] == position:
            one.add(mine)
            mine = next(due, None)
        while theirs is not None and theirs[0] == position:
            other.add(theirs)
            theirs = next(written, None)
        yield from one ^ other


def _expected(answers: Iterable[pot.Answer]) -> Iterator[Answered]:
    for a in answers:
        if isinstance(a, pot.Matched):
            yield a.at, a.gift.ref, a.decision.wanted_minor, a.decision.matched_minor, a.rule.version, a.held_minor
        elif isinstance(a, pot.Released):
            yield a.refund.position, a.refund.ref, 0, -a.amount_minor, a.round, 0
        elif isinstance(a, pot.Held):
            yield a.asked.position, f"hold {a.asked.gift_ref}", 0, a.amount_minor, a.version, 0
        elif isinstance(a, pot.HoldOver):
            yield a.position, f"hold {a.gift_ref}", 0, -a.amount_minor, 0, 0
        else:
            yield a.position, "rest", 0, a.amount_minor, 0, 0


def _written(pool: MatchPool) -> Iterator[Answered]:
    columns = ("gift_ref", "wanted_minor", "matched_minor", "rule__version", "held_minor")
    first = pool.matches.filter(round=1).order_by("gift_index").values_list("gift_index", *columns)
    later = pool.matches.filter(round__gt=1).order_by("offered_index").values_list("offered_index", *columns)
    released = pool.releases.order_by("refund_index").values_list(
        "refund_index", "refund_ref", "released_minor", "match__round"
    )
    held = pool.holds.order_by("asked_index").values_list("asked_index", "gift_ref", "held_minor", "rule__version")
    over = pool.hold_ends.order_by("ended_index").values_list("ended_index", "hold__gift_ref", "start", "stop")
    rests = pool.withdrawals.order_by("withdrawn_index").values_list("withdrawn_index", "start", "stop")
    others = merge(
        later.iterator(AT_ONCE),
        ((at, ref, 0, -minor, number, 0) for at, ref, minor, number in released.iterator(AT_ONCE)),
        ((at, f"hold {ref}", 0, minor, version or 0, 0) for at, ref, minor, version in held.iterator(AT_ONCE)),
        ((at, f"hold {ref}", 0, start - stop, 0, 0) for at, ref, start, stop in over.iterator(AT_ONCE)),
        ((at, "rest", 0, stop - start, 0, 0) for at, start, stop in rests),
        key=itemgetter(0),
    )
    return _in_order(first.iterator(AT_ONCE), others, itemgetter(0))


def _in_order(many: Iterable[Any], few: Iterator[Any], place: Callable[[Any], int]) -> Iterator[Any]:
    """Two streams as one by their places: of many thousands, and of those that come now and then between them."""
    other = next(few, None)
    until = pot.MOST_POSITIONS if other is None else place(other)
    for one in many:
        while until < place(one):
            yield other
            other = next(few, None)
            until = pot.MOST_POSITIONS if other is None else place(other)
        yield one
    if other is not None:
        yield other
    yield from few


def _line(position: int, ref: str, wanted: int, matched: int, version: int, held: int) -> str:
    return f"{ref} at {position}: {matched} of {wanted} by version {version}" + (f", {held} held" if held else "")


def _events(pool: MatchPool, until: int, asked: Iterable[pot.Event]) -> Iterator[pot.Event]:
    """What happened to the pot's fund, in log order, as far as the pot has looked.

    Gifts of other funds are left out by the database; a refund is asked which gift it takes back, for the part of it
    that is spent already stands in another fund.
    """
    book, fund = book_of(pool.project), pool.project.fund_code
    given = transparency.all_entries(kinds=("GIFT",), fund=(book, fund))
    taken = transparency.all_entries(kinds=tuple(TAKEN_BACK))
    gifts: dict[int, str] = {}
    # The pot that is tried first is worked out again by itself; here what it answered is taken as it stands.
    first = {rule.after_id for rule in pool.rules.filter(after__isnull=False)}
    covering = Match.objects.filter(pool__in=first, matched_minor__gt=0, round=1)
    covered = dict(covering.values_list("gift_ref", "matched_minor")) if first else {}
    read = lru_cache(1_000)(json.loads)
    told = _in_order(given, merge(taken, asked, key=attrgetter("position")), attrgetter("position"))
    for entry in told:
        if entry.position >= until:
            return
        if not isinstance(entry, Told):
            yield entry
        elif entry.kind == "GIFT":
            gifts[entry.position] = entry.document_ref
            yield _gift(entry, read(entry.written_facts), covered)
        elif entry.book == book and (gift_ref := gifts.get(entry.facts["origin"])):
            yield pot.RefundSeen(entry.position, entry.document_ref, gift_ref, taken_back(entry))


def _gift(entry: Told, facts: dict[str, Any], covered: dict[str, int]) -> GiftSeen:
    """As `walk.seen`, of facts that many gifts have in common."""
    return GiftSeen(
        entry.position,
        entry.document_ref,
        entry.effective_on,
        entry.amount_minor,
        entry.currency,
        facts.get("channel", ""),
        facts.get("donor", ""),
        min(covered.get(entry.document_ref, 0), entry.amount_minor) if covered else 0,
    )


def _wish(told: NoticeTold) -> pot.Event:
    if told.kind == "MATCH_HOLD_ASKED":
        return pot.HoldAsked(told.position, told.facts["gift"], told.on, told.facts["amount"])
    if told.kind == "MATCH_HOLD_ENDED":
        return pot.HoldEnded(told.position, told.facts["gift"])
    return pot.RestWithdrawn(told.position)
