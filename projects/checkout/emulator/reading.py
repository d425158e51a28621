"""What every address of the API needs: finding a thing, checking parameters, listing."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from projects.checkout.emulator import shapes
from projects.checkout.emulator.bank import Bank, Problem

Json = dict[str, Any]

LIST_AT_MOST = 10_000


def lister(kind: str, url: str, *filters: str, paths: Mapping[str, str] | None = None) -> Callable[..., Json]:
    """A list of one kind, newest first, by `limit`, `starting_after`, `created[gte]` and some fields.

    ``paths``: filters whose value stands deeper in the thing, as a dotted path.
    """
    asked = {name: name for name in filters} | dict(paths or {})

    def view(bank: Bank, params: Json) -> Json:
        only(params, frozenset({"limit", "starting_after", "created", "expand", *asked}))
        found = [thing for thing in bank.store.all(kind, LIST_AT_MOST) if _fits(bank, thing, params, asked)]
        if after := params.get("starting_after"):
            ids = [thing["id"] for thing in found]
            found = found[ids.index(after) + 1 :] if after in ids else []
        limit = int(params.get("limit", 10))
        return shapes.listing(found[:limit], url, has_more=len(found) > limit)

    return view


def _fits(bank: Bank, thing: Json, params: Json, asked: Mapping[str, str]) -> bool:
    since = params.get("created") or {}
    if isinstance(since, dict) and thing["created"] < int(since.get("gte", 0)):
        return False
    for name, path in asked.items():
        # Which payout carried a movement is no field of it; the API knows it all the same.
        there = bank.store.extra(thing["id"]).get(name) if name == "payout" else _at(thing, path)
        if params.get(name) and there != params[name]:
            return False
    return True


def _at(thing: Json, path: str) -> Any:
    value: Any = thing
    for part in path.split("."):
        value = (value or {}).get(part)
    return value


def reader(kind: str) -> Callable[..., Json]:
    """A thing of one kind by its id."""
    return lambda bank, params, thing_id: fetch(bank, thing_id, kind)


def fetch(bank: Bank, thing_id: str, kind: str) -> Json:
    """A thing that must be there."""
    found = bank.store.get(thing_id, kind)
    if found is None:
        raise Problem(
            404, "invalid_request_error", f"No such {kind}: '{thing_id}'", code="resource_missing", param="id"
        )
    return found


def only(params: Json, known: frozenset[str]) -> None:
    """Refuse parameters that the address does not know."""
    for name in params:
        if name not in known:
            raise Problem(
                400,
                "invalid_request_error",
                f"Received unknown parameter: {name}",
                code="parameter_unknown",
                param=name,
            )


def whole(value: Any, name: str) -> int:
    """A whole number out of a form field."""
    if not re.fullmatch(r"-?\d{1,18}", str(value)):
        raise Problem(
            400, "invalid_request_error", f"Invalid integer: {value}", code="parameter_invalid_integer", param=name
        )
    return int(value)


def missing(name: str) -> Problem:
    """A parameter that must be there."""
    return Problem(
        400, "invalid_request_error", f"Missing required param: {name}.", code="parameter_missing", param=name
    )


def wrong(name: str, message: str) -> Problem:
    """A parameter that cannot be so."""
    return Problem(400, "invalid_request_error", message, param=name)
