"""What a gift's entry commits to without saying it: who gave, in whose name, and the exact moment."""

from collections.abc import Callable
from json.encoder import encode_basestring
from typing import Any

from ledger.core.commitments import commit, commitment_salt, keyed
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


def commitments_alike(sample: Gift) -> Callable[..., bytes]:
    """Makes the commitments of gifts that have in common with the sample what is not given for each: the same bytes as
    `commitment_of` (a property test holds them to it), in a third of the time.
    """
    text, common = encode_basestring, private_facts(sample)
    email, settled_at = text(common["donor_email"]), text(common["settled_at"])
    ends = f'"is_public":{common["is_public"]},"settled_at":{settled_at},"v":{common["v"]}}}'

    def bind(
        person_key: bytes, amount_minor: int, currency: str, donor_name: str, donor_ref: str, gift_ref: str
    ) -> bytes:
        said = (
            f'{{"amount_minor":{amount_minor},"currency":{text(currency)},"donor_email":{email},'
            f'"donor_name":{text(donor_name)},"donor_ref":"{donor_ref}","gift_ref":"{gift_ref}",{ends}'
        )
        return keyed(commitment_salt(person_key, gift_ref), said.encode())

    return bind
