"""Many rows of a table at once: COPY on PostgreSQL, ``executemany`` on SQLite. The laws of the tables hold as ever."""

from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter
from typing import Any

from django.db import connection, models

NOT_OF_SQLITE = (models.DateField, models.UUIDField, models.BooleanField, models.JSONField)


def new_ids(model: type[models.Model], count: int) -> list[int]:
    """Primary keys that nobody else gets. Call it in the transaction that writes the rows."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, count]
            )
            return [row[0] for row in cursor.fetchall()]
        cursor.execute("SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = %s), 0)", [table])
        last = cursor.fetchone()[0]
        return list(range(last + 1, last + count + 1))


def copy_rows(model: type[models.Model], rows: Sequence[models.Model]) -> None:
    """Insert rows that have their primary keys already, all in one statement."""
    if model._meta.app_label == "ledger":
        raise ValueError("the books have one door of their own (L1)")
    if not rows:
        return
    fields = model._meta.concrete_fields
    columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    table = connection.ops.quote_name(model._meta.db_table)
    values = map(attrgetter(*(field.attname for field in fields)), rows)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for row in values:
                    copy.write_row(row)
        else:
            places = ", ".join(["%s"] * len(fields))
            prepared = list(_as_sqlite_takes_them(fields, values))
            cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({places})", prepared)


def _as_sqlite_takes_them(fields: Sequence[Any], rows: Iterable[tuple[Any, ...]]) -> Iterator[list[Any]]:
    """SQLite's driver knows numbers, texts and bytes; days, moments and UUIDs it gets as Django writes them."""
    others = [(place, field) for place, field in enumerate(fields) if isinstance(field, NOT_OF_SQLITE)]
    for row in rows:
        values = list(row)
        for place, field in others:
            values[place] = field.get_db_prep_save(values[place], connection)
        yield values
