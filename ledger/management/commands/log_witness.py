"""Witness another site's log."""

import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from ledger import log_keys
from ledger.core.refusals import Refused
from ledger.witness import LIES, witness

TIMEOUT_SECONDS = 30
LARGEST = 32 * 2**20
# Exit codes: the log could not be checked; the log contradicts what it showed before.
COULD_NOT, LIED = 1, 2


class Command(BaseCommand):
    help = (
        "Check that another site's log grew from what this site saw of it last, cosign it with this site's own key "
        "(LOG_WITNESS_KEY_FILE) and hand the line back. Run it from a timer. Exit code 2: the log contradicts itself."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("address", help="the log's address, as https://ledger.example/log")
        parser.add_argument("--vkey", help="the log's public key; needed the first time, and to take up a new key")
        parser.add_argument("--keep", action="store_true", help="print the line, do not hand it to the log")

    def handle(self, *args: Any, address: str, vkey: str | None, keep: bool, **options: Any) -> None:
        address = address.rstrip("/")
        if urlsplit(address).scheme not in ("https", "http"):
            raise CommandError("The address begins with https:// (or http:// on a network of your own).")
        folder = Path(settings.LOG_STATE_DIR) / "witnessed"
        try:
            seen = witness(
                lambda path: fetch(f"{address}/{path}"),
                log_keys.witness_key(),
                folder=folder,
                vkey=vkey,
                at=timezone.now(),
            )
        except Refused as refused:
            lied = refused.code in LIES
            where = f" Evidence: {folder}" if lied else ""
            raise CommandError(f"{refused}{where}", returncode=LIED if lied else COULD_NOT) from None
        self.stdout.write(seen.note.rpartition("\n\n")[2], ending="")
        grown = "seen for the first time" if seen.first else "grown from what was seen before"
        self.stderr.write(f"{seen.head.origin}: {seen.head.size:,} entries, {grown}.")
        if not keep:
            hand_back(f"{address}/cosignature", seen.note)


def fetch(address: str) -> bytes | None:
    """A file of the log; None when the log says that it is not there."""
    try:
        with urllib.request.urlopen(address, timeout=TIMEOUT_SECONDS) as answer:
            raw: bytes = answer.read(LARGEST + 1)
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return None
        raise CommandError(f"{address} answered {error.code}.") from None
    except OSError as error:
        raise CommandError(f"{address} cannot be reached: {error}") from None
    if len(raw) > LARGEST:
        raise CommandError(f"{address} is larger than any file of a log.")
    return raw


def hand_back(address: str, note: str) -> None:
    """Give the log its witness's line. What was seen is remembered already; a later run hands it in again."""
    request = urllib.request.Request(
        address, data=note.encode(), headers={"Content-Type": "text/plain; charset=utf-8"}, method="POST"
    )
    try:
        urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS).close()
    except urllib.error.HTTPError as error:
        raise CommandError(f"The log did not take the line: {error.read(2_000).decode(errors='replace')}") from None
    except OSError as error:
        raise CommandError(f"The log cannot be reached: {error}") from None
