from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from ledger.core.refusals import Refused
from projects.settlement import importing
from projects.settlement.models import SettlementFile
from projects.settlement.words import FileState


class Command(BaseCommand):
    help = "Take in the settlement files and bank statements whose import was started: from where each stands."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("refs", nargs="*", help="the files' references; without them, every file that is not done")

    def handle(self, *args: Any, refs: list[str], **options: Any) -> None:
        files = SettlementFile.objects.select_related("organisation", "project").filter(
            state__in=[FileState.MEASURING, FileState.IMPORTING]
        )
        if refs:
            files = files.filter(ref__in=refs)
            if files.count() < len(set(refs)):
                raise CommandError("Not every reference is a file whose import was started and is not done.")
        for file in files.order_by("pk"):
            try:
                while importing.import_rows(file, at=timezone.now(), stretches=importing.STRETCHES_AT_ONCE):
                    self.stdout.write(f"{file.ref}  {file.rows_done:,} of {file.rows_total:,} rows")
            except Refused as refused:
                raise CommandError(f"{file.ref}: {refused}") from refused
            file.refresh_from_db()
            self.stdout.write(f"{file.ref}  {file.state}  {file.rows_done:,} of {file.rows_total:,} rows")
