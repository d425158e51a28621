"""CSV that spreadsheets open safely: UTF-8 with a mark, and no cell that a spreadsheet would run as a formula."""

import csv
import io
from collections.abc import Iterable, Sequence

BYTE_ORDER_MARK = "\ufeff"
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def neutral(cell: object) -> str:
    """The cell's text; a leading apostrophe takes the power from what a spreadsheet would calculate."""
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.lstrip(" \n\u3000").startswith(FORMULA_STARTS) else text


def csv_bytes(header: Sequence[object], rows: Iterable[Sequence[object]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([neutral(cell) for cell in header])
    writer.writerows([neutral(cell) for cell in row] for row in rows)
    return (BYTE_ORDER_MARK + out.getvalue()).encode("utf-8")
