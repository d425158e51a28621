"""Write the public log as static files."""

import sys
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ledger.core.refusals import Refused
from ledger.log_export import export


class Command(BaseCommand):
    help = (
        "Bring a folder up to the log's last checkpoint: the same files that the site serves under /log. "
        "Run it as often as you like; only what is new is written, and the checkpoint comes last."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR")

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        started, told = time.monotonic(), 0.0

        def progress(done: int, of: int) -> None:
            nonlocal told
            if sys.stderr.isatty() and (done == of or time.monotonic() - told > 0.2):
                told = time.monotonic()
                self.stderr.write(f"\r{done:,} of {of:,} entries", ending="")

        try:
            head = export(folder, progress=progress)
        except Refused as refused:
            raise CommandError(str(refused)) from None
        seconds = time.monotonic() - started
        if told:
            self.stderr.write("")
        self.stdout.write(f"{folder}: {head.origin}, {head.size:,} entries, {seconds:.1f} s")
