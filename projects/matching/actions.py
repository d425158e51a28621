"""Preparing a pot, publishing its rule, and taking in what the matcher pays. Matching itself is in `runner`."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from ledger import posting
from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from ledger.policy import recipes
from projects.access.actors import Actor
from projects.access.refs import new_ref
from projects.audit.actions import record
from projects.catalog.queries import book_of
from projects.matching import queries, rules
from projects.matching.flagging import held_minor
from projects.matching.models import MatchPayment, MatchPool, MatchRule, RestRequest
from projects.matching.runner import is_frozen, match_pending
from projects.matching.states import MOVES

__all__ = [
    "close_pool",
    "draft_pool",
    "draft_rule",
    "match_pending",
    "publish_rule",
    "receive_match",
    "withdraw_rest",
]


def draft_pool(
    *, matcher, project, slug: str, name_zh: str = "", name_en: str = "", pledged_minor: int, by, at
) -> MatchPool:
    """A pot that promises nothing yet: it opens with its first published rule."""
    if pledged_minor <= 0:
        raise Refused("pledge_not_positive", _r("A pledge is more than zero."))
    with transaction.atomic():
        pool = MatchPool.objects.create(
            slug=slug,
            name_zh=name_zh,
            name_en=name_en,
            matcher=matcher,
            project=project,
            currency=project.currency,
            pledged_minor=pledged_minor,
            created_at=at,
        )
        _record(pool, "match_pool.drafted", by=by, at=at, pledged_minor=pledged_minor, project=project.ref)
    return pool


def draft_rule(
    pool: MatchPool,
    *,
    ratio_bps: int,
    cap_per_gift_minor: int | None = None,
    cap_total_minor: int | None = None,
    cap_per_donor_minor: int | None = None,
    cap_per_day_minor: int | None = None,
    channels: Sequence[str] = (),
    rounding: str = rules.DOWN,
    after: MatchPool | None = None,
    reserves: bool = False,
    reoffers: bool = False,
    opens_on: datetime.date,
    closes_on: datetime.date,
    by: Actor,
    at: datetime.datetime,
) -> MatchRule:
    """The next version of a pot's rule. It binds nobody until another person publishes it."""
    moving = {"cap_per_donor_minor": cap_per_donor_minor, "cap_per_day_minor": cap_per_day_minor}
    caps = {"cap_per_gift_minor": cap_per_gift_minor} | moving
    _check_terms(pool, ratio_bps, caps, cap_total_minor, opens_on, closes_on)
    _check_order(pool, after)
    _check_holds(pool, after, moving.values(), reserves=reserves, reoffers=reoffers)
    with transaction.atomic():
        # Two drafts at once would take the same version number: the pot's row makes them queue.
        MatchPool.objects.select_for_update(no_key=True).get(pk=pool.pk)
        rule = MatchRule.objects.create(
            pool=pool,
            version=pool.rules.count() + 1,
            ratio_bps=ratio_bps,
            cap_per_gift_minor=cap_per_gift_minor,
            cap_total_minor=cap_total_minor,
            cap_per_donor_minor=cap_per_donor_minor,
            cap_per_day_minor=cap_per_day_minor,
            channels=",".join(sorted(set(channels))),
            rounding=rounding,
            after=after,
            reserves=reserves,
            reoffers=reoffers,
            opens_on=opens_on,
            closes_on=closes_on,
            drafted_by=by.ref,
            drafted_at=at,
        )
        _record(pool, "match_rule.drafted", by=by, at=at, **_terms(rule))
    return rule


def _check_terms(pool, ratio_bps, caps: Mapping[str, int | None], cap_total_minor, opens_on, closes_on) -> None:
    if ratio_bps <= 0:
        raise Refused("ratio_not_positive", _r("The share that is matched is more than zero."))
    check_caps(caps)
    if cap_total_minor is not None and not 0 < cap_total_minor <= pool.pledged_minor:
        raise Refused("cap_above_pledge", _r("The cap in all is more than zero and at most what is pledged."))
    if closes_on < opens_on:
        raise Refused("days_not_in_order", _r("The last day lies before the first day."))


def check_caps(caps: Mapping[str, int | None]) -> None:
    """Caps by the name of their field, in minor units. The refusal ``cap_not_positive`` names the first wrong one."""
    for name, cap in caps.items():
        if cap is not None and cap <= 0:
            raise Refused("cap_not_positive", _r("A cap is more than zero; leave it empty for none."), field=name)


def _check_order(pool: MatchPool, after: MatchPool | None) -> None:
    """A pot stands behind an older, open pot of the same fund: so none waits for itself, and the log knows both."""
    if after is None:
        return
    same = (after.project_id, after.currency) == (pool.project_id, pool.currency)
    if not same or after.pk >= pool.pk or after.state == MatchPool.State.DRAFT:
        raise Refused(
            "pot_order", _r("A pot can only stand behind an older pot of the same project whose rule is published.")
        )


def _check_holds(pool: MatchPool, after: MatchPool | None, moving_caps, *, reserves: bool, reoffers: bool) -> None:
    """What is held or offered again must not meet a cap that moves, nor what another pot has answered meanwhile."""
    if (reserves or reoffers) and (after is not None or any(cap is not None for cap in moving_caps)):
        raise Refused(
            "hold_with_moving_cap",
            _r(
                "A rule that holds money or offers freed money again has no cap per donor or per day, and stands "
                "behind no other pot: what was held could not be kept."
            ),
        )
    if reoffers and pool.followed_by.exists():
        raise Refused("reoffer_before_pot", _r("Another pot counts what this one did not match: it must not change."))
    if after is not None and after.rules.filter(reoffers=True).exists():
        raise Refused("reoffer_before_pot", _r("Another pot counts what this one did not match: it must not change."))


def publish_rule(rule: MatchRule, *, by: Actor, at: datetime.datetime) -> MatchRule:
    """Freeze a version and tell the public log. It counts for gifts that stand behind its notice there."""
    pool, today = rule.pool, timezone.localtime(at).date()
    with transaction.atomic():
        # Two versions published at once would both think they are the first: the pot's row makes them queue.
        pool = MatchPool.objects.select_for_update(no_key=True).get(pk=rule.pool_id)
        rule = MatchRule.objects.get(pk=rule.pk)
        _check_publishable(rule, today=today, by=by)
        notice_id = posting.notice(
            "MATCH_RULE_PUBLISHED",
            book=book_of(pool.project),
            effective_on=today,
            facts={
                "pool": pool.ref,
                "fund": pool.project.fund_code,
                "currency": pool.currency,
                "pledged": pool.pledged_minor,
                **_terms(rule),
            },
            by=by.ref,
            at=at,
            key=f"match-rule:{pool.ref}:{rule.version}",
        )
        rule.published_by, rule.published_at, rule.notice_id = by.ref, at, notice_id
        rule.save(update_fields=["published_by", "published_at", "notice_id"])
        _record(pool, "match_rule.published", by=by, at=at, **_terms(rule))
        if pool.state == MatchPool.State.DRAFT:
            _move(pool, MatchPool.State.OPEN, by=by, at=at)
    return rule


def _check_publishable(rule: MatchRule, *, today: datetime.date, by: Actor) -> None:
    if rule.published_at is not None:
        raise Refused("rule_already_published", _r("This version is published and cannot change any more."))
    if rule.drafted_by == by.ref:
        raise Refused("rule_published_by_its_maker", _r("A rule is published by another person than its maker."))
    if rule.pool.rest_requests.exists():
        raise Refused("rest_withdrawn", _r("The rest of this pledge was withdrawn: no new version can promise it."))
    if rule.pool.state == MatchPool.State.CLOSED:
        raise Refused("pool_closed", _r("This matching pot is closed."))
    earlier = rule.pool.rules.filter(published_at__isnull=False)
    if earlier.filter(version__gt=rule.version).exists():
        raise Refused("newer_version_published", _r("A newer version is published already; draft the next one."))
    # The first version may open the same day; a change is told before it counts.
    if rule.opens_on < today or (rule.opens_on == today and earlier.exists()):
        raise Refused("rule_opens_in_the_past", _r("A new version opens on a day that is still to come."))


def withdraw_rest(pool: MatchPool, *, by: Actor, at: datetime.datetime) -> RestRequest:
    """The matcher takes back what no gift has got and no hold keeps, once the days of every published version are over.

    How much that is, the runner says at the place of this notice in the log.
    """
    with transaction.atomic():
        pool = MatchPool.objects.select_for_update(no_key=True).get(pk=pool.pk)
        if is_frozen(pool):
            raise Refused("pool_frozen_rest", _r("This matching pot is frozen: nothing is withdrawn from it now."))
        _check_days_are_over(pool, at)
        if queries.figures(pool).available_minor == 0:
            raise Refused("nothing_to_withdraw", _r("Nothing of this pledge is left to withdraw."))
        if pool.rest_requests.filter(withdrawal__isnull=True).exists():
            raise Refused("rest_asked_already", _r("The rest was asked for already; it is worked out in a moment."))
        number = pool.rest_requests.count() + 1
        notice_id = posting.notice(
            "MATCH_REST_WITHDRAWN",
            book=book_of(pool.project),
            effective_on=timezone.localtime(at).date(),
            facts={"pool": pool.ref},
            by=by.ref,
            at=at,
            key=f"match-rest:{pool.ref}:{number}",
        )
        asked = RestRequest.objects.create(pool=pool, notice_id=notice_id, by_ref=by.ref, at=at)
        _record(pool, "match_pool.rest_withdrawn", by=by, at=at)
    return asked


def _check_days_are_over(pool: MatchPool, at: datetime.datetime) -> None:
    last = pool.rules.filter(published_at__isnull=False).order_by("-closes_on").first()
    if last is None:
        raise Refused("pool_state", _r("This matching pot cannot make that step now."))
    if last.closes_on >= timezone.localtime(at).date():
        raise Refused(
            "window_still_open",
            _r("Gifts are still matched until %(day)s: a promise is not taken back."),
            day=last.closes_on,
        )


def close_pool(pool: MatchPool, *, by: Actor, at: datetime.datetime) -> MatchPool:
    """Put a pot away after its last day. Refunds of its gifts still release their matches."""
    with transaction.atomic():
        pool = MatchPool.objects.select_for_update(no_key=True).get(pk=pool.pk)
        if pool.rules.filter(published_at__isnull=False).exists():
            _check_days_are_over(pool, at)
        _move(pool, MatchPool.State.CLOSED, by=by, at=at)
        posting.notice(
            "MATCH_POOL_CLOSED",
            book=book_of(pool.project),
            effective_on=timezone.localtime(at).date(),
            facts={"pool": pool.ref},
            by=by.ref,
            at=at,
            key=f"match-pool-closed:{pool.ref}",
        )
    return pool


def receive_match(
    pool: MatchPool,
    *,
    amount_minor: int,
    bank_ref: str,
    received_on: datetime.date,
    by: Actor,
    at: datetime.datetime,
) -> MatchPayment:
    """The matcher paid (a part of) what it owes. The same bank reference counts once."""
    with transaction.atomic():
        # What is owed must not change between the look and the posting: the pot's row makes payments queue.
        pool = MatchPool.objects.select_for_update(no_key=True).get(pk=pool.pk)
        known = pool.payments.filter(bank_ref=bank_ref).first()
        if known is not None:
            return _same_payment(known, amount_minor)
        if received_on > timezone.localtime(at).date():
            raise Refused("received_in_future", _r("This day is still to come."))
        if is_frozen(pool):
            raise Refused("pool_frozen", _r("This matching pot is frozen: nothing is paid towards it now."))
        owed = queries.figures(pool).owed_minor
        held = held_minor(pool)
        if owed - held < amount_minor <= owed:
            raise Refused(
                "match_flagged",
                _r("%(held)s of what is owed is held until somebody has looked at it; %(owed)s can be received."),
                held=held,
                owed=max(owed - held, 0),
                currency=pool.currency,
            )
        if not 0 < amount_minor <= owed:
            raise Refused(
                "more_than_owed",
                _r("The matcher owes %(owed)s and no more can be received."),
                owed=owed,
                currency=pool.currency,
            )
        ref = new_ref()
        posted = posting.post(
            recipes.match_received(
                book=book_of(pool.project),
                fund=pool.project.fund_code,
                amount_minor=amount_minor,
                currency=pool.currency,
                effective_on=received_on,
                document_ref=ref,
                pool=pool.ref,
            ),
            by=by.ref,
            at=at,
            key=f"match_received:{ref}",
        )
        payment = MatchPayment.objects.create(
            ref=ref,
            pool=pool,
            amount_minor=amount_minor,
            bank_ref=bank_ref,
            received_on=received_on,
            entry_id=posted.entry_id,
            by_ref=by.ref,
            at=at,
        )
        _record(pool, "match_pool.received", by=by, at=at, payment=ref, amount_minor=amount_minor)
    return payment


def _same_payment(known: MatchPayment, amount_minor: int) -> MatchPayment:
    if known.amount_minor != amount_minor:
        raise Refused("bank_ref_used", _r("This bank reference was booked with another amount."))
    return known


def _terms(rule: MatchRule) -> dict[str, Any]:
    """What a version promises, in the words of the public log (no null: what is not capped is not named)."""
    terms = {
        "cap_per_donor": rule.cap_per_donor_minor,
        "cap_per_day": rule.cap_per_day_minor,
        "channels": rule.channels or None,
        # The usual rounding is not named: a version that knew no other says the same as before.
        "rounding": rule.rounding if rule.rounding != rules.DOWN else None,
        "after": rule.after.ref if rule.after else None,
        "reserves": 1 if rule.reserves else None,
        "reoffers": 1 if rule.reoffers else None,
        "rule": rule.version,
        "ratio_bps": rule.ratio_bps,
        "cap_per_gift": rule.cap_per_gift_minor,
        "cap_total": rule.cap_total_minor,
        "opens": rule.opens_on.isoformat(),
        "closes": rule.closes_on.isoformat(),
    }
    return {name: value for name, value in terms.items() if value is not None}


def _move(pool: MatchPool, state: str, *, by: Actor, at: datetime.datetime) -> None:
    event = MOVES.get((pool.state, state))
    if event is None or not MatchPool.objects.filter(pk=pool.pk, state=pool.state).update(state=state):
        raise Refused("pool_state", _r("This matching pot cannot make that step now."))
    pool.state = state
    _record(pool, event, by=by, at=at)


def _record(pool: MatchPool, event: str, *, by: Actor, at: datetime.datetime, **facts: Any) -> None:
    record(
        by=by,
        at=at,
        event=event,
        subject=("match_pool", pool.ref),
        organisation_ref=pool.project.organisation.ref,
        facts=facts,
    )
