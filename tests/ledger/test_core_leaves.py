"""Golden vectors: every hashed byte of leaves, seals, inputs and commitments, against a committed file."""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import rfc8785

from ledger.core.commitments import commit, commitment_salt, opens
from ledger.core.leaves import entry_leaf, microseconds, seal_of
from tests.ledger import leaf_cases

GOLDEN = json.loads((Path(__file__).parents[1] / "data" / "leaves.json").read_text(encoding="utf-8"))


def test_every_hashed_byte_is_as_it_was_fixed():
    assert leaf_cases.made() == GOLDEN


def test_the_file_covers_every_part_a_leaf_can_have():
    leaves = [json.loads(case["leaf"]) for kind in ("entries", "notices") for case in GOLDEN[kind].values()]
    parts = {part for leaf in leaves for part in leaf}
    assert parts == {
        "book", "commitment", "covers", "doc", "facts", "holes", "key", "kind", "lines", "notice", "on", "reverses",
        "seal", "uses", "v",
    }  # fmt: skip
    assert all(leaf["v"] == 1 for leaf in leaves)


@pytest.mark.parametrize("kind", ["entries", "notices"])
def test_the_hashes_are_those_of_the_bytes(kind):
    for case in GOLDEN[kind].values():
        bytes_ = case["leaf"].encode()
        assert hashlib.sha256(b"\x00" + bytes_).hexdigest() == case["leaf_hash"]
        assert rfc8785.dumps(json.loads(case["leaf"])) == bytes_


def test_a_commitment_is_an_hmac_under_the_persons_key():
    salt = hmac.new(leaf_cases.KEY, b"gift-0001-reference", hashlib.sha256).digest()
    assert salt.hex() == GOLDEN["commitment"]["salt"]
    made = hmac.new(salt, rfc8785.dumps(leaf_cases.PRIVATE), hashlib.sha256).hexdigest()
    assert made == GOLDEN["commitment"]["commitment"]


def test_a_commitment_opens_with_the_right_facts_only():
    salt = commitment_salt(leaf_cases.KEY, "gift-0001-reference")
    made = commit(salt, leaf_cases.PRIVATE)
    assert opens(made, salt, leaf_cases.PRIVATE)
    assert not opens(made, salt, {**leaf_cases.PRIVATE, "name": "王小红"})
    assert not opens(made, commitment_salt(leaf_cases.KEY, "gift-0002-reference"), leaf_cases.PRIVATE)
    assert not opens(made, commitment_salt(b"x" * 32, "gift-0001-reference"), leaf_cases.PRIVATE)


def test_a_leaf_names_nobody_and_no_moment():
    leaf = entry_leaf(leaf_cases.entries()["gift with a commitment"]).decode()
    for private in ("王小明", "wang@example.org", "actor-0001", "04:05", leaf_cases.entries()["match"].entry_id.hex):
        assert private not in leaf


def test_the_seal_binds_the_private_columns():
    from dataclasses import replace

    entry = leaf_cases.entries()["match"]
    changed = [
        replace(entry, recorded_at=entry.recorded_at + timedelta(microseconds=1)),
        replace(entry, recorded_by="actor-0002"),
        replace(entry, idempotency_key="match:x"),
        replace(entry, input_hash=b"x" * 32),
        replace(entry, entry_id=leaf_cases.entries()["reversal"].entry_id),
    ]
    assert len({seal_of(one) for one in [entry, *changed]}) == 6


def test_a_moment_is_whole_microseconds_in_any_zone():
    moment = datetime(2026, 9, 1, 4, 5, 6, 789, tzinfo=UTC)
    assert microseconds(moment) == 1_788_235_506_000_789
    assert microseconds(moment.astimezone(timezone(timedelta(hours=8)))) == microseconds(moment)
    assert microseconds(datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)) == -1
