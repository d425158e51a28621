"""Dated reports of verification. Kept by ``manage.py verify --keep``, asked for before a period is closed.

Each report carries a SHA-256 over what it says and over the digest of the one before it, so that a changed, added or
missing one in the middle is found. Findings name rows by opaque references; what an exception said is left out, since
it may quote a value.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from ledger.core.canonical import canonical_bytes
from ledger.core.leaves import microseconds
from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _
from ledger.models import Verification

# Rows named in a kept report, of one check; the rest is counted.
MOST_KEPT = 50
GENESIS = b"\x00" * 32


@dataclass(frozen=True, slots=True)
class Report:
    """A kept report. An outcome has ``check``, ``law``, ``promise``, ``green``, ``skipped``, ``findings``."""

    number: int
    at: datetime
    by: str
    size: int
    root_hex: str
    green: bool
    outcomes: list[dict[str, Any]]
    digest_hex: str

    @property
    def red(self) -> list[str]:
        """The names of the checks that found something."""
        return [outcome["check"] for outcome in self.outcomes if not outcome["green"]]


def keep(*, outcomes: Sequence[Mapping[str, Any]], size: int, root_hex: str, by: str, at: datetime) -> Report:
    """Keep what a verification found. It is green when something was checked and nothing was found."""
    text = canonical_bytes([_kept(outcome) for outcome in outcomes]).decode()
    with transaction.atomic():
        last = Verification.objects.order_by("-number").first()
        row = Verification(
            number=last.number + 1 if last else 1,
            verified_at=at,
            verified_by=by,
            size=size,
            root=bytes.fromhex(root_hex),
            green=bool(outcomes) and all(outcome["green"] for outcome in outcomes),
            outcomes=text,
        )
        row.digest = _digest(row, bytes(last.digest) if last else GENESIS)
        row.save(force_insert=True)
    return _report(row)


def last() -> Report | None:
    """The latest report."""
    row = Verification.objects.order_by("-number").first()
    return None if row is None else _report(row)


def newest(limit: int, *, below: int | None = None) -> list[Report]:
    """The latest reports, newest first; those with a smaller number than ``below``, if it is given."""
    rows = Verification.objects.order_by("-number")
    return [_report(row) for row in (rows if below is None else rows.filter(number__lt=below))[:limit]]


def report(number: int) -> Report | None:
    """The report with a number."""
    row = Verification.objects.filter(number=number).first()
    return None if row is None else _report(row)


def require_green(*, after: date) -> None:
    """Refuse unless the latest report was made after a day and found nothing.

    ``verification_missing`` or ``verification_red``. Verification is of all books at once: one red check stops all.
    """
    row = Verification.objects.order_by("-number").values("verified_at", "green").first()
    if row is None or row["verified_at"].date() <= after:
        raise Refused(
            "verification_missing",
            _("The books have not been verified since %(day)s. Run a verification first, then close the period."),
            day=after.isoformat(),
        )
    if not row["green"]:
        raise Refused(
            "verification_red",
            _("The last verification of the books found something wrong. It has to be cleared up and run again first."),
        )


def broken() -> Iterator[tuple[int, str]]:
    """Reports that are not as they were written: number and what is wrong."""
    before, expected = GENESIS, 1
    for row in Verification.objects.order_by("number").iterator(100):
        if row.number != expected:
            yield row.number, f"follows on {expected - 1}: reports are missing"
        elif _digest(row, before) != bytes(row.digest):
            yield row.number, "is not what was kept"
        before, expected = bytes(row.digest), row.number + 1


def _kept(outcome: Mapping[str, Any]) -> dict[str, Any]:
    findings = [{**finding, "says": _without_quotes(finding["says"])} for finding in outcome["findings"]]
    more = len(findings) - MOST_KEPT
    return {
        "check": outcome["check"],
        "law": outcome["law"],
        "promise": outcome["promise"],
        # Canonical JSON has no booleans.
        "green": int(outcome["green"]),
        "skipped": outcome["skipped"],
        "findings": findings[:MOST_KEPT],
        "more": max(more, 0),
    }


COULD_NOT_GO_ON = "the check could not go on: "


def _without_quotes(says: str) -> str:
    if not says.startswith(COULD_NOT_GO_ON):
        return says
    return COULD_NOT_GO_ON + says.removeprefix(COULD_NOT_GO_ON).partition(":")[0]


def _digest(row: Verification, before: bytes) -> bytes:
    said = {
        "at": microseconds(row.verified_at),
        "before": before.hex(),
        "by": row.verified_by,
        "green": int(row.green),
        "number": row.number,
        "outcomes": row.outcomes,
        "root": bytes(row.root).hex(),
        "size": row.size,
    }
    return hashlib.sha256(canonical_bytes(said)).digest()


def _report(row: Verification) -> Report:
    return Report(
        number=row.number,
        at=row.verified_at,
        by=row.verified_by,
        size=row.size,
        root_hex=bytes(row.root).hex(),
        green=row.green,
        outcomes=json.loads(row.outcomes),
        digest_hex=bytes(row.digest).hex(),
    )
