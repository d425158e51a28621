"""A donor's own pages: whoever comes without a donor's session is led to its sign-in, staff and regulators too."""

from typing import Any

from tests.projects.rows import ELSEWHERE, OK, WRONG_METHOD, Row, public

# A secret that leads nowhere (any more): 410, for everybody.
OLD = "410"


def _wrong_token(world: Any) -> dict[str, Any]:
    return {"token": "nobody-has-this-token"}


ROWS: dict[str, Row] = {
    "my_sign_in": public(post=OK),
    "my_link": public(get=OLD, kwargs=_wrong_token),
    "my_giving": public(get=ELSEWHERE, post=WRONG_METHOD),
    "my_statement": public(get=ELSEWHERE, post=WRONG_METHOD),
    "my_data": public(get=ELSEWHERE, post=WRONG_METHOD),
    "my_copy": public(get=WRONG_METHOD, post=ELSEWHERE),
    "my_ask_erasure": public(get=WRONG_METHOD, post=ELSEWHERE),
    "my_erasure": public(get=OLD, kwargs=_wrong_token),
    "my_sign_out": public(get=WRONG_METHOD, post=ELSEWHERE),
}
