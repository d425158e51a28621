"""States change along a table, {(from, to): audit event}: the one question all of them ask."""

from typing import Any

from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r

Moves = dict[tuple[str, str], str]


def event_of(thing: Any, to: str, moves: Moves) -> str:
    """The audit event of the move from where the thing stands, or a refusal."""
    event = moves.get((thing.state, to))
    if event is None:
        raise Refused(
            "move_not_allowed",
            _r("This cannot be done while the state is “%(state)s”."),
            state=thing.get_state_display(),
        )
    return event
