"""The API's addresses: reading, checking, idempotency, expansion. What an address does is in `bank`."""

import hashlib
import json
import re
from collections.abc import Callable
from typing import Any

from projects.checkout.emulator import back, billing_api, pages
from projects.checkout.emulator.bank import Bank, Problem
from projects.checkout.emulator.encoding import decode_form
from projects.checkout.emulator.reading import fetch, lister, missing, only, reader, refer, whole, wrong

Json = dict[str, Any]

SESSION_PARAMS = frozenset(
    {
        "cancel_url",
        "client_reference_id",
        "currency",
        "customer",
        "customer_email",
        "expand",
        "expires_at",
        "integration_identifier",
        "line_items",
        "locale",
        "metadata",
        "mode",
        "payment_intent_data",
        "payment_method_options",
        "payment_method_types",
        "setup_intent_data",
        "submit_type",
        "subscription_data",
        "success_url",
        "ui_mode",
    }
)
WALLETS = {
    "alipay": frozenset("aud cad cny eur gbp hkd jpy myr nzd sgd usd".split()),
    "wechat_pay": frozenset("aud cad chf cny dkk eur gbp hkd jpy nok sek sgd usd".split()),
    "customer_balance": frozenset("eur gbp jpy mxn usd".split()),
}
TRANSFERS = {f"{place}_bank_transfer" for place in ("eu", "gb", "jp", "mx", "us")}
EURO_COUNTRIES = ("BE", "DE", "ES", "FR", "IE", "NL")
MODES = ("payment", "setup", "subscription")
REFUND_REASONS = ("duplicate", "fraudulent", "requested_by_customer")
REFUND_PARAMS = frozenset({"amount", "charge", "expand", "metadata", "payment_intent", "reason"})
TWO_DECIMALS = frozenset(
    {
        "aud",
        "cad",
        "chf",
        "cny",
        "dkk",
        "eur",
        "gbp",
        "hkd",
        "inr",
        "myr",
        "nok",
        "nzd",
        "sek",
        "sgd",
        "thb",
        "twd",
        "usd",
    }
)
CURRENCIES = TWO_DECIMALS | {"usd"} | frozenset(pages.PLACES)
THREE_DECIMALS = frozenset(currency for currency, places in pages.PLACES.items() if places == 3)
HALF_AN_HOUR, A_DAY = 30 * 60, 24 * 3600
LARGEST = 99_999_999
MOVES = "/v1/balance_transactions"
EXPANDABLE = {
    "payment_intent",
    "latest_charge",
    "balance_transaction",
    "failure_balance_transaction",
    "charge",
    "payments",
    "source",
}


def call(
    bank: Bank, method: str, path: str, *, query: str, body: str, headers: dict[str, str]
) -> tuple[int, Json, bool]:
    """Answer one API request: status, body, and whether the answer was remembered from an earlier request."""
    with bank.store.lock:
        try:
            _authenticate(headers)
            return _once(bank, method, path, query=query, body=body, key=headers.get("idempotency-key", ""))
        except Problem as problem:
            return problem.status, problem.body, False


def _authenticate(headers: dict[str, str]) -> None:
    key = headers.get("authorization", "").removeprefix("Bearer ")
    if not re.fullmatch(r"(sk|rk)_test_\w+", key):
        shown = f"{key[:8]}…" if key else "none"
        raise Problem(401, "invalid_request_error", f"The emulator takes test keys only; given: {shown}.")


def _once(bank: Bank, method: str, path: str, *, query: str, body: str, key: str) -> tuple[int, Json, bool]:
    """The same key with the same request gets the same answer; with another request it is an error."""
    request = hashlib.sha256(f"{method} {path}\n{body}".encode()).hexdigest()
    if method != "POST" or not key:
        return *_act(bank, method, path, query=query, body=body), False
    known = bank.store.answer_for(key)
    if known is not None:
        if known[0] != request:
            raise Problem(
                400, "idempotency_error", "Keys for idempotent requests can only be used with the same parameters."
            )
        return known[1], known[2], True
    status, answer = _act(bank, method, path, query=query, body=body)
    # Refusals of the parameters are not remembered: nothing ran, so the corrected request may use the key. A declined
    # card was asked, though: the same key gives the same answer and does not ask it again.
    if status in (200, 402):
        bank.store.remember_answer(key, request, status, answer)
    return status, answer, False


def _act(bank: Bank, method: str, path: str, *, query: str, body: str) -> tuple[int, Json]:
    params = decode_form(body if method == "POST" else query)
    for verb, pattern, view in ROUTES:
        match = re.fullmatch(pattern, path)
        if match and verb == method:
            try:
                answer = view(bank, params, *match.groups())
            except Problem as problem:
                return problem.status, problem.body
            return 200, _expand(bank, answer, params.get("expand") or [])
    return 404, Problem(404, "invalid_request_error", f"Unrecognized request URL ({method}: {path}).").body


def _create_session(bank: Bank, params: Json) -> Json:
    only(params, SESSION_PARAMS)
    mode = params.get("mode")
    if mode not in MODES:
        raise wrong("mode", "Must be one of payment, setup or subscription.") if mode else missing("mode")
    if not params.get("success_url"):
        raise missing("success_url")
    if mode == "setup":
        problem = billing_api.problem_of_setup(params)
        if problem:
            raise problem
    else:
        _check_item(params.get("line_items"), recurring=mode == "subscription")
    _check_methods(params, mode)
    if params.get("customer"):
        refer(bank, params["customer"], "customer", "customer")
    expires = params.get("expires_at")
    if expires is not None:
        ahead = whole(expires, "expires_at") - int(bank.clock())
        # A minute of grace on both sides: the caller's clock is not ours.
        if not HALF_AN_HOUR - 60 <= ahead <= A_DAY + 60:
            raise wrong("expires_at", "expires_at must be between 30 minutes and 24 hours from now.")
    return bank.open_session(params)


def _check_methods(params: Json, mode: str) -> None:
    """Wallets pay once, in some currencies, and WeChat wants to know where its code is shown."""
    for name in params.get("payment_method_types") or []:
        if name not in WALLETS and name != "card":
            raise wrong("payment_method_types", f"Invalid payment method type: {name}.")
        if name not in WALLETS:
            continue
        if mode != "payment":
            raise wrong("payment_method_types", f"{name} is not supported in `{mode}` mode.")
        currency = params["line_items"][0]["price_data"]["currency"]
        if currency not in WALLETS[name]:
            raise wrong("payment_method_types", f"{name} does not support {currency}.")
        options = (params.get("payment_method_options") or {}).get(name) or {}
        if name == "wechat_pay" and not options.get("client"):
            raise missing("payment_method_options[wechat_pay][client]")
        if name == "customer_balance":
            _check_transfer(params, options)


def _check_transfer(params: Json, options: Json) -> None:
    """A transfer fills the balance of a customer, and in euro the account's country has to be chosen."""
    transfer = options.get("bank_transfer") or {}
    where = "payment_method_options[customer_balance]"
    if not params.get("customer"):
        raise missing("customer")
    if options.get("funding_type") != "bank_transfer":
        raise wrong(f"{where}[funding_type]", "Must be bank_transfer.")
    if transfer.get("type") not in TRANSFERS:
        raise wrong(f"{where}[bank_transfer][type]", "Must be one of the bank transfers.")
    country = (transfer.get("eu_bank_transfer") or {}).get("country")
    if transfer["type"] == "eu_bank_transfer" and country not in EURO_COUNTRIES:
        raise wrong(f"{where}[bank_transfer][eu_bank_transfer][country]", "Must be one of BE, DE, ES, FR, IE or NL.")


def _check_item(items: Any, *, recurring: bool) -> None:
    if not items:
        raise missing("line_items")
    if not isinstance(items, list) or len(items) != 1:
        raise wrong("line_items", "Exactly one line item is emulated.")
    price = items[0].get("price_data") or {}
    currency = price.get("currency", "")
    if currency not in CURRENCIES:
        raise wrong("line_items[0][price_data][currency]", f"Invalid currency: {currency}.")
    amount = whole(price.get("unit_amount"), "line_items[0][price_data][unit_amount]")
    if amount < 1 or amount > LARGEST:
        raise wrong("line_items[0][price_data][unit_amount]", "Amount must be between 1 and 99999999.")
    if currency in THREE_DECIMALS and amount % 10:
        raise wrong("line_items[0][price_data][unit_amount]", "The last digit must be 0 in this currency.")
    if not (price.get("product_data") or {}).get("name"):
        raise missing("line_items[0][price_data][product_data][name]")
    if recurring:
        billing_api.check_recurring(price, "line_items[0][price_data]")
    elif price.get("recurring"):
        raise wrong("line_items", "You specified `payment` mode but passed a recurring price.")


def _create_refund(bank: Bank, params: Json) -> Json:
    only(params, REFUND_PARAMS)
    amount = whole(params["amount"], "amount", least=1) if "amount" in params else None
    reason = params.get("reason")
    if reason and reason not in REFUND_REASONS:
        raise wrong("reason", f"Invalid reason: must be one of {', '.join(REFUND_REASONS)}")
    charge = _charge_to_refund(bank, params)
    if amount is None:
        amount = charge["amount"] - charge["amount_refunded"]
    words: Json = {"reason": reason, "metadata": params.get("metadata") or {}}
    return back.give_back(bank, charge, amount=amount, **words)


def _charge_to_refund(bank: Bank, params: Json) -> Json:
    if not params.get("payment_intent"):
        if not params.get("charge"):
            raise Problem(
                400,
                "invalid_request_error",
                "One of the following params should be provided for this request: payment_intent or charge.",
            )
        return fetch(bank, params["charge"], "charge")
    intent = fetch(bank, params["payment_intent"], "payment_intent")
    if not intent["latest_charge"]:
        raise back.never_paid(intent["id"])
    return fetch(bank, intent["latest_charge"], "charge")


def _get_session(bank: Bank, params: Json, session_id: str) -> Json:
    return bank.expire_if_due(fetch(bank, session_id, "checkout.session"))


def _expire_session(bank: Bank, params: Json, session_id: str) -> Json:
    return bank.expire(fetch(bank, session_id, "checkout.session"))


View = Callable[..., Json]
ROUTES: list[tuple[str, str, View]] = [
    ("POST", r"/v1/checkout/sessions", _create_session),
    ("GET", r"/v1/checkout/sessions/(\w+)", _get_session),
    ("POST", r"/v1/checkout/sessions/(\w+)/expire", _expire_session),
    ("GET", r"/v1/payment_intents/(\w+)", reader("payment_intent")),
    ("GET", r"/v1/charges/(\w+)", reader("charge")),
    ("GET", r"/v1/balance_transactions/(\w+)", reader("balance_transaction")),
    ("POST", r"/v1/refunds", _create_refund),
    ("GET", r"/v1/refunds", lister("refund", "/v1/refunds", "payment_intent", "charge")),
    ("GET", r"/v1/refunds/(\w+)", reader("refund")),
    ("GET", r"/v1/disputes", lister("dispute", "/v1/disputes", "payment_intent", "charge")),
    ("GET", r"/v1/disputes/(\w+)", reader("dispute")),
    ("GET", r"/v1/payouts", lister("payout", "/v1/payouts", "status")),
    ("GET", r"/v1/payouts/(\w+)", reader("payout")),
    ("GET", r"/v1/balance_transactions", lister("balance_transaction", MOVES, "payout", "source", "type")),
    ("GET", r"/v1/events", lister("event", "/v1/events", "type")),
    ("GET", r"/v1/events/(\w+)", reader("event")),
    *billing_api.ROUTES,
]


def _expand(bank: Bank, thing: Json, paths: list[str]) -> Json:
    """Put whole objects where only their ids stand. In lists a path begins with `data`."""
    for path in paths:
        first, _dot, rest = path.partition(".")
        if thing.get("object") == "list":
            if first != "data" or not rest:
                raise _not_expandable(path)
            for one in thing["data"]:
                _expand_path(bank, one, rest)
        else:
            _expand_path(bank, thing, path)
    return thing


def _expand_path(bank: Bank, thing: Json, path: str) -> None:
    node: Any = thing
    for part in path.split("."):
        if part not in EXPANDABLE:
            raise _not_expandable(path)
        if part == "payments":
            node[part] = billing_api.payments_within(bank, node)
            break
        value = node.get(part)
        if isinstance(value, str):
            node[part] = bank.store.get(value)
        node = node.get(part)
        if not isinstance(node, dict):
            break


def _not_expandable(path: str) -> Problem:
    return Problem(400, "invalid_request_error", f"This property cannot be expanded ({path}).")


def answer_text(body: Json) -> str:
    """The body as it goes over the wire."""
    return json.dumps(body, indent=2, ensure_ascii=False)
