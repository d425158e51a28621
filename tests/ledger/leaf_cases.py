"""Entries and notices whose hashed bytes are fixed in tests/data/leaves.json. Cases are added, never changed.

``python -m tests.ledger.leaf_cases`` prints what the code makes of the cases now. The file is what counts: it was
written once, and a stranger's implementation must come to the same bytes.
"""

import json
from datetime import UTC, date, datetime
from uuid import UUID

from ledger.core.commitments import commit, commitment_salt
from ledger.core.entries import Draft, Line
from ledger.core.leaves import SealedEntry, SealedNotice, entry_leaf, notice_leaf, seal_of
from ledger.core.merkle import leaf_hash
from ledger.policy import recipes
from ledger.posting import refund_input_hash

DAY = date(2026, 9, 1)
AT = datetime(2026, 9, 1, 4, 5, 6, 789, tzinfo=UTC)
KEY = bytes(range(32))
SALT = commitment_salt(KEY, "gift-0001-reference")
PRIVATE = {"name": "王小明", "email": "wang@example.org", "at": 1788235506000789}
COMMITMENT = commit(SALT, PRIVATE)
HERE = {"book": "jiangwan", "currency": "CNY", "effective_on": DAY}


def _id(number: int) -> UUID:
    return UUID(int=0x01991234_5678_7000_8000_000000000000 + number)


def _sealed(number: int, draft: Draft, *, input_hash: bytes | None = None, **more: object) -> SealedEntry:
    return SealedEntry(
        entry_id=_id(number),
        book=draft.book,
        kind=draft.kind,
        effective_on=draft.effective_on,
        recorded_at=AT,
        recorded_by="actor-0001",
        idempotency_key=f"{draft.kind.lower()}:{draft.document_ref}",
        input_hash=input_hash or draft.input_hash(),
        document_kind=draft.document_kind,
        document_ref=draft.document_ref,
        facts=draft.facts,
        commitment=draft.commitment,
        lines=[(x.fund, x.debit, x.credit, x.amount_minor, x.currency) for x in draft.lines],
        **{"reverses_index": None, **more},  # type: ignore[arg-type]
    )


def _refund() -> SealedEntry:
    draft = recipes.take_back(
        "REFUND", book="jiangwan", fund="desks", income_account="4101.restricted", money_account="1009.stripe",
        general_fund="general", unspent_minor=10_000, covered_minor=7_500, deficit_minor=500, currency="CNY",
        effective_on=DAY, document_ref="refund-0001", origin_index=7,
    )  # fmt: skip
    asked = {"origin": _id(1), "amount_minor": 18_000, "kind": "REFUND", "document_ref": "refund-0001"}
    return _sealed(
        4, draft, input_hash=refund_input_hash(**asked, effective_on=DAY),
        uses=[("general", "SPEND", 0, 7_500)], holes=[("desks", 20_000, 30_000)], covers=[("desks", 0, 8_000)],
    )  # fmt: skip


def _reversal() -> SealedEntry:
    draft = Draft(
        book="jiangwan", kind="AWARD_CANCELLED", effective_on=DAY, document_kind="award", document_ref="award-0001",
        lines=(Line("desks", "2209.aid", "5101", 5_000_00, "CNY"),), reverses=_id(3),
    )  # fmt: skip
    return _sealed(5, draft, reverses_index=9)


def entries() -> dict[str, SealedEntry]:
    gift = recipes.gift(
        **HERE, fund="desks", amount_minor=30_000, document_ref="gift-0001-reference", restricted=True,
        commitment=COMMITMENT,
    )  # fmt: skip
    match = recipes.match(
        **HERE, fund="desks", amount_minor=15_000, document_ref="match-0001", restricted=True, pool="pool-0001",
        rule_version=2, gift_index=7,
    )  # fmt: skip
    award = recipes.award(**HERE, fund="desks", amount_minor=50_000, document_ref="award-0001")
    transfer = recipes.transfer(
        **HERE, from_fund="desks", to_fund="general", amount_minor=9_007, document_ref="transfer-0001"
    )
    foreign = recipes.match(
        **HERE, fund="desks", amount_minor=1, document_ref="match-0002", restricted=False, rule_version=1, gift_index=0,
        pool="配捐池 é \u2028 😀 \"\\",
    )  # fmt: skip
    steps = [("desks", "SPEND", 0, 20_000), ("desks", "SKIP", 20_000, 30_000), ("desks", "SPEND", 30_000, 60_000)]
    return {
        "gift with a commitment": _sealed(1, gift),
        "match": _sealed(2, match),
        "award over a hole": _sealed(3, award, uses=steps),
        "refund with hole, cover and deficit": _refund(),
        "reversal": _reversal(),
        "transfer of two lines": _sealed(6, transfer, uses=[("desks", "SPEND", 60_000, 69_007)]),
        "facts that are not ASCII": _sealed(7, foreign),
    }


def notices() -> dict[str, SealedNotice]:
    common = {"book": "jiangwan", "effective_on": DAY, "recorded_at": AT, "recorded_by": "actor-0001"}
    return {
        "fund opened": SealedNotice(
            notice_id=_id(20), kind="FUND_OPENED", idempotency_key="fund:desks", **common,
            facts={"fund": "desks", "restriction": "PURPOSE", "currency": "CNY", "project": "project-0001"},
        ),
        "disclosure, not ASCII": SealedNotice(
            notice_id=_id(21), kind="DISCLOSURE", idempotency_key="disclosure:2026", **common,
            facts={"subject": "2026 年度工作报告", "digest": "00ff" * 16},
        ),
    }  # fmt: skip


def made() -> dict[str, object]:
    """Every hashed byte of every case, as text."""
    return {
        "commitment": {"salt": SALT.hex(), "commitment": COMMITMENT.hex()},
        "entries": {
            name: {
                "input_hash": entry.input_hash.hex(),
                "seal": seal_of(entry),
                "leaf": entry_leaf(entry).decode(),
                "leaf_hash": leaf_hash(entry_leaf(entry)).hex(),
            }
            for name, entry in entries().items()
        },
        "notices": {
            name: {"leaf": notice_leaf(notice).decode(), "leaf_hash": leaf_hash(notice_leaf(notice)).hex()}
            for name, notice in notices().items()
        },
    }


if __name__ == "__main__":
    print(json.dumps(made(), ensure_ascii=False, indent=2))
