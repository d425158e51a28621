"""What `manage.py verify` asks of the two records."""

from collections.abc import Iterator

from ledger.verify import Check, Finding
from projects.audit.queries import each_broken_link


def records_are_as_written() -> Iterator[Finding]:
    for broken in each_broken_link():
        yield Finding(f"audit, {broken.stream}", broken.place, broken.fault)


CHECKS = (
    Check("audit", "L3", "audit events and reads of personal data are as they were written", records_are_as_written),
)
