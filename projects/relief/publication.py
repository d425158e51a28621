"""What of the awards everybody may see. Pure: candidates in, rows out; the sums always agree.

A single household stands in a row of its own, under a pseudonym, only if it may (consent to publish, age, sensitivity)
and if at least `k` similar households (same town, month and purpose) stand beside it. All others are merged: first the
town's month, then the town, then the areas above, until a row holds at least `k` households. What is left at the top
and still too few takes the smallest other row with it; where there is no other, its number of households is not said.
"""

import datetime
from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Candidate:
    """One award in the books. `places` are area codes from the public level (town) upward."""

    award_ref: str
    household: str
    pseudonym_zh: str
    pseudonym_en: str
    places: tuple[str, ...]
    month: datetime.date
    purpose: str
    amount_minor: int
    is_paid: bool
    may_stand_alone: bool


@dataclass(frozen=True)
class PublicRow:
    """One row. A row for one household has a pseudonym; a merged one says how many households, or None for "few"."""

    award_refs: tuple[str, ...]
    amount_minor: int
    households: int | None
    place: str = ""
    month: datetime.date | None = None
    purpose: str = ""
    pseudonym_zh: str = ""
    pseudonym_en: str = ""
    is_paid: bool = False

    @property
    def is_single(self) -> bool:
        return bool(self.pseudonym_zh)


Group = list[Candidate]


def publish(candidates: Iterable[Candidate], *, k: int) -> list[PublicRow]:
    """The rows, newest month first. Every award is in exactly one of them."""
    cells = _grouped(candidates, lambda c: (c.places[:1], c.month, c.purpose))
    singles: dict[Hashable, Group] = {}
    rest: Group = []
    for key, cell in cells.items():
        alone = [c for c in cell if c.may_stand_alone] if _count(cell) >= k else []
        if alone:
            singles[key] = alone
        rest += [c for c in cell if c not in alone]
    merged, few = _merge_upward(rest, k=k)
    if few:
        few = _fill(few, merged, singles, k=k)
        merged.append((few, "", None, ""))
    rows = [_single(c) for group in singles.values() for c in group]
    rows += [_merged(group, place, month, purpose, k=k) for group, place, month, purpose in merged]
    return sorted(rows, key=_order)


def _merge_upward(rest: Group, *, k: int) -> tuple[list[tuple[Group, str, datetime.date | None, str]], Group]:
    """Groups of at least `k` households, each as low in the tree as it can be; and what is too few even at the top."""
    merged: list[tuple[Group, str, datetime.date | None, str]] = []
    height = max((len(c.places) for c in rest), default=0)
    steps = [(0, True, True), (0, True, False), *((level, False, False) for level in range(height))]
    for level, by_month, by_purpose in steps:
        groups = _grouped(
            rest,
            lambda c, level=level, by_month=by_month, by_purpose=by_purpose: (
                c.places[min(level, len(c.places) - 1)],
                c.month if by_month else None,
                c.purpose if by_purpose else "",
            ),
        )
        rest = []
        for (place, month, purpose), group in groups.items():
            if _count(group) >= k:
                merged.append((group, place, month, purpose))
            else:
                rest += group
    return merged, rest


def _fill(few: Group, merged: list, singles: dict[Hashable, Group], *, k: int) -> Group:
    """Take the smallest other rows in, until the group is large enough or there is nothing left to take."""
    while _count(few) < k and (merged or singles):
        if merged:
            smallest = min(merged, key=lambda row: (_count(row[0]), row[1], str(row[2]), row[3]))
            merged.remove(smallest)
            few = few + smallest[0]
        else:
            key = min(singles, key=lambda cell: (_count(singles[cell]), str(cell)))
            few = few + singles.pop(key)
    return few


def _grouped(candidates: Iterable[Candidate], key) -> dict:
    groups: dict = defaultdict(list)
    for candidate in candidates:
        groups[key(candidate)].append(candidate)
    return dict(groups)


def _count(group: Group) -> int:
    """Households, not awards: one family with five grants is one family."""
    return len({c.household for c in group})


def _single(c: Candidate) -> PublicRow:
    return PublicRow(
        award_refs=(c.award_ref,),
        amount_minor=c.amount_minor,
        households=1,
        place=c.places[0] if c.places else "",
        month=c.month,
        purpose=c.purpose,
        pseudonym_zh=c.pseudonym_zh,
        pseudonym_en=c.pseudonym_en,
        is_paid=c.is_paid,
    )


def _merged(group: Group, place: str, month: datetime.date | None, purpose: str, *, k: int) -> PublicRow:
    count = _count(group)
    return PublicRow(
        award_refs=tuple(sorted(c.award_ref for c in group)),
        amount_minor=sum(c.amount_minor for c in group),
        households=count if count >= k else None,
        place=place,
        month=month,
        purpose=purpose,
    )


def _order(row: PublicRow) -> tuple:
    month = row.month.toordinal() if row.month else 0
    return (-month, row.place, row.purpose, not row.is_single, row.pseudonym_zh, row.award_refs)
