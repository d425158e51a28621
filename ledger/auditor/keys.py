"""L4 without keeping every key: is any (book, key hash) in the log twice?

Of each key hash the first 64 bits are kept, mixed with its book's, in 64 heaps: eight bytes an entry in memory up to
four million entries, then in a temporary folder. A heap is looked through as a set, one at a time. Two keys that share
64 bits by accident are as good as impossible, but suspicion is no proof: whoever gets a suspicion looks the entries up
again and compares the whole hashes.
"""

import hashlib
import tempfile
from array import array
from pathlib import Path

HEAPS = 64
MOST_IN_MEMORY = 4_000_000


def salt_of(book: str) -> int:
    """What a book's keys are mixed with: the same key may stand once in each book."""
    return int.from_bytes(hashlib.sha256(book.encode()).digest()[:8])


class KeyHeaps:
    """Prefixes of key hashes. ``heaps[n & 63].append(n)`` is the way in."""

    def __init__(self) -> None:
        self.heaps: list[array[int]] = [array("Q") for _ in range(HEAPS)]
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def close(self) -> None:
        if self._folder is not None:
            self._folder.cleanup()

    def add(self, prefix: int) -> None:
        self.heaps[prefix & HEAPS - 1].append(prefix)

    def settle(self) -> None:
        """Write the heaps away when they have grown large."""
        if sum(map(len, self.heaps)) < MOST_IN_MEMORY:
            return
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory()
        for number, heap in enumerate(self.heaps):
            with (Path(self._folder.name) / str(number)).open("ab") as file:
                heap.tofile(file)
            del heap[:]

    def suspicious(self) -> set[int]:
        """Prefixes that came more than once."""
        found: set[int] = set()
        for number, heap in enumerate(self.heaps):
            whole = self._read(number) + heap
            if len(set(whole)) < len(whole):
                seen: set[int] = set()
                for prefix in whole:
                    (found if prefix in seen else seen).add(prefix)
        return found

    def _read(self, number: int) -> "array[int]":
        whole = array("Q")
        if self._folder is not None:
            whole.frombytes((Path(self._folder.name) / str(number)).read_bytes())
        return whole
