"""Statements that were put into the log, made anew from it."""

from collections.abc import Iterator

from ledger import stated
from ledger.verify.findings import Finding


def statements_made_again() -> Iterator[Finding]:
    """Each digest in the log is that of the statement which the log gives at its position, and its identities hold."""
    for said in stated.stated():
        row = f"{said.book} {said.statement} {said.currency} {said.starts_on} to {said.ends_on}"
        made = said.again()
        if made.digest() != said.digest:
            yield Finding("ledger_notice", row, f"the log gives another statement at position {said.position}")
        for identity in made.identities:
            if not identity.holds:
                yield Finding("ledger_notice", row, f"{identity.code}: {identity.left} and {identity.right}")
