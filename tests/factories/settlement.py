"""Settlement files and bank statements, brought to any state by the same actions as on the site."""

import datetime
import io
from typing import Any

import openpyxl

from projects.settlement import actions, intake
from projects.settlement.models import Adjustment, SettlementFile
from projects.settlement.reconciling import Payable
from tests.factories.access import BEGIN

HEADING = ("编号", "类型", "金额", "手续费", "日期", "原编号", "项目", "捐赠人")
DAY = "2026-02-20"
BANK_HEADING = ("流水号", "金额", "日期", "摘要", "对方户名")


def gift(number: Any, amount: str = "1.00", **cells: str) -> dict[str, str]:
    """A row that says it is a gift."""
    return {"编号": str(number), "类型": "捐赠", "金额": amount, "日期": DAY, "捐赠人": f"林晓{number}"} | cells


def row(number: Any, kind: str, amount: str, **cells: str) -> dict[str, str]:
    return gift(number, amount, 类型=kind, 捐赠人="", **cells)


def line(number: Any, amount: str, **cells: str) -> dict[str, str]:
    """A line of the bank."""
    return {"流水号": str(number), "金额": amount, "日期": "2026-02-24", "对方户名": "某某科技"} | cells


def csv_of(rows: Any, heading: Any = HEADING, encoding: str = "utf-8") -> bytes:
    lines = [",".join(heading), *(",".join(one.get(name, "") for name in heading) for one in rows)]
    return ("\r\n".join(lines) + "\r\n").encode(encoding)


def xlsx_of(rows: Any, heading: Any = HEADING) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(list(heading))
    for one in rows:
        sheet.append([one.get(name, "") for name in heading])
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def received(
    charity: Any, content: bytes, *, mapping: str = "generic-csv", at: datetime.datetime = BEGIN, **facts: Any
):
    return actions.receive_file(
        charity.organisation,
        file=io.BytesIO(content),
        file_name="list.csv",
        mapping_code=mapping,
        by=charity.finance,
        at=at,
        **facts,
    )


def started(charity: Any, content: bytes, *, at: datetime.datetime = BEGIN, **facts: Any) -> SettlementFile:
    """Begun and counted; no row is taken in yet."""
    file = actions.start_import(received(charity, content, at=at, **facts), by=charity.finance, at=at)
    if file.state == "MEASURING":
        intake.measure(file, by=charity.finance, at=at)
    return file


def imported(charity: Any, content: bytes, *, at: datetime.datetime = BEGIN, **facts: Any) -> SettlementFile:
    """Taken in to the end."""
    file = started(charity, content, at=at, **facts)
    actions.import_rows(file, at=at)
    file.refresh_from_db()
    return file


def statement(charity: Any, *lines: dict[str, str], at: datetime.datetime = BEGIN, **facts: Any) -> SettlementFile:
    """A bank statement, taken in."""
    content = csv_of(lines, BANK_HEADING)
    return imported(charity, content, mapping="bank-csv", at=at, **facts)


def states(file: SettlementFile) -> list[str]:
    """What became of each row, in the file's order."""
    rows: Any = file.rows if file.source == "PLATFORM" else file.lines
    return list(rows.order_by("number").values_list("state", flat=True))


def adjusted(charity: Any, **facts: Any) -> Adjustment:
    """A file that comes to 13.75, a line of the bank that brought 13.74, and the draft that explains the cent."""
    file = imported(charity, csv_of([gift("A1", "13.75")]))
    of = statement(charity, line("AB1", "13.74")).lines.get()
    said = {
        "way": "OUT", "amount_minor": 1, "reason": "ROUNDING", "note": "平台舍入", "evidence_ref": "工单 88",
        "on": BEGIN.date(), "by": charity.finance, "at": BEGIN,
    }  # fmt: skip
    return actions.draft_adjustment(of, payable=Payable(file, None), **(said | facts))
