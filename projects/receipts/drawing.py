"""Drawing many statements in several processes: what each is told, what it answers, and what happens when one dies.

A process is forked once WeasyPrint is loaded, so that beginning costs nothing, and opens a connection of its own. One
donor whose paper cannot be drawn, even one that takes the process with it, costs nobody else theirs.
"""

import gc
import logging
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from datetime import date, datetime
from multiprocessing import get_context

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections

from projects.giving.models import Donor
from projects.organisations.models import Organisation
from projects.receipts import batch_storage
from projects.receipts.statements import Statement, statement_of

log = logging.getLogger(__name__)

# So many are on their way for each process: none waits for the one before it.
AHEAD = 4
# A process looks so often, in seconds, whether the one that asked it is still there.
LOOK_EVERY = 1.0
NOT_DRAWN = "drawing_failed"


@dataclass(frozen=True, slots=True)
class Order:
    """One donor's statement of a charity, and where it goes."""

    batch: str
    number: int
    donor_id: int
    issuer_id: int
    since: date
    until: date
    at: datetime


@dataclass(frozen=True, slots=True)
class Drawing:
    """What became of an order. ``totals``: currency → minor units."""

    number: int
    problem: str = ""
    pages: int = 0
    totals: dict[str, int] = field(default_factory=dict)


def drawn(orders: Sequence[Order], *, processes: int) -> Iterator[Drawing]:
    """What became of each, in their order. Inside a transaction, which no other process sees, one after the other."""
    if processes < 2 or connections[DEFAULT_DB_ALIAS].in_atomic_block:
        yield from map(draw, orders)
        return
    from projects.receipts import render  # noqa: F401  (loaded here, so that each process finds it there)

    connections.close_all()  # a connection does not survive a fork: each process opens its own
    with _processes(processes) as pool:
        under_way: deque[tuple[Order, Future[Drawing] | None]] = deque()
        for order in orders:
            under_way.append((order, _begun(pool, order)))
            if len(under_way) >= AHEAD * processes:
                yield _answer(*under_way.popleft())
        while under_way:
            yield _answer(*under_way.popleft())


def draw(order: Order) -> Drawing:
    """Draw one and keep it. What is wrong with the donor's own paper is an answer; a lost database or disk is not."""
    try:
        told, pdf, pages = _drawn(order)
    except (DatabaseError, OSError):
        raise
    except Exception:
        log.exception("The statement %s of batch %s could not be drawn.", order.number, order.batch)
        return Drawing(order.number, NOT_DRAWN)
    batch_storage.keep(order.batch, order.number, pdf)
    return Drawing(order.number, "", pages, {section.currency: section.total_minor for section in told.sections})


def _draw_and_tidy(order: Order) -> Drawing:
    """Each paper leaves whole fonts behind, in circles that only the collector finds: at its usual pace it would let a
    gigabyte gather."""
    try:
        return draw(order)
    finally:
        gc.collect()


def _drawn(order: Order) -> tuple[Statement, bytes, int]:
    from projects.receipts.render import draw_statement  # WeasyPrint is heavy: only who draws loads it

    donor = Donor.objects.get(pk=order.donor_id)
    issuer = Organisation.objects.get(pk=order.issuer_id)
    told = statement_of(donor, since=order.since, until=order.until, at=order.at, issuer=issuer)
    paper = draw_statement(told, language=donor.language)
    return told, paper.pdf, paper.pages


def _processes(count: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(count, get_context("fork"), initializer=_begin, initargs=(os.getpid(),))


def _begin(parent: int) -> None:
    """Ctrl-C is the first process's affair; when that one is killed, nobody may stay behind and wait for ever."""
    gc.disable()
    gc.freeze()  # what was there before stays: nobody need look through all of Django after each paper
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def end_with(parent: int) -> None:
        while os.getppid() == parent:
            time.sleep(LOOK_EVERY)
        os._exit(1)

    threading.Thread(target=end_with, args=(parent,), daemon=True).start()


def _begun(pool: ProcessPoolExecutor, order: Order) -> "Future[Drawing] | None":
    try:
        return pool.submit(_draw_and_tidy, order)
    except BrokenProcessPool:
        return None


def _answer(order: Order, future: "Future[Drawing] | None") -> Drawing:
    try:
        return future.result() if future else _alone(order)
    except BrokenProcessPool:
        return _alone(order)


def _alone(order: Order) -> Drawing:
    """A process died, with whatever was on its way: each of these gets one to itself, to see whose doing it was."""
    connections.close_all()
    with _processes(1) as pool:
        try:
            return pool.submit(_draw_and_tidy, order).result()
        except BrokenProcessPool:
            log.error("Drawing the statement %s of batch %s killed its process.", order.number, order.batch)
            return Drawing(order.number, NOT_DRAWN)
