"""The raw layer: how a row as it came is kept, digested, and how a person is taken out of it again."""

import hashlib
import hmac
import secrets
from collections.abc import Sequence

from ledger.core.canonical import canonical_text
from projects.settlement.mapping import FileMapping
from projects.settlement.models import RawRow, SettlementFile
from projects.settlement.parsing import split_cells
from projects.settlement.reading import Record


def raw_rows(file: SettlementFile, records: Sequence[Record], mapping: FileMapping, ids: Sequence[int]) -> list[RawRow]:
    rows = []
    for record, row_id in zip(records, ids, strict=True):
        known, person = split_cells(record, mapping)
        cells, people = canonical_text(known), canonical_text(person) if person else ""
        salt = secrets.token_hex(16)
        person_hash = hashed_person(people, salt)
        digest = row_digest(file.sha256, record.number, cells, person_hash)
        rows.append(
            RawRow(
                id=row_id, file=file, number=record.number, cells=cells, person=people, salt=salt,
                person_hash=person_hash, digest=digest,
            )
        )  # fmt: skip
    return rows


def hashed_person(person: str, salt: str) -> str:
    """What stands for a person's cells in the row's digest. Without the salt nobody can try names against it."""
    return hmac.new(salt.encode(), person.encode(), hashlib.sha256).hexdigest()


def row_digest(sha256: str, number: int, cells: str, person_hash: str) -> str:
    """The digest of a row: it stays true when the person is blanked."""
    return hashlib.sha256(f"{sha256}\n{number}\n{cells}\n{person_hash}".encode()).hexdigest()


def dedupe_key(file: SettlementFile, kind: str, row_id: str, number: int) -> str:
    """Names the money of a row: the provider's number where there is one, else the row's place in this very file.

    Never the contents: two equal gifts stay two.
    """
    name = f"id\n{row_id}" if row_id else f"place\n{file.sha256}\n{number}"
    text = f"{file.organisation.ref}\n{file.provider}\n{kind}\n{name}"
    return hashlib.sha256(text.encode()).hexdigest()
