"""From what the provider says to what is still to be done in the books. Pure: no clock, no table, no network.

`plan` looks at the objects as they are now and at what the books have, and lists the missing steps in the order in
which the money moved. It knows nothing of messages: whichever of them came, in whichever order, the same objects lead
to the same steps, and steps that were done are not listed again. So the books depend on the objects alone.

Movements are posted one by one, also where a later one undoes an earlier (a refund that left and came back is two
entries): the books then say the same whether we looked once at the end or at every stage.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from projects.checkout.facts import DisputeFact, Move, Payment, RefundFact, Whole

# Acts, in the words of `care`, which carries them out.
SETTLE, FAIL, EXPIRE, HOLD, NOTE_PART = "SETTLE", "FAIL", "EXPIRE", "HOLD", "NOTE_PART"
FEE, NOTE_REFUND, FAIL_REFUND = "FEE", "NOTE_REFUND", "FAIL_REFUND"
REFUND_OUT, REFUND_HOME = "REFUND_OUT", "REFUND_HOME"
NOTE_DISPUTE, DISPUTE_OUT, DISPUTE_HOME = "NOTE_DISPUTE", "DISPUTE_OUT", "DISPUTE_HOME"
DISPUTE_FEE, DISPUTE_FEE_HOME = "DISPUTE_FEE", "DISPUTE_FEE_HOME"

# The provider's words for where a dispute stands, and ours.
DISPUTE_STATES: Mapping[str, str] = {
    "warning_needs_response": "INQUIRY",
    "warning_under_review": "INQUIRY",
    "warning_closed": "INQUIRY_CLOSED",
    "prevented": "INQUIRY_CLOSED",
    "needs_response": "NEEDS_RESPONSE",
    "under_review": "UNDER_REVIEW",
    "won": "WON",
    "lost": "LOST",
}


@dataclass(frozen=True)
class Step:
    """One thing to do. ``thing`` is the provider's id of what it is about; ``moment`` when it happened (seconds)."""

    act: str
    thing: str
    amount_minor: int = 0
    currency: str = ""
    moment: int = 0
    note: str = ""
    reason: str = ""
    due_by: int = 0


@dataclass(frozen=True)
class Books:
    """What the books have of one gift. Refunds and disputes by the provider's ids."""

    gift_ref: str
    amount_minor: int
    currency: str
    state: str
    intent_id: str = ""
    fee_done: bool = False
    refunds: Mapping[str, str] = field(default_factory=dict)
    # Of each dispute: its state, and which of OUT, HOME, FEE, FEE_HOME are posted.
    disputes: Mapping[str, tuple[str, frozenset[str]]] = field(default_factory=dict)
    # Whether staff know already that a part of a transfer came.
    part_noted: bool = False

    @property
    def received(self) -> bool:
        return self.state in ("SETTLED", "REFUNDED")


def plan(books: Books, whole: Whole) -> list[Step]:
    """The steps that bring the books to where the provider's objects are, in the order in which they happened."""
    if books.state == "NEEDS_REVIEW":
        return []
    payment = whole.payment
    wrong = _not_ours(books, payment)
    if wrong:
        return [Step(HOLD, payment.intent_id, note=wrong)]
    if not books.received and not payment.paid:
        return _unpaid(books, payment)
    steps = [] if books.received else [_settling(payment)]
    if payment.move and not books.fee_done:
        steps.append(_fee(FEE, payment.intent_id, payment.move, payment.move.fee_minor))
    return steps + _back(books, whole)


def _not_ours(books: Books, payment: Payment) -> str:
    """Why this payment is not this gift's; empty where all is well."""
    if payment.gift_ref and payment.gift_ref != books.gift_ref:
        return "gift.reference_mismatch"
    if books.received and payment.paid and payment.intent_id != books.intent_id:
        return "gift.paid_twice"
    if payment.paid and (payment.amount_minor, payment.currency) != (books.amount_minor, books.currency):
        return "gift.amount_mismatch"
    return ""


def _unpaid(books: Books, payment: Payment) -> list[Step]:
    if payment.session_status == "expired":
        return [Step(EXPIRE, payment.session_id)] if books.state != "EXPIRED" else []
    if payment.part_minor and books.state == "INITIATED" and not books.part_noted:
        return [Step(NOTE_PART, payment.intent_id, payment.part_minor, payment.currency)]
    # A declined card leaves the page open for another try: the donor is told there, and the gift still waits.
    if payment.failed and payment.session_status != "open" and books.state == "INITIATED":
        return [Step(FAIL, payment.intent_id)]
    return []


def _settling(payment: Payment) -> Step:
    return Step(SETTLE, payment.intent_id, payment.amount_minor, payment.currency, payment.taken_at)


def _fee(act: str, thing: str, move: Move, fee_minor: int) -> Step:
    return Step(act, thing, fee_minor, move.currency, move.created)


def _back(books: Books, whole: Whole) -> list[Step]:
    """What went back and came home, by the moments of the movements; what moved no money is noted first."""
    noted: list[Step] = []
    moved: list[tuple[int, str, list[Step]]] = []
    for refund in whole.refunds:
        if refund.currency != books.currency:
            noted.append(Step(HOLD, refund.refund_id, note="gift.refund_mismatch"))
            continue
        noted += _noted_refund(books, refund)
        moved += _moved_refund(books, refund)
    for dispute in whole.disputes:
        if dispute.currency != books.currency or dispute.status not in DISPUTE_STATES:
            noted.append(Step(HOLD, dispute.dispute_id, note="gift.dispute_unclear"))
            continue
        noted += _noted_dispute(books, dispute)
        moved += _moved_dispute(books, dispute)
    return noted + [step for _moment, _txn, steps in sorted(moved, key=lambda one: one[:2]) for step in steps]


def _noted_refund(books: Books, refund: RefundFact) -> list[Step]:
    if refund.out is not None:
        return []
    state, failed = books.refunds.get(refund.refund_id), refund.status in ("failed", "canceled")
    steps = [Step(NOTE_REFUND, refund.refund_id, refund.amount_minor)] if state is None else []
    return [*steps, Step(FAIL_REFUND, refund.refund_id)] if failed and state in (None, "PENDING") else steps


def _moved_refund(books: Books, refund: RefundFact) -> list[tuple[int, str, list[Step]]]:
    state = books.refunds.get(refund.refund_id)
    found = []
    if refund.out and state not in ("POSTED", "RETURNED"):
        step = Step(REFUND_OUT, refund.refund_id, refund.amount_minor, refund.currency, refund.out.created)
        found.append((refund.out.created, refund.out.txn_id, [step]))
    if refund.out and refund.home and state != "RETURNED":
        step = Step(REFUND_HOME, refund.refund_id, refund.amount_minor, refund.currency, refund.home.created)
        # A return can never stand before what it returns, whatever the clocks say.
        found.append((max(refund.home.created, refund.out.created + 1), refund.home.txn_id, [step]))
    return found


def _noted_dispute(books: Books, dispute: DisputeFact) -> list[Step]:
    state = DISPUTE_STATES[dispute.status]
    known = books.disputes.get(dispute.dispute_id)
    if known and known[0] == state:
        return []
    return [
        Step(
            NOTE_DISPUTE,
            dispute.dispute_id,
            dispute.amount_minor,
            dispute.currency,
            moment=dispute.created,
            note=state,
            reason=dispute.reason,
            due_by=dispute.due_by,
        )
    ]


def _moved_dispute(books: Books, dispute: DisputeFact) -> list[tuple[int, str, list[Step]]]:
    done = books.disputes.get(dispute.dispute_id, ("", frozenset()))[1]
    found, earliest = [], 0
    for move in sorted(dispute.moves, key=lambda move: (move.created, move.amount_minor)):
        out = move.amount_minor < 0
        # Both may bear the same second; what was given back cannot stand before it was taken.
        moment = max(move.created, earliest)
        earliest = moment + 1
        acts = (DISPUTE_OUT, DISPUTE_FEE) if out else (DISPUTE_HOME, DISPUTE_FEE_HOME)
        fee_minor = move.fee_minor if out else -move.fee_minor
        steps = []
        if acts[0] not in done:
            steps.append(Step(acts[0], dispute.dispute_id, dispute.amount_minor, dispute.currency, move.created))
        if fee_minor > 0 and acts[1] not in done:
            steps.append(_fee(acts[1], dispute.dispute_id, move, fee_minor))
        if steps:
            found.append((moment, move.txn_id, steps))
    return found
