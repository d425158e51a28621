"""Long columns that would outgrow memory: kept in one temporary file, a small index of them in memory.

A column holds pairs of whole numbers with the first ones rising. In memory stay its newest pairs and, for each block
of older ones, where it begins: some 16 bytes for 512 pairs.
"""

import tempfile
from array import array
from bisect import bisect_left, bisect_right
from typing import BinaryIO

BLOCK = 512
_PAIR = 16


class Spool:
    """The temporary file that the columns of one run share. It is gone when the run ends."""

    def __init__(self) -> None:
        self._file: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the run
        self._end = 0

    def close(self) -> None:
        self._file.close()

    def write(self, raw: bytes) -> int:
        self._file.seek(self._end)
        self._file.write(raw)
        self._end += len(raw)
        return self._end - len(raw)

    def read(self, offset: int, length: int) -> bytes:
        self._file.seek(offset)
        return self._file.read(length)


class Pairs:
    """One column of pairs (a, b); a rises. ``recent`` is appended to directly by whoever is in a hurry."""

    __slots__ = ("_block", "_block_number", "_firsts", "_offsets", "_spool", "recent")

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._firsts = array("q")
        self._offsets = array("q")
        self._block = array("q")
        self._block_number = -1
        # a, b, a, b …
        self.recent = array("q")

    def __len__(self) -> int:
        return len(self._firsts) * BLOCK + len(self.recent) // 2

    def append(self, a: int, b: int) -> None:
        self.recent.append(a)
        self.recent.append(b)
        if len(self.recent) >= 4 * BLOCK:
            self.settle()

    def settle(self) -> None:
        """Write full blocks away."""
        while len(self.recent) >= 2 * BLOCK:
            self._firsts.append(self.recent[0])
            self._offsets.append(self._spool.write(self.recent[: 2 * BLOCK].tobytes()))
            del self.recent[: 2 * BLOCK]

    def at(self, index: int) -> tuple[int, int]:
        """The pair number ``index``."""
        number, place = divmod(index, BLOCK)
        row = self.recent if number >= len(self._firsts) else self._load(number)
        place = index - len(self._firsts) * BLOCK if row is self.recent else place
        return row[2 * place], row[2 * place + 1]

    def find(self, a: int) -> int | None:
        """The number of the pair that begins with ``a``."""
        number = bisect_right(self._firsts, a) - 1
        in_recent = bool(self.recent) and a >= self.recent[0]
        if number < 0 and not in_recent:
            return None
        row = self.recent if in_recent else self._load(number)
        base = (len(self._firsts) if in_recent else number) * BLOCK
        place = bisect_left(row[::2], a)
        return base + place if place * 2 < len(row) and row[place * 2] == a else None

    def value(self, a: int) -> int | None:
        """The second half of the pair that begins with ``a``."""
        index = self.find(a)
        return None if index is None else self.at(index)[1]

    def _load(self, number: int) -> "array[int]":
        if self._block_number != number:
            self._block = array("q")
            self._block.frombytes(self._spool.read(self._offsets[number], BLOCK * _PAIR))
            self._block_number = number
        return self._block
