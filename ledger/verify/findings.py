"""What a check is and what it answers: the rows that are wrong, by name, and why."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """A row that is not as the laws want it: its table, how to find it, and what is wrong."""

    table: str
    row: str
    says: str

    def __str__(self) -> str:
        return f"{self.table} [{self.row}]: {self.says}"


class Skipped(Exception):
    """A check cannot be made here; the reason is shown, never hidden."""


@dataclass(frozen=True, slots=True)
class Check:
    """A named check. ``find`` returns what is wrong; nothing, when the promise holds."""

    name: str
    law: str
    promise: str
    find: Callable[[], Iterable[Finding]]


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
