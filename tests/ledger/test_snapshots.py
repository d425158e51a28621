"""Sums kept at every so many positions, and full tiles: what plain sums and a plain tree say, at every position."""

import random
from collections import Counter
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection, migrations, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger import snapshots, transparency, verify
from ledger.core.merkle import TILE_WIDTH, tree_root
from ledger.core.refusals import Refused
from ledger.models import AccountSnapshot, LineSnapshot, LogLeaf, LogTile, Lot, LotCover, LotHole, LotUse, Posting
from ledger.policy import recipes
from tests import guards
from tests.ledger import raw
from tests.ledger.helpers import Desk
from tests.ledger.story import move, tell

pytestmark = pytest.mark.django_db

DERIVED = ("tiles", "balances", "measures", "days")


def red() -> list[str]:
    checks = [check for check in verify.CHECKS if check.name in DERIVED]
    return [str(finding) for check in checks for finding in verify.run_one(check).findings]


# ---- the plain way ----


def plain_sums(size: int) -> tuple[Counter, Counter, Counter]:
    """Both sides of every account of a fund, every measure of a fund's line, and entries, below a position."""
    numbered = set(LogLeaf.objects.filter(position__lt=size).values_list("entry_id", flat=True))
    sides, measures, entries = Counter(), Counter(), Counter()
    for row in Posting.objects.all():
        if row.entry_id in numbered:
            sides[row.fund_id, row.debit_account_id, "debit"] += row.amount_minor
            sides[row.fund_id, row.credit_account_id, "credit"] += row.amount_minor
    for model, measure in ((Lot, None), (LotUse, "SPEND"), (LotHole, "HOLE"), (LotCover, "COVER")):
        counted = set()
        for row in model.objects.all():
            if row.entry_id not in numbered or getattr(row, "kind", "") == "SKIP":
                continue
            key = (row.fund_id, measure or row.source_kind)
            for name in (key, *holed(row)):
                measures[name] += row.stop - row.start
                entries[name] += (name, row.entry_id) not in counted
                counted.add((name, row.entry_id))
    return sides, measures, entries


def holed(row) -> list[tuple[int, str]]:
    """A hole is also measured by the source of the lot that it lies in."""
    if not isinstance(row, LotHole):
        return []
    (lot,) = Lot.objects.filter(fund_id=row.fund_id, start__lte=row.start, stop__gte=row.stop)
    return [(row.fund_id, f"H.{lot.source_kind}")]


def from_snapshots(size: int) -> tuple[Counter, Counter, Counter]:
    """The same by the latest snapshot of each pair, and the tail since."""
    since = size // snapshots.SNAPSHOT_EVERY * snapshots.SNAPSHOT_EVERY
    sides, measures, entries = plain_sums(size)
    before = plain_sums(since)
    tail = [now - then for now, then in zip((sides, measures, entries), before, strict=True)]
    for row in AccountSnapshot.objects.filter(position__lte=since).order_by("position"):
        tail[0][row.fund_id, row.account_id, "at"] = row
    for row in LineSnapshot.objects.filter(position__lte=since).order_by("position"):
        tail[1][row.fund_id, row.measure, "at"] = row
    return _added(*tail)


def _added(sides, measures, entries):
    for key in [key for key in sides if key[2] == "at"]:
        row = sides.pop(key)
        sides[key[0], key[1], "debit"] += row.debit_minor
        sides[key[0], key[1], "credit"] += row.credit_minor
    for key in [key for key in measures if key[2:] == ("at",)]:
        row = measures.pop(key)
        measures[key[:2]] += row.amount_minor
        entries[key[:2]] += row.entries
    return +sides, +measures, +entries


def tell_anything(seed: int, steps: int) -> None:
    """A random story in two funds, numbered now and then."""
    chance = random.Random(seed)
    desk = Desk("story")
    desk.fund("lamps")
    origins, spent = [], []
    for _step in range(steps):
        fund, amount = chance.choice(["desks", "lamps", "general"]), chance.randint(1, 30)
        act = chance.choice(["gift", "gift", "match", "award", "payout", "move", "refund", "reverse", "number"])
        try:
            if act == "gift":
                origins.append(desk.gift(amount, fund=fund).entry_id)
            elif act == "match":
                more = {"restricted": True, "pool": "pool-0001", "rule_version": 1, "gift_index": 0}
                origins.append(desk.post(recipes.match, amount, fund=fund, **more).entry_id)
            elif act == "award":
                spent.append(desk.award(amount, fund=fund).entry_id)
            elif act == "payout":
                desk.post(recipes.payout, amount, fund=fund)
            elif act == "move":
                move(
                    desk,
                    amount,
                    source="desks",
                    target=chance.choice(["lamps", "general"]),
                    reference=f"move-{_step}-x",
                )
            elif act == "refund" and origins:
                desk.refund(chance.choice(origins), amount)
            elif act == "reverse" and spent:
                desk.reverse(spent.pop())
            else:
                desk.sequence()
        except Refused:
            continue
    desk.sequence()


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 10**6), every=st.sampled_from([2, 3, 7, 16]), steps=st.integers(10, 60))
def test_plain_sums_are_the_snapshot_and_the_tail_at_every_position(seed, every, steps):
    before, snapshots.SNAPSHOT_EVERY = snapshots.SNAPSHOT_EVERY, every
    try:
        with transaction.atomic():
            tell_anything(seed, steps)
            size = transparency.head().size
            for position in range(size + 1):
                assert from_snapshots(position) == tuple(+sums for sums in plain_sums(position))
            assert red() == []
            transaction.set_rollback(True)
    finally:
        snapshots.SNAPSHOT_EVERY = before


def test_a_pair_that_did_not_move_has_no_row(monkeypatch):
    monkeypatch.setattr(snapshots, "SNAPSHOT_EVERY", 4)
    desk = Desk()
    desk.gift(5)
    desk.sequence()
    for _number in range(8):
        desk.gift(7, fund="general")
    desk.sequence()
    rows = AccountSnapshot.objects.filter(fund__code="desks")
    assert len({row.position for row in rows}) == 1
    assert {(row.debit_minor, row.credit_minor) for row in rows} == {(5, 0), (0, 5)}
    assert set(LineSnapshot.objects.values_list("position", flat=True)) == {4, 8, 12}


def test_full_tiles_are_kept_as_they_fill():
    desk = Desk()
    for _number in range(TILE_WIDTH):
        desk.gift(1)
        if _number % 100 == 0:
            desk.sequence()
    desk.sequence()
    hashes = [bytes(hashed) for hashed in LogLeaf.objects.order_by("position").values_list("leaf_hash", flat=True)]
    tile = LogTile.objects.get()
    assert (tile.level, tile.number, bytes(tile.root)) == (0, 0, tree_root(hashes[:TILE_WIDTH]))


def test_older_books_are_filled_by_the_migration(monkeypatch):
    """What a sequencer before these tables left out is written when they come."""
    monkeypatch.setattr(snapshots, "SNAPSHOT_EVERY", 8)
    desk = tell()
    for _number in range(TILE_WIDTH):
        desk.gift(1)
    desk.sequence()
    tables = {
        model: list(model.objects.order_by("pk").values_list()) for model in (LogTile, AccountSnapshot, LineSnapshot)
    }
    assert all(tables.values())
    with guards.lifted():
        for model in tables:
            raw.execute(f"DELETE FROM {model._meta.db_table}")
        assert red()
        filling().code(apps, SimpleNamespace(connection=connection))  # as when the law of tiles and sums was not yet
    assert {model: list(model.objects.order_by("pk").values_list()) for model in tables} == tables
    assert red() == []


def filling() -> migrations.RunPython:
    (step,) = import_module("ledger.migrations.0005_fill_tiles_and_snapshots").Migration.operations
    return step
