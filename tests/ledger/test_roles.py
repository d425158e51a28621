"""Rights on PostgreSQL, tried on the tests' own database: the site's role can do its work, and nothing else."""

import re

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from ledger import periods, verify
from ledger.models import Outbox
from ledger.sql import PROTECTED, law_sql
from ledger.verify.laws import shipped_functions
from tests.ledger import raw
from tests.ledger.helpers import Desk
from tests.ledger.story import tell

NO = re.compile("permission denied|must be (owner|member|superuser)|must have admin option|ADMIN option|SUPERUSER")
SITE, OWNER = "charity_site_test", "charity_books_test"


@pytest.fixture
def site(db):
    """From now on this connection is the site's. Roles are undone with the test's transaction."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no roles")
    call_command("ledger_roles", "--site", SITE, "--owner", OWNER)
    raw.execute(f"SET LOCAL SESSION AUTHORIZATION {SITE}")
    yield
    connection.check_constraints()
    raw.execute("RESET SESSION AUTHORIZATION")


def denied(statement):
    with pytest.raises(DatabaseError, match=NO), transaction.atomic():
        raw.execute(statement)


def outcome(name):
    return verify.run_one(next(check for check in verify.CHECKS if check.name == name))


def test_the_site_posts_spends_refunds_numbers_and_closes(site):
    tell()
    assert Outbox.objects.count() == 1


def test_every_check_is_green_for_the_site(site):
    tell()
    assert [str(finding) for check in verify.CHECKS for finding in verify.run_one(check).findings] == []
    assert not outcome("grants").skipped


@pytest.mark.parametrize("table", [*PROTECTED, "ledger_outbox"])
def test_the_site_changes_nothing_of_the_books(site, table):
    denied(f"UPDATE {table} SET {next(iter(PROTECTED.get(table, [('subject_id',)])))[0]} = NULL")
    denied(f"TRUNCATE {table} CASCADE")
    denied(f"ALTER TABLE {table} ADD COLUMN x integer")
    denied(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
    denied(f"DROP TABLE {table} CASCADE")
    denied(f"CREATE TRIGGER x BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION ledger_after_seal()")
    denied(f"CREATE INDEX x ON {table} ((1))")
    if table != "ledger_outbox":
        denied(f"DELETE FROM {table}")


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE OR REPLACE FUNCTION ledger_entry_seal() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "DROP FUNCTION ledger_entry_seal() CASCADE",
        "SET session_replication_role = replica",
        f"SET ROLE {OWNER}",
        "CREATE TABLE public.ledger_shadow (id integer)",
        f"ALTER ROLE {SITE} SUPERUSER",
        f"GRANT {OWNER} TO {SITE}",
    ],
)
def test_the_site_cannot_help_itself(site, statement):
    denied(statement)


def test_what_waits_stays_in_the_outbox(site):
    desk = Desk()
    desk.sequence()
    desk.gift(5)
    with pytest.raises(DatabaseError, match="L9: only what has its position"), transaction.atomic():
        raw.execute("DELETE FROM ledger_outbox")
    assert periods.is_closed(book=desk.book, on=desk.at.date()) is False


def test_a_right_too_many_is_named(site):
    raw.execute("RESET SESSION AUTHORIZATION")
    raw.execute(f"GRANT UPDATE ON ledger_posting TO {SITE}")
    raw.execute(f"REVOKE INSERT ON ledger_lot FROM {SITE}")
    raw.execute(f"GRANT {OWNER} TO {SITE}")
    raw.execute(f"SET LOCAL SESSION AUTHORIZATION {SITE}")
    says = " ".join(str(finding) for finding in outcome("grants").findings)
    assert "ledger_posting" in says
    assert "has the right to UPDATE" in says
    assert "belongs to the owner" in says


def test_giving_rights_again_changes_nothing(site):
    raw.execute("RESET SESSION AUTHORIZATION")
    call_command("ledger_roles", "--site", SITE, "--owner", OWNER)
    raw.execute(f"SET LOCAL SESSION AUTHORIZATION {SITE}")
    assert outcome("grants").findings == ()


def test_the_site_does_not_give_itself_rights(db):
    if connection.vendor != "postgresql":
        with pytest.raises(CommandError, match="Only PostgreSQL"):
            call_command("ledger_roles", "--site", SITE)
        return
    current = raw.fetch("SELECT current_user::text")[0][0]
    with pytest.raises(CommandError, match="Connect as another role"):
        call_command("ledger_roles", "--site", current)
    with pytest.raises(CommandError, match="role names"):
        call_command("ledger_roles", "--site", 'x"; DROP')


def test_the_rights_name_every_table_and_every_law():
    text = law_sql("roles", "postgresql")
    for table in [*PROTECTED, "ledger_outbox"]:
        assert text.count(f"{table},") + text.count(f"{table}\n") >= 2, table
        assert f"ALTER TABLE {table} OWNER" in text
    for name in shipped_functions(["ledger"]):
        assert f"ALTER FUNCTION {name} " in text
