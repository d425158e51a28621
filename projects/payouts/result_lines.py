"""Reading the bank's answer: bytes in, plain lines out, or a refusal that says where and why. Writes nothing."""

import csv
import io
from dataclasses import dataclass
from datetime import date, datetime

from ledger.core.money import parse_amount
from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from projects.payouts.words import Outcome

MAX_BYTES = 20_000_000
COLUMNS = {
    "bank": ("bank", "bank_code", "银行", "银行代码"),
    "file": ("file", "file_id", "文件编号", "批次号"),
    "end_to_end_id": ("end_to_end_id", "remark", "备注", "端到端编号"),
    "amount": ("amount", "金额"),
    "status": ("status", "状态", "处理结果"),
    "bank_ref": ("bank_ref", "bank_reference", "银行流水号"),
    "date": ("date", "日期", "处理日期"),
}
OUTCOMES = {
    "PAID": Outcome.PAID,
    "SUCCESS": Outcome.PAID,
    "成功": Outcome.PAID,
    "FAILED": Outcome.FAILED,
    "失败": Outcome.FAILED,
    "RETURNED": Outcome.RETURNED,
    "退汇": Outcome.RETURNED,
}
DATE_FORMATS = ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d")


@dataclass(frozen=True)
class BankLine:
    number: int
    end_to_end_id: str
    amount_minor: int
    outcome: str
    bank_ref: str
    on: date


@dataclass(frozen=True)
class BankAnswer:
    bank_code: str
    file_ref: str
    lines: tuple[BankLine, ...]


def read_answer(content: bytes, *, currency: str) -> BankAnswer:
    """One bank, one payment file, its lines. A file that mixes or lacks something is refused whole."""
    if len(content) > MAX_BYTES:
        raise Refused("result_file_too_large", _r("The file is larger than a bank's answer can be."))
    rows = list(csv.DictReader(io.StringIO(_text(content))))
    if not rows:
        raise Refused("result_file_empty", _r("The file has no lines."))
    names = _column_names(list(rows[0]))
    cells = [{key: _cell(row, names[key]) for key in COLUMNS} for row in rows]
    banks, files = {row["bank"] for row in cells}, {row["file"] for row in cells}
    if len(banks) > 1 or len(files) > 1:
        raise Refused("result_file_mixed", _r("The file answers more than one payment file. Bring them one by one."))
    # The header is line 1, as a spreadsheet counts.
    lines = tuple(_line(number, row, currency) for number, row in enumerate(cells, start=2))
    return BankAnswer(banks.pop(), files.pop(), lines)


def _text(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Refused("result_file_encoding", _r("The file is neither UTF-8 nor GB18030 text."))


def _column_names(header: list[str | None]) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, names in COLUMNS.items():
        for name in header:
            if name is not None and name.strip().lower() in names:
                found[key] = name
    missing = [COLUMNS[key][-1] for key in COLUMNS if key not in found]
    if missing:
        raise Refused(
            "result_file_columns", _r("The file lacks these columns: %(columns)s."), columns="、".join(missing)
        )
    return found


def _cell(row: dict, name: str) -> str:
    value = row.get(name)
    # Our own export puts an apostrophe before what a spreadsheet would calculate; banks echo it.
    return value.strip().lstrip("'") if isinstance(value, str) else ""


def _line(number: int, row: dict[str, str], currency: str) -> BankLine:
    outcome = OUTCOMES.get(row["status"].upper())
    if outcome is None:
        raise Refused("result_file_status", _r("Line %(line)s: this status is not known."), line=number)
    try:
        amount_minor = parse_amount(row["amount"], currency)
    except Refused as refused:
        raise Refused("result_file_amount", _r("Line %(line)s: the amount cannot be read."), line=number) from refused
    return BankLine(
        number, row["end_to_end_id"][:64], amount_minor, outcome, row["bank_ref"][:64], _day(number, row["date"])
    )


def _day(number: int, text: str) -> date:
    for form in DATE_FORMATS:
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007  a bank's day has no zone
        except ValueError:
            continue
    raise Refused("result_file_date", _r("Line %(line)s: the date cannot be read."), line=number)
