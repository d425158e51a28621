"""A round of checks, in this process or in several that see the books at one moment.

Processes are forked: a child inherits the list of pieces and is told numbers only. It opens a connection of its own,
joins the moment, and makes one piece after another until there is none.
"""

import logging
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from typing import Any

from django.db import DatabaseError, connections

from ledger.transparency import Head, head
from ledger.verify.findings import Check, Outcome, Pass
from ledger.verify.moment import CannotShare, can_share, joining_the_moment, lending_the_moment, reading_one_moment
from ledger.verify.work import Answer, Gathering, Piece, lost, make, pieces_of

logger = logging.getLogger(__name__)

# Called after each piece: how much is done, of how much.
Told = Callable[[int, int], None]
DIED = "the process that made this check died"
# The head of a log whose heads cannot be read.
UNREADABLE = Head(0, "", None)


def processes_here() -> int:
    """How many processes to take unless somebody says otherwise: two, where there are two cores."""
    return min(2, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


class Round:
    """One verification. ``head`` is the log's head at the moment that all checks saw; known once outcomes come."""

    def __init__(
        self, checks: Iterable[Check], passes: Sequence[Pass], *, processes: int = 1, told: Told | None = None
    ) -> None:
        self.checks = list(checks)
        self.passes = passes
        self.processes = processes
        self.told = told or (lambda _done, _all: None)
        self.head: Head | None = None

    def outcomes(self) -> Iterator[Outcome]:
        """One outcome a check, in the order of the checks, each as soon as it is known."""
        self.checks = [check.begun() for check in self.checks]
        if self.processes > 1 and can_share():
            try:
                yield from self._in_several()
                return
            except CannotShare as reason:
                logger.warning("One process makes all checks: %s", reason)
        with reading_one_moment():
            pieces = self._look()
            yield from self._gathered(pieces, ((number, make(piece)) for number, piece in enumerate(pieces)))

    def _look(self) -> list[Piece]:
        try:
            self.head = head()
        except DatabaseError:  # the checks say which rows cannot be read
            self.head = UNREADABLE
        return pieces_of(self.checks, self.passes)

    def _gathered(self, pieces: Sequence[Piece], answers: Iterable[tuple[int, Answer]]) -> Iterator[Outcome]:
        gathering = Gathering(self.checks, pieces)
        total, done = sum(piece.weight for piece in pieces), 0
        yield from gathering.ready()
        for number, answer in answers:
            done += pieces[number].weight
            self.told(done, total)
            yield from gathering.take(number, answer)

    def _in_several(self) -> Iterator[Outcome]:
        connections.close_all()  # a connection does not survive a fork: each process opens its own
        workers = [_Worker(self.checks, self.passes) for _ in range(self.processes)]
        try:
            with lending_the_moment() as lent:
                pieces = self._look()
                for worker in workers:
                    worker.join(lent)
            yield from self._gathered(pieces, _handed_out(pieces, workers, self.checks, self.passes))
        finally:
            for worker in workers:
                worker.end()


class _Worker:
    """A forked process, and our end of the pipe to it."""

    def __init__(self, checks: Sequence[Check], passes: Sequence[Pass]) -> None:
        self.pipe, theirs = multiprocessing.Pipe()
        fork = multiprocessing.get_context("fork")
        self.process: ForkProcess = fork.Process(target=_work, args=(theirs, [*checks, *passes]), daemon=True)
        self.process.start()
        theirs.close()
        self.number: int | None = None

    def join(self, lent: str) -> None:
        """Wait until the process sees the moment."""
        try:
            self.pipe.send(lent)
            refused = self.pipe.recv()
        except (EOFError, OSError) as error:
            raise CannotShare("a process died before it began") from error
        if refused:
            raise CannotShare(refused)

    def end(self) -> None:
        with suppress(OSError):
            self.pipe.send(None)
        self.process.join(timeout=1)
        if self.process.is_alive():  # we were interrupted and it is in the middle of a piece
            self.process.terminate()
            self.process.join()
        self.pipe.close()


def _handed_out(
    pieces: Sequence[Piece], workers: Sequence[_Worker], checks: Sequence[Check], passes: Sequence[Pass]
) -> Iterator[tuple[int, Answer]]:
    """Each process gets the next piece as soon as it is free. What a dead one had is lost, and said so."""
    places = {id(of): place for place, of in enumerate([*checks, *passes])}
    yield from ((number, make(piece)) for number, piece in enumerate(pieces) if piece.fault)
    left = ((number, piece) for number, piece in enumerate(pieces) if not piece.fault)
    busy: dict[Connection, _Worker] = {}
    alive = list(workers)

    def hand(worker: _Worker) -> None:
        worker.number, piece = next(left, (None, None))
        if piece is not None:
            busy[worker.pipe] = worker
            worker.pipe.send((places[id(piece.of)], piece.start, piece.stop))

    for worker in alive:
        hand(worker)
    while busy:
        for pipe in [pipe for pipe in wait(list(busy)) if isinstance(pipe, Connection)]:
            worker = busy.pop(pipe)
            number = worker.number
            assert number is not None
            try:
                answer = worker.pipe.recv()
            except (EOFError, OSError):
                yield number, lost(pieces[number], Answer(), DIED)
                continue
            hand(worker)
            yield number, answer
    for number, piece in left:  # every process has died
        yield number, lost(piece, Answer(), DIED)


def _work(pipe: Connection, works: Sequence[Check | Pass]) -> None:
    """What a forked process does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the first process's affair
    lent = _told(pipe)
    with ExitStack() as moment:
        try:
            moment.enter_context(joining_the_moment(lent))
        except DatabaseError as error:
            pipe.send(f"{type(error).__name__}: {error}")
            return
        pipe.send("")
        while (told := _told(pipe)) is not None:
            place, start, stop = told
            pipe.send(make(Piece(works[place], start, stop)))
    connections.close_all()


def _told(pipe: Connection) -> Any:
    """The next message, or None where the first process is gone."""
    parent = os.getppid()
    while not pipe.poll(timeout=5):
        if os.getppid() != parent:
            return None
    try:
        return pipe.recv()
    except EOFError:
        return None
