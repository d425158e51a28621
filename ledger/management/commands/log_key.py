"""The public log's keys: make one, show its public half, hand over to the next, start again without the memory."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from ledger import checkpoints, log_keys, posting
from ledger.core.notes import COSIGNATURE_V1, ED25519
from ledger.core.refusals import Refused
from ledger.models import Book

BY = "system:log-key"


class Command(BaseCommand):
    help = "Without options: print the log's public keys (vkey), the current one first. Secrets are never printed."
    # A key has to be made before the settings that name it are sound.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--new", type=Path, metavar="FILE", help="make a key in a new file, for its owner only")
        what.add_argument(
            "--announce", type=Path, metavar="FILE", help="say in the log that the key in this file is the next one"
        )
        what.add_argument(
            "--trust-database",
            action="store_true",
            help="the log's memory outside is lost, and nothing was published after the database's last checkpoint",
        )
        parser.add_argument("--name", help="with --new: the key's name; for a log its origin (default: LOG_ORIGIN)")
        parser.add_argument("--witness", action="store_true", help="with --new: a key to witness other logs with")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["new"]:
                self.make(options["new"], options["name"] or settings.LOG_ORIGIN, witness=options["witness"])
            elif options["announce"]:
                self.announce(options["announce"])
            elif options["trust_database"]:
                self.stdout.write(checkpoints.trust_database())
            else:
                for key in log_keys.published_keys():
                    self.stdout.write(str(key))
        except Refused as refused:
            raise CommandError(str(refused)) from None

    def make(self, path: Path, name: str, *, witness: bool) -> None:
        key = log_keys.new_key(path, name, COSIGNATURE_V1 if witness else ED25519)
        self.stdout.write(str(key.verifier))
        setting = "LOG_WITNESS_KEY_FILE" if witness else "LOG_KEY_FILE"
        self.stderr.write(f"Set {setting}={path}, and keep a copy where the database's copies are not.")

    def announce(self, path: Path) -> None:
        current, new = log_keys.signing_keys()[0], log_keys.read_key(path, ED25519)
        book = Book.objects.order_by("id").first()
        if book is None:
            raise CommandError("There is no book yet, so nothing was signed: just set LOG_KEY_FILE.")
        now = timezone.now()
        posting.notice(
            log_keys.KEY_CHANGE,
            book=book.code,
            effective_on=timezone.localdate(now),
            facts={"old": str(current.verifier), "new": str(new.verifier)},
            by=BY,
            at=now,
            key=f"key-change:{new.verifier.key_id.hex()}",
        )
        self.stdout.write(str(new.verifier))
        self.stderr.write(
            "Announced. When it has its place in the log, set "
            f"LOG_KEY_FILE={path},{settings.LOG_KEY_FILE.split(',')[0]} "
            "and both sign; when witnesses and auditors have the new key, leave the old one out."
        )
