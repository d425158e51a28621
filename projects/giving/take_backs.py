"""Money of a gift that goes back, and money that comes home: the postings of refunds and disputes.

A gift's money may lie in several places: in its own lot, and in the lots that failed refunds and won disputes brought
back. What goes back is taken from these in order. Where nothing is left (a bank takes what was refunded already) the
general fund stands in: money that has left the provider is booked, whatever we think of it.
"""

from collections.abc import Iterator
from datetime import date, datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db.models import Sum

from ledger import posting
from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from ledger.policy import recipes
from ledger.policy.chart import flow
from projects.giving.bearing import borne_by, when_open
from projects.giving.models import Dispute, Gift, Refund, TakenBack

KINDS = {"refund": ("REFUND", "REFUND_EXCESS"), "dispute": ("DISPUTE_WITHDRAWN", "DISPUTE_EXCESS")}


def take_back(gift: Gift, back: Refund | Dispute, *, on: date | None, by: Any, at: datetime) -> list[TakenBack]:
    """Post that the whole of a refund or dispute has left. Call it under the gift's lock.

    Refused("not_yet_in_log") while a lot that it needs has no place in the log; nothing is written then.
    """
    word = _word(back)
    kind, beyond = KINDS[word]
    left, parts = back.amount_minor, []
    for number, (origin, room) in enumerate(_rooms(gift)):
        part = min(left, room)
        if part:
            key = f"{word}:{back.ref}" + (f":{number}" if number else "")
            entry_id = _post(origin, part, kind, back.ref, key, on=on, by=by, at=at)
            parts.append(_keep(gift, back, part, origin, entry_id))
            left -= part
    if left:
        key = f"{word}:{back.ref}:excess"
        recipe = partial(recipes.excess, beyond)
        entry = borne_by(gift, recipe, amount_minor=left, document_ref=back.ref, key=key, by=by, at=at, on=on)
        if entry is None:
            raise Refused("not_yet_in_log", _r("This entry has no place in the log yet; try again in a few seconds."))
        parts.append(_keep(gift, back, left, None, entry))
    return parts


def bring_home(gift: Gift, back: Refund | Dispute, *, on: date | None, by: Any, at: datetime) -> None:
    """Post that all of it came back: a mirror of each entry. The restored money can be taken back again."""
    for part in back.parts.filter(returned_entry_id__isnull=True):

        def post(day: date, part: TakenBack = part) -> UUID:
            return posting.reverse(
                part.entry_id,
                document_ref=back.ref,
                effective_on=day,
                by=by.ref,
                at=at,
                key=f"{_word(back)}:{back.ref}:home:{part.entry_id.hex}",
                came_back=True,
            ).entry_id

        TakenBack.objects.filter(pk=part.pk).update(returned_entry_id=when_open(post, on=on, at=at))


def _word(back: Refund | Dispute) -> str:
    return "refund" if isinstance(back, Refund) else "dispute"


def _post(origin: UUID, amount_minor: int, kind: str, ref: str, key: str, *, on: Any, by: Any, at: datetime) -> UUID:
    def post(day: date) -> UUID:
        return posting.refund(
            origin=origin,
            amount_minor=amount_minor,
            kind=kind,
            document_ref=ref,
            effective_on=day,
            by=by.ref,
            at=at,
            key=key,
        ).entry_id

    return when_open(post, on=on, at=at)


def _keep(gift: Gift, back: Refund | Dispute, amount_minor: int, origin: UUID | None, entry_id: UUID) -> TakenBack:
    return TakenBack.objects.create(
        gift=gift, amount_minor=amount_minor, origin_entry_id=origin, entry_id=entry_id, **{_word(back): back}
    )


def _rooms(gift: Gift) -> Iterator[tuple[UUID, int]]:
    """Where the gift's money lies, and how much of it has not been taken from there."""
    assert gift.entry_id is not None  # a law of the table: received means posted
    taken = dict(
        gift.taken_back.filter(origin_entry_id__isnull=False)
        .order_by()
        .values_list("origin_entry_id")
        .annotate(sum=Sum("amount_minor"))
    )
    yield gift.entry_id, gift.amount_minor - taken.get(gift.entry_id, 0)
    home = gift.taken_back.filter(returned_entry_id__isnull=False, origin_entry_id__isnull=False)
    for entry_id in [part.returned_entry_id for part in home if part.returned_entry_id]:
        # Only the first line can be taken back again: the others are the general fund's, which stands in anyhow.
        first = posting.lines_of(entry_id)[0]
        if flow(first.debit, first.credit) == 1:
            yield entry_id, first.amount_minor - taken.get(entry_id, 0)
