"""A fund's line: lots come in on the right, spendings take the next free interval from the left.

Intervals are half-open ``[start, stop)`` in minor units. All functions are pure; the tables and their laws mirror them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """A stretch ``[start, stop)`` of a fund's line, in minor units."""

    start: int
    stop: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.stop:
            raise ValueError("an interval runs forward from zero or later")

    @property
    def length(self) -> int:
        return self.stop - self.start

    def meet(self, other: "Interval") -> "Interval | None":
        """The part both share."""
        start, stop = max(self.start, other.start), min(self.stop, other.stop)
        return Interval(start, stop) if start < stop else None


@dataclass(frozen=True, slots=True)
class Step:
    """One move of the spending cursor: over money (``SPEND``) or over a refunded hole (``SKIP``)."""

    interval: Interval
    kind: str


SPEND = "SPEND"
SKIP = "SKIP"


def available(end: int, cursor: int, holes: Iterable[Interval]) -> int:
    """What a fund can still spend: last lot's stop − cursor − holes ahead of the cursor."""
    return end - cursor - sum(hole.length for hole in holes)


def advance(cursor: int, amount: int, holes: Sequence[Interval], end: int) -> list[Step] | None:
    """The cursor's steps for a spending of ``amount``; None where the line does not hold enough.

    ``holes`` are those at or ahead of the cursor, in order. The last step is always a spend: a hole is stepped over
    only when money behind it is needed, so that it stays open to nobody and yet costs nothing.
    """
    steps: list[Step] = []
    ahead = list(holes)
    while amount:
        if ahead and ahead[0].start == cursor:
            steps.append(Step(ahead[0], SKIP))
            cursor = ahead.pop(0).stop
            continue
        reach = min(cursor + amount, ahead[0].start if ahead else end, end)
        if reach <= cursor:
            return None
        steps.append(Step(Interval(cursor, reach), SPEND))
        amount -= reach - cursor
        cursor = reach
    return steps


def without(whole: Interval, taken: Iterable[Interval]) -> list[Interval]:
    """What is left of an interval when others are cut out of it, in order."""
    left, at = [], whole.start
    for cut in sorted(taken):
        part = whole.meet(cut)
        if part is None:
            continue
        if part.start > at:
            left.append(Interval(at, part.start))
        at = max(at, part.stop)
    if at < whole.stop:
        left.append(Interval(at, whole.stop))
    return left


def take_last(parts: Sequence[Interval], amount: int) -> list[Interval]:
    """The last ``amount`` units of some intervals, in order; fewer where there are not so many."""
    taken: list[Interval] = []
    for part in reversed(parts):
        if not amount:
            break
        start = max(part.start, part.stop - amount)
        taken.append(Interval(start, part.stop))
        amount -= part.stop - start
    return taken[::-1]


def total(parts: Iterable[Interval]) -> int:
    """The length of all intervals together."""
    return sum(part.length for part in parts)
