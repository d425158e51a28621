"""The rights of the site's role on PostgreSQL against those that ``manage.py ledger_roles`` gives."""

from collections.abc import Iterator

from django.db import connection

from ledger.partitions import CLAIMS, is_divided, partitions
from ledger.verify.findings import Finding, Skipped
from ledger.verify.values import fetched, tables

RIGHTS = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
GIVEN = frozenset({"SELECT", "INSERT"})
# What must be unique across partitions is claimed by an entry's own statement, with its owner's rights.
CLAIMS_GIVEN = frozenset({"SELECT"})
# The sequencer takes rows out of the outbox once they have their position; a law sees to that.
GIVEN_ON = {"ledger_outbox": GIVEN | {"DELETE"}}


def as_granted() -> Iterator[Finding]:
    """Superfluous and missing rights of the role this site is connected as."""
    if connection.vendor != "postgresql":
        raise Skipped("SQLite has no roles: whoever may open the file may write it")
    ((role, superuser, creates),) = list(
        fetched("SELECT rolname::text, rolsuper, rolcreaterole FROM pg_roles WHERE rolname = current_user")
    )
    names = [model._meta.db_table for model in tables()]
    owners = dict(fetched("SELECT tablename::text, tableowner::text FROM pg_tables WHERE tablename = ANY(%s)", [names]))
    if superuser or all(owner == role for owner in owners.values()):
        raise Skipped(f"the site runs as {role}, who owns the tables: set a role apart with manage.py ledger_roles")
    if creates:
        yield Finding("roles", role, "may create roles")
    for table in names:
        yield from _on(table, role, owners.get(table, ""), GIVEN_ON.get(table, GIVEN))
    if is_divided():
        inside = {**{name: frozenset[str]() for name, _table in partitions()}, **dict.fromkeys(CLAIMS, CLAIMS_GIVEN)}
        for name, given in inside.items():
            yield from _on(name, role, _owner(name), given)


def _owner(table: str) -> str:
    ((owner,),) = list(fetched("SELECT relowner::regrole::text FROM pg_class WHERE oid = %s::regclass", [table]))
    return str(owner)


def _on(table: str, role: str, owner: str, given: frozenset[str]) -> Iterator[Finding]:
    ((member, login),) = list(
        fetched(
            "SELECT pg_has_role(%s, %s, 'MEMBER'), rolcanlogin FROM pg_roles WHERE rolname = %s", [role, owner, owner]
        )
    )
    if member or login:
        yield Finding(table, f"owner {owner}", f"{role} belongs to the owner" if member else "the owner can log in")
    for right in RIGHTS:
        ((has,),) = list(fetched("SELECT has_table_privilege(%s, %s, %s)", [role, table, right]))
        if has != (right in given):
            yield Finding(table, role, f"has the right to {right}" if has else f"lacks the right to {right}")
