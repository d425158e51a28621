"""The objects as the API shows them. Top-level keys are those of Stripe's published examples; a test compares them."""

import secrets
from typing import Any

Json = dict[str, Any]

# The API version whose shapes these are; events carry it. Raise it together with the examples in ../shared.
API_VERSION = "2026-10-28.endive"
NO_ADDRESS: Json = {"city": None, "country": None, "line1": None, "line2": None, "postal_code": None, "state": None}


def new_id(prefix: str) -> str:
    """An id that looks like the real thing and says that it is not."""
    return f"{prefix}_emu{secrets.token_hex(10)}"


def checkout_session(params: Json, *, now: int, base: str) -> Json:
    """A session that waits for its payer. Its payment intent is made when the payer confirms, not before."""
    item = params["line_items"][0] if params.get("line_items") else None
    amount = int(item["price_data"]["unit_amount"]) * int(item.get("quantity", 1)) if item else None
    session_id = new_id("cs_test")
    return {
        "id": session_id,
        "object": "checkout.session",
        "adaptive_pricing": {"enabled": False},
        "after_expiration": None,
        "allow_promotion_codes": None,
        "amount_subtotal": amount,
        "amount_total": amount,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "billing_address_collection": None,
        "cancel_url": params.get("cancel_url"),
        "client_reference_id": params.get("client_reference_id"),
        "client_secret": None,
        "collected_information": None,
        "consent": None,
        "consent_collection": None,
        "created": now,
        "currency": item["price_data"]["currency"] if item else params.get("currency"),
        "currency_conversion": None,
        "custom_fields": [],
        "custom_text": dict.fromkeys(("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")),
        "customer": params.get("customer"),
        "customer_account": None,
        "customer_creation": "if_required",
        "customer_details": None,
        "customer_email": params.get("customer_email"),
        "discounts": [],
        "expires_at": int(params.get("expires_at") or now + 24 * 3600),
        "integration_identifier": params.get("integration_identifier"),
        "invoice": None,
        "invoice_creation": {"enabled": False, "invoice_data": {}},
        "livemode": False,
        "locale": params.get("locale"),
        "managed_payments": {"enabled": False},
        "metadata": params.get("metadata") or {},
        "mode": params.get("mode") or "payment",
        "origin_context": None,
        "payment_intent": None,
        "payment_link": None,
        "payment_method_collection": "if_required",
        "payment_method_configuration_details": None,
        "payment_method_options": params.get("payment_method_options") or {},
        "payment_method_types": params.get("payment_method_types") or ["card"],
        "payment_status": "unpaid",
        "permissions": None,
        "phone_number_collection": {"enabled": False},
        "recovered_from": None,
        "saved_payment_method_options": None,
        "setup_intent": None,
        "shipping_address_collection": None,
        "shipping_cost": None,
        "shipping_options": [],
        "status": "open",
        "submit_type": params.get("submit_type"),
        "subscription": None,
        "success_url": params.get("success_url"),
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
        "url": f"{base}/c/pay/{session_id}",
        "wallet_options": None,
    }


def customer_details(email: str | None) -> Json:
    """What the payer typed on the page."""
    return {
        "address": NO_ADDRESS,
        "business_name": None,
        "email": email,
        "individual_name": None,
        "name": None,
        "phone": None,
        "tax_exempt": "none",
        "tax_ids": [],
    }


def payment_intent(session: Json, *, metadata: Json, description: str | None, now: int) -> Json:
    """The intent of one session's payment."""
    intent_id = new_id("pi")
    return {
        "id": intent_id,
        "object": "payment_intent",
        "amount": session["amount_total"],
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": None,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "automatic_async",
        "client_secret": f"{intent_id}_secret_{secrets.token_hex(8)}",
        "confirmation_method": "automatic",
        "created": now,
        "currency": session["currency"],
        "customer": None,
        "customer_account": None,
        "description": description,
        "excluded_payment_method_types": None,
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "managed_payments": {"enabled": False},
        "metadata": metadata,
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": {},
        "payment_method_types": session.get("payment_method_types") or ["card"],
        "processing": None,
        "receipt_email": None,
        "review": None,
        "setup_future_usage": None,
        "shipping": None,
        "source": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "requires_payment_method",
        "transfer_data": None,
        "transfer_group": None,
    }


def charge(intent: Json, *, email: str | None, status: str, now: int) -> Json:
    """One attempt to take the money: `succeeded`, `pending` or `failed`."""
    failed = status == "failed"
    return {
        "id": new_id("ch"),
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": intent["amount"] if status == "succeeded" else 0,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": None,
        "billing_details": {"address": NO_ADDRESS, "email": email, "name": None, "phone": None, "tax_id": None},
        "calculated_statement_descriptor": "EMULATOR",
        "captured": status == "succeeded",
        "created": now,
        "currency": intent["currency"],
        "customer": None,
        "description": intent["description"],
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": "card_declined" if failed else None,
        "failure_message": "Your card was declined." if failed else None,
        "fraud_details": {},
        "livemode": False,
        "metadata": intent["metadata"],
        "on_behalf_of": None,
        "outcome": _outcome(failed),
        "paid": status == "succeeded",
        "payment_intent": intent["id"],
        "payment_method": new_id("pm"),
        "payment_method_details": _paid_with(intent["payment_method_types"][0]),
        "receipt_email": None,
        "receipt_number": None,
        "receipt_url": None,
        "refunded": False,
        "refunds": None,
        "review": None,
        "shipping": None,
        "source": None,
        "source_transfer": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": status,
        "transfer_data": None,
        "transfer_group": None,
    }


def _outcome(failed: bool) -> Json:
    return {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "declined_by_network" if failed else "approved_by_network",
        "reason": "generic_decline" if failed else None,
        "seller_message": "The bank did not approve." if failed else "Payment complete.",
        "type": "issuer_declined" if failed else "authorized",
    }


def _paid_with(method: str) -> Json:
    if method != "card":
        return {method: {}, "type": method}
    card = {"brand": "visa", "country": "US", "exp_month": 8, "exp_year": 2030, "funding": "credit", "last4": "4242"}
    card["fingerprint"] = "emu4242424242"
    return {"card": card, "type": "card"}


def event(kind: str, thing: Json, *, api_version: str | None, now: int) -> Json:
    """A notice that something happened to a thing, with the thing as it was at that moment."""
    return {
        "id": new_id("evt"),
        "object": "event",
        "api_version": api_version,
        "created": now,
        "data": {"object": thing},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": kind,
    }


def listing(things: list[Json], url: str, *, has_more: bool = False) -> Json:
    """One page of a list."""
    return {"object": "list", "data": things, "has_more": has_more, "url": url}
