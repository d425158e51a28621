"""Money that became free is offered to earlier gifts that lacked some, where their version says so."""

from projects.matching import rules
from projects.matching.models import Match
from projects.matching.walk import Round, Walk, add_match, used


def offer(walk: Walk, position: int) -> int:
    """Give free money to the earliest gifts that lack some, until one cannot be given all; how many rows that made.

    ``position`` is the place in the log of what made it free. The answers are those of `pot.Pot`.
    """
    if not any(rule.reoffers for rule in walk.rules):
        return 0
    values = {rule.version: rule for rule in walk.rules}
    written = 0
    while walk.available_minor > 0 and (first := _first_short(walk)) is not None:
        parts = list(walk.pool.matches.filter(gift_ref=first.gift_ref).order_by("round"))
        last = first.releases.order_by("-place").first()
        returned = last.refunded_minor if last else 0
        standing = sum(part.standing_minor for part in parts)
        lacks = rules.lacking(first.wanted_minor, first.gift_minor, returned, standing)
        if lacks:
            left = walk.left(values[first.rule.version])
            if not left:
                break
            _give(walk, parts, lacks, left, position, rest_minor=first.gift_minor - returned)
            written += 1
            if left < lacks:
                break
        # It has got all, for good: what goes back of a gift takes its share of every part.
        walk.pool.short_place = first.place + 1
    return written


def _first_short(walk: Walk) -> Match | None:
    short = walk.pool.matches.filter(reason=rules.POT_ENDED, place__gte=walk.pool.short_place, rule__reoffers=True)
    return short.order_by("place").select_related("rule").first()


def _give(walk: Walk, parts: list[Match], lacks: int, left: int, position: int, *, rest_minor: int) -> None:
    first = parts[0]
    gift = rules.GiftSeen(
        first.gift_index,
        first.gift_ref,
        first.gift_on,
        first.gift_minor,
        walk.pool.currency,
        donor=first.donor_ref,
        covered_minor=first.covered_minor,
    )
    decision = rules.Decision(lacks, min(lacks, left), left, rules.REOFFERED)
    this = Round(rest_minor, number=len(parts) + 1, offered_index=position)
    add_match(walk, gift, first.gift_entry_id, walk.versions[first.rule.version], decision, used(walk, gift), this)
