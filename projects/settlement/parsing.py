"""Raw rows → normal rows. Pure: a record and its mapping in, a value out; what is wrong is a code with a sentence.

A bad row never stops the file. `REJECTED` rows stand for no money that could be read; `SUSPENSE` is money whose meaning
is not known, and an unknown kind always is, never a fee.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from ledger.core.money import EXPONENTS, parse_amount
from ledger.core.refusals import Refused
from projects.settlement.mapping import PERSONAL, FileMapping
from projects.settlement.reading import Record
from projects.settlement.words import Kind

LONGEST_ID = 128
FORMULA_STARTS = ("=", "@", "＝", "＠")
_NARROW = str.maketrans("０１２３４５６７８９．，－−＋￥（）", "0123456789.,--+¥()")


@dataclass(frozen=True, slots=True)
class NormalRow:
    """A row in normal form. Amounts are signed minor units: + came in, − went out; `fee_minor` is never negative.

    `rejected` and `suspense` are codes of `problems.py`, at most one of them is set.
    """

    number: int
    kind: str = Kind.UNKNOWN.value
    row_id: str = ""
    origin_id: str = ""
    amount_minor: int = 0
    fee_minor: int = 0
    currency: str = ""
    on: date | None = None
    project: str = ""
    donor_name: str = ""
    memo: str = ""
    rejected: str = ""
    suspense: str = ""


class _Bad(Exception):
    """A cell that says nothing; its code is the message."""


def normal(record: Record, mapping: FileMapping) -> NormalRow:
    """The row in normal form; every fault is in the value, nothing is raised."""
    amount, rejected = 0, record.problem
    try:
        amount = _amount(record.cells, mapping)
        row = _whole(record, mapping, amount)
    except _Bad as bad:
        rejected = rejected or str(bad)
        row = NormalRow(record.number, amount_minor=amount, currency=mapping.currency)
    if rejected:
        return _with(row, rejected=rejected)
    return row


def _whole(record: Record, mapping: FileMapping, amount: int) -> NormalRow:
    cells = record.cells
    kind, suspense = _kind(cells, mapping)
    if kind == Kind.GIFT and amount < 0:
        suspense = "gift_negative"
    if kind in (Kind.REFUND, Kind.FEE, Kind.PAYOUT):
        amount = -abs(amount)
    fee = _fee(cells, mapping) if kind == Kind.GIFT and not suspense else 0
    if fee and fee >= amount:
        raise _Bad("fee_too_large")
    own_id, gift_id = _id(cell(cells, mapping, "row_id")), _id(cell(cells, mapping, "gift_id"))
    return NormalRow(
        number=record.number,
        kind=Kind.UNKNOWN.value if suspense else kind,
        row_id=(gift_id or own_id) if kind == Kind.GIFT else own_id,
        origin_id=_id(cell(cells, mapping, "origin_id")),
        amount_minor=amount,
        fee_minor=fee,
        currency=_currency(cells, mapping),
        on=_day(cell(cells, mapping, "on"), mapping.date_forms),
        project=cell(cells, mapping, "project"),
        donor_name=cell(cells, mapping, "donor_name"),
        memo=cell(cells, mapping, "memo"),
        suspense=suspense,
    )


def _with(row: NormalRow, *, rejected: str) -> NormalRow:
    return NormalRow(
        row.number, row.kind, row.row_id, row.origin_id, row.amount_minor, row.fee_minor, row.currency or "", row.on,
        row.project, row.donor_name, row.memo, rejected,
    )  # fmt: skip


def cell(cells: Mapping[str, str], mapping: FileMapping, meaning: str) -> str:
    """What stands under the first heading of this meaning that holds anything."""
    for name in mapping.columns.get(meaning, ()):
        if cells.get(name):
            return cells[name]
    return ""


def split_cells(record: Record, mapping: FileMapping) -> tuple[dict[str, str], dict[str, str]]:
    """The cells that name nobody, and the others: a person's, and every one that the mapping does not know."""
    open_names = {name for meaning, names in mapping.columns.items() if meaning not in PERSONAL for name in names} - {
        name for meaning in PERSONAL for name in mapping.columns.get(meaning, ())
    }
    known = {name: text for name, text in record.cells.items() if name in open_names}
    return known, {name: text for name, text in record.cells.items() if name not in open_names}


def _kind(cells: Mapping[str, str], mapping: FileMapping) -> tuple[str, str]:
    word = cell(cells, mapping, "kind")
    status = cell(cells, mapping, "status")
    if status and mapping.done and status not in mapping.done:
        raise _Bad("status_not_done")
    if not word:
        return mapping.default_kind, "kind_unknown" if mapping.default_kind == Kind.UNKNOWN else ""
    kind = mapping.kinds.get(word) or mapping.kinds.get(word.lower())
    return (kind, "") if kind else (Kind.UNKNOWN.value, "kind_unknown")


def _amount(cells: Mapping[str, str], mapping: FileMapping) -> int:
    """Signed minor units: the signed column, or what came in less what went out."""
    one, direction = cell(cells, mapping, "amount"), cell(cells, mapping, "direction")
    if one:
        amount = signed_minor(one, mapping.currency)
        if direction:
            if direction not in mapping.directions:
                raise _Bad("direction_unknown")
            amount = mapping.directions[direction] * abs(amount)
    else:
        into, out = cell(cells, mapping, "amount_in"), cell(cells, mapping, "amount_out")
        if not (into or out):
            raise _Bad("amount_missing")
        amount = abs(signed_minor(into, mapping.currency)) if into else 0
        amount -= abs(signed_minor(out, mapping.currency)) if out else 0
    if not amount:
        raise _Bad("amount_zero")
    return amount


def _fee(cells: Mapping[str, str], mapping: FileMapping) -> int:
    text = cell(cells, mapping, "fee")
    return abs(signed_minor(text, mapping.currency)) if text else 0


@lru_cache(maxsize=4_096)
def signed_minor(text: str, currency: str) -> int:
    """An amount as files write it, as signed minor units; a formula is no amount. Raises what `normal` catches."""
    typed = text.strip().translate(_NARROW)
    if typed.startswith(FORMULA_STARTS):
        raise _Bad("cell_is_formula")
    typed = typed.removesuffix("元").strip()
    negative = typed.startswith("-") or (typed.startswith("(") and typed.endswith(")"))
    typed = typed.strip("()").lstrip("+-").strip()
    if not typed.strip("¥0.,"):
        if "0" in typed:
            return 0
        raise _Bad("amount_not_a_number")
    try:
        minor = parse_amount(typed, currency)
    except Refused as refused:
        raise _Bad(refused.code) from refused
    return -minor if negative else minor


def _currency(cells: Mapping[str, str], mapping: FileMapping) -> str:
    word = cell(cells, mapping, "currency").upper()
    said = {"人民币": "CNY", "RMB": "CNY", "": mapping.currency}.get(word, word)
    if said not in EXPONENTS or said != mapping.currency:
        raise _Bad("currency_differs")
    return said


def _id(text: str) -> str:
    if len(text) > LONGEST_ID:
        raise _Bad("number_too_long")
    return text


@lru_cache(maxsize=4_096)
def _day(text: str, forms: tuple[str, ...]) -> date:
    if not text:
        raise _Bad("date_missing")
    if text.startswith(FORMULA_STARTS):
        raise _Bad("cell_is_formula")
    for form in forms:
        try:
            # The day as the platform wrote it, in its own time zone; no moment is made of it.
            return datetime.strptime(text, form).date()  # noqa: DTZ007
        except ValueError:
            continue
    raise _Bad("date_not_readable")
