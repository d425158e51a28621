"""`manage.py load_demo`: the data of the demonstration. Needs the site and the payment emulator to be running."""

import json
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from charity_site.demo.load import AlreadyLoaded, load
from charity_site.demo.totals import all_private_references, all_totals, traces_sum_up


class Command(BaseCommand):
    help = "Load the demonstration's data through the site's own actions, files and payments."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--totals", action="store_true", help="print the totals as read from the ledger, as JSON")
        parser.add_argument(
            "--private-references", action="store_true", help="print what must never be public, as JSON"
        )

    def handle(self, *args: Any, totals: bool, private_references: bool, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("This makes up people and money. Start it with DEMO=1, as `make demo` does.")
        if totals:
            self.stdout.write(json.dumps({"sets": all_totals(), "followed": traces_sum_up()}))
            return
        if private_references:
            self.stdout.write(json.dumps(all_private_references()))
            return
        try:
            load(self.stdout.write)
        except AlreadyLoaded:
            self.stdout.write("There is data already; nothing was added.")
