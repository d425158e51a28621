"""Write a book as plain text that hledger or Beancount reads and checks."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ledger import plain_text
from ledger.books import only_book
from ledger.core.refusals import Refused


class Command(BaseCommand):
    help = (
        "Write a whole book as plain text, in log order, with our balances asserted at its end: "
        "`hledger -f FILE check --strict` or `bean-check FILE` then adds everything up without us."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--format", required=True, choices=plain_text.FORMATS)
        parser.add_argument("--book", default="", help="the book's code; may be left out where there is one book only")
        parser.add_argument("--position", type=int, help="only the entries numbered below; default: the log's end")
        parser.add_argument("--out", default="-", metavar="FILE", help="where to write; default: standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            book = options["book"] or only_book()
            lines = plain_text.export(book=book, form=options["format"], position=options["position"])
            if options["out"] == "-":
                self.write(lines, self.stdout)
                return
            with Path(options["out"]).open("w", encoding="utf-8") as out:
                count = self.write(lines, out)
        except Refused as refused:
            raise CommandError(str(refused)) from refused
        print(f"{count} lines: {options['out']}", file=sys.stderr)

    def write(self, lines: Iterable[str], out: Any) -> int:
        count = 0
        for line in lines:
            out.write(line + "\n")
            count += 1
        return count
