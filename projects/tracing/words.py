"""How a step of a path is called, for whoever lays one out."""

import unicodedata
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.core.money import format_amount
from projects.tracing.nodes import Node
from projects.tracing.people import PublishedRow

KINDS: dict[str, Any] = {
    "GIFT": gettext_lazy("Gift"),
    "IN_KIND_GIFT": gettext_lazy("Gift in kind"),
    "MATCH": gettext_lazy("Matching gift"),
    "MATCH_RECEIVED": gettext_lazy("Match received"),
    "MATCH_RELEASE": gettext_lazy("Match released"),
    "SUBSIDY": gettext_lazy("Government grant"),
    "PROCESSING_FEE": gettext_lazy("Processing fee"),
    "REFUND": gettext_lazy("Refund"),
    "REFUND_FAILED": gettext_lazy("Refund that came back"),
    "REFUND_EXCESS": gettext_lazy("Refund beyond what was left of the gift"),
    "DISPUTE_EXCESS": gettext_lazy("Taken by a bank beyond what was left of the gift"),
    "DISPUTE_WITHDRAWN": gettext_lazy("Dispute: money withdrawn"),
    "DISPUTE_REINSTATED": gettext_lazy("Dispute: money reinstated"),
    "DISPUTE_FEE": gettext_lazy("Dispute fee"),
    "AWARD": gettext_lazy("Award"),
    "AWARD_CANCELLED": gettext_lazy("Award cancelled"),
    "PAYOUT": gettext_lazy("Payout"),
    "PAYOUT_RETURNED": gettext_lazy("Payout returned"),
    "IN_KIND_ISSUE": gettext_lazy("Goods issued"),
    "ACKNOWLEDGEMENT": gettext_lazy("Acknowledgement"),
    "TRANSFER": gettext_lazy("Transfer between funds"),
    "RELEASE_RESTRICTION": gettext_lazy("Release from restriction"),
    "COST": gettext_lazy("Running cost"),
    "PROVIDER_PAYOUT": gettext_lazy("Provider's payout to the bank"),
    "ADJUSTMENT": gettext_lazy("Adjustment of a platform's payout"),
    "SUSPENSE_IN": gettext_lazy("Into suspense"),
    "SUSPENSE_OUT": gettext_lazy("Out of suspense"),
    "OPENING": gettext_lazy("Opening balance"),
    "REVERSAL": gettext_lazy("Reversal"),
    "LEFT": gettext_lazy("Not spent yet"),
    "REST": gettext_lazy("Further steps, not shown here"),
}


def kind_word(kind: str) -> str:
    return str(KINDS.get(kind, kind))


def detail(node: Node) -> str:
    """The one thing that tells this step from its neighbours."""
    facts = node.facts
    if node.kind == "GIFT":
        return str(facts.get("shown_name") or _("Anonymous"))
    if node.kind == "MATCH":
        return str(facts.get("matcher", ""))
    if node.kind == "AWARD":
        who = facts["pseudonym"] if "pseudonym" in facts else published_label(facts.get("published"))
        return f"{who} · {facts.get('purpose', '')}"
    if node.kind == "PAYOUT":
        return str(facts.get("end_to_end_id", ""))
    if node.kind == "ACKNOWLEDGEMENT":
        return str(facts.get("answer", ""))
    return str(facts.get("fund", ""))


def published_label(row: PublishedRow | None) -> str:
    """Whom an award helped, as far as the public may know."""
    if row is None or (not row.is_single and row.households is None):
        return _("Households that are only shown together, to protect them")
    if row.is_single:
        return _("Household of %(pseudonym)s") % {"pseudonym": row.pseudonym}
    return _("One of %(count)s households that are shown together") % {"count": row.households}


@dataclass(frozen=True, slots=True)
class PathRow:
    """One line of a path laid out as a table."""

    depth: int
    node: Node
    kind: str
    detail: str


def path_rows(path: Node) -> list[PathRow]:
    """A path in reading order."""
    return [PathRow(depth, node, kind_word(node.kind), detail(node)) for depth, node in path.walk()]


def box_lines(node: Node) -> tuple[str, ...]:
    """The words in a box of the picture, one under the other."""
    return (kind_word(node.kind), format_amount(node.amount_minor, node.currency), _short(detail(node)))


def _short(text: str, room: int = 23) -> str:
    """As much as a box holds; a Chinese character is as wide as two letters."""
    kept = ""
    for letter in text:
        room -= 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        if room < 0:
            return kept + "…"
        kept += letter
    return kept
