"""What every address of the API needs: finding a thing, checking parameters, listing."""

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from projects.checkout.emulator import shapes
from projects.checkout.emulator.bank import Bank, Problem

Json = dict[str, Any]

LIST_AT_MOST = 10_000
DEFAULT_LIMIT, LARGEST_LIMIT = 10, 100
BOUNDS: dict[str, Callable[[int, int], bool]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}


def lister(kind: str, url: str, *filters: str, paths: Mapping[str, str] | None = None) -> Callable[..., Json]:
    """A list of one kind, newest first, by `limit`, `starting_after`, `created` and some fields.

    ``paths``: filters whose value stands deeper in the thing, as a dotted path.
    """
    asked = {name: name for name in filters} | dict(paths or {})

    def view(bank: Bank, params: Json) -> Json:
        only(params, frozenset({"limit", "starting_after", "created", "expand", *asked}))
        return page(matching(bank, kind, params, asked), params, url)

    return view


def matching(bank: Bank, kind: str, params: Json, asked: Mapping[str, str]) -> list[Json]:
    """The things of a kind that have what ``params`` say, newest first."""
    return [thing for thing in bank.store.all(kind, LIST_AT_MOST) if _fits(bank, thing, params, asked)]


def page(found: list[Json], params: Json, url: str) -> Json:
    """The part of a list that was asked for. A cursor that is nothing of the list is refused, as Stripe does."""
    limit = whole(params.get("limit", DEFAULT_LIMIT), "limit", least=1, most=LARGEST_LIMIT)
    if after := params.get("starting_after"):
        ids = [thing["id"] for thing in found]
        if after not in ids:
            kind = url.rsplit("/", 1)[-1].removesuffix("s")
            raise Problem(
                400,
                "invalid_request_error",
                f"No such {kind}: '{after}'",
                code="resource_missing",
                param="starting_after",
            )
        found = found[ids.index(after) + 1 :]
    return shapes.listing(found[:limit], url, has_more=len(found) > limit)


def _fits(bank: Bank, thing: Json, params: Json, asked: Mapping[str, str]) -> bool:
    if not _made_then(thing["created"], params.get("created")):
        return False
    for name, path in asked.items():
        # Which payout carried a movement is no field of it; the API knows it all the same.
        there = bank.store.extra(thing["id"]).get(name) if name == "payout" else _at(thing, path)
        if params.get(name) and there != params[name]:
            return False
    return True


def _made_then(moment: int, asked: Any) -> bool:
    """Whether a moment is the one asked for, or within the bounds asked for."""
    if not isinstance(asked, dict):
        return asked is None or moment == whole(asked, "created")
    for name in asked:
        if name not in BOUNDS:
            raise wrong(f"created[{name}]", f"Received unknown parameter: created[{name}]")
    return all(BOUNDS[name](moment, whole(value, f"created[{name}]")) for name, value in asked.items())


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


def refer(bank: Bank, thing_id: str, kind: str, param: str) -> Json:
    """A thing that a parameter names. Stripe refuses an unknown one with 400 and that name: the address was right."""
    found = bank.store.get(thing_id, kind)
    if found is None:
        said = f"No such {kind}: '{thing_id}'"
        raise Problem(400, "invalid_request_error", said, code="resource_missing", param=param)
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


def whole(value: Any, name: str, *, least: int | None = None, most: int | None = None) -> int:
    """A whole number out of a form field, within its bounds where it has some."""
    said = ""
    if not re.fullmatch(r"-?\d{1,18}", str(value)):
        said = f"Invalid integer: {value}"
    elif least is not None and int(value) < least:
        said = f"This value must be greater than or equal to {least}."
    elif most is not None and int(value) > most:
        said = f"This value must be less than or equal to {most} (it currently is '{value}')."
    if said:
        raise Problem(400, "invalid_request_error", said, code="parameter_invalid_integer", param=name)
    return int(value)


def missing(name: str) -> Problem:
    """A parameter that must be there."""
    return Problem(
        400, "invalid_request_error", f"Missing required param: {name}.", code="parameter_missing", param=name
    )


def wrong(name: str, message: str) -> Problem:
    """A parameter that cannot be so."""
    return Problem(400, "invalid_request_error", message, param=name)
