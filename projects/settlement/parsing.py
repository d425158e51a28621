"""Raw rows → normal rows. Pure: a record and its mapping in, a value out; what is wrong is a code with a sentence.

A bad row never stops the file. `REJECTED` rows stand for no money that could be read; `SUSPENSE` is money whose meaning
is not known, and an unknown kind always is, never a fee.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from json.encoder import encode_basestring
from operator import itemgetter
from typing import NamedTuple

from ledger.core.money import EXPONENTS, parse_amount
from ledger.core.refusals import Refused
from projects.settlement.mapping import PERSONAL, FileMapping
from projects.settlement.reading import Record, Regular
from projects.settlement.words import Kind

LONGEST_ID = 128
FORMULA_STARTS = ("=", "@", "＝", "＠")
_NARROW = str.maketrans("０１２３４５６７８９．，－−＋￥（）", "0123456789.,--+¥()")
GIFT, UNKNOWN, PAYOUT = Kind.GIFT.value, Kind.UNKNOWN.value, Kind.PAYOUT.value
LEAVES = frozenset({Kind.REFUND.value, Kind.FEE.value, PAYOUT})


class NormalRow(NamedTuple):
    """A row in normal form. Amounts are signed minor units: + came in, − went out; `fee_minor` is never negative.

    `rejected` and `suspense` are codes of `problems.py`, at most one of them is set.
    """

    number: int
    kind: str = UNKNOWN
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


class BadCell(Exception):
    """A cell that says nothing; its code is the message."""


class Parser:
    """What a mapping says, made ready once for each heading that its rows have."""

    def __init__(self, mapping: FileMapping) -> None:
        self.mapping = mapping
        self._headings: dict[tuple[str, ...], _Heading] = {}
        self._names: tuple[str, ...] = ()
        self._last: _Heading | None = None
        self._day = day_reader(mapping.date_forms)

    def normal(self, record: Record) -> NormalRow:
        """The row in normal form; every fault is in the value, nothing is raised."""
        amount, rejected = 0, record.problem
        mapping, said = self.mapping, self._heading(record.cells).said(record.cells)
        try:
            amount = _amount(said, mapping)
            row = self._whole(record.number, said, amount)
        except BadCell as bad:
            rejected = rejected or str(bad)
            row = NormalRow(record.number, amount_minor=amount, currency=mapping.currency)
        # Of a row that cannot be taken in, only what it says is kept; it stands for no money of unknown meaning.
        return row._replace(rejected=rejected, suspense="") if rejected else row

    def split(self, record: Record) -> tuple[str, str]:
        """The cells that name nobody, and the others (a person's, and every one that the mapping does not know), each
        as canonical text; nothing where there are no others.
        """
        heading, cells = self._heading(record.cells), record.cells
        texts = cells.texts if type(cells) is Regular else [*cells.values(), ""]
        return _text(texts, heading.open), _text(texts, heading.others) if heading.others else ""

    def _heading(self, cells: Mapping[str, str]) -> "_Heading":
        if type(cells) is Regular:
            if cells.names is not self._names or self._last is None:
                self._names, self._last = cells.names, self._known(cells.names)
            return self._last
        return self._known(tuple(cells))

    def _known(self, key: tuple[str, ...]) -> "_Heading":
        known = self._headings.get(key)
        if known is None:
            known = self._headings[key] = _Heading(key, self.mapping)
        return known

    def net_minor(self, record: Record) -> int:
        """What the row comes to after its own fee: the amount less the fee of `normal`, and no row is made."""
        amount, said = 0, self._heading(record.cells).said(record.cells)
        try:
            amount = _amount(said, self.mapping)
            _kind, _suspense, amount, fee, _currency, _on = self._checked(said, amount)
        except BadCell:
            return amount
        return amount - fee

    def _whole(self, number: int, said: "_Said", amount: int) -> NormalRow:
        kind, suspense, amount, fee, currency, on = self._checked(said, amount)
        return NormalRow(
            number,
            UNKNOWN if suspense else kind,
            (said.gift_id or said.row_id) if kind == GIFT else said.row_id,
            said.origin_id,
            amount,
            fee,
            currency,
            on,
            said.project,
            said.donor_name,
            said.memo,
            "",
            suspense,
        )

    def _checked(self, said: "_Said", amount: int) -> tuple[str, str, int, int, str, date]:
        """Kind, why it is held, amount, fee, currency and day of a row; raises what makes it no row."""
        mapping = self.mapping
        kind, suspense = _kind(said, mapping)
        if kind == GIFT and amount < 0:
            suspense = "gift_negative"
        if kind in LEAVES:
            amount = -abs(amount)
        fee = abs(signed_minor(said.fee, mapping.currency)) if said.fee and kind == GIFT and not suspense else 0
        if fee and fee >= amount:
            raise BadCell("fee_too_large")
        if len(said.row_id) > LONGEST_ID or len(said.gift_id) > LONGEST_ID or len(said.origin_id) > LONGEST_ID:
            raise BadCell("number_too_long")
        currency = _currency(said.currency, mapping) if said.currency else mapping.currency
        return kind, suspense, amount, fee, currency, self._day(said.on)


class _Said(NamedTuple):
    """What a row's cells say, by the meanings that a column may have; empty where no column says it."""

    row_id: str
    gift_id: str
    kind: str
    status: str
    amount: str
    amount_in: str
    amount_out: str
    direction: str
    fee: str
    on: str
    origin_id: str
    project: str
    currency: str
    memo: str
    donor_name: str


class _Heading:
    """The columns of one heading: what each means, and which of them name nobody."""

    def __init__(self, heading: Sequence[str], mapping: FileMapping) -> None:
        there = set(heading)
        named = {
            meaning: tuple(name for name in mapping.columns.get(meaning, ()) if name in there)
            for meaning in _Said._fields
        }
        self._names = tuple(named.values())
        # Nearly always one column at most has a meaning: then a row is read in one go.
        self._single = tuple(names[0] if names else "" for names in self._names)
        self._is_single = all(len(names) < 2 for names in self._names)
        personal = {name for meaning in PERSONAL for name in mapping.columns.get(meaning, ())}
        known = {name for names in self._names for name in names} - personal
        place = {name: number for number, name in enumerate(heading)}
        told = [(f"{encode_basestring(name)}:", name) for name in sorted(there)]
        self.open = [(key, place[name]) for key, name in told if name in known]
        self.others = [(key, place[name]) for key, name in told if name not in known]
        # Of a regular row; where no column has a meaning, the empty text behind the last one.
        self._taken = itemgetter(*(place.get(name, -1) for name in self._single))

    def said(self, cells: Mapping[str, str]) -> _Said:
        """What stands under the first heading of each meaning that holds anything."""
        if self._is_single:
            if type(cells) is Regular:
                return _Said._make(self._taken(cells.texts))
            return _Said._make([cells[name] if name else "" for name in self._single])
        return _Said._make(next((cells[name] for name in names if cells[name]), "") for names in self._names)


def _text(texts: Sequence[str], columns: Sequence[tuple[str, int]]) -> str:
    """Cells as canonical JSON, their names in order (a property test holds it to the encoder)."""
    return "{" + ",".join([key + encode_basestring(texts[place]) for key, place in columns]) + "}"


def _kind(said: _Said, mapping: FileMapping) -> tuple[str, str]:
    word = said.kind
    if said.status and mapping.done and said.status not in mapping.done:
        raise BadCell("status_not_done")
    if not word:
        return mapping.default_kind, "kind_unknown" if mapping.default_kind == UNKNOWN else ""
    kind = mapping.kinds.get(word) or mapping.kinds.get(word.lower())
    return (kind, "") if kind else (UNKNOWN, "kind_unknown")


def _amount(said: _Said, mapping: FileMapping) -> int:
    """Signed minor units: the signed column, or what came in less what went out."""
    if said.amount:
        amount = signed_minor(said.amount, mapping.currency)
        if said.direction:
            if said.direction not in mapping.directions:
                raise BadCell("direction_unknown")
            amount = mapping.directions[said.direction] * abs(amount)
    else:
        into, out = said.amount_in, said.amount_out
        if not (into or out):
            raise BadCell("amount_missing")
        amount = abs(signed_minor(into, mapping.currency)) if into else 0
        amount -= abs(signed_minor(out, mapping.currency)) if out else 0
    if not amount:
        raise BadCell("amount_zero")
    return amount


@lru_cache(maxsize=4_096)
def signed_minor(text: str, currency: str) -> int:
    """An amount as files write it, as signed minor units; a formula is no amount. Raises what `normal` catches."""
    typed = text.strip().translate(_NARROW)
    if typed.startswith(FORMULA_STARTS):
        raise BadCell("cell_is_formula")
    typed = typed.removesuffix("元").strip()
    negative = typed.startswith("-") or (typed.startswith("(") and typed.endswith(")"))
    typed = typed.strip("()").lstrip("+-").strip()
    if not typed.strip("¥0.,"):
        if "0" in typed:
            return 0
        raise BadCell("amount_not_a_number")
    try:
        minor = parse_amount(typed, currency)
    except Refused as refused:
        raise BadCell(refused.code) from refused
    return -minor if negative else minor


def _currency(typed: str, mapping: FileMapping) -> str:
    word = typed.upper()
    said = {"人民币": "CNY", "RMB": "CNY"}.get(word, word)
    if said not in EXPONENTS or said != mapping.currency:
        raise BadCell("currency_differs")
    return said


DAYS_KNOWN = 4_096
# The parts of a date's form that most files use, each a part of what `strptime` takes for it.
_PARTS = {
    "%Y": "(?P<year>[0-9]{4})",
    "%m": "(?P<month>1[0-2]|0?[1-9])",
    "%d": "(?P<day>3[01]|[12][0-9]|0?[1-9])",
    "%H": "(?:2[0-3]|[01]?[0-9])",
    "%M": "[0-5]?[0-9]",
    "%S": "[0-5]?[0-9]",
}


@lru_cache(maxsize=64)
def day_reader(forms: tuple[str, ...]) -> Callable[[str], date]:
    """Reads days in these forms, the first that fits. `strptime` answers what the quick way does not know."""
    patterns = [(_pattern(form), form.partition(" ")[0], _clock(form)) for form in forms]
    # Files are of few days: the day by what stands before the clock, with the clock of the form that read it.
    known: dict[str, tuple[date, re.Pattern[str]]] = {}

    def read(text: str) -> date:
        if not text:
            raise BadCell("date_missing")
        said = text.partition(" ")[0]
        before = known.get(said)
        if before is not None and before[1].fullmatch(text, len(said)):
            return before[0]
        for place, (pattern, form, its_clock) in enumerate(patterns):
            found = pattern.fullmatch(text)
            if found:
                try:
                    day = date(int(found["year"]), int(found["month"]), int(found["day"]))
                except ValueError:
                    break
                # Of forms that write days in one way the clocks decide; where two ways fit, the order of the forms.
                alone = all(one == form or not _pattern(one).match(said) for _whole, one, _its in patterns[:place])
                if its_clock is not None and alone and len(known) < DAYS_KNOWN:
                    known[said] = day, its_clock
                return day
        return _slow_day(text, forms)

    return read


def _clock(form: str) -> re.Pattern[str] | None:
    """What stands behind the day in a form that is a day, or a day, a space and a clock; None for other forms."""
    day, space, clock = form.partition(" ")
    parts, whole = set(re.findall("%.", clock)), {"%Y", "%m", "%d"}
    if not whole <= set(re.findall("%.", day)) <= set(_PARTS) or not parts <= set(_PARTS) - whole or " " in clock:
        return None
    return re.compile(space + "".join(_PARTS.get(piece, re.escape(piece)) for piece in re.split("(%.)", clock)))


def _pattern(form: str) -> re.Pattern[str]:
    """The form as a pattern; one that never fits where the form has a part that is not in the table."""
    pieces = [_PARTS.get(piece, re.escape(piece)) for piece in re.split("(%.)", form)]
    known = all(form.count(part) == 1 for part in ("%Y", "%m", "%d")) and set(re.findall("%.", form)) <= set(_PARTS)
    return re.compile("".join(pieces) if known else "(?!)")


def _slow_day(text: str, forms: tuple[str, ...]) -> date:
    if text.startswith(FORMULA_STARTS):
        raise BadCell("cell_is_formula")
    for form in forms:
        try:
            # The day as the platform wrote it, in its own time zone; no moment is made of it.
            return datetime.strptime(text, form).date()  # noqa: DTZ007
        except ValueError:
            continue
    raise BadCell("date_not_readable")
