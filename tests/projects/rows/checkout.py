"""Giving. Everybody may give, staff and regulators too."""

from typing import Any

from tests.projects.rows import BAD, WRONG_METHOD, Row, gone, public


def _wrong_token(world: Any) -> dict[str, Any]:
    return {"token": "nobody-has-this-token"}


ROWS: dict[str, Row] = {
    "give": public(kwargs=lambda world: {"slug": world.project.slug}, post=BAD),
    "give-thanks": gone(kwargs=_wrong_token),
    "give-cancelled": gone(kwargs=_wrong_token),
    "give-held": gone(kwargs=_wrong_token),
    "give-held-stay": gone(kwargs=_wrong_token),
    "give-pay": gone(kwargs=_wrong_token),
    "pledge": gone(kwargs=_wrong_token),
    # Machines only: what is not signed by the provider is refused, whoever sends it.
    "stripe-webhook": public(get=WRONG_METHOD, post=BAD),
}
