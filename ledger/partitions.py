"""The journal in partitions on PostgreSQL: by book (hashed into buckets), then by time.

Ids of entries begin with their millisecond (UUIDv7), so a range of ids is a range of time. The tables are made anew,
empty, from what the catalogue says of them: columns, checks, indexes, references and laws stay those of the migrations.
What cannot stay as it is, because a key has to hold what its table is divided by, is in ``sql/partitioned``.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _
from ledger.sql import law_sql, statements, taken_condition

# The tables that are divided, each with the column that holds an entry's id.
JOURNAL = {"ledger_journalentry": "id", "ledger_posting": "entry_id"}
# What partitions cannot hold is claimed here, in one piece: narrow rows, by book.
CLAIMS = {"ledger_entrykey": ("book_id", "key_hash"), "ledger_entryreversal": ("book_id", "reverses_id")}
CLAIMED = {"ledger_entry_key_once", "ledger_entry_reversed_once"}
# The tables whose rows name an entry and not its book: a trigger stands in for their foreign key.
NAMING = {"ledger_logleaf", "ledger_lot", "ledger_lotuse", "ledger_lothole", "ledger_lotcover"}


# ---- time ----


@dataclass(frozen=True, slots=True)
class Quarter:
    """Three months, in UTC, as a range of ids."""

    year: int
    number: int

    @classmethod
    def of(cls, day: date) -> "Quarter":
        return cls(day.year, (day.month + 2) // 3)

    @property
    def next(self) -> "Quarter":
        return Quarter(self.year + 1, 1) if self.number == 4 else Quarter(self.year, self.number + 1)

    @property
    def first_id(self) -> UUID:
        """No id of an earlier moment is greater, none of a later one smaller."""
        begins = datetime(self.year, 3 * self.number - 2, 1, tzinfo=UTC)
        return UUID(int=int(begins.timestamp()) * 1000 << 80)

    def __str__(self) -> str:
        return f"{self.year}q{self.number}"


def quarters(first: date, last: date) -> list[Quarter]:
    """Every quarter from the one of ``first`` to the one of ``last``."""
    found = [Quarter.of(first)]
    while found[-1] != Quarter.of(last) and found[-1].first_id < Quarter.of(last).first_id:
        found.append(found[-1].next)
    return found


# ---- what is there ----


def is_divided() -> bool:
    """Whether the journal is in partitions."""
    return connection.vendor == "postgresql" and bool(
        _rows("SELECT 1 FROM pg_partitioned_table WHERE partrelid = 'ledger_journalentry'::regclass")
    )


def partitions(*tables: str) -> list[tuple[str, str]]:
    """Every partition of these tables (of the journal's), at any depth: its name and its table's."""
    return [
        (name, table)
        for table in tables or JOURNAL
        for (name,) in _rows(
            "SELECT relid::regclass::text FROM pg_partition_tree(%s) WHERE level > 0 ORDER BY 1", [table]
        )
    ]


def law() -> list[str]:
    """The texts that this form adds to the laws of the migrations."""
    more = [
        law_sql("l03_append_only", "postgresql", table=table, taken=taken_condition(table, [keys]))
        for table, keys in CLAIMS.items()
    ]
    return [law_sql("partitioned", "postgresql"), *more]


def _rows(sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def _run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


# ---- dividing ----


@dataclass(slots=True)
class _Table:
    """A table as the catalogue knows it, as statements that make it again in partitions."""

    name: str
    time: str
    keys: list[str] = field(default_factory=list)
    references: list[str] = field(default_factory=list)
    triggers: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.keys = [self._key(*row) for row in _rows(_KEYS, [self.name])]
        self.references = [self._reference(*row) for row in _rows(_REFERENCES, [self.name])]
        self.triggers = [text for (text,) in _rows(_TRIGGERS, [self.name])]

    def _key(self, name: str, kind: str, columns: list[str], text: str, condition: str | None) -> str:
        if kind == "":
            return text
        if name in CLAIMED:
            unique = f"CREATE UNIQUE INDEX {name} ON"
            return text.replace(unique, f"CREATE INDEX {name.removesuffix('_once')} ON")
        if self.time not in columns:
            raise RuntimeError(f"{name} is unique at any time: partitions cannot hold it")
        return f"ALTER TABLE {self.name} ADD CONSTRAINT {name} {kind} ({', '.join(_with_book(columns))})"

    def _reference(self, name: str, columns: list[str], parent: str, theirs: list[str], text: str) -> str:
        if parent in JOURNAL:
            ours, theirs = _with_book(columns), _with_book(theirs)
            text = f"FOREIGN KEY ({', '.join(ours)}) REFERENCES {parent} ({', '.join(theirs)})"
            text += " DEFERRABLE INITIALLY DEFERRED"
        return f"ALTER TABLE {self.name} ADD CONSTRAINT {name} {text}"

    def make(self) -> None:
        """The same table, empty, divided by book. Its partitions come later and inherit what it has by then."""
        _run(f"ALTER TABLE {self.name} RENAME TO {self.name}_whole")
        _run(
            f"CREATE TABLE {self.name} (LIKE {self.name}_whole INCLUDING CONSTRAINTS INCLUDING DEFAULTS "
            "INCLUDING STORAGE) PARTITION BY HASH (book_id)"
        )
        _run(f"DROP TABLE {self.name}_whole")
        for statement in self.keys:
            _run(statement)


def _with_book(columns: Iterable[str]) -> list[str]:
    """With the book behind: rows are looked up by their entry's id, mostly without it."""
    return [*(column for column in columns if column != "book_id"), "book_id"]


_COLUMNS = "(SELECT array_agg(a.attname::text ORDER BY n) FROM unnest({keys}) WITH ORDINALITY at (number, n) "
_COLUMNS += "JOIN pg_attribute a ON a.attrelid = {table} AND a.attnum = at.number)"
_KEYS = f"""
SELECT c.relname::text, CASE WHEN i.indisprimary THEN 'PRIMARY KEY' WHEN i.indisunique THEN 'UNIQUE' ELSE '' END,
    {_COLUMNS.format(keys="i.indkey::int2[]", table="i.indrelid")},
    pg_get_indexdef(i.indexrelid), pg_get_expr(i.indpred, i.indrelid)
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = %s::regclass ORDER BY 1
"""
_REFERENCES = f"""
SELECT k.conname::text, {_COLUMNS.format(keys="k.conkey", table="k.conrelid")}, k.confrelid::regclass::text,
    {_COLUMNS.format(keys="k.confkey", table="k.confrelid")}, pg_get_constraintdef(k.oid)
FROM pg_constraint k WHERE k.contype = 'f' AND k.conrelid = %s::regclass ORDER BY 1
"""
_TRIGGERS = """
SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal AND tgrelid = %s::regclass ORDER BY tgname
"""
# Which tables name a row of the journal by a foreign key.
_NAMED_BY = """
SELECT k.conrelid::regclass::text, k.conname::text FROM pg_constraint k
WHERE k.contype = 'f' AND k.confrelid::regclass::text = ANY(%s)
"""


def divide(buckets: int, over: Sequence[Quarter]) -> None:
    """Put the empty journal into partitions: ``buckets`` by book, each of them by quarter with one for the rest."""
    if connection.vendor != "postgresql":
        raise Refused("no_partitions_here", _("Only PostgreSQL has partitions."))
    with transaction.atomic():
        if is_divided():
            raise Refused("divided_already", _("The journal is in partitions already."))
        if any(_rows(f"SELECT 1 FROM {table} LIMIT 1") for table in JOURNAL):
            raise Refused("journal_not_empty", _("The journal has entries: it is divided before the first one."))
        tables = [_Table(name, time) for name, time in JOURNAL.items()]
        for table, key in _rows(_NAMED_BY, [list(JOURNAL)]):
            if table not in JOURNAL and table not in NAMING:
                raise RuntimeError(f"{table} names an entry: say in sql/partitioned how it does that here")
            _run(f"ALTER TABLE {table} DROP CONSTRAINT {key}")
        for one in tables:
            one.make()
        for statement in [*(text for one in tables for text in [*one.references, *one.triggers]), *law()]:
            for part in statements(statement, "postgresql"):
                _run(part)
        _make_buckets(buckets)
        _make_quarters(buckets, over)


def extend(over: Sequence[Quarter]) -> list[Quarter]:
    """Add quarters that are not there yet. Returns them. What lies in the rest already is not moved: it is refused."""
    there = {name.rpartition("_")[2] for name, _table in partitions("ledger_journalentry")}
    missing = [quarter for quarter in over if str(quarter) not in there]
    buckets = sum(1 for name in there if name.startswith("b") and name[1:].isdecimal())
    with transaction.atomic():
        _make_quarters(buckets, missing, rest=False)
    return missing


def _make_buckets(count: int) -> None:
    for table, time in JOURNAL.items():
        for number in range(count):
            values = f"FOR VALUES WITH (MODULUS {count}, REMAINDER {number}) PARTITION BY RANGE ({time})"
            _make(f"{table}_b{number}", table, table, values)


def _make_quarters(buckets: int, over: Sequence[Quarter], *, rest: bool = True) -> None:
    for table in JOURNAL:
        for bucket in (f"{table}_b{number}" for number in range(buckets)):
            for quarter in over:
                values = f"FOR VALUES FROM ('{quarter.first_id}') TO ('{quarter.next.first_id}')"
                _make(f"{bucket}_{quarter}", bucket, table, values)
            if rest:
                _make(f"{bucket}_rest", bucket, table, "DEFAULT")


def _make(name: str, parent: str, table: str, values: str) -> None:
    """A partition, with the laws of its table: row triggers it inherits; those of a statement hear only their own."""
    _run(f"CREATE TABLE {name} PARTITION OF {parent} {values}")
    for text in statement_triggers(table):
        _run(text.replace(f" ON public.{table} ", f" ON public.{name} "))
    ((owner,),) = _rows("SELECT relowner::regrole::text FROM pg_class WHERE oid = %s::regclass", [table])
    _run(f"ALTER TABLE {name} OWNER TO {owner}")


def statement_triggers(table: str) -> list[str]:
    """The definitions of a table's triggers that are called once a statement."""
    return [text for (text,) in _rows(_TRIGGERS, [table]) if "FOR EACH STATEMENT" in text]


# ---- rights ----


def rights(owner: str, site: str) -> list[str]:
    """What ``manage.py ledger_roles`` says beside the rest: nobody reaches a partition but through its table."""
    if not is_divided():
        return []
    own = [name for name, _table in partitions()] + list(CLAIMS)
    return [
        *(f"ALTER TABLE {name} OWNER TO {owner}" for name in own),
        *(f"ALTER FUNCTION {name}() OWNER TO {owner}" for name in ("ledger_entry_claims", "ledger_entry_is_there")),
        f"REVOKE ALL ON {', '.join(own)} FROM PUBLIC, {site}",
        f"GRANT SELECT ON {', '.join(CLAIMS)} TO {site}",
    ]
