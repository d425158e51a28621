"""Give the books to a role that cannot log in, and leave the site's role with reading and adding."""

import re
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction

from ledger.partitions import rights
from ledger.sql import law_sql

_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}\Z")


class Command(BaseCommand):
    help = (
        "PostgreSQL: set the books' owner apart from the site's role. Run it after migrate, connected as a role that "
        "may create roles; then let the site connect as --site. `verify` checks the rights from then on."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--site", required=True, help="the role that the site connects as; made if it is not there")
        parser.add_argument("--owner", default="ledger_owner", help="the role without login that owns the books")
        parser.add_argument("--print", action="store_true", help="print the statements, change nothing")

    def handle(self, *args: Any, site: str, owner: str, **options: Any) -> None:
        if connection.vendor != "postgresql":
            raise CommandError("Only PostgreSQL has roles. On SQLite, keep the file's rights tight instead.")
        if not (_NAME.match(site) and _NAME.match(owner)) or site == owner:
            raise CommandError("Two role names of a-z, 0-9 and _ are needed.")
        statements = law_sql("roles", "postgresql", site=site, owner=owner)
        if options["print"]:
            self.stdout.write(statements)
            return
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT current_user")
            ((current,),) = cursor.fetchall()
            if current == site:
                raise CommandError(f"Connect as another role than {site}: it must not be able to give itself rights.")
            self.make(cursor, owner, "NOLOGIN")
            self.make(cursor, site, "LOGIN")
            cursor.execute(statements)
            for statement in rights(owner, site):
                cursor.execute(statement)
            self.grant_the_rest(cursor, site)
        self.stdout.write(self.style.SUCCESS(f"The books belong to {owner}; {site} may read and add."))

    def make(self, cursor: Any, role: str, login: str) -> None:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        if not cursor.fetchone():
            cursor.execute(f"CREATE ROLE {role} {login} NOSUPERUSER NOCREATEROLE NOCREATEDB NOBYPASSRLS")

    def grant_the_rest(self, cursor: Any, site: str) -> None:
        """The tables that are not the books' are the site's to use; their own laws stay where they are."""
        cursor.execute(
            "SELECT quote_ident(tablename) FROM pg_tables "
            "WHERE schemaname = 'public' AND tablename NOT LIKE 'ledger\\_%%'"
        )
        tables = ", ".join(name for (name,) in cursor.fetchall())
        if tables:
            cursor.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {tables} TO {site}")
        cursor.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {site}")
