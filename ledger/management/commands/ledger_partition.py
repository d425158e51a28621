"""Put the journal into partitions by book and time, before its first entry; later, add the quarters to come."""

import re
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ledger import partitions
from ledger.core.refusals import Refused

_MONTH = re.compile(r"(\d{4})-(\d{2})\Z")


class Command(BaseCommand):
    help = (
        "PostgreSQL: divide the empty journal by book and by quarter. Run it after migrate and before ledger_roles, "
        "once; run it again with a later --until, as the books' owner, before that time comes."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--buckets", type=int, default=4, metavar="N", help="how many parts by book (default 4)")
        parser.add_argument("--since", type=month, required=True, metavar="YYYY-MM", help="the first quarter")
        parser.add_argument("--until", type=month, required=True, metavar="YYYY-MM", help="the last quarter")

    def handle(self, *args: Any, buckets: int, since: date, until: date, **options: Any) -> None:
        if not (1 <= buckets <= 256 and since <= until):
            raise CommandError("Between 1 and 256 buckets, and an end that is not before the beginning.")
        over = partitions.quarters(since, until)
        try:
            if partitions.is_divided():
                added = partitions.extend(over)
                said = f"{len(added)} quarters added: {', '.join(map(str, added)) or 'none was missing'}."
            else:
                partitions.divide(buckets, over)
                said = f"The journal is divided: {buckets} buckets, {len(over)} quarters each, and one for the rest."
        except Refused as refused:
            raise CommandError(str(refused)) from None
        self.stdout.write(self.style.SUCCESS(said))


def month(text: str) -> date:
    """The first day of a month written YYYY-MM."""
    found = _MONTH.match(text)
    if not found:
        raise CommandError(f"{text!r}: write a month as YYYY-MM.")
    return date(int(found[1]), int(found[2]), 1)
