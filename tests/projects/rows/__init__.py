"""The expected answers of every address of ours, one file per face: address name → who gets what.

A row names everybody once. Who is not named gets `rest`; who is not signed in gets `anonymous`.

    "oversight:entry": Row(ok="regulator auditor", kwargs=lambda world: {"ref": world.project.ref})

An address without a row fails the test, and so does a row without an address.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

# What an answer can be.
OK = "OK"  # the page, or the deed done
LOGIN = "LOGIN"  # sent to sign in
NO = "NO"  # 403: signed in, and not allowed
GONE = "GONE"  # 404: there is no such thing, for this person
ELSEWHERE = "ELSEWHERE"  # a redirect that is not to the sign-in
BAD = "BAD"  # 400 or 422: allowed, but this request says nothing sensible
WRONG_METHOD = "WRONG_METHOD"  # 405

# Charity A's people, then the same of charity B (who must never see A's things), then those outside.
STAFF = ("editor", "caseworker", "checker", "finance", "admin")
OTHERS = tuple(f"other_{role}" for role in STAFF)
OUTSIDE = ("regulator", "auditor", "operator", "donor", "stranger", "superuser", "anonymous")
PEOPLE = (*STAFF, *OTHERS, *OUTSIDE)


@dataclass(frozen=True)
class Row:
    """Who gets what at one address. `ok` and the like list people, parted by spaces.

    `post` is the answer of the people in `ok` to an empty POST; without it, POST is only checked to be refused to
    everybody else. An address that takes nothing but POST says `get=WRONG_METHOD`.
    """

    ok: str = ""
    gone: str = ""
    elsewhere: str = ""
    no: str = ""
    login: str = ""
    wrong_method: str = ""
    rest: str = NO
    anonymous: str = LOGIN
    get: str = OK
    post: str | None = None
    kwargs: Callable[[Any], dict[str, Any]] = lambda world: {}
    query: str = ""

    def answer(self, person: str) -> str:
        """What somebody gets."""
        lists = (
            (self.ok, self.get),
            (self.gone, GONE),
            (self.elsewhere, ELSEWHERE),
            (self.no, NO),
            (self.login, LOGIN),
            (self.wrong_method, WRONG_METHOD),
        )
        for people, answer in lists:
            if person in people.split():
                return answer
        return self.anonymous if person == "anonymous" else self.rest


def public(**facts: Any) -> Row:
    """An address that everybody may open."""
    return Row(ok=" ".join(PEOPLE), **facts)


def gone(**facts: Any) -> Row:
    """An address with a secret in it, asked with a wrong one: it is gone for everybody."""
    return Row(gone=" ".join(PEOPLE), **facts)


def in_cms(ok: str, **facts: Any) -> Row:
    """A screen inside the Wagtail admin: staff who may not are sent back inside, all others to the sign-in."""
    return Row(ok=ok, login="regulator auditor operator donor stranger", **facts)
