"""The whole pot at once: every answer in the order of the log, from the log and the published versions alone.

A pot's pledge is at every place the sum of four parts: what is committed to gifts (and was not released), what is
reserved for gifts that are about to be paid, what was withdrawn, and what is available. What happens, in the log's
order: a gift, a refund, somebody asks to hold money for a gift, a hold ends, the matcher takes the rest back.

The first answer to a gift is its match of round 1. Where the version says so, money that becomes free is offered to
earlier gifts that lacked some, the earliest first, until one cannot be given all it lacks: their rounds 2, 3 …
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from projects.matching import rules
from projects.matching.rules import Decision, GiftSeen, Rule, Used


@dataclass(frozen=True, slots=True)
class RefundSeen:
    position: int
    ref: str
    gift_ref: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class HoldAsked:
    """Somebody is about to give so much and asks that the match be held for it."""

    position: int
    gift_ref: str
    day: date
    amount_minor: int


@dataclass(frozen=True, slots=True)
class HoldEnded:
    """The gift will not be paid, or nobody waits for it any more."""

    position: int
    gift_ref: str


@dataclass(frozen=True, slots=True)
class RestWithdrawn:
    """The matcher takes back what no gift has got when its days are over."""

    position: int


# Money is held for gifts by the site's own form, which are posted with this channel.
FORM_CHANNEL = "stripe"

Event = GiftSeen | RefundSeen | HoldAsked | HoldEnded | RestWithdrawn


@dataclass(frozen=True, slots=True)
class Matched:
    """One answer to a gift. `committed_after` is what the pot has promised to gifts once it stands.

    ``at`` is the place of what caused it: the gift itself, or what made money free for a later round.
    """

    gift: GiftSeen
    rule: Rule
    decision: Decision
    committed_after: int
    at: int
    round: int = 1
    held_minor: int = 0


@dataclass(frozen=True, slots=True)
class Released:
    """What a refund frees of one match."""

    refund: RefundSeen
    amount_minor: int
    committed_after: int
    round: int = 1


@dataclass(frozen=True, slots=True)
class Held:
    asked: HoldAsked
    version: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class HoldOver:
    """A hold ended: by its gift, or because nobody came."""

    position: int
    gift_ref: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Withdrawn:
    position: int
    amount_minor: int


Answer = Matched | Released | Held | HoldOver | Withdrawn


@dataclass(slots=True)
class _Part:
    """One match of a gift: what it gave, of how much of the gift, and how much of that has gone back."""

    matched_minor: int
    of_minor: int
    returned_minor: int = 0

    @property
    def standing_minor(self) -> int:
        return self.matched_minor - rules.released_share(self.matched_minor, self.of_minor, self.returned_minor)


@dataclass(slots=True)
class _Short:
    """A gift that lacks some of what its version wanted."""

    gift: GiftSeen
    rule: Rule
    wanted_minor: int
    rounds: int = 1


@dataclass
class Pot:
    """A pot at a place of the log. Give it one event after the other; each gives its answers."""

    rules: list[Rule]
    pledged_minor: int
    currency: str
    committed: int = 0
    reserved: int = 0
    withdrawn: int = 0
    holds: dict[str, tuple[Rule | None, int]] = field(default_factory=dict)
    parts: dict[str, list[_Part]] = field(default_factory=dict)
    by_day: dict[date, int] = field(default_factory=dict)
    by_donor: dict[str, int] = field(default_factory=dict)
    # In the order of the gifts; one that has got all leaves it for good.
    short: dict[str, _Short] = field(default_factory=dict)

    @property
    def available(self) -> int:
        return self.pledged_minor - self.committed - self.reserved - self.withdrawn

    def _left(self, rule: Rule) -> int:
        return rules.left_under(
            rule, pledged_minor=self.pledged_minor - self.withdrawn, bound_minor=self.committed + self.reserved
        )

    def see(self, event: Event) -> Iterator[Answer]:
        """The answers to what happens next in the log."""
        if isinstance(event, GiftSeen):
            yield from self._gift(event)
        elif isinstance(event, RefundSeen):
            yield from self._refund(event)
        elif isinstance(event, HoldAsked):
            yield from self._ask(event)
        elif isinstance(event, HoldEnded):
            yield from self._end(event.position, event.gift_ref)
            yield from self._offer(event.position)
        else:
            amount = self.available
            self.withdrawn += amount
            yield Withdrawn(event.position, amount)

    # ---- gifts ----

    def _gift(self, gift: GiftSeen) -> Iterator[Answer]:
        rule, held = None, 0
        if gift.ref in self.holds:
            rule, held = self.holds[gift.ref]
            yield from self._end(gift.position, gift.ref)
        # The version that held money for the gift answers it: what was shown before paying is kept.
        chosen = rule if held else rules.rule_for(self.rules, position=gift.position, day=gift.day)
        if chosen is not None:
            left = max(self._left(chosen), held)
            decision = rules.answer(chosen, gift, currency=self.currency, left_minor=left, used=self._used(gift))
            self.parts[gift.ref] = []
            if chosen.reoffers and decision.reason == rules.POT_ENDED:
                self.short[gift.ref] = _Short(gift, chosen, decision.wanted_minor)
            yield self._matched(gift, chosen, decision, gift.amount_minor, gift.position, held=held)
        if held:
            yield from self._offer(gift.position)

    def _used(self, gift: GiftSeen) -> Used:
        return Used(self.by_day.get(gift.day, 0), self.by_donor.get(gift.donor, 0) if gift.donor else 0)

    def _matched(
        self, gift: GiftSeen, rule: Rule, decision: Decision, of_minor: int, at: int, *, number: int = 1, held: int = 0
    ) -> Matched:
        amount = decision.matched_minor
        self.committed += amount
        self.by_day[gift.day] = self.by_day.get(gift.day, 0) + amount
        if gift.donor:
            self.by_donor[gift.donor] = self.by_donor.get(gift.donor, 0) + amount
        self.parts[gift.ref].append(_Part(amount, of_minor))
        return Matched(gift, rule, decision, self.committed, at, number, held)

    # ---- what went back ----

    def _refund(self, refund: RefundSeen) -> Iterator[Answer]:
        freed = 0
        for number, part in enumerate(self.parts.get(refund.gift_ref, ()), 1):
            amount = rules.newly_released(part.matched_minor, part.of_minor, part.returned_minor, refund.amount_minor)
            part.returned_minor += refund.amount_minor
            self.committed -= amount
            freed += amount
            yield Released(refund, amount, self.committed, number)
        if freed:
            yield from self._offer(refund.position)

    # ---- holds ----

    def _ask(self, asked: HoldAsked) -> Iterator[Answer]:
        if asked.gift_ref in self.holds:
            return
        rule = rules.rule_for(self.rules, position=asked.position, day=asked.day)
        amount = 0
        if rule is not None:
            amount = rules.held(rule, asked.amount_minor, channel=FORM_CHANNEL, left_minor=self._left(rule))
        self.holds[asked.gift_ref] = rule, amount
        self.reserved += amount
        yield Held(asked, rule.version if rule else 0, amount)

    def _end(self, position: int, gift_ref: str) -> Iterator[Answer]:
        if gift_ref in self.holds:
            _rule, amount = self.holds.pop(gift_ref)
            self.reserved -= amount
            yield HoldOver(position, gift_ref, amount)

    # ---- free money ----

    def _offer(self, position: int) -> Iterator[Answer]:
        """Free money goes to the earliest gifts that lack some."""
        while self.short and self.available:
            ref, short = next(iter(self.short.items()))
            gift, parts = short.gift, self.parts[ref]
            returned = parts[0].returned_minor
            standing = sum(part.standing_minor for part in parts)
            if lacks := rules.lacking(short.wanted_minor, gift.amount_minor, returned, standing):
                left = self._left(short.rule)
                if not left:
                    return
                short.rounds += 1
                decision = Decision(lacks, min(lacks, left), left, rules.REOFFERED)
                rest = gift.amount_minor - returned
                yield self._matched(gift, short.rule, decision, rest, position, number=short.rounds)
                if left < lacks:
                    return
            del self.short[ref]


def replay(versions: list[Rule], *, pledged_minor: int, currency: str, events: Iterable[Event]) -> Iterator[Answer]:
    """Every answer of a pot, worked out from nothing but the log and the published versions, in log order."""
    pot = Pot(versions, pledged_minor, currency)
    for event in events:
        yield from pot.see(event)
