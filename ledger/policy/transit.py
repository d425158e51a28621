"""Recipes of money in transit: between a provider and the bank, or in suspense until somebody says what it is.

As in ``recipes``: positive minor units, codes of book and fund, opaque references; nothing reads a clock or a table.
"""

from collections.abc import Mapping
from datetime import date

from ledger.core.entries import Draft, Line
from ledger.policy import chart
from ledger.policy.recipes import clearing, draft

# What a difference between a provider and the bank costs, by its reason; what is too much is other income.
ADJUSTMENT_COSTS = {
    "PLATFORM_FEE": chart.FUNDRAISING_COST,
    "BANK_CHARGE": chart.FUNDRAISING_COST,
    "EARLIER_SETTLEMENT": chart.OTHER_COST,
    "PLATFORM_ADDED": chart.OTHER_COST,
    "ROUNDING": chart.OTHER_COST,
}


def provider_payout(
    *,
    book: str,
    amounts_by_fund: Mapping[str, int],
    currency: str,
    effective_on: date,
    document_ref: str,
    channel: str = "stripe",
) -> Draft:
    """A provider paid out to the bank; each fund's share of what waited there.

    A negative share is what the fund owes the provider (fees it bears): the payout was smaller by it.
    """
    waiting = clearing(channel)
    lines = tuple(
        _moved(fund, chart.BANK, waiting, amount, currency)
        for fund, amount in sorted(amounts_by_fund.items())
        if amount
    )
    return draft(
        "PROVIDER_PAYOUT",
        book=book,
        effective_on=effective_on,
        document_ref=document_ref,
        lines=lines,
        facts={"channel": channel},
    )


def suspense_in(
    *,
    book: str,
    fund: str,
    amount_minor: int,
    currency: str,
    effective_on: date,
    document_ref: str,
    channel: str = "bank",
) -> Draft:
    """Money arrived whose meaning is not known yet: owed to whoever it belongs to. A negative amount has left."""
    line = _moved(fund, clearing(channel), chart.SUSPENSE, amount_minor, currency)
    return draft(
        "SUSPENSE_IN",
        book=book,
        effective_on=effective_on,
        document_ref=document_ref,
        lines=(line,),
        facts={"channel": channel},
    )


def suspense_out(
    *,
    book: str,
    fund: str,
    amount_minor: int,
    currency: str,
    effective_on: date,
    document_ref: str,
    restricted: bool,
    channel: str = "bank",
    held_in: str = "",
) -> Draft:
    """The meaning is known: it was a gift to this fund. Fills the line.

    ``held_in`` is the fund whose suspense it was, when it was not this one: the money moves over with its meaning.
    """
    income = chart.GIFTS_RESTRICTED if restricted else chart.GIFTS_FREE
    lines: tuple[Line, ...] = (Line(fund, chart.SUSPENSE, income, amount_minor, currency),)
    if held_in not in ("", fund):
        lines = (
            Line(held_in, chart.SUSPENSE, clearing(channel), amount_minor, currency),
            Line(fund, clearing(channel), income, amount_minor, currency),
        )
    return draft(
        "SUSPENSE_OUT",
        book=book,
        effective_on=effective_on,
        document_ref=document_ref,
        lines=lines,
        facts={"channel": channel},
    )


def adjustment(
    *,
    book: str,
    fund: str,
    amount_minor: int,
    against: str,
    reason: str,
    currency: str,
    effective_on: date,
    document_ref: str,
    channel: str = "platform",
    answers: str = "",
) -> Draft:
    """A provider's payout differs from its list: a negative amount was kept back, a positive one came on top.

    ``against`` is the account that bears or gains it, ``reason`` a code of ``ADJUSTMENT_COSTS``. ``answers`` is the
    opaque reference of the adjustment that this one undoes: the same account with the sides exchanged.
    """
    return draft(
        "ADJUSTMENT",
        book=book,
        effective_on=effective_on,
        document_ref=document_ref,
        lines=(_moved(fund, clearing(channel), against, amount_minor, currency),),
        facts={"channel": channel, "reason": reason} | ({"answers": answers} if answers else {}),
    )


def adjusted_against(reason: str, amount_minor: int) -> str:
    """The account of a difference: what is too much is other income, what is missing a cost by its reason."""
    return chart.OTHER_INCOME if amount_minor > 0 else ADJUSTMENT_COSTS[reason]


def _moved(fund: str, to: str, out_of: str, amount_minor: int, currency: str) -> Line:
    """An amount moved from one account to another; a negative one went the other way."""
    if amount_minor < 0:
        to, out_of = out_of, to
    return Line(fund, to, out_of, abs(amount_minor), currency)
