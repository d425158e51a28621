"""Money that goes back and comes home: refunds, disputes, payouts to the bank and their failures."""

from typing import Any

from projects.checkout.emulator import money_shapes as shapes
from projects.checkout.emulator.bank import Bank, Problem

Json = dict[str, Any]

# What the emulator charges for a dispute, in minor units of the settlement currency: invented, like all its fees.
DISPUTE_FEE = 15_00
FINAL = ("won", "lost", "warning_closed")


def give_back(
    bank: Bank, charge: Json, *, amount: int, reason: str | None, metadata: Json, status: str = "succeeded"
) -> Json:
    """Refund a charge, wholly or in part. ``pending``: the balance is too low, so nothing has moved yet."""
    if charge["status"] != "succeeded":
        raise never_paid(charge["payment_intent"])
    if charge["refunded"]:
        said = f"Charge {charge['id']} has already been refunded."
        raise Problem(400, "invalid_request_error", said, code="charge_already_refunded")
    if is_charged_back(bank, charge):
        said = f"Charge {charge['id']} has been charged back; cannot issue a refund."
        raise Problem(400, "invalid_request_error", said, code="charge_disputed")
    left = charge["amount"] - charge["amount_refunded"]
    if amount <= 0 or amount > left:
        said = f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})"
        raise Problem(400, "invalid_request_error", said, param="amount")
    refund = shapes.refund(charge, amount=amount, reason=reason, metadata=metadata, now=bank.now())
    refund["status"] = status
    if status == "succeeded":
        _leave(bank, refund)
    _count(bank, charge, amount)
    bank.put(refund)
    bank.announce("refund.created", refund)
    bank.announce("charge.refunded", charge)
    return refund


def is_charged_back(bank: Bank, charge: Json) -> bool:
    """Whether the payer's bank has taken the money of a charge, or part of it, and not given it back."""
    if not charge["disputed"]:
        return False
    taken = (made for made in bank.store.all("dispute", 10_000) if made["charge"] == charge["id"])
    return any(not made["is_charge_refundable"] for made in taken)


def never_paid(intent_id: str) -> Problem:
    """A payment that no charge has paid has nothing to give back. Stripe says so without a code."""
    said = f"This PaymentIntent ({intent_id}) does not have a successful charge to refund."
    return Problem(400, "invalid_request_error", said)


def complete(bank: Bank, refund: Json) -> Json:
    """A pending refund is paid after all."""
    if refund["status"] != "pending":
        raise Problem(400, "invalid_request_error", "This refund is not pending.")
    refund["status"] = "succeeded"
    _leave(bank, refund)
    bank.put(refund)
    bank.announce("refund.updated", refund)
    return refund


def fail(bank: Bank, refund: Json) -> Json:
    """The payer's bank would not take the refund: what had left comes back."""
    if refund["status"] not in ("succeeded", "pending"):
        raise Problem(400, "invalid_request_error", "This refund cannot fail any more.")
    refund.update(status="failed", failure_reason="expired_or_canceled_card")
    if refund["balance_transaction"]:
        home = bank.move(refund, amount=refund["amount"], kind="refund_failure")
        refund["failure_balance_transaction"] = home["id"]
    charge = bank.thing(refund["charge"])
    _count(bank, charge, -refund["amount"])
    bank.put(refund)
    bank.announce("refund.updated", refund)
    bank.announce("refund.failed", refund)
    return refund


def dispute(bank: Bank, charge: Json, *, amount: int | None = None, inquiry: bool = False) -> Json:
    """The payer's bank asks, or takes the money at once."""
    if charge["status"] != "succeeded" or charge["disputed"]:
        raise Problem(400, "invalid_request_error", "This charge cannot be disputed.")
    made = shapes.dispute(
        charge, amount=amount or charge["amount"], reason="fraudulent", inquiry=inquiry, now=bank.now()
    )
    charge["disputed"] = True
    bank.put(charge, made)
    bank.announce("charge.dispute.created", made)
    return made if inquiry else withdraw(bank, made)


def withdraw(bank: Bank, made: Json) -> Json:
    """The bank takes the money, and the provider its fee for that."""
    if made["balance_transactions"] or made["status"] in FINAL:
        raise Problem(400, "invalid_request_error", "This money was taken already.")
    made.update(status="needs_response", is_charge_refundable=False)
    made["balance_transactions"] = [bank.move(made, amount=-made["amount"], fee=DISPUTE_FEE, kind="adjustment")]
    bank.put(made)
    bank.announce("charge.dispute.funds_withdrawn", made)
    return made


def answer(bank: Bank, made: Json) -> Json:
    """The account holder has sent evidence."""
    warning = made["status"].startswith("warning")
    made["status"] = "warning_under_review" if warning else "under_review"
    made["evidence_details"] = made["evidence_details"] | {"has_evidence": True, "submission_count": 1}
    bank.put(made)
    bank.announce("charge.dispute.updated", made)
    return made


def close(bank: Bank, made: Json, *, won: bool, fee_back: bool = False) -> Json:
    """The bank decides. An inquiry is closed; a dispute that is won gives the money back, the fee only by agreement."""
    if made["status"] in FINAL:
        raise Problem(400, "invalid_request_error", "This dispute is closed.")
    if not made["balance_transactions"]:
        made["status"] = "warning_closed"
    else:
        made["status"] = "won" if won else "lost"
        if won:
            made["is_charge_refundable"] = True
            home = bank.move(made, amount=made["amount"], fee=-DISPUTE_FEE if fee_back else 0, kind="adjustment")
            made["balance_transactions"] = [*made["balance_transactions"], home]
            bank.announce("charge.dispute.funds_reinstated", made)
    bank.put(made)
    bank.announce("charge.dispute.closed", made)
    return made


def pay_out(bank: Bank, *, arrives: bool = True) -> Json:
    """Send everything that waits in the balance to the bank account."""
    waiting = [move for move in reversed(bank.store.all("balance_transaction", 10_000)) if not _paid_out(bank, move)]
    amount = sum(move["net"] for move in waiting)
    if amount <= 0:
        raise Problem(400, "invalid_request_error", "There is nothing to pay out.", code="balance_insufficient")
    made = shapes.payout(amount=amount, currency=waiting[0]["currency"], now=bank.now())
    own = bank.move(made, amount=-amount, kind="payout")
    made["balance_transaction"] = own["id"]
    for move in [*waiting, own]:
        bank.store.put_extra(move["id"], {"payout": made["id"]})
    bank.put(made)
    bank.announce("payout.created", made)
    return arrive(bank, made) if arrives else made


def arrive(bank: Bank, made: Json) -> Json:
    """The bank has it."""
    if made["status"] != "in_transit":
        raise Problem(400, "invalid_request_error", "This payout is not on its way.")
    made["status"] = "paid"
    bank.put(made)
    bank.announce("payout.paid", made)
    bank.announce("payout.reconciliation_completed", made)
    return made


def fail_payout(bank: Bank, made: Json) -> Json:
    """The bank sends it back: it waits in the balance again, and the next payout has it."""
    if made["status"] not in ("in_transit", "paid"):
        raise Problem(400, "invalid_request_error", "This payout cannot fail any more.")
    home = bank.move(made, amount=made["amount"], kind="payout_failure")
    made.update(
        status="failed",
        failure_code="account_closed",
        failure_message="The bank account has been closed.",
        failure_balance_transaction=home["id"],
    )
    bank.put(made)
    bank.announce("payout.failed", made)
    return made


def _paid_out(bank: Bank, move: Json) -> bool:
    return bool(bank.store.extra(move["id"]).get("payout"))


def _leave(bank: Bank, refund: Json) -> None:
    refund["balance_transaction"] = bank.move(refund, amount=-refund["amount"], kind="refund")["id"]


def _count(bank: Bank, charge: Json, amount: int) -> None:
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    bank.put(charge)
