"""What there is to do for a round of checks, as pieces that any process may take, and what a piece found."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction

from ledger.reports import COULD_NOT_GO_ON
from ledger.verify.findings import MOST_FINDINGS, Check, Finding, Named, Outcome, Pass, Skipped


@dataclass(frozen=True, slots=True)
class Piece:
    """One check as a whole, or a pass over a range. ``weight`` is for the progress bar.

    ``fault`` says why the ranges of a pass could not be read: nothing is left to do then, but to say so.
    """

    of: Check | Pass
    start: int = 0
    stop: int = 0
    fault: str = ""

    @property
    def weight(self) -> int:
        return max(self.stop - self.start, 1)

    def serves(self, name: str) -> bool:
        return name in self.of.serves if isinstance(self.of, Pass) else self.of.name == name


@dataclass(slots=True)
class Answer:
    """What a piece found, by the name of the check: the first rows, and how many more there are."""

    found: dict[str, list[Finding]] = field(default_factory=dict)
    more: dict[str, int] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)

    def take(self, name: str, finding: Finding) -> None:
        rows = self.found.setdefault(name, [])
        if len(rows) < MOST_FINDINGS:
            rows.append(finding)
        else:
            self.more[name] = self.more.get(name, 0) + 1


def pieces_of(checks: Sequence[Check], passes: Iterable[Pass]) -> list[Piece]:
    """The pieces of these checks: whole ones first, they take longest; then the ranges, which even out the end."""
    names = {check.name for check in checks}
    whole = [Piece(check) for check in checks if check.find]
    return whole + [piece for one in passes if names & one.serves for piece in _ranges_of(one)]


def _ranges_of(one: Pass) -> list[Piece]:
    try:
        with _kept_apart():
            return [Piece(one, start, stop) for start, stop in reversed(one.ranges())]
    except Exception as error:  # a table that cannot be read is what this is looking for
        return [Piece(one, fault=_could_not(error))]


def _kept_apart() -> AbstractContextManager[Any]:
    """On PostgreSQL an error must not spoil the transaction for what comes after it."""
    return transaction.atomic() if connection.vendor == "postgresql" else nullcontext()


def _could_not(error: Exception) -> str:
    return f"{COULD_NOT_GO_ON}{type(error).__name__}: {error}"


def make(piece: Piece) -> Answer:
    """Make one piece. What it cannot read is a finding of every check it serves."""
    answer = Answer()
    if piece.fault:
        return lost(piece, answer, piece.fault)
    try:
        with _kept_apart():
            _gather(piece, answer)
    except Skipped as reason:
        answer.skipped.update(dict.fromkeys(_names(piece), str(reason)))
    except Exception as error:  # a row that breaks the reader is what this is looking for
        lost(piece, answer, _could_not(error))
    return answer


def lost(piece: Piece, answer: Answer, says: str) -> Answer:
    """A piece that was not finished: every check it serves is red."""
    for name in _names(piece):
        answer.take(name, Finding("?", "?", says))
    return answer


def _names(piece: Piece) -> list[str]:
    return sorted(piece.of.serves) if isinstance(piece.of, Pass) else [piece.of.name]


def _gather(piece: Piece, answer: Answer) -> None:
    for name, finding in _findings(piece):
        answer.take(name, finding)


def _findings(piece: Piece) -> Iterator[Named]:
    if isinstance(piece.of, Pass):
        yield from piece.of.find(piece.start, piece.stop)
    elif piece.of.find:
        yield from ((piece.of.name, finding) for finding in piece.of.find())


class Gathering:
    """Answers come in any order; outcomes go out in the order of the checks, each as soon as it is whole."""

    def __init__(self, checks: Sequence[Check], pieces: Sequence[Piece]) -> None:
        self._open = {check.name: {n for n, one in enumerate(pieces) if one.serves(check.name)} for check in checks}
        self._waiting = list(checks)
        self._answers: dict[int, Answer] = {}

    def take(self, number: int, answer: Answer) -> Iterator[Outcome]:
        """An answer has come; the outcomes that it completes."""
        self._answers[number] = answer
        for left in self._open.values():
            left.discard(number)
        yield from self.ready()

    def ready(self) -> Iterator[Outcome]:
        while self._waiting and not self._open[self._waiting[0].name]:
            yield self._outcome(self._waiting.pop(0))

    def _outcome(self, check: Check) -> Outcome:
        answers = [self._answers[number] for number in sorted(self._answers)]
        rows = [finding for answer in answers for finding in answer.found.get(check.name, ())]
        more = sum(answer.more.get(check.name, 0) for answer in answers) + len(rows[MOST_FINDINGS:])
        found = rows[:MOST_FINDINGS]
        if more:
            found.append(Finding("…", f"{more} more", "not named one by one"))
        skipped = next((answer.skipped[check.name] for answer in answers if check.name in answer.skipped), "")
        return Outcome(check, tuple(found), skipped)
