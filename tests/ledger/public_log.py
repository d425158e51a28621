"""A published log in a folder, made from leaves: what the site's export writes, and what a liar would write instead.

``leaves_of_books`` gives the leaves that the real code makes of the books; ``publish`` hashes, tiles and signs whatever
leaves it is given, so that a lie in the content comes with a tree and a signature that fit it.
"""

import json
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from ledger import posting, transparency
from ledger.core.canonical import canonical_bytes
from ledger.core.leaves import entry_leaf, notice_leaf
from ledger.core.merkle import leaf_hash, tree_root
from ledger.core.notes import ED25519, SigningKey, TreeHead, sign_checkpoint
from ledger.core.tiles import ENTRIES, WIDTH, encode_bundle, fold, tiles_of
from ledger.models import LogLeaf
from ledger.policy import recipes
from tests.ledger.helpers import BY, Desk
from tests.ledger.story import tell

ORIGIN = "ledger.example/log"
KEY = SigningKey(ORIGIN, ED25519, bytes(range(32)))
PLEDGED = 60_000


def tell_publicly(book: str = "charity-a") -> Desk:
    """The story with a row of every sort, and a matching pot whose rule is published and kept to."""
    desk = tell(book, matched=False)
    desk.fund("beds")
    facts = {
        "pool": f"pot-{book}", "rule": 1, "fund": "beds", "currency": "CNY", "pledged": PLEDGED, "ratio_bps": 5_000,
        "cap_per_gift": 40_000, "opens": "2026-09-01", "closes": "2026-12-31",
    }  # fmt: skip
    posting.notice(
        "MATCH_RULE_PUBLISHED", book=book, effective_on=date(2026, 9, 1), facts=facts, by=BY, at=desk.tick(),
        key="match-rule:1",
    )  # fmt: skip
    # Matched by half; capped at 400.00; what is left in the pot; nothing any more.
    gifts = [desk.gift(amount, fund="beds", on=date(2026, 10, 1)) for amount in (20_001, 90_000, 50_000, 100)]
    desk.sequence()
    places = [transparency.position_of(gift.entry_id) for gift in gifts]
    matches = [
        desk.post(
            recipes.match, amount, fund="beds", restricted=True, pool=f"pot-{book}", rule_version=1, gift_index=place,
            on=date(2026, 10, 1),
        )
        for place, amount in zip(places, (10_000, 40_000, 10_000), strict=False)
    ]  # fmt: skip
    desk.sequence()
    desk.award(30_000, fund="beds", on=date(2026, 10, 1))
    desk.refund(gifts[0].entry_id, 10_000)
    desk.sequence()
    # 10,000 of 20,001 went back: of the match 10,000 * 10,000 // 20,001 = 4,999 are released.
    desk.refund(matches[0].entry_id, 4_999, kind="MATCH_RELEASE")
    desk.gift(1_000, fund="beds", on=date(2026, 10, 2))
    desk.sequence()
    place = transparency.position_of(transparency.entries_since(0, kinds=["GIFT"])[-1].entry_id)
    desk.post(
        recipes.match, 500, fund="beds", restricted=True, pool=f"pot-{book}", rule_version=1, gift_index=place,
        on=date(2026, 10, 2),
    )  # fmt: skip
    desk.sequence()
    return desk


def leaves_of_books() -> list[bytes]:
    """Every numbered leaf, in order."""
    places = list(LogLeaf.objects.order_by("position").values_list("entry_id", "notice_id"))
    entries = transparency.sealed_entries([entry for entry, _notice in places if entry])
    notices = transparency.sealed_notices([notice for _entry, notice in places if notice])
    return [entry_leaf(entries[entry]) if entry else notice_leaf(notices[notice]) for entry, notice in places]


def publish(folder: Path, leaves: Sequence[bytes], *, key: SigningKey = KEY, origin: str = ORIGIN) -> Path:
    """Write the log of these leaves as files: bundles, tiles of every level, the signed checkpoint, the key."""
    hashes = [leaf_hash(leaf) for leaf in leaves]
    levels = [hashes]
    while len(levels[-1]) >= WIDTH:
        below = levels[-1]
        full = range(0, len(below) - WIDTH + 1, WIDTH)
        levels.append([fold(b"".join(below[at : at + WIDTH]), WIDTH) for at in full])
    for tile in tiles_of(len(leaves)):
        first = tile.number * WIDTH
        if tile.level == ENTRIES:
            raw = encode_bundle(leaves[first : first + tile.width])
        else:
            raw = b"".join(levels[tile.level][first : first + tile.width])
        path = folder / tile.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(raw)
    head = TreeHead(origin, len(leaves), tree_root(hashes))
    (folder / "checkpoint").write_text(str(sign_checkpoint(head, [key])), encoding="utf-8")
    (folder / "vkey").write_text(f"{key.verifier}\n", encoding="utf-8")
    return folder


def figures(leaves: Sequence[bytes], rows: Sequence[dict[str, Any]]) -> bytes:
    """What stands beside an export: the figures of some funds at the log's end."""
    root = tree_root([leaf_hash(leaf) for leaf in leaves]).hex()
    return json.dumps({"position": len(leaves), "root": root, "projects": rows, "after": ""}).encode()


def changed(leaf: bytes, change: Callable[[dict[str, Any]], object]) -> bytes:
    """A leaf that says something else, in canonical form again."""
    value = json.loads(leaf)
    change(value)
    return canonical_bytes(value)


def find(leaves: Sequence[bytes], **wanted: Any) -> int:
    """The position of the first leaf with these values."""
    for position, leaf in enumerate(leaves):
        value = json.loads(leaf)
        if all(value.get(name) == there for name, there in wanted.items()):
            return position
    raise LookupError(wanted)
