"""Books, funds and accounts against what was announced in the log and what the chart says."""

import json
from collections.abc import Iterator
from typing import Any

from ledger.models import Account, Book, Fund, Notice
from ledger.policy.chart import CHART
from ledger.posting import GENERAL_FUND
from ledger.verify.findings import Finding


def as_announced() -> Iterator[Finding]:
    """A book by its chart notice, a fund by its opening notice, accounts by the chart in every currency in use."""
    books = {book.id: book for book in Book.objects.all()}
    funds: dict[int, list[Fund]] = {book_id: [] for book_id in books}
    for fund in Fund.objects.order_by("id"):
        funds.setdefault(fund.book_id, []).append(fund)
    for book in books.values():
        yield from _book(book, funds[book.id])
        yield from _accounts(book, {book.base_currency, *(fund.currency for fund in funds[book.id])})
    for fund in (fund for group in funds.values() for fund in group):
        yield from _fund(fund)
    for notice in Notice.objects.filter(kind="FUND_OPENED").select_related("book"):
        code = json.loads(notice.facts).get("fund")
        if code not in {fund.code for fund in funds.get(notice.book_id, [])}:
            yield Finding("ledger_fund", f"book={notice.book_id} code={code}", "was announced and is not there")


def _book(book: Book, funds: list[Fund]) -> Iterator[Finding]:
    row = f"id={book.id} code={book.code}"
    announced = _notice(book.id, f"chart:{book.chart_version}")
    if announced is None or announced[0].get("version") != book.chart_version or announced[1] != book.opened_at:
        yield Finding("ledger_book", row, "is not as its CHART_VERSION notice says")
    general = next((fund for fund in funds if fund.code == GENERAL_FUND), None)
    if general is None or general.currency != book.base_currency:
        yield Finding("ledger_book", row, "has no general fund in its base currency")


def _fund(fund: Fund) -> Iterator[Finding]:
    announced = _notice(fund.book_id, f"fund:{fund.code}")
    facts: dict[str, Any] = {"fund": fund.code, "restriction": fund.restriction, "currency": fund.currency}
    if fund.project_ref:
        facts["project"] = fund.project_ref
    if announced is None or announced[0] != facts or announced[1] != fund.opened_at:
        yield Finding("ledger_fund", f"id={fund.id} code={fund.code}", "is not as its FUND_OPENED notice says")


def _notice(book_id: int, key: str) -> tuple[dict[str, Any], Any] | None:
    row = Notice.objects.filter(book_id=book_id, idempotency_key=key).first()
    return None if row is None else (json.loads(row.facts), row.recorded_at)


def _accounts(book: Book, currencies: set[str]) -> Iterator[Finding]:
    wanted = {(account.code, currency): account.type for account in CHART.accounts for currency in currencies}
    for account in Account.objects.filter(book=book).order_by("id"):
        expected = wanted.pop((account.code, account.currency), None)
        if expected != account.type:
            row = f"id={account.id} book={book.code} code={account.code} currency={account.currency}"
            yield Finding("ledger_account", row, f"is {account.type}; the chart says {expected or 'there is none'}")
    for code, currency in wanted:
        yield Finding("ledger_account", f"book={book.code} code={code} currency={currency}", "is missing")
