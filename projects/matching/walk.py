"""What a runner knows while it answers a pot, and how an answer is written: one row, and its entry in the books."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, fields
from uuid import UUID

from django.db.models import Model, OuterRef, Subquery
from django.utils import timezone

from ledger import posting, transparency
from ledger.policy import recipes
from ledger.transparency import LogEntry, Told
from projects.access.actors import Actor
from projects.access.refs import new_ref
from projects.matching import rules
from projects.matching.models import (
    Match,
    MatchHold,
    MatchHoldEnd,
    MatchPool,
    MatchRelease,
    MatchRule,
    MatchWithdrawal,
)
from projects.matching.rules import Rule
from projects.organisations import outcomes


@dataclass
class Ends:
    """Where the lines of a pot end now, and how many rows each has. What the pot has promised are differences."""

    place: int
    stop: int
    release_place: int
    release_stop: int
    hold_place: int
    hold_stop: int
    hold_end_place: int
    hold_end_stop: int
    withdrawal_place: int
    withdrawn_minor: int

    @property
    def committed_minor(self) -> int:
        return self.stop - self.release_stop

    @property
    def reserved_minor(self) -> int:
        return self.hold_stop - self.hold_end_stop

    @property
    def bound_minor(self) -> int:
        return self.committed_minor + self.reserved_minor

    @property
    def live_holds(self) -> int:
        return self.hold_place - self.hold_end_place


# In the order of the fields of `Ends`.
_LINES: tuple[type[Model], ...] = (Match, MatchRelease, MatchHold, MatchHoldEnd, MatchWithdrawal)


def ends_of(pool: MatchPool) -> Ends:
    """The ends of all lines, in one statement: two looks could see two moments, and a promise that never was."""
    last = (model._default_manager.filter(pool=OuterRef("pk")).order_by("-place") for model in _LINES)
    columns = [Subquery(rows.values(column)[:1]) for rows in last for column in ("place", "stop")]
    ends = MatchPool.objects.filter(pk=pool.pk).values_list(*columns).get()
    return Ends(*(end or 0 for end in ends))


assert len(fields(Ends)) == 2 * len(_LINES)


@dataclass
class Walk:
    """What one batch needs to know; read once, at its start."""

    pool: MatchPool
    book: str
    fund: str
    versions: dict[int, MatchRule]
    rules: list[Rule]
    ends: Ends
    # What was matched of gifts of a day, as far as this batch has asked.
    days: dict[datetime.date, int]
    by: Actor
    at: datetime.datetime

    @property
    def on(self) -> datetime.date:
        return timezone.localtime(self.at).date()

    @property
    def available_minor(self) -> int:
        return self.pool.pledged_minor - self.ends.withdrawn_minor - self.ends.bound_minor

    def left(self, rule: Rule) -> int:
        """What the pot can still give by a version, in minor units."""
        pledged = self.pool.pledged_minor - self.ends.withdrawn_minor
        return rules.left_under(rule, pledged_minor=pledged, bound_minor=self.ends.bound_minor)


def values_of(versions: Iterable[MatchRule]) -> list[rules.Rule]:
    """Published versions as the arithmetic knows them. One without a place in the log counts for no gift there."""
    placed = [(rule, transparency.position_of(rule.notice_id)) for rule in versions if rule.notice_id]
    return [rule.value(position) for rule, position in placed if position is not None]


def seen(entry: LogEntry | Told, *, covered_minor: int) -> rules.GiftSeen:
    """A gift as the public log shows it."""
    facts = entry.facts
    return rules.GiftSeen(
        position=entry.position,
        ref=entry.document_ref,
        day=entry.effective_on,
        amount_minor=entry.amount_minor,
        currency=entry.currency,
        channel=facts.get("channel", ""),
        donor=facts.get("donor", ""),
        covered_minor=covered_minor,
    )


def covered_by(pool: MatchPool | None, gift_ref: str) -> int:
    """What a pot that is tried first matched of a gift, whether or not it was released later."""
    if pool is None:
        return 0
    answer = pool.matches.filter(gift_ref=gift_ref, round=1).first()
    return min(answer.matched_minor, answer.gift_minor) if answer else 0


def used(walk: Walk, gift: rules.GiftSeen) -> rules.Used:
    """What the pot had matched before, on the gift's day and for its donor."""
    of_donor = walk.pool.matches.filter(donor_ref=gift.donor).order_by("-place").first() if gift.donor else None
    if gift.day not in walk.days:
        walk.days[gift.day] = used_on(walk.pool, gift.day)
    return rules.Used(
        day_minor=walk.days[gift.day],
        donor_minor=of_donor.donor_before_minor + of_donor.matched_minor if of_donor else 0,
    )


def used_on(pool: MatchPool, day: datetime.date) -> int:
    """What the pot has matched of gifts of a day, without taking off what was released."""
    last = pool.matches.filter(gift_on=day).order_by("-place").first()
    return last.day_before_minor + last.matched_minor if last else 0


@dataclass(frozen=True, slots=True)
class Round:
    """Which answer to a gift this is: of how much of it, what had been held for it, and what made the money free."""

    of_minor: int
    number: int = 1
    held_minor: int = 0
    offered_index: int | None = None


def add_match(
    walk: Walk,
    gift: rules.GiftSeen,
    gift_entry_id: UUID,
    version: MatchRule,
    decision: rules.Decision,
    before: rules.Used,
    this: Round,
) -> None:
    """Write one answer at the end of the pot's line, and post it where it is more than nothing."""
    ends, matched, ref = walk.ends, decision.matched_minor, new_ref()
    Match.objects.create(
        ref=ref,
        pool=walk.pool,
        rule=version,
        place=ends.place + 1,
        start=ends.stop,
        stop=ends.stop + matched,
        gift_ref=gift.ref,
        gift_index=gift.position,
        round=this.number,
        offered_index=this.offered_index,
        held_minor=this.held_minor,
        gift_on=gift.day,
        gift_minor=this.of_minor,
        gift_entry_id=gift_entry_id,
        covered_minor=gift.covered_minor,
        donor_ref=gift.donor,
        donor_before_minor=before.donor_minor,
        day_before_minor=before.day_minor,
        wanted_minor=decision.wanted_minor,
        matched_minor=matched,
        left_minor=decision.left_minor,
        reason=decision.reason,
        entry_id=_post(walk, gift, version.version, ref, matched, this) if matched else None,
        at=walk.at,
    )
    ends.place, ends.stop = ends.place + 1, ends.stop + matched
    walk.days[gift.day] += matched
    if matched:
        tell(walk, "match.added", matched, match=ref, gift=gift.ref)


def _post(walk: Walk, gift: rules.GiftSeen, version: int, ref: str, matched_minor: int, this: Round) -> UUID:
    draft = recipes.match(
        book=walk.book,
        fund=walk.fund,
        amount_minor=matched_minor,
        currency=walk.pool.currency,
        effective_on=walk.on,
        document_ref=ref,
        restricted=True,
        pool=walk.pool.ref,
        rule_version=version,
        gift_index=gift.position,
        offered=this.offered_index,
    )
    key = f"match:{walk.pool.ref}:{gift.ref}" + (f":{this.number}" if this.number > 1 else "")
    return posting.post(draft, by=walk.by.ref, at=walk.at, key=key).entry_id


def tell(walk: Walk, kind: str, amount_minor: int, **refs: str) -> None:
    """Tell those who listen, in the same transaction."""
    project = walk.pool.project
    outcomes.tell(
        project.organisation_id,
        kind,
        at=walk.at,
        pool=walk.pool.ref,
        project=project.ref,
        amount_minor=amount_minor,
        currency=walk.pool.currency,
        **refs,
    )
