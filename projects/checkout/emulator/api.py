"""The API's addresses: reading, checking, idempotency, expansion. What an address does is in `bank`."""

import hashlib
import json
import re
from collections.abc import Callable
from typing import Any

from projects.checkout.emulator import back, pages, shapes
from projects.checkout.emulator.bank import Bank, Problem
from projects.checkout.emulator.encoding import decode_form

Json = dict[str, Any]

SESSION_PARAMS = frozenset(
    {
        "cancel_url",
        "client_reference_id",
        "customer_email",
        "expand",
        "expires_at",
        "integration_identifier",
        "line_items",
        "locale",
        "metadata",
        "mode",
        "payment_intent_data",
        "payment_method_types",
        "submit_type",
        "success_url",
        "ui_mode",
    }
)
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
LIST_AT_MOST = 10_000
MOVES = "/v1/balance_transactions"
EXPANDABLE = {
    "payment_intent",
    "latest_charge",
    "balance_transaction",
    "failure_balance_transaction",
    "charge",
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
    # Refusals of the parameters are not remembered: nothing ran, so the corrected request may use the key.
    if status == 200:
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
    _only(params, SESSION_PARAMS)
    if params.get("mode") != "payment":
        raise _missing("mode") if not params.get("mode") else _wrong("mode", "Only mode=payment is emulated.")
    for name in ("success_url", "line_items"):
        if not params.get(name):
            raise _missing(name)
    _check_item(params["line_items"])
    expires = params.get("expires_at")
    if expires is not None:
        ahead = _whole(expires, "expires_at") - int(bank.clock())
        # A minute of grace on both sides: the caller's clock is not ours.
        if not HALF_AN_HOUR - 60 <= ahead <= A_DAY + 60:
            raise _wrong("expires_at", "expires_at must be between 30 minutes and 24 hours from now.")
    return bank.open_session(params)


def _check_item(items: Any) -> None:
    if not isinstance(items, list) or len(items) != 1:
        raise _wrong("line_items", "Exactly one line item is emulated.")
    price = items[0].get("price_data") or {}
    currency = price.get("currency", "")
    if currency not in CURRENCIES:
        raise _wrong("line_items[0][price_data][currency]", f"Invalid currency: {currency}.")
    amount = _whole(price.get("unit_amount"), "line_items[0][price_data][unit_amount]")
    if amount < 1 or amount > LARGEST:
        raise _wrong("line_items[0][price_data][unit_amount]", "Amount must be between 1 and 99999999.")
    if currency in THREE_DECIMALS and amount % 10:
        raise _wrong("line_items[0][price_data][unit_amount]", "The last digit must be 0 in this currency.")
    if not (price.get("product_data") or {}).get("name"):
        raise _missing("line_items[0][price_data][product_data][name]")


def _create_refund(bank: Bank, params: Json) -> Json:
    _only(params, REFUND_PARAMS)
    charge_id = params.get("charge", "")
    if params.get("payment_intent"):
        charge_id = _fetch(bank, params["payment_intent"], "payment_intent")["latest_charge"] or ""
    charge = _fetch(bank, charge_id, "charge")
    left = charge["amount"] - charge["amount_refunded"]
    amount = _whole(params["amount"], "amount") if "amount" in params else left
    words: Json = {"reason": params.get("reason"), "metadata": params.get("metadata") or {}}
    return back.give_back(bank, charge, amount=amount, **words)


def _lister(kind: str, url: str, *filters: str) -> Callable[..., Json]:
    """A list of one kind, newest first, by `limit`, `starting_after`, `created[gte]` and some fields."""

    def view(bank: Bank, params: Json) -> Json:
        _only(params, frozenset({"limit", "starting_after", "created", "expand", *filters}))
        found = [thing for thing in bank.store.all(kind, LIST_AT_MOST) if _fits(bank, thing, params, filters)]
        if after := params.get("starting_after"):
            ids = [thing["id"] for thing in found]
            found = found[ids.index(after) + 1 :] if after in ids else []
        limit = int(params.get("limit", 10))
        return shapes.listing(found[:limit], url, has_more=len(found) > limit)

    return view


def _fits(bank: Bank, thing: Json, params: Json, filters: tuple[str, ...]) -> bool:
    since = params.get("created") or {}
    if isinstance(since, dict) and thing["created"] < int(since.get("gte", 0)):
        return False
    for name in filters:
        # Which payout carried a movement is no field of it; the API knows it all the same.
        there = bank.store.extra(thing["id"]).get(name) if name == "payout" else thing.get(name)
        if params.get(name) and there != params[name]:
            return False
    return True


def _get_session(bank: Bank, params: Json, session_id: str) -> Json:
    return bank.expire_if_due(_fetch(bank, session_id, "checkout.session"))


def _expire_session(bank: Bank, params: Json, session_id: str) -> Json:
    return bank.expire(_fetch(bank, session_id, "checkout.session"))


def _reader(kind: str) -> Callable[..., Json]:
    return lambda bank, params, thing_id: _fetch(bank, thing_id, kind)


View = Callable[..., Json]
ROUTES: list[tuple[str, str, View]] = [
    ("POST", r"/v1/checkout/sessions", _create_session),
    ("GET", r"/v1/checkout/sessions/(\w+)", _get_session),
    ("POST", r"/v1/checkout/sessions/(\w+)/expire", _expire_session),
    ("GET", r"/v1/payment_intents/(\w+)", _reader("payment_intent")),
    ("GET", r"/v1/charges/(\w+)", _reader("charge")),
    ("GET", r"/v1/balance_transactions/(\w+)", _reader("balance_transaction")),
    ("POST", r"/v1/refunds", _create_refund),
    ("GET", r"/v1/refunds", _lister("refund", "/v1/refunds", "payment_intent", "charge")),
    ("GET", r"/v1/refunds/(\w+)", _reader("refund")),
    ("GET", r"/v1/disputes", _lister("dispute", "/v1/disputes", "payment_intent", "charge")),
    ("GET", r"/v1/disputes/(\w+)", _reader("dispute")),
    ("GET", r"/v1/payouts", _lister("payout", "/v1/payouts", "status")),
    ("GET", r"/v1/payouts/(\w+)", _reader("payout")),
    ("GET", r"/v1/balance_transactions", _lister("balance_transaction", MOVES, "payout", "source", "type")),
    ("GET", r"/v1/events", _lister("event", "/v1/events", "type")),
    ("GET", r"/v1/events/(\w+)", _reader("event")),
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
        value = node.get(part)
        if isinstance(value, str):
            node[part] = bank.store.get(value)
        node = node.get(part)
        if not isinstance(node, dict):
            break


def _not_expandable(path: str) -> Problem:
    return Problem(400, "invalid_request_error", f"This property cannot be expanded ({path}).")


def _fetch(bank: Bank, thing_id: str, kind: str) -> Json:
    found = bank.store.get(thing_id, kind)
    if found is None:
        raise Problem(
            404, "invalid_request_error", f"No such {kind}: '{thing_id}'", code="resource_missing", param="id"
        )
    return found


def _only(params: Json, known: frozenset[str]) -> None:
    for name in params:
        if name not in known:
            raise Problem(
                400,
                "invalid_request_error",
                f"Received unknown parameter: {name}",
                code="parameter_unknown",
                param=name,
            )


def _whole(value: Any, name: str) -> int:
    if not re.fullmatch(r"-?\d{1,18}", str(value)):
        raise Problem(
            400, "invalid_request_error", f"Invalid integer: {value}", code="parameter_invalid_integer", param=name
        )
    return int(value)


def _missing(name: str) -> Problem:
    return Problem(
        400, "invalid_request_error", f"Missing required param: {name}.", code="parameter_missing", param=name
    )


def _wrong(name: str, message: str) -> Problem:
    return Problem(400, "invalid_request_error", message, param=name)


def answer_text(body: Json) -> str:
    """The body as it goes over the wire."""
    return json.dumps(body, indent=2, ensure_ascii=False)
