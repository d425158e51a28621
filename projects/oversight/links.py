"""Where a click on a step of a path leads: every id is a link."""

from django.urls import reverse

from projects.tracing.nodes import Node


def node_url(node: Node) -> str:
    """The step's own page; every id is a link."""
    facts = node.facts
    if node.kind == "GIFT" and facts.get("gift_ref"):
        return reverse("oversight:gift", args=[facts["gift_ref"]])
    if node.kind == "AWARD" and facts.get("award_ref"):
        return reverse("oversight:award", args=[facts["award_ref"]])
    if node.kind == "PAYOUT" and facts.get("payout_ref"):
        return reverse("oversight:payout", args=[facts["payout_ref"]])
    if facts.get("entry_id"):
        return reverse("oversight:entry", args=[facts["entry_id"]])
    return ""
