"""Asking the log to hold a match for a gift that is about to be paid, keeping it while somebody waits, letting it go.

A hold is a promise in public: asked for by a notice, answered by the runner at the notice's place in the log. So what
the page shows before paying is what anybody can work out again, and a hold that is let go makes room for others there.
"""

import datetime
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from ledger import posting, transparency
from projects.access.actors import Actor
from projects.catalog.queries import book_of
from projects.matching.models import HoldRequest
from projects.matching.queries import open_pools
from projects.matching.runner import is_frozen

# How long a hold is kept after the page that shows it was last heard of.
KEPT_FOR = datetime.timedelta(minutes=3)


@dataclass(frozen=True, slots=True)
class Holds:
    """What is held for a gift by all pots together, in minor units. ``is_waiting``: not all have answered yet."""

    held_minor: int
    is_waiting: bool
    is_over: bool
    kept_until: datetime.datetime | None

    @property
    def was_asked(self) -> bool:
        return self.kept_until is not None


def ask(project: Any, gift_ref: str, amount_minor: int, *, by: Actor, at: datetime.datetime) -> bool:
    """Ask every open pot of the project that holds money to hold the match of a gift; whether there is one.

    Asking again changes nothing: a gift asks once.
    """
    asked = False
    for pool, rule in open_pools(project, at):
        if not rule.reserves or is_frozen(pool):
            continue
        asked = True
        with transaction.atomic():
            if pool.hold_requests.filter(gift_ref=gift_ref).exists():
                continue
            facts = {"pool": pool.ref, "gift": gift_ref, "amount": amount_minor}
            notice_id = _notice("MATCH_HOLD_ASKED", pool, facts, by=by, at=at)
            HoldRequest.objects.create(
                pool=pool,
                gift_ref=gift_ref,
                amount_minor=amount_minor,
                notice_id=notice_id,
                asked_at=at,
                kept_until=at + KEPT_FOR,
            )
    return asked


def keep(gift_ref: str, *, until: datetime.datetime) -> bool:
    """Somebody still waits for the gift: its holds stand at least until then. False where they have ended already."""
    standing = HoldRequest.objects.filter(gift_ref=gift_ref, end_notice_id__isnull=True)
    standing.filter(kept_until__lt=until).update(kept_until=until)
    return standing.exists()


def end(gift_ref: str, *, by: Actor, at: datetime.datetime) -> int:
    """Nobody waits any more: let go what is held for a gift. How many holds that ends; again, it ends none.

    What has no place in the log yet is let go with those that lapse, as soon as it has one: an end stands behind what
    it ends, whoever hands out the places.
    """
    return sum(_end_one(pk, by=by, at=at) for pk in _standing(gift_ref=gift_ref))


def end_lapsed(*, by: Actor, at: datetime.datetime) -> int:
    """Let go the holds that nobody has kept. How many that ends."""
    return sum(_end_one(pk, lapsed=True, by=by, at=at) for pk in _standing(kept_until__lt=at))


def holds_of(gift_ref: str) -> Holds:
    """What is held for a gift now."""
    requests = list(HoldRequest.objects.filter(gift_ref=gift_ref).select_related("hold"))
    answered = [request.hold for request in requests if hasattr(request, "hold")]
    over = bool(requests) and all(request.is_over or request.end_notice_id for request in requests)
    return Holds(
        held_minor=0 if over else sum(hold.held_minor for hold in answered),
        is_waiting=len(answered) < len(requests),
        is_over=over,
        kept_until=min((request.kept_until for request in requests), default=None),
    )


def _standing(**which: Any) -> list[int]:
    open_requests = HoldRequest.objects.filter(is_over=False, end_notice_id__isnull=True, **which)
    return list(open_requests.order_by("pk").values_list("pk", flat=True))


def _end_one(pk: int, *, lapsed: bool = False, by: Actor, at: datetime.datetime) -> int:
    with transaction.atomic():
        request = HoldRequest.objects.select_for_update(no_key=True, of=("self",)).select_related("pool").get(pk=pk)
        # Meanwhile somebody may have kept it, or its gift may have come.
        was_kept = lapsed and request.kept_until >= at
        if request.is_over or request.end_notice_id or was_kept:
            return 0
        if transparency.position_of(request.notice_id) is None:
            request.kept_until = min(request.kept_until, at)
            request.save(update_fields=["kept_until"])
            return 0
        facts = {"pool": request.pool.ref, "gift": request.gift_ref}
        request.end_notice_id = _notice("MATCH_HOLD_ENDED", request.pool, facts, by=by, at=at)
        request.save(update_fields=["end_notice_id"])
    return 1


def _notice(kind: str, pool: Any, facts: dict[str, Any], *, by: Actor, at: datetime.datetime) -> Any:
    return posting.notice(
        kind,
        book=book_of(pool.project),
        effective_on=timezone.localtime(at).date(),
        facts=facts,
        by=by.ref,
        at=at,
        key=f"{kind.lower().replace('_', '-')}:{pool.ref}:{facts['gift']}",
    )
