"""What a form may promise, why a gift was matched as it was, and how a pot stands."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from ledger.core.money import format_amount
from projects.matching import rules
from projects.matching.models import Match, MatchPool, MatchRule
from projects.matching.pot import FORM_CHANNEL
from projects.matching.walk import ends_of, used_on

NOT_BY_FORM = (rules.OTHER_CHANNEL,)


@dataclass(frozen=True, slots=True)
class PoolFigures:
    """A pot as of now, in minor units: pledged = available + reserved + committed + withdrawn.

    Reserved is held for gifts that are about to be paid; committed is net of what was released.
    """

    currency: str
    pledged_minor: int
    reserved_minor: int
    committed_minor: int
    withdrawn_minor: int
    released_minor: int
    received_minor: int

    @property
    def available_minor(self) -> int:
        return self.pledged_minor - self.reserved_minor - self.committed_minor - self.withdrawn_minor

    @property
    def owed_minor(self) -> int:
        """What the matcher has promised to gifts and not paid yet; below zero when it paid for gifts that went back."""
        return self.committed_minor - self.received_minor


@dataclass(frozen=True, slots=True)
class _Standing:
    """An open pot as a gift given now would find it."""

    pool: MatchPool
    rule: MatchRule
    terms: rules.Rule
    left_minor: int
    used: rules.Used


@dataclass(frozen=True, slots=True)
class PoolPromise:
    """What one open pot would add to a gift given now."""

    pool: MatchPool
    rule: MatchRule
    wanted_minor: int
    matched_minor: int
    left_minor: int
    reason: str


@dataclass(frozen=True, slots=True)
class Promise:
    """What a gift would be matched with now, by all open pots together, with a sentence for the form."""

    amount_minor: int
    currency: str
    matched_minor: int
    left_minor: int
    pools: tuple[PoolPromise, ...]
    sentence: str

    @property
    def is_open(self) -> bool:
        return bool(self.pools)


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why one pot gave what it gave to one gift; the same for the donor and for staff."""

    pool: MatchPool
    match: Match
    version: int
    ratio_bps: int
    wanted_minor: int
    matched_minor: int
    released_minor: int
    left_minor: int
    currency: str
    reason: str
    sentence: str

    @property
    def standing_minor(self) -> int:
        return self.matched_minor - self.released_minor


def figures(pool: MatchPool) -> PoolFigures:
    ends = ends_of(pool)
    return PoolFigures(
        currency=pool.currency,
        pledged_minor=pool.pledged_minor,
        reserved_minor=ends.reserved_minor,
        committed_minor=ends.committed_minor,
        withdrawn_minor=ends.withdrawn_minor,
        released_minor=ends.release_stop,
        received_minor=pool.payments.aggregate(sum=Sum("amount_minor", default=0))["sum"],
    )


def open_pools(project, at: datetime.datetime) -> list[tuple[MatchPool, MatchRule]]:
    """The project's pots whose latest published version counts today."""
    today = timezone.localtime(at).date()
    found = []
    for pool in MatchPool.objects.filter(project=project, state=MatchPool.State.OPEN):
        published = pool.rules.filter(published_at__isnull=False, opens_on__lte=today, closes_on__gte=today)
        if rule := published.order_by("-version").first():
            found.append((pool, rule))
    return found


def caps_donors(project, on: datetime.date) -> bool:
    """Whether a published version caps what one donor is matched on this day, so that gifts name their donor."""
    capping = MatchRule.objects.filter(pool__project=project, published_at__isnull=False, opens_on__lte=on)
    return capping.filter(closes_on__gte=on, cap_per_donor_minor__isnull=False).exists()


def promise(project, amount_minor: int, at: datetime.datetime) -> Promise:
    """What would be added to a gift now. Not a hold: what counts is the gift's place in the log."""
    return promises(project, [amount_minor], at)[0]


def promises(project, amounts: Iterable[int], at: datetime.datetime) -> list[Promise]:
    """`promise` for each of several amounts (minor units); the pots are read once."""
    today = timezone.localtime(at).date()
    standing: list[_Standing] = []
    paused = ""
    for pool, rule in open_pools(project, at):
        stopped = pool.freezes.order_by("-place").first()
        if stopped is not None and stopped.is_frozen:
            paused = stopped.note
        else:
            standing.append(_standing_of(pool, rule, today))
    return [_promise(project.currency, amount, standing, today, paused) for amount in amounts]


def _promise(currency: str, amount: int, standing: list[_Standing], on: datetime.date, paused: str) -> Promise:
    found: list[PoolPromise] = []
    for one in standing:
        # Pots come in the order they were made, so the one that is tried first is found already.
        covered = sum(before.matched_minor for before in found if before.pool.pk == one.rule.after_id)
        found.append(_pool_promise(one, amount, covered, on))
    pools = tuple(found)
    matched, left = sum(one.matched_minor for one in pools), sum(one.left_minor for one in pools)
    return Promise(
        amount_minor=amount,
        currency=currency,
        matched_minor=matched,
        left_minor=left,
        pools=pools,
        sentence=_promise_sentence(pools, matched, left, currency) or _paused_sentence(paused),
    )


def _standing_of(pool: MatchPool, rule: MatchRule, on: datetime.date) -> _Standing:
    terms, ends = rule.value(0), ends_of(pool)
    pledged = pool.pledged_minor - ends.withdrawn_minor
    left = rules.left_under(terms, pledged_minor=pledged, bound_minor=ends.bound_minor)
    return _Standing(pool, rule, terms, left, rules.Used(day_minor=used_on(pool, on)))


def _pool_promise(one: _Standing, amount: int, covered: int, on: datetime.date) -> PoolPromise:
    """What a gift by the form would get as the first gift of its donor: who that will be is not known yet."""
    currency = one.pool.currency
    gift = rules.GiftSeen(
        0, "", on, amount, currency, channel=FORM_CHANNEL, donor="anybody", covered_minor=min(covered, amount)
    )
    decision = rules.answer(one.terms, gift, currency=currency, left_minor=one.left_minor, used=one.used)
    return PoolPromise(
        one.pool, one.rule, decision.wanted_minor, decision.matched_minor, one.left_minor, decision.reason
    )


def _paused_sentence(note: str) -> str:
    if not note:
        return ""
    return _(
        "Matching is paused: %(note)s Your gift keeps its place in the order and is answered when matching goes on."
    ) % {"note": note}


def _promise_sentence(pools: tuple[PoolPromise, ...], matched: int, left: int, currency: str) -> str:
    if not pools:
        return ""
    if not left:
        return _("The matching pot is used up; your gift itself is not affected.")
    values = {"matched": format_amount(matched, currency), "left": format_amount(left, currency)}
    if not matched and any(one.reason in NOT_BY_FORM for one in pools):
        return _("Gifts on this page are not matched; your gift itself is not affected.")
    if not matched and any(one.reason == rules.DAY_CAP for one in pools):
        return _("The most for today is reached; a gift of tomorrow is matched again as long as the pot lasts.")
    if not matched:
        return _("%(left)s is left in the matching pot; a gift this small adds nothing.") % values
    if any(one.rule.cap_per_donor_minor is not None for one in pools):
        return (
            _(
                "Up to %(matched)s would be added to your gift now, less if you were matched before. %(left)s is left "
                "in the pot; gifts are matched in the order of the ledger, as long as the pot lasts."
            )
            % values
        )
    if any(one.rule.reserves and one.matched_minor for one in pools):
        return (
            _(
                "%(matched)s would be added to your gift now; of a gift given once it is held for you before you pay. "
                "%(left)s is left in the pot."
            )
            % values
        )
    return (
        _(
            "%(matched)s would be added to your gift now. %(left)s is left in the pot; gifts are matched in the order "
            "of the ledger, as long as the pot lasts."
        )
        % values
    )


def explain(gift_ref: str) -> tuple[Explanation, ...]:
    """One explanation per answer to the gift, in the order of the pots and of the answers; empty if none did (yet)."""
    matches = Match.objects.filter(gift_ref=gift_ref).select_related("pool", "rule", "pool__matcher")
    return tuple(_explain(match) for match in matches.order_by("pool", "round"))


def explanation(match: Match) -> str:
    """One match's sentence; its pool and rule are best read with it."""
    return _sentence(match, match.released_minor)


def _explain(match: Match) -> Explanation:
    released = match.released_minor
    return Explanation(
        pool=match.pool,
        match=match,
        version=match.rule.version,
        ratio_bps=match.rule.ratio_bps,
        wanted_minor=match.wanted_minor,
        matched_minor=match.matched_minor,
        released_minor=released,
        left_minor=match.left_minor,
        currency=match.pool.currency,
        reason=match.reason,
        sentence=_sentence(match, released),
    )


def _sentence(match: Match, released: int) -> str:
    currency = match.pool.currency
    values = {
        "matched": format_amount(match.matched_minor, currency),
        "wanted": format_amount(match.wanted_minor, currency),
        "released": format_amount(released, currency),
        "left": format_amount(match.left_minor, currency),
    }
    said = {
        rules.FULL: _("matched %(matched)s in full"),
        rules.GIFT_CAP: _("matched %(matched)s, the most for one gift"),
        rules.POT_ENDED: _("matched %(matched)s of %(wanted)s: pot ended (%(left)s was left)"),
        rules.DONOR_CAP: _("matched %(matched)s of %(wanted)s: the most for one donor is reached"),
        rules.DAY_CAP: _("matched %(matched)s of %(wanted)s: the most for one day is reached"),
        rules.OTHER_CHANNEL: _("matched nothing: the rule does not match gifts by this channel"),
        rules.NO_DONOR: _("matched nothing: the rule caps each donor, and this gift names no e-mail address"),
        rules.TOO_SMALL: _("matched nothing: the share of this gift is less than the smallest coin"),
        rules.OTHER_CURRENCY: _("matched nothing: the gift is in another currency than the pot"),
        rules.REOFFERED: _("matched another %(matched)s of the %(wanted)s it lacked, from money that became free"),
    }[match.reason] % values
    if not released:
        return said
    return pgettext("match", "%(said)s; %(released)s released, because the gift went back") % {"said": said, **values}


def rule_sentence(rule: MatchRule) -> str:
    """A version in words: “each gift is matched with 50%, at most ¥200.00 per gift, until 2026-09-30”."""
    percent = f"{rule.ratio_bps / 100:g}%"
    parts = [_("each gift is matched with %(percent)s") % {"percent": percent}]
    if rule.cap_per_gift_minor is not None:
        cap = format_amount(rule.cap_per_gift_minor, rule.pool.currency)
        parts.append(_("at most %(cap)s per gift") % {"cap": cap})
    if rule.cap_total_minor is not None:
        cap = format_amount(rule.cap_total_minor, rule.pool.currency)
        parts.append(_("at most %(cap)s in all") % {"cap": cap})
    if rule.cap_per_donor_minor is not None:
        cap = format_amount(rule.cap_per_donor_minor, rule.pool.currency)
        parts.append(_("at most %(cap)s per donor, known by the e-mail address") % {"cap": cap})
    if rule.cap_per_day_minor is not None:
        cap = format_amount(rule.cap_per_day_minor, rule.pool.currency)
        parts.append(_("at most %(cap)s per day") % {"cap": cap})
    if rule.channels:
        parts.append(_("only gifts by %(channels)s") % {"channels": " / ".join(rule.channel_codes)})
    if rule.rounding == rules.NEAREST:
        parts.append(_("rounded to the nearest smallest coin"))
    if rule.after is not None:
        parts.append(_("only what the pot “%(pot)s” has not matched") % {"pot": rule.after.name})
    if rule.reserves:
        parts.append(_("held for a gift before it is paid"))
    if rule.reoffers:
        parts.append(_("freed money goes to earlier gifts that lacked some"))
    parts.append(
        _("from %(first)s to %(last)s") % {"first": rule.opens_on.isoformat(), "last": rule.closes_on.isoformat()}
    )
    return pgettext("list separator", ", ").join(parts)
