"""Which amounts a project's form offers: its charity's own choice, else what is usual for the currency."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from ledger.core.money import format_amount, parse_amount
from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from projects.access.permissions import require
from projects.access.screen import said
from projects.audit import actions as audit
from projects.catalog.models import Project
from projects.giving.bearing import day_of
from projects.giving.limits import check_amount, limits_of
from projects.giving.models import SuggestedAmount
from projects.giving.policies import check_currency
from projects.giving.suggestion_models import MOST

RIGHT = "catalog.edit_project"
# After these a project never takes gifts again.
OVER = ("CLOSED", "REPORTED", "ARCHIVED", "CANCELLED")

_record = audit.recorder("project", organisation="organisation.ref")


def suggested_amounts(project: Project) -> tuple[int, ...]:
    """The amounts to offer, smallest first, in minor units of the project's currency; never none.

    Own amounts that the limits do not allow any more (settings change) are left out: a tile must be one that works.
    Refused: ``currency_unknown``, where the site takes no gifts in the currency.
    """
    limits = limits_of(project.currency)
    own = tuple(minor for minor in own_amounts(project) if _allowed(minor, project.currency))
    return own or limits.suggested_minor


def own_amounts(project: Project) -> tuple[int, ...]:
    """What the charity chose for the project's currency, in minor units; empty where it chose nothing."""
    rows = SuggestedAmount.objects.filter(project=project, currency=project.currency)
    return tuple(rows.order_by("position").values_list("amount_minor", flat=True))


def suggest_amounts(
    project: Project, amounts: Iterable[int], *, currency: str, by: Any, at: datetime
) -> tuple[int, ...]:
    """Offer these amounts (minor units of ``currency``) from now on; none: what is usual for the currency again.

    Refused: ``not_permitted``, ``project_over``, ``currency_unknown``, ``currency_mismatch``, ``too_many_amounts``,
    ``amount_repeated``, and what `check_amount` refuses: not positive, too small, too large, too fine for cards.
    """
    require(by, RIGHT, organisation=project.organisation, on=day_of(at))
    chosen = check_suggestions(amounts, currency)
    check_currency(project, currency)
    with transaction.atomic():
        locked = Project.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=project.pk)
        if locked.state in OVER:
            raise Refused("project_over", _r("This project takes no gifts any more."))
        before = own_amounts(locked)
        if chosen == before:
            return chosen
        SuggestedAmount.objects.filter(project=locked, currency=currency).delete()
        SuggestedAmount.objects.bulk_create(
            SuggestedAmount(project=locked, currency=currency, position=position, amount_minor=minor)
            for position, minor in enumerate(chosen, 1)
        )
        facts = {"currency": currency, "from_minor": list(before), "to_minor": list(chosen)}
        _record(locked, "project.amounts_suggested", by=by, at=at, facts=facts)
    return chosen


def check_suggestions(amounts: Iterable[int], currency: str) -> tuple[int, ...]:
    """The amounts, smallest first, each of which a donor could give; or the refusal that names the one that is not."""
    limits_of(currency)
    asked = tuple(amounts)
    if len(asked) > MOST:
        raise _too_many()
    for place, minor in enumerate(asked):
        _check_one(minor, asked[:place], currency)
    return tuple(sorted(asked))


def faults_in(text: str, currency: str) -> list[Refused]:
    """All that is wrong with what staff typed, in the order of its lines, so that it is put right at one go."""
    try:
        limits_of(currency)
    except Refused as refused:
        return [refused]
    lines = _lines(text)
    faults = [_too_many()] if len(lines) > MOST else []
    before: list[int] = []
    for line in lines:
        try:
            minor = _parsed(line, currency)
            _check_one(minor, before, currency)
        except Refused as refused:
            faults.append(refused)
        else:
            before.append(minor)
    return faults


def parse_suggestions(text: str, currency: str) -> list[int]:
    """What staff typed, one amount on each line, as minor units. Refused as `parse_amount` does, naming the line."""
    return [_parsed(line, currency) for line in _lines(text)]


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _parsed(line: str, currency: str) -> int:
    try:
        return parse_amount(line, currency)
    except Refused as refused:
        raise _about(line[:40], refused) from None


def _check_one(minor: int, before: Sequence[int], currency: str) -> None:
    """An amount that a donor could give, and that does not stand there already."""
    shown = format_amount(minor, currency, whole=True)
    try:
        check_amount(minor, currency)
    except Refused as refused:
        raise _about(shown, refused) from None
    if minor in before:
        raise Refused("amount_repeated", _r("%(amount)s stands there twice."), amount=shown)


def _too_many() -> Refused:
    return Refused("too_many_amounts", _r("%(most)s amounts are the most."), most=MOST)


def _about(shown: str, refused: Refused) -> Refused:
    """The same refusal, with the amount it is about in front."""
    return Refused(refused.code, _r("“%(amount)s”: %(why)s"), amount=shown, why=said(refused))


def _allowed(minor: int, currency: str) -> bool:
    try:
        check_amount(minor, currency)
    except Refused:
        return False
    return True
