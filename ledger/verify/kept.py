"""The reports of earlier verifications, against the digests that bind each to the one before."""

from collections.abc import Iterator

from ledger import reports
from ledger.verify.findings import Finding


def reports_are_as_kept() -> Iterator[Finding]:
    for number, fault in reports.broken():
        yield Finding("ledger_verification", f"number={number}", fault)
