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
# A number of the provider that stands in a key as it is.
LONGEST_PLAIN = 47


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

    Never the contents: two equal gifts stay two. At most 64 characters: whose it is and of which kind (a digest), then
    ``=`` and the number, ``#`` and the digest of a long number, or ``@`` and the place. So the numbers of a list keep
    their order, and an index of millions is written where it was written last and not everywhere.
    """

    def __init__(self, file: SettlementFile) -> None:
        self._whose = f"{file.organisation.ref}\n{file.provider}\n"
        self._place = f"@{file.sha256[:34]}:"
        self._kinds: dict[str, str] = {}

    def of(self, kind: str, row_id: str, number: int) -> str:
        whose = self._kinds.get(kind)
        if whose is None:
            whose = self._kinds[kind] = hashlib.sha256(f"{self._whose}{kind}".encode()).hexdigest()[:16]
        if not row_id:
            return f"{whose}{self._place}{number}"
        if len(row_id) <= LONGEST_PLAIN:
            return f"{whose}={row_id}"
        return f"{whose}#{hashlib.sha256(row_id.encode()).hexdigest()[:LONGEST_PLAIN]}"
