"""Our side of the posting lines: opening the books, posting one by one and in bulk."""

import os
import pickle
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple
from unittest.mock import patch
from uuid import UUID

import psycopg
from django.db import connection
from django.db.models import F, Max, Sum

from ledger import books, bulk, posting, transparency
from ledger.core.entries import Draft
from ledger.models import JournalEntry, LogLeaf, Lot, LotUse, Posting
from ledger.policy import recipes
from tests.bench.programs.serving import Command, measured
from tests.bench.world import BOOK, CURRENCY, FUNDS, POTS, RATIO_BPS, YEAR_BEGINS, Gift, World, project_ref, reference

WORLD = World(int(os.environ["BENCH_GIFTS"]))
BY = "bench"


def open_books() -> None:
    """One charity with its funds; what its pots promise is published."""
    at = YEAR_BEGINS - timedelta(days=1)
    books.open_book(code=BOOK, base_currency=CURRENCY, by=BY, at=at)
    for fund in FUNDS[1:]:
        books.open_fund(
            book=BOOK, code=fund, restriction="PURPOSE", currency=CURRENCY, project_ref=project_ref(fund), by=BY, at=at
        )
    for fund, (pot, part, cap) in POTS.items():
        facts = {
            "pool": pot,
            "rule": 1,
            "fund": fund,
            "currency": CURRENCY,
            "pledged": WORLD.sum_minor // part,
            "ratio_bps": RATIO_BPS,
            "cap_per_gift": cap,
            "opens": YEAR_BEGINS.date().isoformat(),
            "closes": YEAR_BEGINS.replace(year=2026).date().isoformat(),
        }
        posting.notice(
            "MATCH_RULE_PUBLISHED", book=BOOK, effective_on=at.date(), facts=facts, by=BY, at=at, key=f"rule:{pot}"
        )
    transparency.sequence(at=at)


def draft_of(gift: Gift) -> Draft:
    return recipes.gift(
        book=BOOK,
        fund=gift.fund,
        amount_minor=gift.amount_minor,
        currency=CURRENCY,
        effective_on=gift.on,
        document_ref=gift.ref,
        restricted=gift.fund != "general",
        channel=gift.channel,
        commitment=gift.commitment,
    )


@measured
def post(start: int, stop: int) -> dict[str, Any]:
    """Post gifts one by one, each from its recipe to its commit."""
    gifts = list(WORLD.gifts(start, stop))
    begun = perf_counter()
    for gift in gifts:
        posting.post(draft_of(gift), by=BY, at=gift.at, key=f"gift:{gift.ref}")
    return {"seconds": perf_counter() - begun, "count": len(gifts)}


@measured
def post_many(start: int, stop: int) -> dict[str, Any]:
    """Post gifts in bulk. Ours are the recipes and the posting; making the world up is not in the time."""
    made_up = 0.0

    def drafts() -> Iterator[Any]:
        nonlocal made_up
        for first in range(start, stop, 5_000):
            before = perf_counter()
            gifts = list(WORLD.gifts(first, min(first + 5_000, stop)))
            made_up += perf_counter() - before
            for gift in gifts:
                yield draft_of(gift), gift.at, f"gift:{gift.ref}"

    begun = perf_counter()
    post_all(drafts())
    return {"seconds": perf_counter() - begun - made_up, "count": stop - start}


def post_all(drafts: Iterable[tuple[Draft, datetime, str]]) -> None:
    """In bulk; nothing of the made-up year may be refused."""
    outcome = bulk.post_many(drafts, by=BY)
    if outcome.refused or outcome.there_already:
        raise RuntimeError(f"not all was posted: {outcome.there_already} there already, {outcome.refusals[:3]}")


def match(since: int, stop: int) -> dict[str, Any]:
    """What the pots add to the gifts numbered from a position on, in the order of the log."""
    at, committed = WORLD.moment(stop), _committed()
    drafts = []
    for position, fund, amount, on, *_entry in numbered_gifts(POTS, since):
        pot, part, cap = POTS[fund]
        matched = min(amount * RATIO_BPS // 10_000, cap, WORLD.sum_minor // part - committed[pot])
        if matched > 0:
            committed[pot] += matched
            drafts.append((_match(position, fund, pot, matched, on), at, f"match:{pot}:{position}"))
    post_all(drafts)
    return {"count": len(drafts)}


def _match(position: int, fund: str, pot: str, amount: int, on: date) -> Draft:
    return recipes.match(
        book=BOOK,
        fund=fund,
        amount_minor=amount,
        currency=CURRENCY,
        effective_on=on,
        document_ref=reference("match", position),
        restricted=True,
        pool=pot,
        rule_version=1,
        gift_index=position,
    )


def _committed() -> dict[str, int]:
    """What each pot has given so far."""
    given = {pot: 0 for pot, _part, _cap in POTS.values()}
    for fund, (pot, _part, _cap) in POTS.items():
        lots = Lot.objects.filter(fund__code=fund, source_kind="MATCH")
        given[pot] = lots.aggregate(total=Sum(F("stop") - F("start")))["total"] or 0
    return given


def numbered_gifts(funds: Iterable[str], since: int = 0) -> list[tuple[int, str, int, date, UUID, str]]:
    """The gifts to some funds from a position on, in the order of the log."""
    places = dict(LogLeaf.objects.filter(position__gte=since, entry__isnull=False).values_list("entry_id", "position"))
    gifts = Posting.objects.filter(
        entry__kind="GIFT", fund__code__in=list(funds), entry__recorded_at__gte=_moment_of(since)
    )
    found = gifts.values_list(
        "entry_id", "fund__code", "amount_minor", "entry__effective_on", "entry_id", "entry__document_ref"
    )
    return sorted((places[first], *rest) for first, *rest in found if first in places)


def _moment_of(position: int) -> datetime:
    """When the first gift from a position on was recorded: what comes before need not be read again."""
    first = LogLeaf.objects.filter(position__gte=position, entry__kind="GIFT").order_by("position").first()
    return JournalEntry.objects.get(id=first.entry_id).recorded_at if first else WORLD.moment(WORLD.size)


def spend(stop: int, first: int) -> dict[str, Any]:
    """The awards that follow the gifts up to ``stop``."""
    drafts = []
    for spending in WORLD.spending(stop, first, _held()):
        draft = recipes.award(
            book=BOOK,
            fund=spending.fund,
            amount_minor=spending.amount_minor,
            currency=CURRENCY,
            effective_on=spending.at.date(),
            document_ref=spending.ref,
        )
        drafts.append((draft, spending.at, f"award:{spending.ref}"))
    post_all(drafts)
    return {"count": len(drafts)}


def _held() -> dict[str, int]:
    """What can be spent of each fund."""
    came_in = dict(Lot.objects.values_list("fund__code").annotate(Max("stop")))
    went = dict(LotUse.objects.values_list("fund__code").annotate(Max("stop")))
    return {fund: stop - went.get(fund, 0) for fund, stop in came_in.items()}


# ---- what reaches the driver ----


def record(start: int, stop: int, path: str) -> dict[str, Any]:
    """Post gifts and keep every statement that reaches the driver, a list for each posting, and how it was sent."""
    kept = []
    for gift in WORLD.gifts(start, stop):
        with _recording() as (sent, cursors):
            posting.post(draft_of(gift), by=BY, at=gift.at, key=f"gift:{gift.ref}")
        kept.append(sent)
    cursor = cursors[-1]
    manner = {
        "client_binds": isinstance(cursor, psycopg.ClientCursor),
        "prepare_threshold": cursor.connection.prepare_threshold,
        "prepared": sum(bool(statement.prepare) for statement in kept[-1]),
        "in_pipeline": any(statement.in_pipeline for statement in kept[-1]),
        # Then a statement is its own transaction, and no other word travels.
        "autocommit": all(statement.autocommit for statement in kept[-1]),
    }
    Path(path).write_bytes(pickle.dumps({"transactions": [[s[:3] for s in sent] for sent in kept], **manner}))
    return {"statements": len(kept[-1]), **manner}


class _Sent(NamedTuple):
    """A statement as psycopg got it."""

    text: str
    params: Any
    prepare: bool | None
    in_pipeline: bool
    autocommit: bool


@contextmanager
def _recording() -> Iterator[tuple[list[_Sent], list[Any]]]:
    sent: list[_Sent] = []
    cursors: list[Any] = []
    send = psycopg.Cursor.execute

    def execute(cursor: Any, query: Any, params: Any = None, *, prepare: bool | None = None, **options: Any) -> Any:
        values = None if params is None else tuple(map(_plain, params))
        in_pipeline = cursor.connection.pgconn.pipeline_status != psycopg.pq.PipelineStatus.OFF
        sent.append(_Sent(query, values, prepare, in_pipeline, cursor.connection.autocommit))
        cursors.append(cursor)
        return send(cursor, query, params, prepare=prepare, **options)

    with patch.object(psycopg.Cursor, "execute", execute):
        yield sent, cursors


def _plain(value: Any) -> Any:
    """A parameter as it can be kept in a file: a view of bytes as the bytes."""
    return bytes(value) if isinstance(value, memoryview) else value


def last_rows(tables: list[str]) -> dict[str, Any]:
    """SQLite's number of each table's last row."""
    with connection.cursor() as cursor:
        found = {}
        for table in tables:
            cursor.execute(f"SELECT coalesce(max(rowid), 0) FROM {table}")
            found[table] = cursor.fetchone()[0]
    return {"rows": found}


COMMANDS: dict[str, Command] = {
    "open": open_books,
    "post": post,
    "post_many": post_many,
    "match": match,
    "spend": spend,
    "record": record,
    "last_rows": last_rows,
}
