"""What a check is and what it answers: the rows that are wrong, by name, and why."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass


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


class Skipped(Exception):
    """A check cannot be made here; the reason is shown, never hidden."""


@dataclass(frozen=True, slots=True)
class Check:
    """A named check. ``find`` returns what is wrong; nothing, when the promise holds.

    Without ``find`` (or beside it) a `Pass` finds for this check.
    """

    name: str
    law: str
    promise: str
    find: Callable[[], Iterable[Finding]] | None = None


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
