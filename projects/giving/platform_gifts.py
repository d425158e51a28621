"""Gifts that a platform took for the charity: they come settled, in great numbers, by its settlement files.

Such a gift is shown to nobody by name: the platform's list says who paid, not what the donor wishes to be seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from ledger import reading
from ledger.bulk import post_many
from ledger.core.refusals import Refused
from ledger.policy import recipes
from projects.access.copying import copy_rows, new_ids
from projects.access.refs import new_ref
from projects.giving.bearing import GENERAL_FUND
from projects.giving.commitments import commitment_of
from projects.giving.models import Donor, Gift
from projects.giving.visibility import Visibility

CHANNEL = "platform"
# `post_many` keeps the reasons of so many refusals: no more gifts are settled at once, so that none goes unheard.
AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class PlatformGift:
    """One gift of a list. `key` names it for ever (at most 64 characters), `provider_ref` is the platform's number."""

    key: str
    provider_ref: str
    project: Any
    amount_minor: int
    currency: str
    donor_name: str
    effective_on: date


@dataclass(frozen=True, slots=True)
class SettledGift:
    """A gift that stands in the books."""

    gift_id: int
    entry_id: UUID


def settle_many(
    gifts: Sequence[PlatformGift], *, organisation: Any, by: Any, at: datetime
) -> dict[str, SettledGift | Refused]:
    """Post the gifts and write their rows, all in one transaction; what became of each, by its key.

    The caller writes the audit event: it knows which list it was. At most `AT_ONCE` gifts, each key once.
    """
    if len(gifts) > AT_ONCE:
        raise ValueError(f"at most {AT_ONCE} gifts at once")
    with transaction.atomic():
        rows = _rows(gifts, organisation, at)
        drafts = ((_draft(row, gift), at, f"settlement:{gift.key}") for row, gift in zip(rows, gifts, strict=True))
        outcome = post_many(drafts, by=by.ref)
        refused = {key.removeprefix("settlement:"): why for key, why in outcome.refusals}
        kept = [row for row in rows if row.form_key not in refused]
        entries = reading.ids_of_keys(book=organisation.book_code, keys=[f"settlement:{row.form_key}" for row in kept])
        for row in kept:
            row.entry_id = entries[f"settlement:{row.form_key}"]
        copy_rows(Donor, [row.donor for row in kept])
        copy_rows(Gift, kept)
    return {**refused, **{row.form_key: SettledGift(row.pk, row.entry_id) for row in kept if row.entry_id}}


def _rows(gifts: Sequence[PlatformGift], organisation: Any, at: datetime) -> list[Gift]:
    donor_ids, gift_ids = new_ids(Donor, len(gifts)), new_ids(Gift, len(gifts))
    rows = []
    for gift, donor_id, gift_id in zip(gifts, donor_ids, gift_ids, strict=True):
        name = gift.donor_name[:80]
        donor = Donor(id=donor_id, ref=new_ref(), name=name, created_at=at)
        rows.append(
            Gift(
                id=gift_id,
                donor=donor,
                form_key=gift.key,
                project=gift.project,
                organisation=organisation,
                amount_minor=gift.amount_minor,
                currency=gift.currency,
                donor_name=name,
                visibility=Visibility.FINANCE,
                state=Gift.State.SETTLED,
                channel=CHANNEL,
                provider_ref=gift.provider_ref,
                created_at=at,
                settled_at=at,
            )
        )
    return rows


def _draft(row: Gift, gift: PlatformGift) -> Any:
    return recipes.gift(
        book=row.organisation.book_code,
        fund=gift.project.fund_code if gift.project else GENERAL_FUND,
        amount_minor=row.amount_minor,
        currency=row.currency,
        effective_on=gift.effective_on,
        document_ref=row.ref,
        restricted=gift.project is not None,
        channel=CHANNEL,
        commitment=commitment_of(row),
    )
