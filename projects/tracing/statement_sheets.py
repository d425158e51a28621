"""Statements as a reader asks for them: which one, of which days, as known at which log position; as table or file.

Faces show what this makes. What is asked stands in the address, so that a link is a statement.
"""

import datetime
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from ledger import account_lines, statements
from ledger.account_lines import AccountStatement
from ledger.core.money import decimal_text
from ledger.core.refusals import Refused
from ledger.periods import ClosedPeriod
from ledger.policy.chart import CHART
from ledger.policy.statements import CURRENT
from ledger.stated import StatedStatement
from ledger.statements import TRIAL_BALANCE, Statement
from projects.access.csv_cells import csv_bytes
from projects.access.screen import sentence

ACCOUNT = "account"
KINDS: dict[str, Any] = {
    "position": _("Statement of financial position"),
    "activities": _("Statement of activities"),
    "cash_flow": _("Cash flow statement"),
    TRIAL_BALANCE: _("Trial balance"),
    ACCOUNT: _("Lines of one account"),
}
COLUMNS: dict[str, Any] = {
    "end": _("At the end"),
    "year_start": _("At the start of the year"),
    "period": _("Period"),
    "year": _("Since January"),
    "period_free": _("Period: without restrictions"),
    "period_restricted": _("Period: with restrictions"),
    "period_total": _("Period: total"),
    "year_free": _("Since January: without restrictions"),
    "year_restricted": _("Since January: with restrictions"),
    "year_total": _("Since January: total"),
    "opening_debit": _("Before: debit"),
    "opening_credit": _("Before: credit"),
    "debit": _("Debits"),
    "credit": _("Credits"),
    "closing_debit": _("After: debit"),
    "closing_credit": _("After: credit"),
}
IDENTITIES: dict[str, Any] = {
    "debits_are_credits": _("Debits are credits"),
    "assets_are_liabilities_and_net_assets": _("Assets are liabilities and net assets"),
    "between_funds_is_nothing": _("What funds owe each other adds up to nothing"),
    "change_is_that_of_net_assets": _("The change is that of the net assets"),
    "flow_is_change_of_cash": _("The net flow is the change of cash"),
}


class SheetForm(forms.Form):
    """What can be asked for; everything has an answer when nothing is said."""

    statement = forms.ChoiceField(label=_("Statement"), choices=list(KINDS.items()))
    starts_on = forms.DateField(label=_("First day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    ends_on = forms.DateField(label=_("Last day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    currency = forms.ChoiceField(label=_("Currency"))
    account = forms.ChoiceField(label=_("Ledger account"), required=False)
    position = forms.IntegerField(
        label=_("As known at log position"), required=False, min_value=0, help_text=_("Empty: all that is known now.")
    )

    def __init__(self, *args: Any, currencies: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["currency"].choices = [(code, code) for code in currencies]
        fields["account"].choices = [("", "—"), *((one.code, f"{one.code} {_name(one)}") for one in CHART.accounts)]


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a page shows: the form, and a statement, the lines of an account, or why there is neither."""

    form: SheetForm
    kind: str
    statement: Statement | None = None
    account: AccountStatement | None = None
    refusal: str = ""
    query: str = ""

    @property
    def title(self) -> str:
        return str(KINDS[self.kind])

    @property
    def source(self) -> str:
        return CURRENT.source

    @property
    def columns(self) -> list[str]:
        return [str(COLUMNS[name]) for name in self.statement.columns] if self.statement else []

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Each row with its name in the reader's language; an account leads to its lines."""
        if self.statement is None:
            return []
        return [
            {
                "code": row.code,
                "name": _name(row),
                "amounts": row.amounts,
                "level": row.level,
                "lines": self._lines_of(row.code) if self.kind == TRIAL_BALANCE and row.level == "line" else "",
            }
            for row in self.statement.rows
        ]

    @property
    def identities(self) -> list[dict[str, Any]]:
        made = self.statement.identities if self.statement else ()
        return [{"name": str(IDENTITIES[one.code]), "holds": one.holds} for one in made]

    @property
    def account_name(self) -> str:
        return _name(CHART.account(self.account.account)) if self.account else ""

    @property
    def next_page(self) -> str:
        if self.account is None or self.account.next_after is None:
            return ""
        return f"{self.query}&after={self.account.next_after}"

    def _lines_of(self, account: str) -> str:
        data = {name: self.form.data[name] for name in ("starts_on", "ends_on", "currency", "position")}
        return urlencode({**data, "statement": ACCOUNT, "account": account})


def _name(thing: Any) -> str:
    return str(thing.name_zh if (get_language() or "").startswith("zh") else thing.name_en)


def sheet(book: str, asked: Mapping[str, Any], *, today: datetime.date) -> Sheet:
    """What was asked of a book, with the year so far where nothing is said."""
    currencies = statements.currencies(book)
    data = {
        "statement": "position", "starts_on": f"{today.year}-01-01", "ends_on": today.isoformat(),
        "currency": currencies[0], "account": "", "position": "",
    }  # fmt: skip
    data |= {name: str(asked[name]) for name in data if asked.get(name)}
    form = SheetForm(data, currencies=currencies)
    query = urlencode({name: value for name, value in data.items() if value})
    if not form.is_valid():
        kind = data["statement"] if data["statement"] in KINDS else "position"
        return Sheet(form, kind, query=query)
    said = form.cleaned_data
    kind = said["statement"]
    days = {name: said[name] for name in ("currency", "starts_on", "ends_on", "position")}
    try:
        if kind != ACCOUNT:
            return Sheet(form, kind, statements.make(kind, book=book, **days), query=query)
        after = str(asked.get("after", ""))
        lines = account_lines.account_statement(
            book=book, account=said["account"] or CHART.accounts[1].code, **days,
            after=int(after) if after.isdecimal() and len(after) < 16 else 0,
        )  # fmt: skip
        return Sheet(form, kind, account=lines, query=query)
    except Refused as refused:
        return Sheet(form, kind, refusal=sentence(refused), query=query)


def closed_rows(closed: Iterable[ClosedPeriod], names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Closed periods with the way to each of their statements, as it was at the closing."""
    return [
        {
            "period": period,
            "closed_by": names.get(period.closed_by, ""),
            "statements": [
                {"said": one, "title": str(KINDS[one.statement]), "query": _query_of(one)} for one in period.statements
            ],
        }
        for period in closed
    ]


def _query_of(one: StatedStatement) -> str:
    return urlencode(
        {
            "statement": one.statement, "starts_on": one.starts_on.isoformat(), "ends_on": one.ends_on.isoformat(),
            "currency": one.currency, "position": one.position,
        }
    )  # fmt: skip


# ---- as a file ----


def as_file(made: Sheet, form: str) -> HttpResponse | None:
    """The statement as CSV or JSON, with the numbers of the screen; None where there is none."""
    one = made.statement or made.account
    if one is None or form not in ("csv", "json"):
        return None
    name = f"{one.book}-{made.kind}-{one.currency}-{one.starts_on}-{one.ends_on}-at-{one.position}"
    if form == "csv":
        return _file(_csv(made), "text/csv; charset=utf-8", f"{name}.csv")
    return _file(_json(made).encode(), "application/json", f"{name}.json")


def _csv(made: Sheet) -> bytes:
    if made.account:
        header = ["position", "date", "kind", "fund", "account", "opposite", "debit", "credit", "balance", "entry"]
        return csv_bytes(header, ([*line.values()] for line in _account_rows(made.account)))
    assert made.statement
    currency = made.statement.currency
    rows = (
        [row["code"], row["name"], *(decimal_text(amount, currency) for amount in row["amounts"])] for row in made.rows
    )
    return csv_bytes(["code", "name", *made.columns], rows)


def _json(made: Sheet) -> str:
    """The canonical statement, whose digest stands in the log of a closed period, and beside it the names."""
    if made.account:
        one = made.account
        said = {
            "version": 1, "book": one.book, "account": one.account, "currency": one.currency,
            "starts": one.starts_on.isoformat(), "ends": one.ends_on.isoformat(), "position": one.position,
            "root": one.root_hex, "lines": _account_rows(one), "next_after": one.next_after,
        }  # fmt: skip
        return json.dumps(said, ensure_ascii=False, indent=1)
    assert made.statement
    names = {row.code: {"zh": row.name_zh, "en": row.name_en} for row in made.statement.rows}
    identities = {one.code: one.holds for one in made.statement.identities}
    said = {
        "version": 1, "statement": json.loads(made.statement.canonical()), "digest": made.statement.digest(),
        "names": names, "identities": identities,
    }  # fmt: skip
    return json.dumps(said, ensure_ascii=False, indent=1)


def _account_rows(one: AccountStatement) -> list[dict[str, Any]]:
    return [
        {
            "position": line.position, "date": line.on.isoformat(), "kind": line.kind, "fund": line.fund,
            "account": one.account, "opposite": line.opposite, "debit": decimal_text(line.debit_minor, one.currency),
            "credit": decimal_text(line.credit_minor, one.currency),
            "balance": decimal_text(line.balance_minor, one.currency), "entry": str(line.entry_id),
        }
        for line in one.lines
    ]  # fmt: skip


def _file(content: bytes, content_type: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response
