"""For the apps above: each document that names its entry is the document of that entry, and as large."""

from collections.abc import Iterable, Iterator
from typing import Any

from ledger import transparency
from ledger.verify.findings import Finding


def rows_equal_entries(rows: Iterable[Any], *, kind: str, table: str, called: str) -> Iterator[Finding]:
    """Where rows (``ref``, ``entry_id``, ``amount_minor``, ``currency``) and the log's entries of a kind differ."""
    booked = {entry.document_ref: entry for entry in transparency.all_entries(kinds=(kind,))}
    for row in rows:
        entry = booked.pop(row.ref, None)
        if entry is None:
            if transparency.position_of(row.entry_id) is not None:
                yield Finding(table, row.ref, "its entry in the log names another document")
        elif (entry.entry_id, entry.amount_minor, entry.currency) != (row.entry_id, row.amount_minor, row.currency):
            yield Finding(table, row.ref, "its entry, amount or currency is not that of the log")
    for ref in booked:
        yield Finding(table, ref, f"the log has {called} that is not here")
