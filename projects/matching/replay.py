"""Working a whole pot out again from the public log and its published versions, and naming what is not so.

`rules.replay` knows nothing of these tables: what it says from the log alone is what must stand in them. Both are
read in the order of the log, side by side.
"""

from collections.abc import Iterable, Iterator
from heapq import merge
from itertools import groupby
from operator import attrgetter, itemgetter

from ledger import transparency
from projects.catalog.queries import book_of
from projects.matching import rules
from projects.matching.models import Match, MatchPool
from projects.matching.runner import TAKEN_BACK, seen, taken_back, values_of

# An answer: position and reference of a gift or a refund, what was wanted, what was matched (released: less than
# nothing), and the rule's version.
Answered = tuple[int, str, int, int, int]
AT_ONCE = 2_000


def differences(pool: MatchPool) -> list[str]:
    """The references of gifts and refunds that were answered otherwise than the rule says. Empty is right."""
    pool.refresh_from_db(fields=["next_position"])
    versions = values_of(pool.rules.filter(published_at__isnull=False).select_related("after"))
    due = rules.replay(
        versions, pledged_minor=pool.pledged_minor, currency=pool.currency, events=_events(pool, pool.next_position)
    )
    return sorted(_line(*answer) for answer in _unlike(_expected(due), _written(pool)))


def _unlike(due: Iterator[Answered], written: Iterator[Answered]) -> Iterator[Answered]:
    """What stands in one of the two only; both are in the order of positions."""
    position = itemgetter(0)
    both = merge(((answer, True) for answer in due), ((answer, False) for answer in written), key=lambda one: one[0][0])
    for _at, answers in groupby(both, key=lambda one: position(one[0])):
        here = list(answers)
        if len(here) == 2 and here[0][0] == here[1][0] and here[0][1] != here[1][1]:
            continue
        yield from {answer for answer, is_due in here if is_due} ^ {answer for answer, is_due in here if not is_due}


def _expected(answers: Iterable[rules.Matched | rules.Released]) -> Iterator[Answered]:
    for a in answers:
        if isinstance(a, rules.Matched):
            yield a.gift.position, a.gift.ref, a.decision.wanted_minor, a.decision.matched_minor, a.rule.version
        else:
            yield a.refund.position, a.refund.ref, 0, -a.amount_minor, 0


def _written(pool: MatchPool) -> Iterator[Answered]:
    matches = pool.matches.order_by("gift_index").values_list(
        "gift_index", "gift_ref", "wanted_minor", "matched_minor", "rule__version"
    )
    releases = pool.releases.order_by("refund_index").values_list("refund_index", "refund_ref", "released_minor")
    released = ((index, ref, 0, -minor, 0) for index, ref, minor in releases.iterator(AT_ONCE))
    return merge(matches.iterator(AT_ONCE), released, key=itemgetter(0))


def _line(position: int, ref: str, wanted: int, matched: int, version: int) -> str:
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
    # The pot that is tried first is worked out again by itself; here what it answered is taken as it stands.
    first = {rule.after_id for rule in pool.rules.filter(after__isnull=False)}
    covered = dict(Match.objects.filter(pool__in=first, matched_minor__gt=0).values_list("gift_ref", "matched_minor"))
    for entry in merge(given, taken, key=attrgetter("position")):
        if entry.position >= until:
            return
        if entry.kind == "GIFT":
            gifts[entry.position] = entry.document_ref
            yield seen(entry, covered_minor=min(covered.get(entry.document_ref, 0), entry.amount_minor))
        elif entry.book == book and (gift_ref := gifts.get(entry.facts["origin"])):
            yield rules.RefundSeen(entry.position, entry.document_ref, gift_ref, taken_back(entry))
