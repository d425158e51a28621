"""Files as rows of text: CSV, XLSX and camt.053, one row after the other, in memory that does not grow with the file.

Nothing is understood here. A row is its number and its cells by heading; what was wrong with the row itself is a code.
"""

import codecs
import csv
import io
import re
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import IO, Any, NamedTuple
from zipfile import BadZipFile

import openpyxl
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse
from openpyxl.utils.exceptions import InvalidFileException

from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from projects.settlement.mapping import FileMapping

PIECE = 1 << 20
# So many lines may stand before the heading.
PREAMBLE = 60
# Excel shows so many significant digits of a number; what comes after them is noise of binary fractions.
NUMBER = ".15g"
BEYOND = "cells beyond the heading"
# A cell that `plain` would change, in a row whose cells stand between NULs. Rows of most files have none. Either way it
# begins with a NUL: those are found at once.
_WRAPPED = re.compile("\x00(?:[\\s\ufeff`'=]|(?<=[\\s\ufeff]\x00))")


class Record(NamedTuple):
    """A row as it came: its number among the rows (from 1), its cells by heading, and a problem's code or nothing."""

    number: int
    cells: Mapping[str, str]
    problem: str = ""


class Regular(Mapping[str, str]):
    """The cells of a row that has one for each name of its heading. All rows of a heading share its names, so that who
    knows where to look finds the texts by their places; behind the last one stands an empty one.
    """

    __slots__ = ("names", "texts")

    def __init__(self, names: tuple[str, ...], texts: Sequence[str]) -> None:
        self.names = names
        self.texts = [*texts, ""]

    def __getitem__(self, name: str) -> str:
        try:
            return self.texts[self.names.index(name)]
        except ValueError:
            raise KeyError(name) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)


def records(file: IO[bytes], mapping: FileMapping) -> Generator[Record, None, None]:
    """The rows of a file, or a refusal when it is not a file of this kind. Close it before the file."""
    file.seek(0)
    if mapping.format == "camt053":
        yield from _statement(file)
        return
    rows = lines_of(file, format=mapping.format, encodings=mapping.encodings, delimiter=mapping.delimiter)
    yield from under_heading(rows, mapping)


def lines_of(
    file: IO[bytes], *, format: str, encodings: Sequence[str], delimiter: str
) -> Generator[list[str] | None, None, None]:
    """The cells of each line of a list or a sheet, heading and all; None for a line that cannot be taken apart."""
    file.seek(0)
    if format == "xlsx":
        yield from _sheet(file)
    else:
        yield from _lines(file, encodings, delimiter)


# ---- CSV ----


def _lines(file: IO[bytes], encodings: Sequence[str], delimiter: str) -> Iterator[list[str] | None]:
    """The cells of each line; None for a line that no reader can take apart."""
    text = io.TextIOWrapper(file, encoding=encoding_of(file, encodings), newline="")
    try:
        lines = csv.reader(text, delimiter=delimiter)
        while True:
            try:
                yield next(lines)
            except StopIteration:
                return
            except csv.Error:
                yield None
    finally:
        text.detach()


def encoding_of(file: IO[bytes], encodings: Sequence[str]) -> str:
    """The first encoding in which every byte of the file has a meaning. UTF-8 comes first where it is allowed:
    a GB18030 file is hardly ever valid UTF-8, the other way round it often is."""
    for name in sorted(encodings, key=lambda name: name != "utf-8"):
        file.seek(0)
        decoder = codecs.getincrementaldecoder(name)()
        try:
            while piece := file.read(PIECE):
                decoder.decode(piece)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        file.seek(0)
        return "utf-8-sig" if name == "utf-8" else name
    raise Refused("file_encoding", _r("The file is in none of the encodings of this mapping."))


# ---- XLSX ----


def _sheet(file: IO[bytes]) -> Iterator[list[str]]:
    try:
        # Formulas are read as what was typed, never as what some spreadsheet made of them.
        book = openpyxl.load_workbook(file, read_only=True, data_only=False)
    except (InvalidFileException, BadZipFile, KeyError, ValueError, OSError) as error:
        raise Refused("file_not_xlsx", _r("This is not a spreadsheet in the XLSX format.")) from error
    try:
        for row in book.worksheets[0].iter_rows(values_only=True):
            yield [_typed(cell) for cell in row]
    finally:
        book.close()


def _typed(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell)
    if isinstance(cell, float):
        return format(cell, NUMBER)
    if isinstance(cell, datetime):
        return cell.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell)


# ---- rows under a heading ----


def under_heading(rows: Iterable[list[str] | None], mapping: FileMapping) -> Iterator[Record]:
    """The rows below the line that names every column the mapping needs, or a refusal where there is none."""
    heading: list[str] = []
    names: tuple[str, ...] = ()
    number, once, comment = 0, False, mapping.comment
    for position, row in enumerate(rows):
        if not heading:
            heading = _heading(row or [], mapping)
            names = tuple(heading)
            once = "" not in heading and len(set(heading)) == len(heading)
            if not heading and position >= PREAMBLE:
                break
            continue
        if row is not None and (
            (comment and row and row[0].lstrip().startswith(comment)) or not any(map(str.strip, row))
        ):
            continue
        number += 1
        if row is None:
            yield Record(number, {}, "line_broken")
        elif once and len(row) == len(names) and is_plain(row):
            yield Record(number, Regular(names, row))
        else:
            yield _record(number, heading, row)
    if not heading:
        raise Refused(
            "heading_missing",
            _r("The heading of this mapping was not found in the file: %(columns)s."),
            columns=", ".join(mapping.columns[meaning][0] for meaning in mapping.required),
        )


def is_plain(row: Sequence[str]) -> bool:
    """Whether `plain` leaves every cell as it is: asked once of a row instead of each cell."""
    joined = "\x00".join(("", *row, ""))
    return joined.count("\x00") == len(row) + 1 and _WRAPPED.search(joined) is None


def _heading(row: Sequence[str], mapping: FileMapping) -> list[str]:
    """The row as headings if it names every column that the mapping needs, else nothing."""
    names = [plain(cell) for cell in row]
    if all(any(name in names for name in mapping.columns[meaning]) for meaning in mapping.required):
        return names if len([name for name in names if name]) > 1 else []
    return []


def _record(number: int, heading: Sequence[str], row: Sequence[str]) -> Record:
    cells: dict[str, str] = {}
    for name, cell in zip(heading, row, strict=False):
        # Of two columns with one name the first counts.
        if name and name not in cells:
            cells[name] = plain(cell)
    beyond = [text for text in map(plain, row[len(heading) :]) if text]
    if beyond:
        return Record(number, cells | {BEYOND: " | ".join(beyond)}, "cells_beyond_heading")
    return Record(number, cells)


def plain(cell: str) -> str:
    """A cell without what exports put around long numbers: tabs, a back-quote, an apostrophe, ="…"."""
    text = cell.strip().strip("\ufeff\t\x00")
    if text.startswith('="') and text.endswith('"') and text.count('"') == 2:
        text = text[2:-1]
    return text.removeprefix("`").removeprefix("'").strip().replace("\x00", "")


# ---- camt.053 ----


def _statement(file: IO[bytes]) -> Iterator[Record]:
    """One record an entry (Ntry). A document type declaration is refused: nothing outside the file is ever opened."""
    number = 0
    try:
        for _event, element in iterparse(file, events=("end",), forbid_dtd=True):
            if _name(element) != "Ntry":
                continue
            number += 1
            yield Record(number, _entry(element))
            element.clear()
    except (DefusedXmlException, SyntaxError) as error:
        raise Refused("file_not_camt053", _r("This is not a bank statement in the camt.053 format.")) from error
    if not number:
        raise Refused("file_not_camt053", _r("This is not a bank statement in the camt.053 format."))


def _name(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def _find(element: Any, *path: str) -> Any:
    for step in path:
        element = next((child for child in element if _name(child) == step), None)
        if element is None:
            return None
    return element


def _text(element: Any, *path: str) -> str:
    found = _find(element, *path)
    return (found.text or "").strip() if found is not None else ""


def _entry(element: Any) -> dict[str, str]:
    amount = _find(element, "Amt")
    left = (_text(element, "CdtDbtInd") == "DBIT") != (_text(element, "RvslInd") == "true")
    texts = [child.text or "" for child in element.iter() if _name(child) == "Ustrd"]
    names = [child.text or "" for child in element.iter() if _name(child) == "Nm"]
    day = _text(element, "BookgDt", "Dt") or _text(element, "BookgDt", "DtTm")[:10] or _text(element, "ValDt", "Dt")
    return {
        "AcctSvcrRef": _text(element, "AcctSvcrRef") or _text(element, "NtryRef"),
        "SignedAmt": ("-" if left else "") + (_text(element, "Amt")),
        "Ccy": amount.get("Ccy", "") if amount is not None else "",
        "BookgDt": day,
        "Sts": _text(element, "Sts", "Cd") or _text(element, "Sts"),
        "Ustrd": " ".join(text.strip() for text in texts),
        "Party": " ".join(name.strip() for name in names),
    }
