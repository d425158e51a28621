"""The opaque reference of a donor that a gift's entry names, and only while somebody above needs it.

A matching rule that caps what one donor is matched can be worked out again by strangers only if the log tells which
gifts are of one donor. The reference says no more than that: it is a keyed hash, another one in every fund, and its key
is the donor's own. When the key is deleted, nobody can tie the reference to a person again.
"""

import hmac
from collections.abc import Callable
from datetime import date
from typing import Any

from projects.giving.models import Gift

# Apps above say here when they need it; giving knows none of them.
Need = Callable[[Any, date], bool]
_needs: list[Need] = []


def needed_when(need: Need) -> None:
    """Register a question: does this project's log need donors' references for a gift of this day?"""
    if need not in _needs:
        _needs.append(need)


def donor_ref(gift: Gift, on: date) -> str:
    """32 hexadecimal figures, or nothing: where nobody asks, and for a gift without an address."""
    if gift.project is None or not gift.donor.email or not any(need(gift.project, on) for need in _needs):
        return ""
    scope = f"donor in {gift.organisation.book_code} {gift.project.fund_code}"
    return hmac.digest(bytes(gift.donor.commitment_key), scope.encode(), "sha256").hex()[:32]
