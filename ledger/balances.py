"""Balances and a fund's figures, as of a log position. Computed, never stored as truth.

``position`` is a size of the log: figures count the entries numbered 0 … position − 1. Without it the latest head is
taken. What is committed but not numbered yet is in no figure.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, F, Q, QuerySet, Sum

from ledger.books import book_row
from ledger.models import Fund, LogHead, LogLeaf, Lot, LotCover, LotHole, LotUse, Posting
from ledger.policy.chart import CHART, DEBIT
from ledger.transparency import head


@dataclass(frozen=True, slots=True)
class FundFigures:
    """What came into a fund and where it went, in minor units, at a log position.

    ``given`` + ``matched`` + ``other_in`` = ``spent`` + ``refunded`` + ``left``. ``covered`` is the part of what was
    spent whose gifts were taken back afterwards: another fund stands in for them. Counts are of entries.
    """

    fund: str
    currency: str
    given_minor: int
    matched_minor: int
    other_in_minor: int
    refunded_minor: int
    covered_minor: int
    spent_minor: int
    left_minor: int
    gift_count: int
    match_count: int
    position: int
    root_hex: str


@dataclass(frozen=True, slots=True)
class AccountBalance:
    """One line of a trial balance: the sum of both sides of an account, in minor units."""

    code: str
    name_zh: str
    name_en: str
    type: str
    currency: str
    debit_minor: int
    credit_minor: int

    @property
    def balance_minor(self) -> int:
        """The balance on the account's normal side."""
        net = self.debit_minor - self.credit_minor
        return net if CHART.account(self.code).normal_side == DEBIT else -net


@dataclass(frozen=True, slots=True)
class Sides:
    """What an account of a fund was debited and credited, in minor units."""

    fund: str
    account: str
    currency: str
    debit_minor: int
    credit_minor: int

    @property
    def net_minor(self) -> int:
        """Debits less credits, whatever the account's normal side."""
        return self.debit_minor - self.credit_minor


def sides(*, book: str, position: int | None = None) -> list[Sides]:
    """Both sides of every account of every fund that ever moved, by fund and account."""
    size, _root = at_position(position)
    found: dict[tuple[str, str, str], list[int]] = {}
    rows = _postings(book, size).values_list("fund__code", "debit_account__code", "credit_account__code", "currency")
    for fund, debit, credit, currency, amount in rows.annotate(total=Sum("amount_minor")):
        found.setdefault((fund, debit, currency), [0, 0])[0] += amount
        found.setdefault((fund, credit, currency), [0, 0])[1] += amount
    return [Sides(fund, account, currency, *both) for (fund, account, currency), both in sorted(found.items())]


def fund_figures(*, book: str, fund: str, position: int | None = None) -> FundFigures:
    """A fund's figures at a log position (the latest head without one)."""
    size, root_hex = at_position(position)
    row = Fund.objects.get(book__code=book, code=fund)
    came_in = {
        source: (amount, count)
        for source, amount, count in Lot.objects.filter(fund=row, log_index__lt=size)
        .values("source_kind")
        .annotate(amount=Sum(F("stop") - F("start")), count=Count("entry_id"))
        .values_list("source_kind", "amount", "count")
    }
    spent = _length(LotUse.objects.filter(fund=row, kind="SPEND"), size)
    refunded = _length(LotHole.objects.filter(fund=row), size)
    given, gifts = came_in.get("DONATION", (0, 0))
    matched, matches = came_in.get("MATCH", (0, 0))
    total = sum(amount for amount, _number in came_in.values())
    return FundFigures(
        fund=fund,
        currency=row.currency,
        given_minor=given,
        matched_minor=matched,
        other_in_minor=total - given - matched,
        refunded_minor=refunded,
        covered_minor=_length(LotCover.objects.filter(fund=row), size),
        spent_minor=spent,
        left_minor=total - spent - refunded,
        gift_count=gifts,
        match_count=matches,
        position=size,
        root_hex=root_hex,
    )


def balance(*, book: str, account: str, currency: str, fund: str | None = None, position: int | None = None) -> int:
    """The balance of an account on its normal side, in minor units."""
    size, _root = at_position(position)
    postings = _postings(book, size).filter(currency=currency)
    if fund is not None:
        postings = postings.filter(fund__code=fund)
    debit = postings.filter(debit_account__code=account).aggregate(total=Sum("amount_minor"))["total"] or 0
    credit = postings.filter(credit_account__code=account).aggregate(total=Sum("amount_minor"))["total"] or 0
    net = debit - credit
    return net if CHART.account(account).normal_side == DEBIT else -net


def trial_balance(*, book: str, currency: str, position: int | None = None) -> list[AccountBalance]:
    """All accounts that ever moved, in the chart's order. The sums of both columns are equal."""
    size, _root = at_position(position)
    postings = _postings(book, size).filter(currency=currency)
    debits = _by_account(postings, "debit_account__code")
    credits = _by_account(postings, "credit_account__code")
    return [
        AccountBalance(
            code=account.code,
            name_zh=account.name_zh,
            name_en=account.name_en,
            type=account.type,
            currency=currency,
            debit_minor=debits.get(account.code, 0),
            credit_minor=credits.get(account.code, 0),
        )
        for account in CHART.accounts
        if account.code in debits or account.code in credits
    ]


def refunded_by_source(*, book: str, fund: str, position: int | None = None) -> dict[str, int]:
    """How much of each source of a fund was taken back before it was spent: source kind → minor units."""
    size, _root = at_position(position)
    row = Fund.objects.get(book__code=book, code=fund)
    holes = list(
        LotHole.objects.filter(fund=row)
        .filter(entry_id__in=LogLeaf.objects.filter(position__lt=size).values("entry_id"))
        .values_list("start", "stop")
    )
    found: dict[str, int] = {}
    for start, stop in holes:
        source = (
            Lot.objects.filter(fund=row, start__lte=start).order_by("-start").values_list("source_kind", flat=True)[0]
        )
        found[source] = found.get(source, 0) + stop - start
    return found


def at_position(position: int | None) -> tuple[int, str]:
    """The log position to read at and the root there (empty where no batch ended); default: the end of the log."""
    if position is None:
        last = head()
        return last.size, last.root_hex
    root = LogHead.objects.filter(size=position).values_list("root", flat=True).first()
    return position, bytes(root).hex() if root else ""


def _numbered(size: int) -> Q:
    return Q(entry_id__in=LogLeaf.objects.filter(position__lt=size, entry__isnull=False).values("entry_id"))


def _length(rows: QuerySet, size: int) -> int:  # type: ignore[type-arg]
    return rows.filter(_numbered(size)).aggregate(total=Sum(F("stop") - F("start")))["total"] or 0


def _postings(book: str, size: int) -> QuerySet[Posting]:
    return Posting.objects.filter(_numbered(size), book=book_row(book))


def _by_account(postings: Iterable[Posting], column: str) -> dict[str, int]:
    rows = postings.values(column).annotate(total=Sum("amount_minor"))  # type: ignore[attr-defined]
    return {row[column]: row["total"] for row in rows}
