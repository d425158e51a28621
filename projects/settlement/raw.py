"""The raw layer: how a row as it came is kept, digested, and how a person is taken out of it again."""

import hashlib
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ledger.core.commitments import keyed
from projects.settlement.models import SettlementFile
from projects.settlement.parsing import NormalRow, Parser
from projects.settlement.reading import Record

# The columns of `Read.raw`, in its order; the file and the row's own key come with the table.
RAW_COLUMNS = ("number", "cells", "person", "salt", "person_hash", "digest")

SALTS_AT_ONCE = 1_000


@dataclass(slots=True)
class Read:
    """A row that was read: what is kept of it for ever, and its normal form."""

    raw: tuple[int, str, str, str, str, str]
    normal: NormalRow


def read_rows(sha256: str, records: Iterable[Record], parser: Parser) -> Iterator[Read]:
    """Rows as they are kept, with their digests, and what they say. Asks no database."""
    for record, salt in zip(records, _salts(), strict=False):
        cells, person = parser.split(record)
        person_hash = hashed_person(person, salt)
        digest = row_digest(sha256, record.number, cells, person_hash)
        yield Read((record.number, cells, person, salt, person_hash, digest), parser.normal(record))


def _salts() -> Iterator[str]:
    """128 random bits for each row, many from one question to the system."""
    while True:
        digits = secrets.token_hex(16 * SALTS_AT_ONCE)
        yield from (digits[start : start + 32] for start in range(0, len(digits), 32))


def hashed_person(person: str, salt: str) -> str:
    """What stands for a person's cells in the row's digest. Without the salt nobody can try names against it."""
    return keyed(salt.encode(), person.encode()).hex()


def row_digest(sha256: str, number: int, cells: str, person_hash: str) -> str:
    """The digest of a row: it stays true when the person is blanked."""
    return hashlib.sha256(f"{sha256}\n{number}\n{cells}\n{person_hash}".encode()).hexdigest()


class Keys:
    """Names the money of a file's rows: the provider's number where there is one, else the row's place in this file.

    Never the contents: two equal gifts stay two.
    """

    def __init__(self, file: SettlementFile) -> None:
        self._whose = f"{file.organisation.ref}\n{file.provider}\n"
        self._place = f"place\n{file.sha256}\n"

    def of(self, kind: str, row_id: str, number: int) -> str:
        name = f"id\n{row_id}" if row_id else f"{self._place}{number}"
        return hashlib.sha256(f"{self._whose}{kind}\n{name}".encode()).hexdigest()
