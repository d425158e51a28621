"""The runner's part of holding money: what was asked of the log is answered at its place there."""

from collections.abc import Callable
from functools import partial
from operator import itemgetter
from uuid import UUID

from django.utils import timezone

from ledger import transparency
from projects.matching import rules
from projects.matching.models import HoldRequest, MatchHold, MatchHoldEnd, MatchWithdrawal, RestRequest
from projects.matching.offering import offer
from projects.matching.pot import FORM_CHANNEL
from projects.matching.walk import Walk

# Answers a wish at its place in the log: how many rows that made.
Wish = Callable[[Walk, int], int]


def wishes(walk: Walk, stop: int) -> list[tuple[int, Wish]]:
    """What was asked of this pot before ``stop`` in the log and is not answered yet, in the log's order."""
    asked: list[tuple[UUID, Wish]] = []
    for request in walk.pool.hold_requests.filter(is_over=False).select_related("hold"):
        if not hasattr(request, "hold"):
            asked.append((request.notice_id, partial(_hold, request)))
        if request.end_notice_id:
            asked.append((request.end_notice_id, partial(_end, request)))
    for rest in walk.pool.rest_requests.filter(withdrawal__isnull=True):
        asked.append((rest.notice_id, partial(_withdraw, rest)))
    places = transparency.positions_of_notices([notice_id for notice_id, _wish in asked])
    placed = [(places[notice_id], wish) for notice_id, wish in asked if places.get(notice_id, stop) < stop]
    return sorted(placed, key=itemgetter(0))


def hold_of(walk: Walk, gift_ref: str) -> MatchHold | None:
    """What is held for a gift now."""
    if not walk.ends.live_holds:
        return None
    return walk.pool.holds.filter(gift_ref=gift_ref, end__isnull=True).select_related("rule").first()


def let_go(walk: Walk, hold: MatchHold, position: int) -> None:
    """The hold ends: by its gift, which takes the money, or by a notice, which frees it."""
    ends = walk.ends
    stop = ends.hold_end_stop + hold.held_minor
    MatchHoldEnd.objects.create(
        hold=hold,
        pool=walk.pool,
        ended_index=position,
        place=ends.hold_end_place + 1,
        start=ends.hold_end_stop,
        stop=stop,
        at=walk.at,
    )
    HoldRequest.objects.filter(pk=hold.request_id).update(is_over=True)
    ends.hold_end_place, ends.hold_end_stop = ends.hold_end_place + 1, stop


def _hold(request: HoldRequest, walk: Walk, position: int) -> int:
    day = timezone.localtime(request.asked_at).date()
    rule = rules.rule_for(walk.rules, position=position, day=day)
    held = 0
    if rule is not None:
        held = rules.held(rule, request.amount_minor, channel=FORM_CHANNEL, left_minor=walk.left(rule))
    ends = walk.ends
    MatchHold.objects.create(
        request=request,
        pool=walk.pool,
        rule=walk.versions[rule.version] if rule else None,
        gift_ref=request.gift_ref,
        asked_index=position,
        place=ends.hold_place + 1,
        start=ends.hold_stop,
        stop=ends.hold_stop + held,
        held_minor=held,
        at=walk.at,
    )
    ends.hold_place, ends.hold_stop = ends.hold_place + 1, ends.hold_stop + held
    return 1


def _end(request: HoldRequest, walk: Walk, position: int) -> int:
    hold = walk.pool.holds.filter(request=request, end__isnull=True).first()
    if hold is None:  # its gift came first
        return 0
    let_go(walk, hold, position)
    return 1 + offer(walk, position)


def _withdraw(request: RestRequest, walk: Walk, position: int) -> int:
    ends, rest = walk.ends, walk.available_minor
    MatchWithdrawal.objects.create(
        request=request,
        pool=walk.pool,
        withdrawn_index=position,
        place=ends.withdrawal_place + 1,
        start=ends.withdrawn_minor,
        stop=ends.withdrawn_minor + rest,
        at=walk.at,
    )
    ends.withdrawal_place, ends.withdrawn_minor = ends.withdrawal_place + 1, ends.withdrawn_minor + rest
    return 1
