"""The public log: the same for everybody, signed in or not."""

from typing import Any

from django.utils import timezone

from ledger import checkpoints, transparency
from tests.projects.rows import BAD, PEOPLE, WRONG_METHOD, Row, public


def _signed(world: Any) -> int:
    """How far the log is signed."""
    _ = world.project
    transparency.sequence(at=timezone.now())
    checkpoints.sign(at=timezone.now())
    last = checkpoints.latest()
    assert last
    return last.size


def _nothing(world: Any) -> dict[str, Any]:
    _signed(world)
    return {}


ROWS: dict[str, Row] = {
    "verifier": public(),
    "log-checkpoint": public(kwargs=_nothing),
    "log-vkey": public(),
    "log-vkeys": public(),
    "log-tile": public(kwargs=lambda world: {"rest": f"0/000.p/{_signed(world)}"}),
    "log-proof": public(kwargs=lambda world: {"position": _signed(world) - 1}),
    "log-nothing": Row(gone=" ".join(PEOPLE), kwargs=lambda world: {"rest": "tile"}),
    # What no known witness signed is refused, whoever sends it.
    "log-cosignature": public(get=WRONG_METHOD, post=BAD),
}
