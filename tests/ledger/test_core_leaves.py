"""Golden vectors: every hashed byte of leaves, seals, inputs and commitments, against a committed file."""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import rfc8785
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.core.commitments import commit, commitment_salt, keyed, opens
from ledger.core.leaves import LeafWriter, SealedEntry, entry_leaf, microseconds, seal_of, whole
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


# ---- leaves written directly ----

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.text(
    'ab"\\\x00\x1f\x7f\u2028 é王😀', max_size=8
)
WHOLE = st.integers(-(2**53) + 1, 2**53 - 1)
STRETCHES = st.lists(st.tuples(ANY_TEXT, st.sampled_from(["SPEND", "SKIP"]), WHOLE, WHOLE), max_size=3)
ENTRIES = st.builds(
    SealedEntry,
    entry_id=st.uuids(),
    book=ANY_TEXT,
    kind=ANY_TEXT,
    effective_on=st.dates(),
    recorded_at=st.integers(-(2**50), 2**52).map(lambda gone: EPOCH + timedelta(microseconds=gone)),
    recorded_by=ANY_TEXT,
    idempotency_key=ANY_TEXT,
    input_hash=st.binary(min_size=32, max_size=32),
    document_kind=ANY_TEXT,
    document_ref=ANY_TEXT,
    facts=st.dictionaries(st.text("abc_", min_size=1, max_size=4), ANY_TEXT | WHOLE | st.lists(WHOLE), max_size=3),
    commitment=st.none() | st.binary(min_size=32, max_size=32),
    reverses_index=st.none() | st.integers(0, 2**53 - 1),
    lines=st.lists(st.tuples(ANY_TEXT, ANY_TEXT, ANY_TEXT, WHOLE, ANY_TEXT), min_size=1, max_size=3),
    uses=STRETCHES,
    holes=st.lists(st.tuples(ANY_TEXT, WHOLE, WHOLE), max_size=2),
    covers=st.lists(st.tuples(ANY_TEXT, WHOLE, WHOLE), max_size=2),
)  # fmt: skip


def written(entry: SealedEntry, writer: LeafWriter) -> bytes:
    """An entry's leaf by the way that the sequencer goes: from texts, without a tree of values."""
    lines = []
    for *names, amount, currency in entry.lines:
        before, behind = writer.line(*names, currency)
        lines.append(f"{before}{whole(amount)}{behind}")
    taken = {
        part: ",".join(
            json.dumps(list(each), separators=(",", ":"), ensure_ascii=False) for each in getattr(entry, part)
        )
        for part in ("uses", "holes", "covers")
    }
    return writer.entry(
        entry.entry_id.hex, entry.book, entry.kind, entry.effective_on.isoformat(), microseconds(entry.recorded_at),
        entry.recorded_by, entry.idempotency_key, entry.input_hash.hex(), entry.document_kind, entry.document_ref,
        json.dumps(entry.facts), None if entry.commitment is None else entry.commitment.hex(), ",".join(lines),
        entry.reverses_index, **taken,
    )  # fmt: skip


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ENTRIES, min_size=1, max_size=3))
def test_a_leaf_written_directly_has_the_same_bytes(entries):
    writer = LeafWriter()
    for entry in [*entries, *entries]:  # the second time from what was kept
        assert written(entry, writer) == entry_leaf(entry)


@pytest.mark.parametrize("case", leaf_cases.entries())
def test_the_golden_leaves_are_written_directly_too(case):
    made = written(leaf_cases.entries()[case], LeafWriter())
    assert made.decode() == GOLDEN["entries"][case]["leaf"]


@pytest.mark.parametrize("change", [{"at": 2**53}, {"at": 1.5}, {"by": b"x"}, {"ref": 7}, {"facts": '{"a":1.5}'},
                                    {"facts": "[]"}, {"on": "2026-9-1"}, {"key": "\ud800"}])  # fmt: skip
def test_what_has_no_canonical_form_is_not_written(change):
    told = {"at": 0, "by": "actor", "ref": "gift-0001", "facts": "{}", "on": "2026-09-01", "key": "gift:1", **change}
    with pytest.raises((ValueError, TypeError)):
        LeafWriter().entry(
            "00" * 16, "book", "GIFT", told["on"], told["at"], told["by"], told["key"], "00" * 32, "gift", told["ref"],
            told["facts"], None, "",
        )  # fmt: skip


@given(st.binary(max_size=64), st.binary(max_size=200))
def test_the_keyed_hash_is_the_librarys_hmac(key, message):
    assert keyed(key, message) == hmac.digest(key, message, "sha256")


def test_a_key_longer_than_a_block_is_refused():
    with pytest.raises(ValueError, match="longer"):
        keyed(b"x" * 65, b"")
