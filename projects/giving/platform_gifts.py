"""Gifts that a platform took for the charity: they come settled, in great numbers, by its settlement files.

Such a gift is shown to nobody by name: the platform's list says who paid, not what the donor wishes to be seen.
"""

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.timezone import localtime

from ledger.bulk import Alike, Ready
from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from ledger.policy import recipes
from projects.access.copying import Lines, copy_values, lines_of, new_ids
from projects.access.refs import new_ref, new_refs
from projects.giving.bearing import GENERAL_FUND
from projects.giving.commitments import commitments_alike
from projects.giving.models import KEY_BYTES, Donor, Gift, new_tokens
from projects.giving.visibility import Visibility
from projects.organisations.outcomes import Outcome, tell_many

CHANNEL = "platform"


@dataclass(slots=True)
class PlatformGift:
    """One gift of a list. `key` names it for ever (at most 64 characters), `platform_ref` is the platform's number."""

    key: str
    platform_ref: str
    project: Any
    amount_minor: int
    currency: str
    donor_name: str
    effective_on: date


@dataclass(slots=True)
class SettledGift:
    """A gift that stands in the books, by the keys of its row and of its entry (32 hexadecimal digits)."""

    gift_id: int
    entry_id: str


class Unforeseen(Exception):
    """Something is there, or is refused, that was not seen when rows were made ready: they are made anew."""


class ReadyGifts:
    """Gifts with their entries made, which wait to be written. Each has a key of its own, and none was posted before.

    Made in the transaction that writes them, or before it where primary keys are drawn outside of one (PostgreSQL).
    """

    def __init__(self, gifts: Sequence[PlatformGift], *, organisation: Any, by: Any, at: datetime) -> None:
        self._made, self._entries = _Made(organisation, at), Ready(by.ref)
        self._made.add(gifts, self._entries)
        self._keys = [f"settlement:{gift.key}" for gift in gifts]

    def foresee(self) -> list[SettledGift] | None:
        """What becomes of the gifts unless a law refuses one, their rows as they will be written (PostgreSQL); None
        where one is refused already.
        """
        waiting = self._entries.waiting
        entries = [waiting.get(key, "") for key in self._keys]
        return self._made.foresee(entries) if all(entries) else None

    def settle(self) -> list[SettledGift | Refused]:
        """Post the gifts and write their rows, all in one transaction, once; what became of each, in their order.

        The caller writes the audit event: it knows which list it was.
        """
        with transaction.atomic():
            refusals = dict(self._entries.post().refusals)
            entries = self._entries.entries
            return self._made.write([entries.get(key) or _why_not(refusals, key) for key in self._keys])

    def settle_as_foreseen(self) -> None:
        """As `settle`, of gifts that were foreseen; raises `Unforeseen` where something becomes of one that was not."""
        with transaction.atomic():
            if self._entries.post().posted != len(self._keys):
                raise Unforeseen
            self._made.write_foreseen()


def _why_not(refusals: dict[str, Refused], key: str) -> Refused:
    # Of very many refusals only the first are kept with their reasons.
    return refusals.get(key) or Refused("refused", _r("The books refused this row."))


DONOR_COLUMNS = ("id", "ref", "name", "commitment_key")
GIFT_COLUMNS = (
    "id", "ref", "donor_id", "trace_token", "project_id", "amount_minor", "currency", "donor_name",
    "platform_ref", "entry_id",
)  # fmt: skip


class _Made:
    """Rows of donors and gifts in the making. One object of each goes through all of them: a gift is a row of values,
    and what all platform gifts have in common is said once, on the sample.
    """

    def __init__(self, organisation: Any, at: datetime) -> None:
        self.book, self.at = organisation.book_code, at
        self.donor = Donor(created_at=at)
        self.gift = Gift(
            donor=self.donor,
            organisation=organisation,
            visibility=Visibility.FINANCE,
            state=Gift.State.SETTLED,
            channel=CHANNEL,
            created_at=at,
            settled_at=at,
        )
        self.donors: list[tuple[Any, ...]] = []
        self.gifts: list[tuple[Any, ...]] = []
        self.projects: dict[int, str] = {}
        self.alike: dict[tuple[int | None, str], Alike] = {}
        self._lines: tuple[Lines, ...] = ()

    def add(self, gifts: Sequence[PlatformGift], entries: Ready) -> None:
        """An entry for each gift; its rows wait until it is known whether the books take it."""
        count, bind = len(gifts), commitments_alike(self.gift)
        refs, donor_refs, tokens = new_refs(count), new_refs(count), new_tokens(count)
        entry_ids = entries.ids(self.at, count)
        ids, whose, keys = new_ids(Gift, count), new_ids(Donor, count), secrets.token_bytes(KEY_BYTES * count)
        for place, gift in enumerate(gifts):
            ref, donor_ref, project, amount_minor = refs[place], donor_refs[place], gift.project, gift.amount_minor
            project_id = project.id if project else None
            person, name = keys[place * KEY_BYTES : (place + 1) * KEY_BYTES], gift.donor_name[:80]
            self.donors.append((whose[place], donor_ref, name, person))
            self.gifts.append(
                (
                    ids[place], ref, whose[place], tokens[place], project_id,
                    amount_minor, gift.currency, name, gift.platform_ref,
                )
            )  # fmt: skip
            bound = bind(person, amount_minor, gift.currency, name, donor_ref, ref)
            entries.add_alike(
                self.alike.get((project_id, gift.currency)) or self._alike(project, gift.currency),
                entry_ids[place],
                f"settlement:{gift.key}",
                amount_minor,
                gift.effective_on,
                ref,
                bound,
            )

    def _alike(self, project: Any, currency: str) -> Alike:
        """What the gifts of a project have in common, as a gift of the smallest amount on this day."""
        if project:
            self.projects[project.pk] = project.ref
        sample = recipes.gift(
            book=self.book,
            fund=project.fund_code if project else GENERAL_FUND,
            amount_minor=1,
            currency=currency,
            effective_on=localtime(self.at).date(),
            document_ref=new_ref(),
            restricted=project is not None,
            channel=CHANNEL,
        )
        made = self.alike[project.pk if project else None, currency] = Alike(sample, self.at)
        return made

    def _outcomes(self, kept: Sequence[int]) -> Iterator[Outcome]:
        """What there is to tell, made one by one and only where somebody listens."""
        for place in kept:
            gift = dict(zip(GIFT_COLUMNS, self.gifts[place], strict=False))
            facts = {"gift": gift["ref"], "project": self.projects.get(gift["project_id"]), "channel": CHANNEL}
            amount = {"amount_minor": gift["amount_minor"], "currency": gift["currency"]}
            yield Outcome("gift.received", self.at, facts | amount)

    def foresee(self, entries: Sequence[str]) -> list[SettledGift]:
        """The rows of all of them as lines."""
        gifts = [(*gift, entry) for gift, entry in zip(self.gifts, entries, strict=True)]
        self._lines = lines_of(self.donor, DONOR_COLUMNS, self.donors), lines_of(self.gift, GIFT_COLUMNS, gifts)
        return [SettledGift(gift[0], gift[-1]) for gift in gifts]

    def write_foreseen(self) -> None:
        """The rows of all of them, as they were made to lines."""
        for lines in self._lines:
            lines.write()
        tell_many(self.gift.organisation_id, self._outcomes(range(len(self.gifts))))

    def write(self, answers: Sequence[str | Refused]) -> list[SettledGift | Refused]:
        """The rows of those that have an entry."""
        kept = [place for place, answer in enumerate(answers) if isinstance(answer, str)]
        copy_values(self.donor, DONOR_COLUMNS, [self.donors[place] for place in kept])
        copy_values(self.gift, GIFT_COLUMNS, [(*self.gifts[place], answers[place]) for place in kept])
        tell_many(self.gift.organisation_id, self._outcomes(kept))
        return [
            SettledGift(self.gifts[place][0], answer) if isinstance(answer, str) else answer
            for place, answer in enumerate(answers)
        ]
