"""How much is matched: pure arithmetic on whole minor units. Equal inputs give equal answers, for ever.

A share is rounded to the minor unit, down unless the rule says to the nearest. What is released for a part of a gift is
rounded down, so it is never a fraction more than that part's share; when the whole gift has gone back the whole match
is released, exactly.

A match depends only on what the public log shows: the gift's place, its day, its channel, its amount, the donor's
opaque reference where a rule caps donors, and the rule versions published before it. So anybody can work every match
out again.

Caps per donor and per day count what was ever matched. A refund does not open them again: whoever takes the match and
then the gift back would otherwise be matched a second time. For the same reason a version that holds money, or offers
freed money again, has no such caps.

`pot` puts these answers one behind the other, for a whole pot.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

BPS = 10_000

# Why a match is what it is. Stored with the match, shown to donors in their language.
FULL = "FULL"
GIFT_CAP = "GIFT_CAP"
POT_ENDED = "POT_ENDED"
DONOR_CAP = "DONOR_CAP"
DAY_CAP = "DAY_CAP"
OTHER_CHANNEL = "OTHER_CHANNEL"
NO_DONOR = "NO_DONOR"
TOO_SMALL = "TOO_SMALL"
OTHER_CURRENCY = "OTHER_CURRENCY"
# A later answer: money became free, and the gift had not got all that the rule wanted for it.
REOFFERED = "REOFFERED"

# How a share that is no whole number of minor units becomes one.
DOWN = "DOWN"
NEAREST = "NEAREST"


@dataclass(frozen=True, slots=True)
class Rule:
    """One published version. It counts for gifts behind its notice in the log, dated inside its days (both count)."""

    version: int
    ratio_bps: int
    cap_per_gift_minor: int | None
    cap_total_minor: int | None
    opens_on: date
    closes_on: date
    notice_position: int
    cap_per_donor_minor: int | None = None
    cap_per_day_minor: int | None = None
    # The channels whose gifts are matched; none named means all.
    channels: tuple[str, ...] = ()
    rounding: str = DOWN
    # Pot order: the reference of a pot that is tried first. What it matched of a gift is not matched again.
    after: str = ""
    # Money is held for a gift before it is paid; money that becomes free is offered to earlier gifts that lacked some.
    reserves: bool = False
    reoffers: bool = False

    def holds(self, position: int, day: date) -> bool:
        return position > self.notice_position and self.opens_on <= day <= self.closes_on


class Used(NamedTuple):
    """What a pot had matched before a gift, on the gift's day and for its donor, without taking releases off."""

    day_minor: int = 0
    donor_minor: int = 0


NOTHING_USED = Used()


class Decision(NamedTuple):
    """What a gift was answered: `wanted` by the rule, `matched` from what was `left` in the pot at its place."""

    wanted_minor: int
    matched_minor: int
    left_minor: int
    reason: str


def rule_for(rules: Iterable[Rule], *, position: int, day: date) -> Rule | None:
    """The version that counts for a gift: the latest one published before it whose days hold it."""
    holding = [rule for rule in rules if rule.holds(position, day)]
    return max(holding, key=lambda rule: rule.version, default=None)


def by_ratio(rule: Rule, amount_minor: int) -> int:
    """The rule's share of a gift before any cap, rounded as the rule says (a half goes up)."""
    half = BPS // 2 if rule.rounding == NEAREST else 0
    return (amount_minor * rule.ratio_bps + half) // BPS


def wanted(rule: Rule, amount_minor: int) -> int:
    """What the rule would add to a gift if the pot had no end."""
    share = by_ratio(rule, amount_minor)
    return share if rule.cap_per_gift_minor is None else min(share, rule.cap_per_gift_minor)


def left_under(rule: Rule, *, pledged_minor: int, bound_minor: int) -> int:
    """What the pot can still give: the pledge less what was withdrawn of it, or the version's cap in all if that is
    lower, less what is bound: committed to gifts, and held for others.
    """
    limit = pledged_minor if rule.cap_total_minor is None else min(pledged_minor, rule.cap_total_minor)
    return max(0, limit - bound_minor)


def decide(rule: Rule, amount_minor: int, *, left_minor: int, used: Used = NOTHING_USED) -> Decision:
    """The match of one gift, with the reason for it: of several bounds that hold it back, the tightest."""
    share = by_ratio(rule, amount_minor)
    want = share if rule.cap_per_gift_minor is None else min(share, rule.cap_per_gift_minor)
    bound, reason = left_minor, POT_ENDED
    for cap, before, name in _moving_caps(rule, used):
        if max(0, cap - before) < bound:
            bound, reason = max(0, cap - before), name
    if want == 0:
        reason = TOO_SMALL
    elif want <= bound:
        reason = GIFT_CAP if want < share else FULL
    return Decision(want, min(want, bound), left_minor, reason)


def _moving_caps(rule: Rule, used: Used) -> list[tuple[int, int, str]]:
    """The caps that move with what was matched before: how much, what is used of it, and the reason it gives."""
    caps = []
    if rule.cap_per_donor_minor is not None:
        caps.append((rule.cap_per_donor_minor, used.donor_minor, DONOR_CAP))
    if rule.cap_per_day_minor is not None:
        caps.append((rule.cap_per_day_minor, used.day_minor, DAY_CAP))
    return caps


def released_share(matched_minor: int, gift_minor: int, refunded_minor: int) -> int:
    """How much of a match is released once `refunded` of its gift has gone back, all refunds together.

    In proportion, rounded down; counted from the sum and not per refund, so that many small refunds release as much
    as one large one, and the whole gift releases the whole match.
    """
    return matched_minor * min(refunded_minor, gift_minor) // gift_minor


class GiftSeen(NamedTuple):
    """A gift as the public log shows it."""

    position: int
    ref: str
    day: date
    amount_minor: int
    currency: str
    channel: str = ""
    # The donor's opaque reference; empty where the log names none.
    donor: str = ""
    # What the pot that is tried first has matched of it.
    covered_minor: int = 0


def answer(rule: Rule, gift: GiftSeen, *, currency: str, left_minor: int, used: Used = NOTHING_USED) -> Decision:
    """The match of one gift at its place. A gift that cannot be matched at all is considered and told why."""
    if gift.currency != currency:
        why = OTHER_CURRENCY
    elif rule.channels and gift.channel not in rule.channels:
        why = OTHER_CHANNEL
    elif rule.cap_per_donor_minor is not None and not gift.donor:
        # A cap that anybody evades by leaving the address out would be none.
        why = NO_DONOR
    else:
        return decide(rule, gift.amount_minor - gift.covered_minor, left_minor=left_minor, used=used)
    return Decision(wanted_minor=0, matched_minor=0, left_minor=left_minor, reason=why)


def held(rule: Rule, amount_minor: int, *, channel: str, left_minor: int) -> int:
    """What is held for a gift that will be paid by a channel: what it would get now, if the rule holds money at all."""
    if not rule.reserves or (rule.channels and channel not in rule.channels):
        return 0
    return min(wanted(rule, amount_minor), left_minor)


def newly_released(matched_minor: int, gift_minor: int, refunded_before: int, refund_minor: int) -> int:
    """What one refund adds to the release, on top of what earlier refunds of the gift released."""
    after = released_share(matched_minor, gift_minor, refunded_before + refund_minor)
    return after - released_share(matched_minor, gift_minor, refunded_before)


def lacking(wanted_minor: int, gift_minor: int, refunded_minor: int, standing_minor: int) -> int:
    """What a gift still lacks of what its rule wanted, for the part of it that has not gone back."""
    return max(0, wanted_minor - released_share(wanted_minor, gift_minor, refunded_minor) - standing_minor)
