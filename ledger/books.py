"""Opening books, accounts and funds. They are never changed afterwards; every opening is a notice in the log."""

from datetime import datetime

from django.db import IntegrityError, transaction

from ledger.core.money import exponent
from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _
from ledger.core.rules import CODE
from ledger.models import Account, Book, Fund
from ledger.models.accounts import Restriction
from ledger.policy.chart import CHART
from ledger.posting import GENERAL_FUND, notice


def open_book(*, code: str, base_currency: str = "CNY", by: str, at: datetime) -> None:
    """Open a charity's book with the chart's accounts and the fund ``general``. Opening it again changes nothing."""
    _check_code(code)
    exponent(base_currency)
    with transaction.atomic():
        if Book.objects.filter(code=code).exists():
            return
        book = Book.objects.create(code=code, base_currency=base_currency, chart_version=CHART.version, opened_at=at)
        open_accounts(book, base_currency)
        facts = {"version": CHART.version, "source": CHART.source}
        notice(
            "CHART_VERSION", book=code, effective_on=at.date(), facts=facts, by=by, at=at, key=f"chart:{CHART.version}"
        )
        open_fund(book=code, code=GENERAL_FUND, restriction="NONE", currency=base_currency, by=by, at=at)


def open_accounts(book: Book, currency: str) -> None:
    """Open every account of the chart in a currency that the book does not have yet."""
    have = set(Account.objects.filter(book=book, currency=currency).values_list("code", flat=True))
    Account.objects.bulk_create(
        Account(book=book, code=account.code, currency=currency, type=account.type)
        for account in CHART.accounts
        if account.code not in have
    )


def open_fund(
    *, book: str, code: str, restriction: str, currency: str, project_ref: str = "", by: str, at: datetime
) -> None:
    """Open a fund. The same fund again changes nothing; another one under its code: ``fund_code_taken``."""
    _check_code(code)
    exponent(currency)
    if restriction not in Restriction.values:
        raise ValueError(f"no such restriction: {restriction}")
    wanted = {"restriction": restriction, "currency": currency, "project_ref": project_ref}
    try:
        with transaction.atomic():
            owner = book_row(book)
            there = Fund.objects.filter(book=owner, code=code).first()
            if there is None:
                Fund.objects.create(book=owner, code=code, opened_at=at, **wanted)
                open_accounts(owner, currency)
                facts = {"fund": code, "restriction": restriction, "currency": currency}
                if project_ref:
                    facts["project"] = project_ref
                notice("FUND_OPENED", book=book, effective_on=at.date(), facts=facts, by=by, at=at, key=f"fund:{code}")
                return
    except IntegrityError:
        there = Fund.objects.get(book__code=book, code=code)
    if {name: getattr(there, name) for name in wanted} != wanted:
        raise Refused("fund_code_taken", _("Another fund already has the code %(code)s."), code=code)


def book_row(code: str) -> Book:
    """The book of a code, or ``Refused("book_unknown")``."""
    try:
        return Book.objects.get(code=code)
    except Book.DoesNotExist:
        raise Refused("book_unknown", _("There is no book with the code %(code)s."), code=code) from None


def only_book() -> str:
    """The code of the one book there is, or ``Refused("book_wanted")``."""
    codes = list(Book.objects.order_by("code").values_list("code", flat=True)[:2])
    if len(codes) != 1:
        raise Refused("book_wanted", _("Say which book: there is not exactly one."))
    return codes[0]


def _check_code(code: str) -> None:
    if not CODE.match(code):
        raise Refused("code_malformed", _("A code has 1 to 32 characters of a-z, 0-9 and -."))
