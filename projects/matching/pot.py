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
from typing import NamedTuple

from projects.matching import rules
from projects.matching.rules import Decision, GiftSeen, Rule, Used


class RefundSeen(NamedTuple):
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
# More than any log has.
MOST_POSITIONS = 2**63

Event = GiftSeen | RefundSeen | HoldAsked | HoldEnded | RestWithdrawn


class Matched(NamedTuple):
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


class Released(NamedTuple):
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
    """A later match of a gift: what it gave, of how much of the gift, and how much of that has gone back."""

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
    # What the first answer gave a gift and the gift, what went back of it, and later answers: most gifts have none.
    answered: dict[str, tuple[int, int]] = field(default_factory=dict)
    returned: dict[str, int] = field(default_factory=dict)
    later: dict[str, list[_Part]] = field(default_factory=dict)
    by_day: dict[date, int] = field(default_factory=dict)
    by_donor: dict[str, int] = field(default_factory=dict)
    # In the order of the gifts; one that has got all leaves it for good.
    short: dict[str, _Short] = field(default_factory=dict)
    # The version that counts on a day, as long as no other is published.
    _counting: dict[date, Rule | None] = field(default_factory=dict)
    _next_notice: int = -1
    _known: int = 0

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
        chosen = rule if held else self._rule_for(gift.position, gift.day)
        if chosen is not None:
            used = Used(self.by_day.get(gift.day, 0), self.by_donor.get(gift.donor, 0) if gift.donor else 0)
            left = max(self._left(chosen), held)
            decision = rules.answer(chosen, gift, currency=self.currency, left_minor=left, used=used)
            self.answered[gift.ref] = decision.matched_minor, gift.amount_minor
            if chosen.reoffers and decision.reason == rules.POT_ENDED:
                self.short[gift.ref] = _Short(gift, chosen, decision.wanted_minor)
            self._commit(gift, decision.matched_minor)
            yield Matched(gift, chosen, decision, self.committed, gift.position, 1, held)
        if held:
            yield from self._offer(gift.position)

    def _rule_for(self, position: int, day: date) -> Rule | None:
        if position > self._next_notice or len(self.rules) != self._known:
            self._counting.clear()
            later = [rule.notice_position for rule in self.rules if rule.notice_position >= position]
            self._next_notice, self._known = min(later, default=MOST_POSITIONS), len(self.rules)
        if day not in self._counting:
            self._counting[day] = rules.rule_for(self.rules, position=position, day=day)
        return self._counting[day]

    def _commit(self, gift: GiftSeen, amount: int) -> None:
        self.committed += amount
        self.by_day[gift.day] = self.by_day.get(gift.day, 0) + amount
        if gift.donor:
            self.by_donor[gift.donor] = self.by_donor.get(gift.donor, 0) + amount

    # ---- what went back ----

    def _refund(self, refund: RefundSeen) -> Iterator[Answer]:
        if refund.gift_ref not in self.answered:
            return
        matched, amount = self.answered[refund.gift_ref]
        before = self.returned.get(refund.gift_ref, 0)
        self.returned[refund.gift_ref] = before + refund.amount_minor
        freed = rules.newly_released(matched, amount, before, refund.amount_minor)
        self.committed -= freed
        yield Released(refund, freed, self.committed)
        for number, part in enumerate(self.later.get(refund.gift_ref, ()), 2):
            released = rules.newly_released(part.matched_minor, part.of_minor, part.returned_minor, refund.amount_minor)
            part.returned_minor += refund.amount_minor
            self.committed -= released
            freed += released
            yield Released(refund, released, self.committed, number)
        if freed:
            yield from self._offer(refund.position)

    # ---- holds ----

    def _ask(self, asked: HoldAsked) -> Iterator[Answer]:
        if asked.gift_ref in self.holds:
            return
        rule = self._rule_for(asked.position, asked.day)
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
            gift, (matched, _amount), returned = short.gift, self.answered[ref], self.returned.get(ref, 0)
            standing = matched - rules.released_share(matched, gift.amount_minor, returned)
            standing += sum(part.standing_minor for part in self.later.get(ref, ()))
            if lacks := rules.lacking(short.wanted_minor, gift.amount_minor, returned, standing):
                left = self._left(short.rule)
                if not left:
                    return
                short.rounds += 1
                decision = Decision(lacks, min(lacks, left), left, rules.REOFFERED)
                self.later.setdefault(ref, []).append(_Part(decision.matched_minor, gift.amount_minor - returned))
                self._commit(gift, decision.matched_minor)
                yield Matched(gift, short.rule, decision, self.committed, position, short.rounds)
                if left < lacks:
                    return
            del self.short[ref]


def replay(versions: list[Rule], *, pledged_minor: int, currency: str, events: Iterable[Event]) -> Iterator[Answer]:
    """Every answer of a pot, worked out from nothing but the log and the published versions, in log order."""
    pot = Pot(versions, pledged_minor, currency)
    for event in events:
        yield from pot.see(event)
