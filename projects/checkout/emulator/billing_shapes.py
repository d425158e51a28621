"""The objects of regular payments: customer, price, subscription, invoice, setup. Keys as in Stripe's examples."""

from typing import Any

from projects.checkout.emulator.shapes import NO_ADDRESS, listing, new_id

Json = dict[str, Any]

NO_TAX: Json = {"disabled_reason": None, "enabled": False, "liability": None, "provider": None, "status": None}


def customer(*, email: str | None, now: int) -> Json:
    """Somebody who pays again and again."""
    return {
        "id": new_id("cus"),
        "object": "customer",
        "address": NO_ADDRESS,
        "balance": 0,
        "created": now,
        "currency": None,
        "default_source": None,
        "delinquent": False,
        "description": None,
        "discount": None,
        "email": email,
        "invoice_prefix": new_id("E")[-8:].upper(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": {},
        "name": None,
        "next_invoice_sequence": 1,
        "phone": None,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }


def payment_method(*, owner: str | None, email: str | None, now: int) -> Json:
    """A card that may be charged while nobody is there."""
    card = {"brand": "visa", "country": "US", "exp_month": 8, "exp_year": 2030, "funding": "credit", "last4": "4242"}
    return {
        "id": new_id("pm"),
        "object": "payment_method",
        "allow_redisplay": "limited",
        "billing_details": {"address": NO_ADDRESS, "email": email, "name": None, "phone": None, "tax_id": None},
        "card": card,
        "created": now,
        "customer": owner,
        "customer_account": None,
        "livemode": False,
        "metadata": {},
        "type": "card",
    }


def product(name: str, *, now: int) -> Json:
    """What a price is for; made by the price data of a session."""
    return {
        "id": new_id("prod"),
        "object": "product",
        "active": True,
        "created": now,
        "default_price": None,
        "description": None,
        "images": [],
        "livemode": False,
        "marketing_features": [],
        "metadata": {},
        "name": name,
        "package_dimensions": None,
        "shippable": None,
        "statement_descriptor": None,
        "tax_code": None,
        "type": "service",
        "unit_label": None,
        "updated": now,
        "url": None,
    }


def price(*, product_id: str, currency: str, amount: int, interval: str, now: int) -> Json:
    """How much, and how often."""
    return {
        "id": new_id("price"),
        "object": "price",
        "active": False,
        "billing_scheme": "per_unit",
        "created": now,
        "currency": currency,
        "custom_unit_amount": None,
        "livemode": False,
        "lookup_key": None,
        "metadata": {},
        "nickname": None,
        "product": product_id,
        "recurring": {
            "interval": interval,
            "interval_count": 1,
            "meter": None,
            "trial_period_days": None,
            "usage_type": "licensed",
        },
        "tax_behavior": "unspecified",
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "recurring",
        "unit_amount": amount,
        "unit_amount_decimal": str(amount),
    }


def subscription(*, owner: str, card: str, made_price: Json, metadata: Json, ends: int, now: int) -> Json:
    """A price that is charged at the end of each period."""
    subscription_id = new_id("sub")
    item: Json = {
        "id": new_id("si"),
        "object": "subscription_item",
        "billing_thresholds": None,
        "created": now,
        "current_period_end": ends,
        "current_period_start": now,
        "discounts": [],
        "metadata": {},
        "plan": None,
        "price": made_price,
        "quantity": 1,
        "subscription": subscription_id,
        "tax_rates": [],
    }
    empty = (
        "application", "application_fee_percent", "billing_cycle_anchor_config", "billing_thresholds", "cancel_at",
        "canceled_at", "customer_account", "days_until_due", "default_source", "description", "ended_at",
        "latest_invoice", "next_pending_invoice_item_invoice", "on_behalf_of", "pause_collection",
        "pending_invoice_item_interval", "pending_setup_intent", "pending_update", "schedule", "test_clock",
        "transfer_data", "trial_end", "trial_start",
    )  # fmt: skip
    return dict.fromkeys(empty) | {
        "id": subscription_id,
        "object": "subscription",
        "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
        "billing_cycle_anchor": now,
        "billing_mode": {"type": "flexible"},
        "billing_schedules": [],
        "cancel_at_period_end": False,
        "cancellation_details": {"comment": None, "feedback": None, "reason": None},
        "collection_method": "charge_automatically",
        "created": now,
        "currency": made_price["currency"],
        "customer": owner,
        "default_payment_method": card,
        "default_tax_rates": [],
        "discounts": [],
        "invoice_settings": {"account_tax_ids": None, "issuer": {"type": "self"}},
        "items": listing([item], f"/v1/subscription_items?subscription={subscription_id}"),
        "livemode": False,
        "managed_payments": {"enabled": False},
        "metadata": metadata,
        "payment_settings": {
            "payment_method_options": None,
            "payment_method_types": None,
            "save_default_payment_method": "off",
        },
        "start_date": now,
        "status": "active",
        "trial_settings": {"end_behavior": {"missing_payment_method": "create_invoice"}},
    }


def invoice(made: Json, *, email: str | None, reason: str, now: int) -> Json:
    """What one period of a subscription costs. It waits to be paid."""
    item = made["items"]["data"][0]
    amount, invoice_id = item["price"]["unit_amount"], new_id("in")
    empty = (
        "account_name", "account_tax_ids", "application", "automatically_finalizes_at", "custom_fields",
        "customer_account", "customer_address", "customer_name", "customer_phone", "customer_shipping",
        "default_payment_method", "default_source", "description", "due_date", "ending_balance", "footer",
        "from_invoice", "hosted_invoice_url", "invoice_pdf", "last_finalization_error", "latest_revision",
        "next_payment_attempt", "number", "on_behalf_of", "receipt_number", "rendering", "shipping_cost",
        "shipping_details", "statement_descriptor", "subscription", "test_clock", "webhooks_delivered_at",
    )  # fmt: skip
    return dict.fromkeys(empty) | {
        "id": invoice_id,
        "object": "invoice",
        "account_country": "US",
        "amount_due": amount,
        "amount_overpaid": 0,
        "amount_paid": 0,
        "amount_remaining": amount,
        "amount_shipping": 0,
        "attempt_count": 0,
        "attempted": False,
        "auto_advance": True,
        "automatic_tax": NO_TAX,
        "billing_reason": reason,
        "collection_method": "charge_automatically",
        "created": now,
        "currency": made["currency"],
        "customer": made["customer"],
        "customer_email": email,
        "customer_tax_exempt": "none",
        "customer_tax_ids": [],
        "default_tax_rates": [],
        "discounts": [],
        "effective_at": now,
        "issuer": {"type": "self"},
        "lines": listing([_line(invoice_id, made, amount, now)], f"/v1/invoices/{invoice_id}/lines"),
        "livemode": False,
        "metadata": {},
        "parent": {
            "quote_details": None,
            "subscription_details": {"metadata": made["metadata"], "subscription": made["id"]},
            "type": "subscription_details",
        },
        "payment_settings": dict.fromkeys(("default_mandate", "payment_method_options", "payment_method_types")),
        "period_end": now,
        "period_start": now,
        "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0,
        "starting_balance": 0,
        "status": "open",
        "status_transitions": {
            "finalized_at": now,
            "marked_uncollectible_at": None,
            "paid_at": None,
            "voided_at": None,
        },
        "subtotal": amount,
        "subtotal_excluding_tax": amount,
        "total": amount,
        "total_discount_amounts": [],
        "total_excluding_tax": amount,
        "total_pretax_credit_amounts": [],
        "total_taxes": [],
    }


def _line(invoice_id: str, made: Json, amount: int, now: int) -> Json:
    item = made["items"]["data"][0]
    details = {
        "invoice_item": None,
        "proration": False,
        "proration_details": None,
        "subscription": made["id"],
        "subscription_item": item["id"],
    }
    return {
        "id": new_id("il"),
        "object": "line_item",
        "amount": amount,
        "currency": made["currency"],
        "description": None,
        "discount_amounts": [],
        "discountable": True,
        "discounts": [],
        "invoice": invoice_id,
        "livemode": False,
        "metadata": {},
        "parent": {
            "invoice_item_details": None,
            "subscription_item_details": details,
            "type": "subscription_item_details",
        },
        "period": {"end": item["current_period_end"], "start": now},
        "pretax_credit_amounts": [],
        "pricing": {"type": "price_details", "unit_amount_decimal": str(amount)},
        "quantity": 1,
        "quantity_decimal": "1",
        "subscription": made["id"],
        "subtotal": amount,
        "taxes": [],
    }


def invoice_payment(bill: Json, intent: Json, *, now: int) -> Json:
    """Which payment pays an invoice. Its shape is from Stripe's reference; the published examples have none of it."""
    return {
        "id": new_id("inpay"),
        "object": "invoice_payment",
        "amount_paid": None,
        "amount_requested": bill["amount_due"],
        "created": now,
        "currency": bill["currency"],
        "invoice": bill["id"],
        "is_default": True,
        "livemode": False,
        "payment": {"payment_intent": intent["id"], "type": "payment_intent"},
        "status": "open",
        "status_transitions": {"canceled_at": None, "paid_at": None},
    }


def setup_intent(*, owner: str | None, card: str, metadata: Json, now: int) -> Json:
    """A card put on file without paying."""
    intent_id = new_id("seti")
    empty = (
        "application", "automatic_payment_methods", "cancellation_reason", "description",
        "excluded_payment_method_types", "flow_directions", "last_setup_error", "latest_attempt", "mandate",
        "next_action", "on_behalf_of", "payment_method_configuration_details", "single_use_mandate",
    )  # fmt: skip
    return dict.fromkeys(empty) | {
        "id": intent_id,
        "object": "setup_intent",
        "client_secret": f"{intent_id}_secret_{new_id('x')}",
        "created": now,
        "customer": owner,
        "livemode": False,
        "metadata": metadata,
        "payment_method": card,
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": ["card"],
        "status": "succeeded",
        "usage": "off_session",
    }
