"""Where the rows of a table lie in a SQLite file (https://www.sqlite.org/fileformat.html, sections 1.6 and 2.1)."""

from collections.abc import Iterator
from dataclasses import dataclass

LEAF, INTERIOR = 0x0D, 0x05


@dataclass(frozen=True)
class Cell:
    """A row's record: bytes ``[start, stop)`` of the file; its values begin at ``body``."""

    rowid: int
    start: int
    body: int
    stop: int


def cells(file: bytes, root: int) -> Iterator[Cell]:
    """Every row of the table whose tree begins at page ``root``, in order."""
    size = int.from_bytes(file[16:18]) or 65_536
    offset = (root - 1) * size
    head = offset + (100 if root == 1 else 0)
    count = int.from_bytes(file[head + 3 : head + 5])
    first = head + (12 if file[head] == INTERIOR else 8)
    places = [int.from_bytes(file[first + 2 * n : first + 2 * n + 2]) + offset for n in range(count)]
    if file[head] == LEAF:
        for place in places:
            length, at = varint(file, place)
            rowid, at = varint(file, at)
            header, _next = varint(file, at)
            yield Cell(rowid, at, at + header, at + length)
        return
    for place in places:
        yield from cells(file, int.from_bytes(file[place : place + 4]))
    yield from cells(file, int.from_bytes(file[head + 8 : head + 12]))


def varint(file: bytes, at: int) -> tuple[int, int]:
    """A number of one to nine bytes, and where it ends."""
    value = 0
    for n in range(8):
        byte = file[at + n]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + n + 1
    return value << 8 | file[at + 8], at + 9
