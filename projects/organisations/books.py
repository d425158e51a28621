"""The organisation's side of the books: which codes they know it and its projects by."""

import datetime
import re

from ledger import books
from projects.access.actors import Actor
from projects.organisations.models import Organisation

# What the books take for a code, and the names kept for the unrestricted funds of every book.
READABLE = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
GENERAL_FUND = "general"
KEPT_NAMES = (GENERAL_FUND, "general-goods")


def code_for(slug: str, ref: str) -> str:
    """A code for the books: the slug where the books can take it, else the reference."""
    return slug if READABLE.fullmatch(slug) and slug not in KEPT_NAMES else ref


def open_book(organisation: Organisation, *, by: Actor, at: datetime.datetime) -> str:
    """Open the organisation's book, once; gives its code."""
    code = organisation.book_code or code_for(organisation.slug, organisation.ref)
    books.open_book(code=code, by=by.ref, at=at)
    return code
