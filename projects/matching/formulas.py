"""A standing match by formula: published once by two people, then a pot for each period, by two people as well."""

import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from ledger import posting
from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from projects.access.actors import Actor, SystemActor
from projects.audit.actions import record
from projects.catalog.queries import book_of
from projects.giving import evidence
from projects.matching import actions
from projects.matching.formula_models import BPS, FormulaPeriod, MatchFormula


def pledge_of(base_minor: int, share_bps: int) -> int:
    """The share of a figure, in minor units, rounded down."""
    return base_minor * share_bps // BPS


def draft_formula(*, matcher: Any, project: Any, by: Actor, at: datetime.datetime, **terms: Any) -> MatchFormula:
    """A formula that promises nothing yet. ``terms`` are the fields of `MatchFormula`."""
    if not 0 < terms["share_bps"] <= BPS:
        raise Refused("formula_share", _r("The share lies between 0.01 and 100 per cent."))
    if terms["ratio_bps"] <= 0:
        raise Refused("ratio_not_positive", _r("The share that is matched is more than zero."))
    actions.check_caps({"cap_per_gift_minor": terms.get("cap_per_gift_minor")})
    if terms["closes_on"] < terms["opens_on"]:
        raise Refused("days_not_in_order", _r("The last day lies before the first day."))
    with transaction.atomic():
        formula = MatchFormula.objects.create(
            matcher=matcher, project=project, currency=project.currency, drafted_by=by.ref, drafted_at=at, **terms
        )
        _record(formula, "match_formula.drafted", by=by, at=at, share_bps=formula.share_bps)
    return formula


def publish_formula(formula: MatchFormula, *, by: Actor, at: datetime.datetime) -> MatchFormula:
    """Freeze the formula and tell the public log. Another person does it than the one who drafted it."""
    with transaction.atomic():
        formula = MatchFormula.objects.select_for_update(no_key=True, of=("self",)).get(pk=formula.pk)
        if formula.published_at is not None:
            raise Refused("formula_published", _r("This formula is published and cannot change any more."))
        if formula.drafted_by == by.ref:
            raise Refused(
                "formula_published_by_its_maker", _r("A formula is published by another person than its maker.")
            )
        formula.notice_id = posting.notice(
            "MATCH_FORMULA",
            book=book_of(formula.project),
            effective_on=timezone.localtime(at).date(),
            facts={
                "formula": formula.ref,
                "fund": formula.project.fund_code,
                "currency": formula.currency,
                "share_bps": formula.share_bps,
                "opens": formula.opens_on.isoformat(),
                "closes": formula.closes_on.isoformat(),
            },
            by=by.ref,
            at=at,
            key=f"match-formula:{formula.ref}",
        )
        formula.published_by, formula.published_at = by.ref, at
        formula.save(update_fields=["published_by", "published_at", "notice_id"])
        _record(formula, "match_formula.published", by=by, at=at, share_bps=formula.share_bps)
    return formula


def enter_period(
    formula: MatchFormula,
    *,
    starts_on: datetime.date,
    ends_on: datetime.date,
    base_minor: int,
    opens_on: datetime.date,
    closes_on: datetime.date,
    file: bytes,
    by: Actor,
    at: datetime.datetime,
) -> FormulaPeriod:
    """A period's figure with its evidence. It binds nobody until another person has confirmed it."""
    kind = evidence.kind_of(file)
    with transaction.atomic():
        # Two entries at once would not see each other: the formula's row makes them queue.
        formula = MatchFormula.objects.select_for_update(no_key=True, of=("self",)).get(pk=formula.pk)
        today = timezone.localtime(at).date()
        _check_period(formula, starts_on, ends_on, today)
        if closes_on < opens_on:
            raise Refused("days_not_in_order", _r("The last day lies before the first day."))
        if opens_on < today:
            raise Refused(
                "period_opens_in_the_past",
                _r("No gift is matched backwards: today is the earliest day. The figure may be of long ago."),
            )
        pledged = pledge_of(base_minor, formula.share_bps)
        if pledged <= 0:
            raise Refused("formula_base", _r("The share of this figure is less than the smallest coin."))
        period = FormulaPeriod.objects.create(
            formula=formula,
            starts_on=starts_on,
            ends_on=ends_on,
            base_minor=base_minor,
            pledged_minor=pledged,
            opens_on=opens_on,
            closes_on=closes_on,
            evidence_sha256=evidence.digest_of(file),
            evidence_type=kind,
            entered_by=by.ref,
            entered_at=at,
        )
        evidence.keep(period.ref, file)
        _record(formula, "match_formula.period_entered", by=by, at=at, pledged_minor=pledged, period=period.ref)
    return period


def _check_period(formula: MatchFormula, starts: datetime.date, ends: datetime.date, today: datetime.date) -> None:
    if formula.published_at is None:
        raise Refused("formula_not_published", _r("The formula is published first."))
    if ends < starts:
        raise Refused("period_not_in_order", _r("The period ends before it begins."))
    if starts < formula.opens_on or ends > formula.closes_on:
        raise Refused("period_outside_formula", _r("The period lies outside the days of the formula."))
    if ends >= today:
        raise Refused("period_not_over", _r("The figure of a period is known when the period is over."))
    others = formula.periods.exclude(state=FormulaPeriod.State.REFUSED)
    if others.filter(starts_on__lte=ends, ends_on__gte=starts).exists():
        raise Refused("period_entered", _r("These days were entered already, in whole or in part."))


def days_left(period: FormulaPeriod, today: datetime.date) -> tuple[datetime.date, datetime.date] | None:
    """The first and the last day on which a period confirmed today matches gifts; None when its days are over."""
    return (max(period.opens_on, today), period.closes_on) if period.closes_on >= today else None


def confirm_period(period: FormulaPeriod, *, by: Actor, at: datetime.datetime) -> FormulaPeriod:
    """Another person has seen the evidence: the pot opens with the sum of the formula, and the log is told.

    Where some of its days have passed meanwhile, the pot has the days that are left: a rule counts for no gift that
    came before it was published.
    """
    with transaction.atomic():
        period = _open_period(period, by)
        formula = period.formula
        days = days_left(period, timezone.localtime(at).date())
        if days is None:
            raise Refused(
                "period_days_over",
                _r("Its days of matching are over: refuse the period, and enter it anew with later days."),
            )
        maker = SystemActor(period.entered_by)
        pool = actions.draft_pool(
            matcher=formula.matcher,
            project=formula.project,
            slug=f"{formula.slug}-{period.starts_on:%Y%m%d}",
            name_zh=_named(formula.name_zh, period),
            name_en=_named(formula.name_en, period),
            pledged_minor=period.pledged_minor,
            by=maker,
            at=at,
        )
        rule = actions.draft_rule(
            pool,
            ratio_bps=formula.ratio_bps,
            cap_per_gift_minor=formula.cap_per_gift_minor,
            opens_on=days[0],
            closes_on=days[1],
            by=maker,
            at=at,
        )
        period.notice_id = posting.notice(
            "MATCH_FORMULA_PERIOD",
            book=book_of(formula.project),
            effective_on=timezone.localtime(at).date(),
            facts={
                "formula": formula.ref,
                "pool": pool.ref,
                "starts": period.starts_on.isoformat(),
                "ends": period.ends_on.isoformat(),
                "base": period.base_minor,
                "pledged": period.pledged_minor,
                "evidence": period.evidence_sha256,
            },
            by=by.ref,
            at=at,
            key=f"match-formula-period:{period.ref}",
        )
        actions.publish_rule(rule, by=by, at=at)
        _decide(period, FormulaPeriod.State.CONFIRMED, pool=pool, by=by, at=at)
        _record(formula, "match_formula.period_confirmed", by=by, at=at, period=period.ref, pool=pool.ref)
    return period


def refuse_period(period: FormulaPeriod, *, reason: str, by: Actor, at: datetime.datetime) -> FormulaPeriod:
    """The evidence does not show it: it is entered anew. The row stays, with the reason."""
    if not reason.strip():
        raise Refused("reason_needed", _r("Say why."))
    with transaction.atomic():
        period = _open_period(period, by)
        period.answer = reason.strip()
        _decide(period, FormulaPeriod.State.REFUSED, pool=None, by=by, at=at)
        _record(period.formula, "match_formula.period_refused", by=by, at=at, reason=period.answer, period=period.ref)
    return period


def _open_period(period: FormulaPeriod, by: Actor) -> FormulaPeriod:
    period = FormulaPeriod.objects.select_for_update(no_key=True, of=("self",)).get(pk=period.pk)
    if period.state != FormulaPeriod.State.ENTERED:
        raise Refused("period_decided", _r("This period was decided already."))
    if period.entered_by == by.ref:
        raise Refused("period_decided_by_its_maker", _r("A period is confirmed by another person than who entered it."))
    return period


def _decide(period: FormulaPeriod, state: str, *, pool: Any, by: Actor, at: datetime.datetime) -> None:
    period.state, period.pool, period.decided_by, period.decided_at = state, pool, by.ref, at
    period.save(update_fields=["state", "answer", "pool", "decided_by", "decided_at", "notice_id"])


def _named(name: str, period: FormulaPeriod) -> str:
    return f"{name} {period.starts_on:%Y-%m-%d}–{period.ends_on:%Y-%m-%d}" if name else ""


def _record(
    formula: MatchFormula, event: str, *, by: Actor, at: datetime.datetime, reason: str = "", **facts: Any
) -> None:
    record(
        by=by,
        at=at,
        event=event,
        subject=("match_formula", formula.ref),
        organisation_ref=formula.project.organisation.ref,
        reason=reason,
        facts=facts,
    )
