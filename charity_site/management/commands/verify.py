"""Re-derive everything and name what is wrong: the ledger's checks, then those of the apps above. Keep the report.

An app adds its own by a module ``verification`` with a tuple ``CHECKS`` of ``ledger.verify.Check``.
"""

import importlib
import json
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DEFAULT_DB_ALIAS
from django.utils import timezone

from charity_site.alarm import raise_alarm
from charity_site.progress import Bar
from charity_site.replica import reading_from
from ledger import reports
from ledger.verify import CHECKS, PASSES, Check, Outcome, Round, noted_head, processes_here

# Who is named in a kept report unless somebody says otherwise.
OPERATOR = "system:operator"
# Where an app keeps its own checks.
MODULE = "verification"


class Command(BaseCommand):
    help = "Re-derive the books and what stands on them; name every row that is wrong. Exit code 1 when there is one."
    # The books are looked at, not the settings: that is what `check` is for.
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the outcomes as JSON")
        parser.add_argument("--only", nargs="+", metavar="NAME", help="make only these checks")
        parser.add_argument("--head", metavar="SIZE:ROOT", help="a head noted outside; the log must hold it")
        parser.add_argument(
            "--processes", type=int, default=processes_here(), metavar="N", help="how many processes share the work"
        )
        parser.add_argument(
            "--database",
            default=DEFAULT_DB_ALIAS,
            metavar="ALIAS",
            help="read from another database with the same books: replica, see READ_DATABASE_URL",
        )
        parser.add_argument("--keep", action="store_true", help="keep a dated report; raise the alarm when it is red")
        parser.add_argument("--by", default=OPERATOR, metavar="REF", help="who keeps the report: an actor's reference")

    def handle(self, *args: Any, **options: Any) -> None:
        with reading_from(options["database"]):
            made, outcomes = self.verify(options)
        if options["keep"]:
            self.keep(made, outcomes, by=options["by"])
        if not all(outcome.green for outcome in outcomes):
            sys.exit(1)

    def verify(self, options: dict[str, Any]) -> tuple[Round, list[Outcome]]:
        checks = list(all_checks())
        if options["head"]:
            checks.append(head_check(options["head"]))
        if options["only"] and options["keep"]:
            raise CommandError("A kept report is of every check: --keep and --only exclude each other.")
        if options["only"]:
            unknown = set(options["only"]) - {check.name for check in checks}
            if unknown:
                raise CommandError(f"No check is called {', '.join(sorted(unknown))}.")
            checks = [check for check in checks if check.name in options["only"]]
        outcomes = []
        bar = Bar(sys.stderr)
        made = Round(checks, PASSES, processes=max(options["processes"], 1), told=bar.show)
        for outcome in made.outcomes():
            outcomes.append(outcome)
            if not options["json"]:
                bar.wipe()
                self.show(outcome)
        bar.wipe()
        if options["json"]:
            self.stdout.write(json.dumps([as_json(outcome) for outcome in outcomes], ensure_ascii=False, indent=2))
        else:
            self.sum_up(made, outcomes)
        return made, outcomes

    def show(self, outcome: Outcome) -> None:
        """One line a check, then its rows."""
        check = outcome.check
        if outcome.skipped:
            self.stdout.write(self.style.WARNING(f"  skipped  {check.name}: {outcome.skipped}"))
        elif outcome.green:
            self.stdout.write(self.style.SUCCESS(f"  green    {check.name}: {check.promise}"))
        else:
            self.stdout.write(self.style.ERROR(f"  RED      {check.name} ({check.law}): not so that {check.promise}"))
        for finding in outcome.findings:
            self.stdout.write(f"             {finding}")

    def sum_up(self, made: Round, outcomes: list[Outcome]) -> None:
        head = made.head
        assert head is not None
        self.stdout.write(f"Head: {head.size}:{head.root_hex}  (note it outside; check it later with --head)")
        red = [outcome.check.name for outcome in outcomes if not outcome.green]
        skipped = sum(1 for outcome in outcomes if outcome.skipped)
        verdict = f"RED: {', '.join(red)}" if red else "Green"
        self.stdout.write(f"{verdict}. {len(outcomes)} checks, {skipped} skipped.")

    def keep(self, made: Round, outcomes: list[Outcome], *, by: str) -> None:
        """Keep the report; a red one is heard."""
        assert made.head is not None
        report = reports.keep(
            outcomes=[as_json(outcome) for outcome in outcomes],
            size=made.head.size,
            root_hex=made.head.root_hex,
            by=by,
            at=timezone.now(),
        )
        if not report.green:
            raise_alarm(report)


def all_checks() -> Iterator[Check]:
    """The ledger's checks and those of every installed app of the site, in the order of the apps."""
    yield from CHECKS
    for app in apps.get_app_configs():
        if app.name.startswith("projects.") and find_spec(f"{app.name}.{MODULE}"):
            yield from importlib.import_module(f"{app.name}.{MODULE}").CHECKS


def head_check(text: str) -> Check:
    """The check of a head that was noted outside the database."""
    size, _, root = text.partition(":")
    if not (size.isdecimal() and len(root) == 64):
        raise CommandError("A head is written SIZE:ROOT, as this command prints it.")
    return noted_head(int(size), root.lower())


def as_json(outcome: Outcome) -> dict[str, Any]:
    return {
        "check": outcome.check.name,
        "law": outcome.check.law,
        "promise": outcome.check.promise,
        "green": outcome.green,
        "skipped": outcome.skipped,
        "findings": [{"table": f.table, "row": f.row, "says": f.says} for f in outcome.findings],
    }
