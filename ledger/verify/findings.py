"""What a check is and what it answers: the rows that are wrong, by name, and why."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Self


@dataclass(frozen=True, slots=True)
class Finding:
    """A row that is not as the laws want it: its table, how to find it, and what is wrong."""

    table: str
    row: str
    says: str

    def __str__(self) -> str:
        return f"{self.table} [{self.row}]: {self.says}"


# A finding with the name of the check it belongs to.
Named = tuple[str, Finding]


Find = Callable[[], Iterable[Finding]]


class Skipped(Exception):
    """A check cannot be made here; the reason is shown, never hidden."""


@dataclass(frozen=True, slots=True)
class Check:
    """A named check. ``find`` returns what is wrong; nothing, when the promise holds.

    Without ``find`` (or beside it) a `Pass` finds for this check. ``before`` is called before the books' moment begins,
    for what lies outside them and must not be newer than they are; it gives the ``find``.
    """

    name: str
    law: str
    promise: str
    find: Find | None = None
    before: Callable[[], Find] | None = None

    def begun(self) -> Self:
        """The check as a round makes it: with what it had to know before."""
        return replace(self, find=self.before(), before=None) if self.before else self


@dataclass(frozen=True, slots=True)
class Pass:
    """One walk over the same rows for several checks, in ranges that any process may take.

    ``find(start, stop)`` names the check with each finding. A range must need nothing from another one but rows that
    the other one checks: what is claimed at its start is read from the tables, and proven by the range before it.
    """

    name: str
    serves: frozenset[str]
    ranges: Callable[[], Sequence[tuple[int, int]]]
    find: Callable[[int, int], Iterable[Named]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one check found. ``skipped`` says why it was not made."""

    check: Check
    findings: tuple[Finding, ...] = ()
    skipped: str = ""

    @property
    def green(self) -> bool:
        return not self.findings


# Of one check no more than so many rows are named; the rest is counted.
MOST_FINDINGS = 200
