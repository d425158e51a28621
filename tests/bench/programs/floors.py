"""The bare loops: what hashing, canonicalising and adding up cost when nothing else is done."""

import hashlib
import json
import os
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

import psycopg

from tests.bench.programs.serving import serve

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ROWS = """
SELECT b.code, e.document_kind, e.document_ref, e.idempotency_key, e.kind, e.effective_on, e.recorded_at, e.recorded_by,
    e.id, e.input_hash, e.facts, e.commitment, l.leaf_hash, f.code, d.code, c.code, p.amount_minor, p.currency
FROM ledger_logleaf l
JOIN ledger_journalentry e ON e.id = l.entry_id
JOIN ledger_posting p ON p.entry_id = e.id
JOIN ledger_book b ON b.id = e.book_id
JOIN ledger_fund f ON f.id = p.fund_id
JOIN ledger_account d ON d.id = p.debit_account_id
JOIN ledger_account c ON c.id = p.credit_account_id
WHERE l.position >= {0} AND l.position < {1}
ORDER BY l.position, p.line
"""


def main() -> None:
    serve({"hash": hash_leaves, "verify": verify, "canonical": canonical_folder})


def canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


class Tree:
    """The frontier of a growing tree and nothing else."""

    def __init__(self) -> None:
        self.hashes: list[bytes] = []
        self.size = 0

    def add(self, node: bytes) -> None:
        size, hashes, sha256 = self.size, self.hashes, hashlib.sha256
        while size & 1:
            node = sha256(b"\x01" + hashes.pop() + node).digest()
            size >>= 1
        hashes.append(node)
        self.size += 1

    def root(self) -> bytes:
        node = self.hashes[-1]
        for left in reversed(self.hashes[:-1]):
            node = hashlib.sha256(b"\x01" + left + node).digest()
        return node


def hash_leaves(path: str) -> dict[str, Any]:
    """Hash leaf bytes that are in memory already, and grow the frontier."""
    leaves = list(_kept_leaves(path))
    tree, sha256 = Tree(), hashlib.sha256
    begun = perf_counter()
    for leaf in leaves:
        tree.add(sha256(b"\x00" + leaf).digest())
    return {"seconds": perf_counter() - begun, "count": len(leaves)}


def canonical_folder(path: str) -> dict[str, Any]:
    """Parse, canonicalise, hash and grow the frontier over the entry bundles of an exported log, file by file.

    ``bare_seconds`` leaves out reading and parsing: canonicalise, hash, frontier of values that are in memory.
    """
    bundles = sorted(_bundles(Path(path)))
    tree, sha256 = Tree(), hashlib.sha256
    count, bare = 0, 0.0
    begun = perf_counter()
    for bundle in bundles:
        values = [json.loads(leaf) for leaf in _bundled_leaves(bundle.read_bytes())]
        before = perf_counter()
        for value in values:
            tree.add(sha256(b"\x00" + canonical(value)).digest())
        bare += perf_counter() - before
        count += len(values)
    return {"seconds": perf_counter() - begun, "bare_seconds": bare, "count": count, "root": tree.root().hex()}


def verify(start: int, stop: int) -> dict[str, Any]:
    """Read the rows of some positions, add up, canonicalise, hash, sum balances: no check, no judgement."""
    balances: dict[tuple[str, str], int] = defaultdict(int)
    count, as_kept, total = 0, 0, 0
    begun = perf_counter()
    for row in _journal(start, stop):
        (book, doc_kind, doc, key, kind, on, at, by, entry, asked, facts, commitment, kept, fund, debit, credit, amount,
         currency) = row  # fmt: skip
        total += amount
        balances[fund, debit] += amount
        balances[fund, credit] -= amount
        seal = canonical(
            {"at": _microseconds(at), "by": by, "id": _hex(entry), "input": bytes(asked).hex(), "key": key}
        )
        leaf: dict[str, Any] = {
            "book": book,
            "doc": [doc_kind, doc],
            "key": hashlib.sha256(key.encode()).hexdigest(),
            "kind": kind,
            "lines": [[fund, debit, credit, amount, currency]],
            "on": on if isinstance(on, str) else on.isoformat(),
            "seal": hashlib.sha256(seal).hexdigest(),
            "v": 1,
        }
        if facts != "{}":
            leaf["facts"] = json.loads(facts)
        if commitment is not None:
            leaf["commitment"] = bytes(commitment).hex()
        as_kept += hashlib.sha256(b"\x00" + canonical(leaf)).digest() == bytes(kept)
        count += 1
    return {"seconds": perf_counter() - begun, "count": count, "as_kept": as_kept, "total": total}


def _journal(start: int, stop: int) -> Iterator[Any]:
    url = os.environ["DATABASE_URL"]
    query = _ROWS.format(start, stop)
    if url.startswith("sqlite"):
        yield from sqlite3.connect(url.removeprefix("sqlite:///")).execute(query)
        return
    with psycopg.connect(url) as connection, connection.cursor("floor") as cursor:
        cursor.itersize = 5_000
        cursor.execute(query)
        yield from cursor


def _microseconds(moment: Any) -> int:
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    gone = moment - _EPOCH
    return (gone.days * 86_400 + gone.seconds) * 1_000_000 + gone.microseconds


def _hex(value: Any) -> str:
    return value if isinstance(value, str) else value.hex


def _kept_leaves(path: str) -> Iterator[bytes]:
    kept, place = Path(path).read_bytes(), 0
    while place < len(kept):
        stop = place + 4 + int.from_bytes(kept[place : place + 4], "big")
        yield kept[place + 4 : stop]
        place = stop


def _bundled_leaves(bundle: bytes) -> Iterator[bytes]:
    place = 0
    while place < len(bundle):
        stop = place + 2 + int.from_bytes(bundle[place : place + 2], "big")
        yield bundle[place + 2 : stop]
        place = stop


def _bundles(folder: Path) -> Iterator[Path]:
    """Full bundles, and the widest of the last one's partial forms."""
    files = [path for path in (folder / "tile" / "entries").rglob("*") if path.is_file()]
    partial = [path for path in files if path.parent.name.endswith(".p")]
    yield from (path for path in files if path not in partial)
    yield from sorted(
        (path for path in partial if not path.parent.with_suffix("").exists()), key=lambda path: int(path.name)
    )[-1:]


if __name__ == "__main__":
    main()
