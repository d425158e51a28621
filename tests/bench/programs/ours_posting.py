"""Our side of the posting lines: opening the books, posting one by one and in bulk."""

import os
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from typing import Any
from unittest.mock import patch

import psycopg
from django.db import connection

from ledger import books, posting, transparency
from ledger.core.entries import Draft
from ledger.policy import recipes
from tests.bench.programs.serving import Command, measured
from tests.bench.world import BOOK, CURRENCY, FUNDS, POTS, RATIO_BPS, YEAR_BEGINS, Gift, World

WORLD = World(int(os.environ["BENCH_GIFTS"]))
BY = "bench"


def open_books() -> None:
    """One charity with its funds; what its pots promise is published."""
    at = YEAR_BEGINS - timedelta(days=1)
    books.open_book(code=BOOK, base_currency=CURRENCY, by=BY, at=at)
    for fund in FUNDS[1:]:
        books.open_fund(
            book=BOOK, code=fund, restriction="PURPOSE", currency=CURRENCY, project_ref=f"bench-{fund}", by=BY, at=at
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


# ---- what reaches the driver ----


def record(start: int, stop: int, path: str) -> dict[str, Any]:
    """Post gifts and keep every statement that reaches the driver with its parameters, a list for each posting."""
    kept = []
    for gift in WORLD.gifts(start, stop):
        with _recording() as statements:
            posting.post(draft_of(gift), by=BY, at=gift.at, key=f"gift:{gift.ref}")
        kept.append([(in_pipeline, query, params) for _cursor, in_pipeline, query, params in statements])
    cursor = statements[-1][0]
    manner = {
        "client_binds": isinstance(cursor, psycopg.ClientCursor),
        "prepare_threshold": cursor.connection.prepare_threshold,
    }
    Path(path).write_bytes(pickle.dumps({"transactions": kept, **manner}))
    return {"statements": len(kept[-1]), "pipelined": sum(in_pipeline for in_pipeline, *_rest in kept[-1]), **manner}


@contextmanager
def _recording() -> Iterator[list[tuple[Any, bool, str, Any]]]:
    """Statements of psycopg as (cursor, sent in a pipeline, text, parameters)."""
    statements: list[tuple[Any, bool, str, Any]] = []
    send = psycopg.Cursor.execute

    def execute(cursor: Any, query: Any, params: Any = None, **options: Any) -> Any:
        in_pipeline = cursor.connection.pgconn.pipeline_status != psycopg.pq.PipelineStatus.OFF
        statements.append((cursor, in_pipeline, query, None if params is None else tuple(map(_plain, params))))
        return send(cursor, query, params, **options)

    with patch.object(psycopg.Cursor, "execute", execute):
        yield statements


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


COMMANDS: dict[str, Command] = {"open": open_books, "post": post, "record": record, "last_rows": last_rows}
