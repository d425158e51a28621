"""Working a whole pot out again from the public log and its published versions, and naming what is not so.

`rules.replay` knows nothing of these tables: what it says from the log alone is what must stand in them.
"""

from collections.abc import Iterator
from heapq import merge
from operator import attrgetter

from ledger import transparency
from projects.catalog.queries import book_of
from projects.matching import rules
from projects.matching.models import MatchPool
from projects.matching.runner import TAKEN_BACK, taken_back, values_of


def differences(pool: MatchPool) -> list[str]:
    """The references of gifts and refunds that were answered otherwise than the rule says. Empty is right."""
    pool.refresh_from_db(fields=["next_position"])
    versions = values_of(pool.rules.filter(published_at__isnull=False))
    due = rules.replay(
        versions, pledged_minor=pool.pledged_minor, currency=pool.currency, events=_events(pool, pool.next_position)
    )
    return sorted(_expected(due) ^ _written(pool))


def _expected(answers: list[rules.Matched | rules.Released]) -> set[str]:
    return {
        _line(a.gift.ref, a.gift.position, a.decision.wanted_minor, a.decision.matched_minor, a.rule.version)
        if isinstance(a, rules.Matched)
        else _line(a.refund.ref, a.refund.position, 0, -a.amount_minor, 0)
        for a in answers
    }


def _written(pool: MatchPool) -> set[str]:
    matches = {
        _line(*row)
        for row in pool.matches.values_list("gift_ref", "gift_index", "wanted_minor", "matched_minor", "rule__version")
    }
    releases = {
        _line(ref, index, 0, -released, 0)
        for ref, index, released in pool.releases.values_list("refund_ref", "refund_index", "released_minor")
    }
    return matches | releases


def _line(ref: str, position: int, wanted: int, matched: int, version: int) -> str:
    return f"{ref} at {position}: {matched} of {wanted} by version {version}"


def _events(pool: MatchPool, until: int) -> Iterator[rules.GiftSeen | rules.RefundSeen]:
    """What happened to the pot's fund, in log order, as far as the pot has looked.

    Gifts of other funds are left out by the database; a refund is asked which gift it takes back, for the part of it
    that is spent already stands in another fund.
    """
    book, fund = book_of(pool.project), pool.project.fund_code
    given = transparency.all_entries(kinds=("GIFT",), fund=(book, fund))
    taken = transparency.all_entries(kinds=tuple(TAKEN_BACK))
    gifts: dict[int, str] = {}
    for entry in merge(given, taken, key=attrgetter("position")):
        if entry.position >= until:
            return
        if entry.kind == "GIFT":
            gifts[entry.position] = entry.document_ref
            yield rules.GiftSeen(
                entry.position, entry.document_ref, entry.effective_on, entry.amount_minor, entry.currency
            )
        elif entry.book == book and (gift_ref := gifts.get(entry.facts["origin"])):
            yield rules.RefundSeen(entry.position, entry.document_ref, gift_ref, taken_back(entry))
