"""What a gift's entry commits to without saying it: who gave, in whose name, and the exact moment."""

from typing import Any

from ledger.core.commitments import commit, commitment_salt
from projects.giving.models import Gift
from projects.giving.visibility import Visibility


def private_facts(gift: Gift) -> dict[str, Any]:
    """The private facts of a gift in the form that is hashed. Strings and whole numbers only."""
    return {
        "amount_minor": gift.amount_minor,
        "currency": gift.currency,
        "donor_email": gift.email,
        "donor_name": gift.donor_name,
        "donor_ref": gift.donor.ref,
        "gift_ref": gift.ref,
        # Version 1 binds whether the whole name was given to the public, not which of the other choices was made.
        "is_public": int(gift.visibility == Visibility.PUBLIC),
        "settled_at": gift.settled_at.isoformat() if gift.settled_at else "",
        "v": 1,
    }


def commitment_of(gift: Gift) -> bytes:
    """HMAC over the private facts, salted from the donor's own key: without the key it opens nothing."""
    return commit(commitment_salt(bytes(gift.donor.commitment_key), gift.ref), private_facts(gift))
