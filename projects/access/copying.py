"""Many rows of a table at once: COPY on PostgreSQL, long statements on SQLite. The laws of the tables hold as ever."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any, TypeVar

from django.db import connection, models

from ledger.beside import COPY_ESCAPED, copy_escaped, copy_text, insert_rows

Row = TypeVar("Row")
ASKED_AT_ONCE = 1_000
# The sequence is looked up once (OFFSET 0 keeps it so), not for each of its numbers.
NEXT_IDS = """
SELECT nextval(s.sequence) AS id FROM (SELECT pg_get_serial_sequence(%s, 'id')::regclass AS sequence OFFSET 0) s,
    generate_series(1, %s)
"""
FROM_TO = f"SELECT min(id), max(id) FROM ({NEXT_IDS}) AS next"
NOT_OF_SQLITE = (models.DateField, models.UUIDField, models.BooleanField, models.JSONField)


class _AnyOf(models.Lookup[Any]):
    """A column is one of the values of an array of PostgreSQL."""

    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        column, parameters = self.process_lhs(compiler, connection)
        return f"{column} = ANY(%s)", (*parameters, self.rhs)


class _AsAsked(models.Lookup[Any]):
    """A column is the value that `_EACH` asks for."""

    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        column, parameters = self.process_lhs(compiler, connection)
        return f"{column} = asked.value", tuple(parameters)


class _Between(models.Lookup[Any]):
    """A column lies between the first and the last of the values that `_ANY` asks for."""

    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        column, parameters = self.process_lhs(compiler, connection)
        return f"{column} BETWEEN asked.first AND asked.last", tuple(parameters)


# The database orders texts by its own collation: it finds the first and the last itself.
_ANY = """
SELECT EXISTS (SELECT 1 FROM (
    SELECT min(value) AS first, max(value) AS last FROM unnest(string_to_array(%s, %s)) AS given(value)
) AS asked, LATERAL ({one} OFFSET 0) AS found)
"""
_APART = "\x1f"
# Each value is looked up by itself (OFFSET 0 keeps it so): where a table has just grown by thousands of rows,
# PostgreSQL does not know yet that an index finds few of them, and would read it through for every thousand values.
_EACH = "SELECT found.* FROM unnest(%s::text[]) AS asked(value), LATERAL ({one} OFFSET 0) AS found"


def new_ids(model: type[models.Model], count: int) -> list[int]:
    """Primary keys that nobody else gets. Call it in the transaction that writes the rows."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(FROM_TO, [table, count])
            first, last = cursor.fetchone()
            if count and last - first + 1 == count:
                return list(range(first, last + 1))
            # Somebody else drew numbers at the same moment: these are given up.
            cursor.execute(NEXT_IDS, [table, count])
            return [row[0] for row in cursor.fetchall()]
        cursor.execute("SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = %s), 0)", [table])
        last = cursor.fetchone()[0]
        return list(range(last + 1, last + count + 1))


def among(rows: models.QuerySet[Any, Row], column: str, values: Sequence[Any]) -> list[Row]:
    """The rows of a query whose column is one of very many values; in questions of a length that every engine takes."""
    found: list[Row] = []
    for start in range(0, len(values), ASKED_AT_ONCE):
        some = list(values[start : start + ASKED_AT_ONCE])
        # One array instead of a placeholder a value: those cost more to write than the question to answer.
        in_array = connection.vendor == "postgresql"
        wanted: Any = _AnyOf(models.F(column), some) if in_array else models.Q(**{f"{column}__in": some})
        found += rows.order_by().filter(wanted)
    return found


def looked_up(rows: models.QuerySet[Any, Row], column: str, values: Sequence[str]) -> list[Row]:
    """As `among`, for a ``values_list`` by a text that an index has: each value is one step in the index."""
    if connection.vendor != "postgresql":
        return among(rows, column, values)
    one, parameters = rows.order_by().filter(_AsAsked(models.F(column), None)).query.sql_with_params()
    found: list[Row] = []
    with connection.cursor() as cursor:
        for start in range(0, len(values), ASKED_AT_ONCE):
            cursor.execute(_EACH.format(one=one), [list(values[start : start + ASKED_AT_ONCE]), *parameters])
            found += cursor.fetchall()
    return found


def any_among(rows: models.QuerySet[Any, Any], column: str, values: Sequence[str]) -> bool:
    """Whether `looked_up` may find anything: a row is there between the first and the last of the values.

    One step in the index instead of one for each value, where lists of different origin do not mix.
    """
    if connection.vendor == "sqlite":
        # Python orders texts as SQLite does.
        return bool(values) and rows.filter(**{f"{column}__range": (min(values), max(values))}).exists()
    text = _APART.join(values)
    # An empty text is no list of one empty value to the database.
    if not text or text.count(_APART) != len(values) - 1:
        return bool(values)
    one, parameters = rows.order_by().filter(_Between(models.F(column), None)).query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(_ANY.format(one=one), [text, _APART, *parameters])
        return bool(cursor.fetchone()[0])


def copy_rows(model: type[models.Model], rows: Sequence[models.Model]) -> None:
    """Insert rows that have their primary keys already, all in one statement."""
    if not rows:
        _of_a_site(model)
        return
    fields = model._meta.concrete_fields
    values: Iterable[Any] = map(attrgetter(*(field.attname for field in fields)), rows)
    if connection.vendor != "postgresql":
        values = _as_sqlite_takes_them(fields, values)
    _insert(model, [str(field.column) for field in fields], values)


def copy_values(sample: models.Model, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows as plain values: ``columns`` of each, all else as the sample has it; no object stands for a row.

    Days, moments and UUIDs are given as text, as both engines take them. Without a primary key each gets the next.
    """
    if connection.vendor == "postgresql":
        lines_of(sample, columns, rows).write()
        return
    if not rows:
        _of_a_site(type(sample))
        return
    fields, same = _of_the_sample(sample, columns)
    (prepared,) = _as_sqlite_takes_them(fields, [same])
    same = tuple(prepared)
    _insert(type(sample), [*columns, *(str(field.column) for field in fields)], (row + same for row in rows))


@dataclass(frozen=True, slots=True)
class Lines:
    """Rows as lines of COPY's text format (PostgreSQL), made by one thread and written by another."""

    into: str
    text: str

    def write(self) -> None:
        with connection.wrap_database_errors, connection.cursor() as cursor:
            copy_text(cursor, self.into, self.text)


def lines_of(sample: models.Model, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> Lines:
    """The rows of `copy_values`, to be written later."""
    # What all of them leave empty is not said.
    said = [(field, value) for field, value in zip(*_of_the_sample(sample, columns), strict=True) if value is not None]
    names = map(connection.ops.quote_name, [*columns, *(str(field.column) for field, _value in said)])
    into = f"INSERT INTO {_of_a_site(type(sample))} ({', '.join(names)})"
    ends = "".join(f"\t{_cell(value)}" for _field, value in said) + "\n"
    # A column at a time: what is asked of each cell is asked of all of them at once.
    cells = map("\t".join, zip(*map(_column, zip(*rows, strict=True)), strict=True))
    return Lines(into, "".join([line + ends for line in cells]))


def _column(values: Sequence[Any]) -> Iterable[str]:
    """The values of a column as cells."""
    kinds = set(map(type, values))
    if kinds == {str}:
        text = "".join(values)
        return map(copy_escaped, values) if any(map(text.__contains__, COPY_ESCAPED)) else values
    if kinds == {bytes}:
        return [f"\\\\x{value.hex()}" for value in values]
    return map(str, values) if kinds == {int} else map(_cell, values)


def _cell(value: Any) -> str:
    """A value as a cell of COPY's text format; moments are those of a sample."""
    kind = value.__class__
    if kind is str:
        return copy_escaped(value)
    if kind is int:
        return str(value)
    if value is None:
        return "\\N"
    if kind is bytes:
        return f"\\\\x{value.hex()}"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, (bool, str)):
        return copy_escaped(str(value))
    raise TypeError(f"no cell of COPY: {kind.__name__}")


def _of_the_sample(sample: models.Model, columns: Sequence[str]) -> tuple[list[Any], tuple[Any, ...]]:
    """The fields that all rows have from the sample, and their values."""
    others = (field for field in type(sample)._meta.concrete_fields if field.column not in columns)
    fields = [field for field in others if not (field.primary_key and sample.pk is None)]
    return fields, tuple(getattr(sample, field.attname) for field in fields)


def _of_a_site(model: type[models.Model]) -> str:
    if model._meta.app_label == "ledger":
        raise ValueError("the books have one door of their own (L1)")
    return connection.ops.quote_name(model._meta.db_table)


def _insert(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    into = f"{_of_a_site(model)} ({', '.join(map(connection.ops.quote_name, columns))})"
    if connection.vendor != "postgresql":
        insert_rows(f"INSERT INTO {into}", list(rows))
        return
    # Django does not look at what a copy raises.
    into_table = f"COPY {into} FROM STDIN"
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(into_table) as copy:
        for row in rows:
            copy.write_row(row)


def _as_sqlite_takes_them(fields: Sequence[Any], rows: Iterable[tuple[Any, ...]]) -> Iterator[list[Any]]:
    """SQLite's driver knows numbers, texts and bytes; days, moments and UUIDs it gets as Django writes them."""
    others = [(place, field) for place, field in enumerate(fields) if isinstance(field, NOT_OF_SQLITE)]
    for row in rows:
        values = list(row)
        for place, field in others:
            values[place] = field.get_db_prep_save(values[place], connection)
        yield values
