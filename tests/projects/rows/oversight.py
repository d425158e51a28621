"""The regulator's screens. The cast's regulator is of charity A's district and the auditor of charity A.

They look, and reveal with a reason; nobody else comes in, not the charity's own people and not who runs the machines.
"""

from typing import Any

from tests.projects.rows import LOGIN, OK, WRONG_METHOD, Row, public

LOOKERS = "regulator auditor"


def looking(kwargs: Any = lambda world: {}) -> Row:
    return Row(ok=LOOKERS, kwargs=kwargs, post=WRONG_METHOD)


def _gift(world: Any) -> dict[str, Any]:
    return {"ref": world.gift.ref}


def _award(world: Any) -> dict[str, Any]:
    return {"ref": world.award.ref}


ROWS: dict[str, Row] = {
    "oversight:sign_in": public(post=OK),
    "oversight:sign_out": public(get=WRONG_METHOD, post=LOGIN),
    "oversight:home": looking(),
    "oversight:search": looking(),
    "oversight:book": looking(lambda world: {"slug": world.charity_a.organisation.slug}),
    "oversight:match_flags": looking(lambda world: {"slug": world.charity_a.organisation.slug}),
    "oversight:statements": looking(lambda world: {"slug": world.charity_a.organisation.slug}),
    "oversight:entry": looking(lambda world: {"entry_id": world.gift.entry_id}),
    "oversight:verifications": looking(),
    "oversight:verification": looking(lambda world: {"number": world.report.number}),
    "oversight:gift": looking(_gift),
    "oversight:award": looking(_award),
    "oversight:payout": looking(lambda world: {"ref": world.payout.ref}),
    "oversight:reveal_award": Row(ok=LOOKERS, kwargs=_award),
    "oversight:reveal_donor": Row(ok=LOOKERS, kwargs=_gift),
}
