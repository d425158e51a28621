"""A small real book with a row of every sort: gifts, matches, awards, payouts, refunds, transfer, reversal, period."""

from datetime import UTC, date, datetime

from django.test import override_settings

from ledger import checkpoints, periods, posting
from ledger.core.notes import COSIGNATURE_V1, Note, SigningKey
from ledger.policy import recipes
from tests.ledger.helpers import BY, DAY, Desk

WITNESS = SigningKey("bureau.example/witness", COSIGNATURE_V1, b"w" * 32)


def tell(book: str = "charity-a", *, matched: bool = True) -> Desk:
    """Everything is numbered, signed and witnessed at the end, but one gift that still waits.

    The matches are of no published rule.
    """
    desk = Desk(book)
    desk.fund("lamps")
    first = desk.gift(30_000, commitment=b"c" * 32)
    second = desk.gift(50_000)
    desk.gift(20_000, fund="general")
    desk.sequence()
    for number, amount in enumerate((15_000, 25_000) if matched else ()):
        desk.post(recipes.match, amount, restricted=True, pool="pool-0001", rule_version=1, gift_index=number + 3)
    posting.notice(
        "DISCLOSURE", book=book, effective_on=DAY, facts={"subject": "年度报告", "digest": "ab" * 32},
        by=BY, at=desk.tick(), key="disclosure:1",
    )  # fmt: skip
    desk.sequence()
    award = desk.award(20_000)
    desk.post(recipes.payout, 20_000)
    desk.refund(first.entry_id, 18_000)  # 10,000 unspent, 8,000 covered by the general fund
    cancelled = desk.award(12_000)
    desk.sequence()
    desk.reverse(cancelled.entry_id)
    desk.post(recipes.processing_fee, 300, fund="general")
    move(desk, 9_000)
    desk.sequence()
    desk.refund(second.entry_id, 5_000)
    spare = desk.gift(700, fund="lamps")
    desk.sequence()
    desk.reverse(spare.entry_id)
    desk.gift(400, on=date(2026, 8, 31))
    desk.sequence()
    desk.at = datetime(2026, 10, 1, 1, tzinfo=UTC)
    desk.verified(), desk.verified(green=False), desk.verified()
    periods.close_period(book=book, starts_on=date(2026, 8, 1), ends_on=date(2026, 8, 31), by=BY, at=desk.tick())
    desk.sequence()
    checkpoints.sign(at=desk.tick())
    witnessed(desk.at)
    desk.gift(60_000)
    desk.award_id = award.entry_id
    return desk


def witnessed(at: datetime) -> None:
    """A witness that the settings name cosigns the last checkpoint."""
    text = Note.parse(checkpoints.latest().note).text
    line = WITNESS.cosign(text, second=int(at.timestamp()))
    with override_settings(LOG_WITNESSES=str(WITNESS.verifier)):
        checkpoints.add_cosignatures(str(Note(text, (line,))).encode(), at=at)


def move(desk: Desk, amount: int, *, source="desks", target="lamps", reference: str = "transfer-1") -> posting.Posted:
    draft = recipes.transfer(
        book=desk.book, from_fund=source, to_fund=target, amount_minor=amount, currency="CNY", effective_on=DAY,
        document_ref=reference,
    )  # fmt: skip
    return posting.post(draft, by=BY, at=desk.tick(), key=f"transfer:{reference}")
