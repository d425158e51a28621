"""The journal in partitions (PostgreSQL): each carries the laws of its table, and what must be unique is claimed.

A trigger that is called once a statement hears only the table that the statement names. So every partition has those
of its table, under the same names; row triggers are inherited, and could be switched off in one place alone.
"""

from collections.abc import Iterator

from ledger.partitions import JOURNAL, is_divided, partitions
from ledger.verify.findings import Finding
from ledger.verify.values import fetched

KEY_HASH = "encode(substring(sha256(convert_to(e.idempotency_key, 'UTF8')) FOR 16), 'hex')::uuid"


def as_divided() -> Iterator[Finding]:
    """Nothing, where the journal is in one piece."""
    if not is_divided():
        return
    for table in JOURNAL:
        expected = _triggers(table)
        for name, _table in partitions(table):
            yield from _differences(name, expected, _triggers(name))
    yield from _kinds()
    yield from _claims("ledger_entrykey", "key_hash", KEY_HASH, "true")
    yield from _claims("ledger_entryreversal", "reverses_id", "e.reverses_id", "e.reverses_id IS NOT NULL")


def _triggers(table: str) -> dict[str, str]:
    """The laws on a table or partition, by name, without its own name in them."""
    return {
        name: f"{text.replace(f' ON public.{table} ', ' ON it ')} {state}"
        for name, text, state in fetched(
            "SELECT tgname::text, pg_get_triggerdef(oid), tgenabled::text FROM pg_trigger "
            "WHERE tgrelid = %s::regclass AND (NOT tgisinternal OR tgparentid <> 0)"
            " AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.oid = tgconstraint AND k.contype = 'f')",
            [table],
        )
    }


def _differences(partition: str, expected: dict[str, str], there: dict[str, str]) -> Iterator[Finding]:
    for name in sorted({*expected, *there}):
        if expected.get(name) != there.get(name):
            says = "is missing" if name not in there else "is not that of the whole table"
            yield Finding("the database's laws", f"{partition} {name}", says)


def _kinds() -> Iterator[Finding]:
    """A partition is an ordinary table: not one of another server, and none that forgets at a crash."""
    names = [name for name, _table in partitions()]
    for name, kind, persistence in fetched(
        "SELECT oid::regclass::text, relkind::text, relpersistence::text FROM pg_class "
        "WHERE oid::regclass::text = ANY(%s) AND (relkind NOT IN ('r', 'p') OR relpersistence <> 'p')",
        [names],
    ):
        yield Finding("the database's laws", name, f"is no lasting table of this database ({kind}{persistence})")


def _claims(table: str, column: str, claimed: str, when: str) -> Iterator[Finding]:
    """Each entry has claimed what is its own, and nothing else is claimed."""
    for entry, book, value in fetched(
        f"""
        SELECT e.id, coalesce(e.book_id, k.book_id), k.{column}
        FROM (SELECT e.id, e.book_id, {claimed} AS claimed FROM ledger_journalentry e WHERE {when}) e
        FULL JOIN {table} k ON k.book_id = e.book_id AND k.{column} = e.claimed
        WHERE e.id IS NULL OR k.book_id IS NULL
        """
    ):
        if entry is None:
            yield Finding(table, f"book_id={book} {column}={value.hex}", "is claimed by no entry")
        else:
            yield Finding("ledger_journalentry", f"id={entry.hex}", f"has no claim in {table}: it could stand twice")
