"""For the apps above: each document that names its entry is the document of that entry, and as large.

The database lays the two tables side by side; what is told here is only where they differ.
"""

from collections.abc import Iterator
from typing import Any

from django.db import models

from ledger.verify.findings import Finding
from ledger.verify.values import entries_by_kind, fetched


def rows_equal_entries(model: type[models.Model], *, kind: str, called: str, where: str = "1 = 1") -> Iterator[Finding]:
    """Where rows (``ref``, ``entry_id``, ``amount_minor``, ``currency``) and the log's entries of a kind differ.

    ``where``: which rows (``d``) have entries of this kind, a condition in SQL; without it all of them.
    """
    table, alike = model._meta.db_table, True
    for ref, found in _rows_unlike_their_entries(table, kind, where):
        alike = False
        says = "its entry, amount or currency is not that of the log"
        yield Finding(table, ref, says if found else "its entry is not in the books, or names another document")
    if not (alike and _as_many(model, kind, where)):
        yield from _entries_without_their_row(table, kind, called, where)


def _as_many(model: type[models.Model], kind: str, where: str) -> bool:
    """Whether there are as many entries of the kind as references that have one. Where each row names an entry of its
    own reference, no entry is then without its row, and none stands twice.
    """
    each: Any = model._meta.get_field("ref")
    refs_of = "count(*)" if each.unique else "count(DISTINCT d.ref)"
    ((refs,),) = fetched(f"SELECT {refs_of} FROM {model._meta.db_table} d WHERE d.entry_id IS NOT NULL AND {where}")
    return bool(entries_by_kind().get(kind, (0, 0))[0] == refs)


def _entries_without_their_row(table: str, kind: str, called: str, where: str) -> Iterator[Finding]:
    for (ref,) in fetched(
        f"""
        SELECT e.document_ref FROM ledger_journalentry e JOIN ledger_logleaf l ON l.entry_id = e.id
        LEFT JOIN {table} d ON d.ref = e.document_ref AND d.entry_id IS NOT NULL AND {where}
        WHERE e.kind = %s AND d.ref IS NULL
        """,
        [kind],
    ):
        yield Finding(table, ref, f"the log has {called} that is not here")
    for (ref,) in fetched(
        "SELECT e.document_ref FROM ledger_journalentry e WHERE e.kind = %s "
        "GROUP BY e.document_ref HAVING count(*) > 1",
        [kind],
    ):
        yield Finding(table, ref, f"the books have {called} twice")


def _rows_unlike_their_entries(table: str, kind: str, where: str) -> Iterator[tuple[Any, ...]]:
    return fetched(
        f"""
        SELECT d.ref, e.document_ref = d.ref FROM {table} d
        LEFT JOIN ledger_journalentry e ON e.id = d.entry_id
        LEFT JOIN ledger_posting p ON p.entry_id = d.entry_id AND p.line = 1
        WHERE d.entry_id IS NOT NULL AND {where} AND NOT coalesce(
            e.kind = %s AND e.document_ref = d.ref AND p.amount_minor = d.amount_minor AND p.currency = d.currency,
            false)
        """,
        [kind],
    )
