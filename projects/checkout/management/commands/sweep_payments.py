"""`manage.py sweep_payments --days 30`: read the provider's refunds, disputes and payouts again, at once."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from projects.checkout import flow, sweeper


class Command(BaseCommand):
    help = "Read again what the payment provider has done lately, and put into the books what they lack."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--days", type=int, default=30, help="how far back to look (default: 30)")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        flow.sweep(at=now)
        found, whole = sweeper.sweep_since(now - timedelta(days=options["days"]), at=now)
        self.stdout.write(f"{found} payments and payouts were looked at.")
        if not whole:
            raise CommandError("Not all of them could be brought up to date; the log says why. Run it again.")
