"""Recipes: business events as drafts. One function an event; each says which accounts it moves and why.

All amounts are positive minor units. ``fund`` and ``book`` are codes, ``document_ref`` is the event's opaque reference.
``restricted`` says whether the fund carries a donor's condition. Nothing here reads a clock or a table.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from ledger.core.entries import Draft, Line
from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _
from ledger.policy import chart
from ledger.policy.kinds import KINDS

# Where money of a channel waits until it reaches the bank.
CLEARING = {
    "stripe": chart.STRIPE_CLEARING,
    "platform": chart.PLATFORM_CLEARING,
    "bank": chart.BANK,
    "cash": chart.CASH,
}


def clearing(channel: str) -> str:
    """The account where a channel's money waits."""
    try:
        return CLEARING[channel]
    except KeyError:
        raise Refused(
            "channel_unknown", _("Money cannot arrive by the channel %(channel)s."), channel=channel
        ) from None


def draft(
    kind: str,
    *,
    book: str,
    effective_on: date,
    document_ref: str,
    lines: tuple[Line, ...],
    facts: Mapping[str, Any] | None = None,
    commitment: bytes | None = None,
) -> Draft:
    """A draft of a kind, with its document kind filled in and its facts held to the kind's allow-list."""
    rule = KINDS[kind]
    public = dict(facts) if facts else {}
    if not rule.facts.issuperset(public):
        unknown = ", ".join(sorted(set(public) - rule.facts))
        raise Refused("fact_not_public", _("These facts may not be published: %(facts)s."), facts=unknown)
    return Draft(
        book=book,
        kind=kind,
        effective_on=effective_on,
        document_kind=rule.document_kind,
        document_ref=document_ref,
        lines=lines,
        facts=public,
        commitment=commitment,
    )


def gift(
    *,
    book: str,
    fund: str,
    amount_minor: int,
    currency: str,
    effective_on: date,
    document_ref: str,
    restricted: bool,
    channel: str = "stripe",
    donor: str = "",
    commitment: bytes | None = None,
) -> Draft:
    """A gift has settled: it is the fund's in full, fees are a matter of their own. Fills the line.

    ``donor`` is an opaque reference, given only while a matching rule of the fund caps what one donor is matched.
    """
    income = chart.GIFTS_RESTRICTED if restricted else chart.GIFTS_FREE
    line = Line(fund, clearing(channel), income, amount_minor, currency)
    return draft(
        "GIFT",
        book=book,
        effective_on=effective_on,
        document_ref=document_ref,
        lines=(line,),
        facts={"channel": channel} | ({"donor": donor} if donor else {}),
        commitment=commitment,
    )


def processing_fee(
    *,
    book: str,
    fund: str,
    amount_minor: int,
    currency: str,
    effective_on: date,
    document_ref: str,
    channel: str = "stripe",
    borne: bool = True,
) -> Draft:
    """What the provider kept. ``borne``: the fund's fundraising cost (uses its line), else a shortfall."""
    cost = chart.FUNDRAISING_COST if borne else chart.DEFICIT
    line = Line(fund, cost, clearing(channel), amount_minor, currency)
    facts = {"channel": channel, "borne": "fund" if borne else "deficit"}
    return draft(
        "PROCESSING_FEE", book=book, effective_on=effective_on, document_ref=document_ref, lines=(line,), facts=facts
    )


def match(
    *,
    book: str,
    fund: str,
    amount_minor: int,
    currency: str,
    effective_on: date,
    document_ref: str,
    restricted: bool,
    pool: str,
    rule_version: int,
    gift_index: int,
    offered: int | None = None,
) -> Draft:
    """A match is committed to a gift: owed by the matcher from now on. Fills the line.

    ``gift_index`` is the log position of the gift matched, so that anyone can replay the pot from the log; ``offered``
    that of what made the money free, where the gift had been answered before and lacked some.
    """
    income = chart.MATCH_RESTRICTED if restricted else chart.MATCH_FREE
    line = Line(fund, chart.MATCH_RECEIVABLE, income, amount_minor, currency)
    facts = {"pool": pool, "rule": rule_version, "gift_index": gift_index}
    if offered is not None:
        facts["offered"] = offered
    return draft("MATCH", book=book, effective_on=effective_on, document_ref=document_ref, lines=(line,), facts=facts)


def match_received(
    *, book: str, fund: str, amount_minor: int, currency: str, effective_on: date, document_ref: str, pool: str
) -> Draft:
    """The matcher's money arrived at the bank."""
    line = Line(fund, chart.BANK, chart.MATCH_RECEIVABLE, amount_minor, currency)
    return draft(
        "MATCH_RECEIVED",
        book=book,
        effective_on=effective_on,
        document_ref=document_ref,
        lines=(line,),
        facts={"pool": pool},
    )


def award(*, book: str, fund: str, amount_minor: int, currency: str, effective_on: date, document_ref: str) -> Draft:
    """An award is approved: programme cost now, owed until paid (accrual). Uses the line."""
    line = Line(fund, chart.PROGRAMME_COST, chart.AID_PAYABLE, amount_minor, currency)
    return draft("AWARD", book=book, effective_on=effective_on, document_ref=document_ref, lines=(line,))


def payout(*, book: str, fund: str, amount_minor: int, currency: str, effective_on: date, document_ref: str) -> Draft:
    """The bank confirmed a payout: what was owed has left the bank."""
    line = Line(fund, chart.AID_PAYABLE, chart.BANK, amount_minor, currency)
    return draft("PAYOUT", book=book, effective_on=effective_on, document_ref=document_ref, lines=(line,))


def payout_returned(
    *, book: str, fund: str, amount_minor: int, currency: str, effective_on: date, document_ref: str
) -> Draft:
    """A payout came back: owed again."""
    line = Line(fund, chart.BANK, chart.AID_PAYABLE, amount_minor, currency)
    return draft("PAYOUT_RETURNED", book=book, effective_on=effective_on, document_ref=document_ref, lines=(line,))


def transfer(
    *,
    book: str,
    from_fund: str,
    to_fund: str,
    amount_minor: int,
    currency: str,
    effective_on: date,
    document_ref: str,
) -> Draft:
    """Money moves between two funds of a book. Uses one line and fills the other."""
    lines = (
        Line(from_fund, chart.TRANSFERS, chart.INTER_FUND, amount_minor, currency),
        Line(to_fund, chart.INTER_FUND, chart.TRANSFERS, amount_minor, currency),
    )
    return draft("TRANSFER", book=book, effective_on=effective_on, document_ref=document_ref, lines=lines)


def release_restriction(
    *, book: str, fund: str, amount_minor: int, currency: str, effective_on: date, document_ref: str
) -> Draft:
    """A condition is met: restricted net assets become free inside the same fund."""
    line = Line(fund, chart.NET_RESTRICTED, chart.NET_FREE, amount_minor, currency)
    return draft("RELEASE_RESTRICTION", book=book, effective_on=effective_on, document_ref=document_ref, lines=(line,))


def in_kind_gift(
    *,
    book: str,
    fund: str,
    amount_minor: int,
    currency: str,
    effective_on: date,
    document_ref: str,
    restricted: bool,
    commitment: bytes | None = None,
) -> Draft:
    """Goods given, at their value. Fills the line."""
    income = chart.GIFTS_RESTRICTED if restricted else chart.GIFTS_FREE
    line = Line(fund, chart.STOCK, income, amount_minor, currency)
    return draft(
        "IN_KIND_GIFT",
        book=book,
        effective_on=effective_on,
        document_ref=document_ref,
        lines=(line,),
        commitment=commitment,
    )


def in_kind_issue(
    *, book: str, fund: str, amount_minor: int, currency: str, effective_on: date, document_ref: str
) -> Draft:
    """Goods handed out, at their value. Uses the line."""
    line = Line(fund, chart.PROGRAMME_COST, chart.STOCK, amount_minor, currency)
    return draft("IN_KIND_ISSUE", book=book, effective_on=effective_on, document_ref=document_ref, lines=(line,))


def subsidy(*, book: str, fund: str, amount_minor: int, currency: str, effective_on: date, document_ref: str) -> Draft:
    """A government grant arrived at the bank. Fills the line."""
    line = Line(fund, chart.BANK, chart.GRANTS, amount_minor, currency)
    return draft("SUBSIDY", book=book, effective_on=effective_on, document_ref=document_ref, lines=(line,))


def cost(
    *,
    book: str,
    amounts_by_fund: Mapping[str, int],
    expense_class: str,
    currency: str,
    effective_on: date,
    document_ref: str,
) -> Draft:
    """Running cost paid from the bank, allocated to funds. ``expense_class``: PROGRAMME, MANAGEMENT or FUNDRAISING."""
    account = {
        "PROGRAMME": chart.PROGRAMME_COST,
        "MANAGEMENT": chart.MANAGEMENT_COST,
        "FUNDRAISING": chart.FUNDRAISING_COST,
    }[expense_class]
    lines = tuple(Line(fund, account, chart.BANK, amount, currency) for fund, amount in sorted(amounts_by_fund.items()))
    return draft("COST", book=book, effective_on=effective_on, document_ref=document_ref, lines=lines)


def opening_balance(
    *,
    book: str,
    fund: str,
    amount_minor: int,
    currency: str,
    effective_on: date,
    document_ref: str,
    restricted: bool,
) -> Draft:
    """What a fund held at the bank when its book was opened. Fills the line."""
    net = chart.NET_RESTRICTED if restricted else chart.NET_FREE
    line = Line(fund, chart.BANK, net, amount_minor, currency)
    return draft("OPENING", book=book, effective_on=effective_on, document_ref=document_ref, lines=(line,))


def dispute_fee(
    *, book: str, fund: str, amount_minor: int, currency: str, effective_on: date, document_ref: str, borne: bool = True
) -> Draft:
    """What the bank charges for a dispute, borne by the fund or standing as a shortfall."""
    account = chart.FUNDRAISING_COST if borne else chart.DEFICIT
    line = Line(fund, account, chart.STRIPE_CLEARING, amount_minor, currency)
    facts = {"borne": "fund" if borne else "deficit"}
    return draft(
        "DISPUTE_FEE", book=book, effective_on=effective_on, document_ref=document_ref, lines=(line,), facts=facts
    )


def excess(
    kind: str,
    *,
    book: str,
    fund: str,
    amount_minor: int,
    currency: str,
    effective_on: date,
    document_ref: str,
    channel: str = "stripe",
    borne: bool = True,
) -> Draft:
    """More went back than was left of the gift (REFUND_EXCESS, DISPUTE_EXCESS: a bank may take what we had refunded).

    ``borne``: ``fund`` (the general one) pays it and uses its line; else it stands as a shortfall.
    """
    account = chart.REFUND_COVER if borne else chart.DEFICIT
    line = Line(fund, account, clearing(channel), amount_minor, currency)
    facts = {"borne": "fund" if borne else "deficit"}
    return draft(kind, book=book, effective_on=effective_on, document_ref=document_ref, lines=(line,), facts=facts)


def take_back(
    kind: str,
    *,
    book: str,
    fund: str,
    income_account: str,
    money_account: str,
    general_fund: str,
    unspent_minor: int,
    covered_minor: int,
    deficit_minor: int,
    currency: str,
    effective_on: date,
    document_ref: str,
    origin_index: int,
) -> Draft:
    """A gift or match is taken back (REFUND, MATCH_RELEASE or DISPUTE_WITHDRAWN), in up to three parts.

    ``unspent`` leaves the gift's own fund. For what is spent the relief stays paid, and the general fund stands in the
    donor's place: ``covered`` is what it can bear, ``deficit`` what stands as a shortfall to be made good.
    ``income_account`` and ``money_account`` are those of the entry taken back.
    """
    parts = (
        (fund, income_account, unspent_minor),
        (general_fund, chart.REFUND_COVER, covered_minor),
        (general_fund, chart.DEFICIT, deficit_minor),
    )
    lines = tuple(Line(where, debit, money_account, amount, currency) for where, debit, amount in parts if amount)
    facts = {"origin": origin_index, "unspent": unspent_minor, "covered": covered_minor, "deficit": deficit_minor}
    return draft(kind, book=book, effective_on=effective_on, document_ref=document_ref, lines=lines, facts=facts)
