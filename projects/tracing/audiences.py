"""What each audience sees of a trace: one table, read by everything that shows one.

A field that is not in the table is shown to nobody. Names, numbers and addresses of people helped are not in it at
all: they stay in the vault, and a reveal is an act of its own with a reason.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any


class Audience(StrEnum):
    """A kind of reader."""

    PUBLIC = "PUBLIC"
    DONOR = "DONOR"
    CHARITY = "CHARITY"
    REGULATOR = "REGULATOR"


P, D, C, R = Audience.PUBLIC, Audience.DONOR, Audience.CHARITY, Audience.REGULATOR
ALL = frozenset({P, D, C, R})
OWN = frozenset({D, C, R})
STAFF = frozenset({C, R})
OVERSIGHT = frozenset({R})

# kind of node → field → who may see it
VISIBLE: dict[str, dict[str, frozenset[Audience]]] = {
    "GIFT": {
        "on": ALL,
        "position": ALL,
        "project": ALL,
        "shown_name": ALL,
        "state": OWN,
        "receipt_number": OWN,
        "channel": STAFF,
        "gift_ref": STAFF,
        "donor_ref": OVERSIGHT,
        "entry_id": OVERSIGHT,
    },
    "MATCH": {
        "on": ALL,
        "position": ALL,
        "matcher": ALL,
        "pool": ALL,
        "rule_version": ALL,
        "explanation": OWN,
        "gift_ref": STAFF,
        "match_ref": STAFF,
        "entry_id": OVERSIGHT,
    },
    "AWARD": {
        "project": ALL,
        "purpose": ALL,
        "published": ALL,  # pseudonym, place and month, only under the rules of publication
        "position": ALL,
        "on": STAFF,
        "award_ref": STAFF,
        "pseudonym": STAFF,
        "state": STAFF,
        "whole_minor": STAFF,
        "case_ref": STAFF,
        "place": STAFF,
        "next": STAFF,
        "after": STAFF,
        "proposed_by": OVERSIGHT,
        "proposed_at": OVERSIGHT,
        "approvals": OVERSIGHT,
        "entry_id": OVERSIGHT,
    },
    "PAYOUT": {
        "state": ALL,
        "position": ALL,
        "on": STAFF,
        "payout_ref": STAFF,
        "end_to_end_id": STAFF,
        "batch_ref": STAFF,
        "whole_minor": STAFF,
        "bank_ref": OVERSIGHT,
        "entry_id": OVERSIGHT,
    },
    "ACKNOWLEDGEMENT": {"answer": ALL, "on": STAFF, "channel": STAFF},
    "LEFT": {},
    "REST": {},
}
# Everything else an entry can be (fees, transfers, refunds, returns): the public facts of the log, and the entry.
OTHER: dict[str, frozenset[Audience]] = {
    "on": ALL,
    "position": ALL,
    "fund": ALL,
    "document_ref": STAFF,
    "entry_id": OVERSIGHT,
}


def cut(kind: str, facts: Mapping[str, Any], audience: Audience) -> dict[str, Any]:
    """The facts of a node that an audience may see."""
    visible = VISIBLE.get(kind, OTHER)
    return {name: value for name, value in facts.items() if audience in visible.get(name, frozenset())}
