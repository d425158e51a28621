"""What the provider's objects say, as plain values. Read, never computed: fee, net, currency and rate are its own.

Amounts are whole minor units; moments are seconds since 1970 (UTC). A `Move` is one balance transaction: what truly
happened to the money at the provider, in the currency it keeps for us. Everything else in this app follows from moves.
"""

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Move:
    """One balance transaction. ``rate`` is the provider's exchange rate as it wrote it; empty where none applied."""

    txn_id: str
    source_id: str
    category: str
    amount_minor: int
    fee_minor: int
    net_minor: int
    currency: str
    rate: str
    created: int
    available_on: int
    # The payment behind it, where the provider was asked to show its source.
    intent_id: str = ""


@dataclass(frozen=True)
class Payment:
    """What the provider says about one payment, now."""

    intent_id: str
    session_id: str
    session_status: str
    url: str
    paid: bool
    failed: bool
    amount_minor: int
    currency: str
    gift_ref: str
    refunded_minor: int = 0
    disputed: bool = False
    taken_at: int = 0
    charge_id: str = ""
    move: Move | None = None
    # Of a transfer: the part that has come while the rest has not. The provider keeps it; it is not ours yet.
    part_minor: int = 0


@dataclass(frozen=True)
class RefundFact:
    """One refund, now: ``out`` is the money leaving, ``home`` the money that came back because it failed."""

    refund_id: str
    intent_id: str
    amount_minor: int
    currency: str
    status: str
    created: int = 0
    out: Move | None = None
    home: Move | None = None


@dataclass(frozen=True)
class DisputeFact:
    """One dispute, now, with its movements of money: none for an inquiry, one when taken, two when given back."""

    dispute_id: str
    intent_id: str
    amount_minor: int
    currency: str
    status: str
    reason: str
    created: int
    due_by: int = 0
    moves: tuple[Move, ...] = ()


@dataclass(frozen=True)
class Whole:
    """All that the provider says of one gift: the payment, its refunds and its disputes, where these were asked for."""

    payment: Payment
    refunds: tuple[RefundFact, ...] = ()
    disputes: tuple[DisputeFact, ...] = ()
    asked_back: bool = True

    @property
    def moves(self) -> list[Move]:
        """Every movement of money, in the order in which they happened."""
        found = [self.payment.move] if self.payment.move else []
        for refund in self.refunds:
            found += [move for move in (refund.out, refund.home) if move]
        for dispute in self.disputes:
            found += dispute.moves
        return sorted(found, key=lambda move: (move.created, move.txn_id))


@dataclass(frozen=True)
class PayoutFact:
    """One payout to the bank, now, with the movements that it paid out. ``home``: it failed and came back."""

    payout_id: str
    amount_minor: int
    currency: str
    status: str
    automatic: bool
    arrival: int
    created: int
    own: Move | None = None
    home: Move | None = None
    moves: tuple[Move, ...] = field(default=())


def move_of(values: Any) -> Move | None:
    """A balance transaction; None where there is none yet (or only its id was given)."""
    if not isinstance(values, dict):
        return None
    rate, source = values.get("exchange_rate"), values.get("source")
    return Move(
        txn_id=values["id"],
        source_id=_id(source),
        category=values.get("reporting_category") or values.get("type") or "",
        amount_minor=values["amount"],
        fee_minor=values["fee"],
        net_minor=values["net"],
        currency=values["currency"].upper(),
        rate="" if rate is None else str(rate),
        created=values["created"],
        available_on=values.get("available_on") or 0,
        intent_id=_id(source.get("payment_intent")) if isinstance(source, dict) else "",
    )


def payment_of_session(session: Json) -> Payment:
    """The payment behind a session; before the payer confirms there is no intent yet."""
    intent = session.get("payment_intent")
    if isinstance(intent, dict):
        return payment_of_intent(intent, session=session)
    return Payment(
        intent_id=intent or "",
        session_id=session["id"],
        session_status=session.get("status") or "",
        url=session.get("url") or "",
        paid=False,
        failed=False,
        amount_minor=session.get("amount_total") or 0,
        currency=(session.get("currency") or "").upper(),
        gift_ref=(session.get("metadata") or {}).get("gift_ref", ""),
    )


def payment_of_intent(intent: Json, *, session: Json) -> Payment:
    """The payment of an intent, with its latest charge where that was expanded."""
    charge = intent.get("latest_charge")
    charge = charge if isinstance(charge, dict) else {}
    metadata = (session.get("metadata") or {}) | (intent.get("metadata") or {})
    paid = intent["status"] == "succeeded"
    return Payment(
        intent_id=intent["id"],
        session_id=session.get("id", ""),
        session_status=session.get("status") or "",
        url=session.get("url") or "",
        paid=paid,
        failed=intent["status"] in ("requires_payment_method", "canceled") and bool(intent.get("last_payment_error")),
        amount_minor=(intent.get("amount_received") if paid else None) or intent["amount"],
        currency=intent["currency"].upper(),
        gift_ref=metadata.get("gift_ref", ""),
        refunded_minor=charge.get("amount_refunded") or 0,
        disputed=bool(charge.get("disputed")),
        taken_at=charge.get("created") or intent.get("created") or 0,
        charge_id=charge.get("id", ""),
        move=move_of(charge.get("balance_transaction")),
        part_minor=0 if paid else _part(intent),
    )


def _part(intent: Json) -> int:
    """What has come of a transfer that is not whole yet. The provider says what remains."""
    told = (intent.get("next_action") or {}).get("display_bank_transfer_instructions") or {}
    remaining = told.get("amount_remaining")
    return 0 if remaining is None else int(intent["amount"]) - int(remaining)


def refund_of(values: Json) -> RefundFact:
    """A refund, with its movements where they were expanded."""
    return RefundFact(
        refund_id=values["id"],
        intent_id=_id(values.get("payment_intent")),
        amount_minor=values["amount"],
        currency=values["currency"].upper(),
        status=values.get("status") or "",
        created=values.get("created") or 0,
        out=move_of(values.get("balance_transaction")),
        home=move_of(values.get("failure_balance_transaction")),
    )


def dispute_of(values: Json) -> DisputeFact:
    """A dispute; its movements are always part of it."""
    moves = [move for move in map(move_of, values.get("balance_transactions") or []) if move]
    return DisputeFact(
        dispute_id=values["id"],
        intent_id=_id(values.get("payment_intent")),
        amount_minor=values["amount"],
        currency=values["currency"].upper(),
        status=values.get("status") or "",
        reason=values.get("reason") or "",
        created=values.get("created") or 0,
        due_by=(values.get("evidence_details") or {}).get("due_by") or 0,
        moves=tuple(sorted(moves, key=lambda move: (move.created, move.txn_id))),
    )


def payout_of(values: Json, moves: tuple[Move, ...]) -> PayoutFact:
    """A payout with the movements in it; its own line among them is left out."""
    own = move_of(values.get("balance_transaction"))
    return PayoutFact(
        payout_id=values["id"],
        amount_minor=values["amount"],
        currency=values["currency"].upper(),
        status=values.get("status") or "",
        automatic=bool(values.get("automatic")),
        arrival=values.get("arrival_date") or 0,
        created=values.get("created") or 0,
        own=own,
        home=move_of(values.get("failure_balance_transaction")),
        moves=tuple(move for move in moves if own is None or move.txn_id != own.txn_id),
    )


def _id(value: Any) -> str:
    """The id in a field that may be expanded or empty."""
    return value.get("id", "") if isinstance(value, dict) else value or ""
