"""The objects that say where money went: movements, refunds, disputes, payouts. Keys as in Stripe's examples."""

from typing import Any

from projects.checkout.emulator.shapes import new_id

Json = dict[str, Any]

NO_EVIDENCE = (
    "access_activity_log", "billing_address", "cancellation_policy", "cancellation_policy_disclosure",
    "cancellation_rebuttal", "customer_communication", "customer_email_address", "customer_name",
    "customer_purchase_ip", "customer_signature", "duplicate_charge_documentation", "duplicate_charge_explanation",
    "duplicate_charge_id", "product_description", "receipt", "refund_policy", "refund_policy_disclosure",
    "refund_refusal_explanation", "service_date", "service_documentation", "shipping_address", "shipping_carrier",
    "shipping_date", "shipping_documentation", "shipping_tracking_number", "uncategorized_file", "uncategorized_text",
)  # fmt: skip
A_WEEK = 7 * 24 * 3600


def transfer_instructions(intent: Json, kind: str, *, remaining: int) -> Json:
    """What the payer is told: the account to send the money to, and how much is still to come."""
    return {
        "type": "display_bank_transfer_instructions",
        "display_bank_transfer_instructions": {
            "amount_remaining": remaining,
            "currency": intent["currency"],
            "financial_addresses": [],
            "hosted_instructions_url": None,
            "reference": intent["id"][-10:].upper(),
            "type": kind,
        },
    }


def balance_transaction(
    source: Json, *, amount: int, fee: int, kind: str, currency: str, rate: float | None, now: int
) -> Json:
    """What something did to the account's balance, in the account's currency; the only place where the fee is said."""
    details = [{"amount": fee, "application": None, "currency": currency, "description": "fee", "type": "stripe_fee"}]
    return {
        "id": new_id("txn"),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": now,
        "balance_type": "payments",
        "created": now,
        "currency": currency,
        "description": source.get("description"),
        "exchange_rate": rate,
        "fee": fee,
        "fee_details": details if fee else [],
        "net": amount - fee,
        "reporting_category": CATEGORIES.get(kind, kind),
        "source": source["id"],
        "status": "available",
        "type": kind,
    }


# The API's `type` and its `reporting_category`, where the two differ.
CATEGORIES = {"adjustment": "dispute", "payout_failure": "payout_reversal"}


def refund(target: Json, *, amount: int, reason: str | None, metadata: Json, now: int) -> Json:
    """Money on its way back to the payer of one charge."""
    return {
        "id": new_id("re"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": target["id"],
        "created": now,
        "currency": target["currency"],
        "customer": None,
        "customer_account": None,
        "destination_details": {"card": {"type": "refund"}, "type": "card"},
        "metadata": metadata,
        "payment_intent": target["payment_intent"],
        "payment_method": target["payment_method"],
        "reason": reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }


def dispute(target: Json, *, amount: int, reason: str, inquiry: bool, now: int) -> Json:
    """A payer's bank asks about a charge (``inquiry``) or takes it back."""
    card = {
        "brand": "visa",
        "case_type": "inquiry" if inquiry else "chargeback",
        "network": "visa",
        "network_reason_code": "10.4",
    }
    due = {
        "due_by": now + A_WEEK,
        "enhanced_eligibility": {},
        "has_evidence": False,
        "past_due": False,
        "submission_count": 0,
    }
    return {
        "id": new_id("dp"),
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [],
        "charge": target["id"],
        "created": now,
        "currency": target["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {**dict.fromkeys(NO_EVIDENCE), "enhanced_evidence": {}},
        "evidence_details": due,
        "is_charge_refundable": inquiry,
        "livemode": False,
        "metadata": {},
        "payment_intent": target["payment_intent"],
        "payment_method_details": {"card": card, "type": "card"},
        "reason": reason,
        "status": "warning_needs_response" if inquiry else "needs_response",
    }


def payout(*, amount: int, currency: str, now: int) -> Json:
    """What waited in the balance is sent to the bank."""
    return {
        "id": new_id("po"),
        "object": "payout",
        "amount": amount,
        "application_fee": None,
        "application_fee_amount": None,
        "arrival_date": now,
        "automatic": True,
        "balance_transaction": None,
        "created": now,
        "currency": currency,
        "description": "STRIPE PAYOUT",
        "destination": new_id("ba"),
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "livemode": False,
        "metadata": {},
        "method": "standard",
        "original_payout": None,
        "payout_method": None,
        "reconciliation_status": "completed",
        "reversed_by": None,
        "source_type": "card",
        "statement_descriptor": None,
        "status": "in_transit",
        "trace_id": {"status": "pending", "value": None},
        "type": "bank_account",
    }
