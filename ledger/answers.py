"""What the books answer when they refuse: the laws' messages as refusals with codes."""

from collections.abc import Iterable

from django.db import IntegrityError

from ledger.core.entries import Draft
from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _
from ledger.models import Account, Book, Fund


def key_reused(key: str) -> Refused:
    return Refused("key_reused", _("The key %(key)s was used for another event."), key=key)


def book_unknown(book: str) -> Refused:
    return Refused("book_unknown", _("There is no book with the code %(code)s."), code=book)


def facts_not_public(facts: Iterable[str]) -> Refused:
    names = ", ".join(sorted(facts))
    return Refused("fact_not_public", _("These facts may not be published: %(facts)s."), facts=names)


def fund_unknown(book: str, fund: str) -> Refused:
    return Refused("fund_unknown", _("The book %(book)s has no fund %(fund)s."), book=book, fund=fund)


def refusal_of(error: IntegrityError) -> Exception:
    """What a law of the database said, as a refusal with a code; the error itself where no law spoke."""
    text = str(error)
    if text.startswith("L7: these days"):
        return Refused("period_closed_already", _("Some of these days are closed already."))
    if text.startswith("L7"):
        return Refused("period_closed", _("The accounting period of this day is closed; date the entry later."))
    if text.startswith("L6"):
        return Refused("currency_differs", _("A posting, its fund and its accounts have one currency."))
    if text.startswith("L8"):
        return Refused("fund_line_moved", _("The fund was used at the same moment; try again."))
    if "ledger_entry_reversed_once" in text or "reverses_id" in text:
        return Refused("already_reversed", _("This entry has been reversed already."))
    return error


def why_missing(draft: Draft) -> Refused:
    """Which book, fund or account a draft names that is not there."""
    book = Book.objects.filter(code=draft.book).first()
    if book is None:
        return book_unknown(draft.book)
    funds = set(Fund.objects.filter(book=book).values_list("code", flat=True))
    for line in draft.lines:
        if line.fund not in funds:
            return fund_unknown(draft.book, line.fund)
    accounts = set(Account.objects.filter(book=book).values_list("code", "currency"))
    missing = [
        f"{code} {line.currency}"
        for line in draft.lines
        for code in (line.debit, line.credit)
        if (code, line.currency) not in accounts
    ]
    return Refused("account_unknown", _("This book has no account %(accounts)s."), accounts=", ".join(missing))
