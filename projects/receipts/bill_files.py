"""Files of official bills: what the authority's system is told, and what it answered, row by row.

A row that is wrong is named with its line and a code, and the others go on; the same file again changes nothing.
"""

import codecs
import csv
import io
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import IO, Any
from zipfile import BadZipFile

import openpyxl
from django.utils.timezone import localtime
from openpyxl.utils.exceptions import InvalidFileException

from ledger.core.money import parse_amount
from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from projects.access.csv_cells import csv_bytes, neutral
from projects.access.permissions import require
from projects.receipts import bills
from projects.receipts.bill_models import OfficialBill

LARGEST = 5_000_000
MOST_ROWS = 2_000
ENCODINGS = ("utf-8-sig", "gb18030")
# What each column may be called. The state may be missing: then nothing has become void.
NAMES: dict[str, tuple[str, ...]] = {
    "gift": ("捐赠编号", "gift"),
    "code": ("票据代码", "code"),
    "number": ("票据号码", "number"),
    "check_code": ("校验码", "check_code"),
    "issued_on": ("开票日期", "issued_on"),
    "amount": ("金额", "金额(元)", "金额合计(小写)", "amount"),
    "state": ("状态", "state"),
    "voided_on": ("作废日期", "冲红日期", "voided_on"),
}
NEEDED = ("gift", "code", "number", "check_code", "issued_on", "amount")
VALID = ("", "正常", "有效", "valid")
VOID = ("作废", "已作废", "冲红", "已冲红", "void")


@dataclass(frozen=True, slots=True)
class RowError:
    """A line that was not taken. ``line``: as a spreadsheet counts. The sentence is said by ``refused``."""

    line: int
    refused: Refused


@dataclass(slots=True)
class Outcome:
    """What became of a file's rows."""

    entered: int = 0
    voided: int = 0
    known: int = 0
    waiting: int = 0
    errors: list[RowError] = field(default_factory=list)


# ---- told ----


def as_csv(rows: Iterable[Sequence[str]]) -> bytes:
    return csv_bytes(bills.COLUMNS, rows)


def as_xlsx(rows: Iterable[Sequence[str]]) -> bytes:
    """Every cell is text: no amount becomes a fraction and no number loses its zeros."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("票据")
    for row in (bills.COLUMNS, *rows):
        sheet.append([neutral(cell) for cell in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


# ---- answered ----


def take(organisation: Any, *, file: IO[bytes], by: Any, at: datetime) -> Outcome:
    """Enter every row that can be entered. A row without a bill's number yet is passed over.

    The file as a whole is refused: ``not_permitted``, ``file_too_large``, ``file_unreadable``, ``heading_missing``,
    ``too_many_rows``.
    """
    require(by, bills.RIGHT, organisation=organisation, on=localtime(at).date())
    outcome = Outcome()
    for line, row in list(_rows(file)):  # the whole file is looked at before the first row is entered
        if not (row["number"] or row["code"]):
            outcome.waiting += 1
            continue
        try:
            _take_row(organisation, row, outcome, by=by, at=at)
        except Refused as refused:
            outcome.errors.append(RowError(line, refused))
    return outcome


def _take_row(organisation: Any, row: dict[str, str], outcome: Outcome, *, by: Any, at: datetime) -> None:
    state = row["state"].lower()
    if state not in (*VALID, *VOID):
        raise Refused("state_unknown", _r("The state is neither valid nor void."))
    before = OfficialBill.objects.filter(code=row["code"], number=row["number"]).select_related("void").first()
    bill = before
    mine = before is not None and (before.organisation_id, before.gift_id) == (organisation.pk, row["gift"])
    if state in VALID or not mine:
        amount = parse_amount(row["amount"], bills.CURRENCY)
        issued_on = _day(row["issued_on"])
        answer = bills.Answer(row["code"], row["number"], row["check_code"], issued_on, amount)
        bill = bills.enter(organisation, gift_ref=row["gift"], answer=answer, by=by, at=at)
    assert bill is not None
    if before is None:
        outcome.entered += 1
    if state in VOID and not bill.is_void:
        bills.void(bill, voided_on=_day(row["voided_on"] or row["issued_on"]), by=by, at=at)
        outcome.voided += 1
    elif before is not None:
        outcome.known += 1


def _day(text: str) -> date:
    """2026-01-31, 2026/1/31, 2026年1月31日 or 20260131."""
    plain = text.strip().split(" ")[0].replace("年", "-").replace("月", "-").replace("日", "").replace("/", "-")
    for form in ("%Y-%m-%d", "%Y%m%d"):
        try:
            return datetime.strptime(plain, form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    raise Refused("day_wrong", _r("Write days as 2026-01-31."))


def _rows(file: IO[bytes]) -> Iterator[tuple[int, dict[str, str]]]:
    """The lines under the heading, by what each column means."""
    content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise Refused("file_too_large", _r("The file is larger than 5 MB."))
    lines = _sheet(content) if content.startswith(b"PK") else _csv(content)
    heading = [_plain(cell).lower() for cell in next(lines, [])]
    places = {
        key: next((heading.index(_plain(name)) for name in names if _plain(name) in heading), None)
        for key, names in NAMES.items()
    }
    missing = [NAMES[key][0] for key in NEEDED if places[key] is None]
    if missing:
        raise Refused("heading_missing", _r("The file lacks these columns: %(columns)s."), columns="、".join(missing))
    for line, cells in enumerate(lines, 2):
        if line > MOST_ROWS + 1:
            raise Refused("too_many_rows", _r("A file holds %(most)s rows at most."), most=f"{MOST_ROWS:,}")
        if any(cells):
            yield (
                line,
                {
                    key: _plain(cells[place]) if place is not None and place < len(cells) else ""
                    for key, place in places.items()
                },
            )


def _plain(text: str) -> str:
    """Full-width and half-width alike; the apostrophe that made a cell text is not part of it."""
    return unicodedata.normalize("NFKC", text).strip().strip("\ufeff").lstrip("'")


def _csv(content: bytes) -> Iterator[list[str]]:
    for encoding in ENCODINGS:
        try:
            text = codecs.decode(content, encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise _unreadable()
    try:
        yield from csv.reader(io.StringIO(text, newline=""))
    except csv.Error:
        raise _unreadable() from None


def _sheet(content: bytes) -> Iterator[list[str]]:
    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True)
    except (InvalidFileException, BadZipFile, KeyError, ValueError, OSError):
        raise _unreadable() from None
    try:
        for row in book.worksheets[0].iter_rows(values_only=True):
            yield [_typed(cell) for cell in row]
    finally:
        book.close()


def _typed(cell: Any) -> str:
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, float):
        return format(cell, ".15g")
    return "" if cell is None else str(cell)


def _unreadable() -> Refused:
    return Refused("file_unreadable", _r("The file is neither CSV in UTF-8 or GB18030 nor XLSX."))
