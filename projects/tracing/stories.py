"""Stories: a path in words, for the donor (and, with less in it, for the public).

Largest thing first, then how we know. Households that may not be shown one by one are told together, without a count.
"""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ledger import transparency
from ledger.core.money import format_amount
from ledger.core.refusals import Refused
from projects.giving.models import Gift
from projects.matching import queries as matching
from projects.tracing import paths
from projects.tracing.audiences import Audience
from projects.tracing.nodes import Node
from projects.tracing.people import PublishedRow
from projects.tracing.story import GiftStory, Part, Step
from projects.tracing.words import published_label

TAKEN_BACK = ("REFUND", "DISPUTE_WITHDRAWN", "REVERSAL")
PASSED_ON = ("TRANSFER", "AWARD_CANCELLED", "REFUND_FAILED", "DISPUTE_REINSTATED")
# What did not hold, by the kind that undid it: the money is behind that, not gone.
UNDONE_BY = {"AWARD": "AWARD_CANCELLED", "REFUND": "REFUND_FAILED", "DISPUTE_WITHDRAWN": "DISPUTE_REINSTATED"}


def story_of_gift(gift: Gift, *, audience: Audience = Audience.DONOR, at: datetime) -> GiftStory | None:
    """The story of a gift, or None while it has no place in the log."""
    if gift.entry_id is None:
        return None
    try:
        path = paths.gift_path(gift, audience=audience, at=at)
    except Refused:
        return None
    own = [node for node in _ends(path) if not node.beside]
    sums = {kind: sum(n.amount_minor for n in own if _kind_of_end(n) == kind) for kind in ("used", "left", "refund")}
    covered = sum(node.covered_minor for node in own)
    used, refunded = sums["used"] - covered, sums["refund"] + covered
    head = transparency.head()
    return GiftStory(
        headline=_headline(path, used=used, left=sums["left"], refunded=refunded),
        currency=path.currency,
        given_minor=path.amount_minor,
        matched_minor=sum(node.amount_minor for node in path.nodes if node.beside),
        used_minor=used,
        left_minor=sums["left"],
        refunded_minor=refunded,
        steps=tuple(_steps(gift, path, own, left=sums["left"], refunded=refunded)),
        position=head.size,
        root_hex=head.root_hex,
    )


def _ends(path: Node) -> list[Node]:
    """Where the gift's own money stands now: behind what merely passed it on."""
    found: list[Node] = []
    for node in path.nodes:
        if node.beside:
            continue
        undone = UNDONE_BY.get(node.kind)
        if node.kind in PASSED_ON or (undone and any(n.kind == undone for n in node.nodes)):
            found.extend(_ends(node))
        else:
            found.append(node)
    return found


def _kind_of_end(node: Node) -> str:
    if node.kind == "LEFT":
        return "left"
    return "refund" if node.kind in TAKEN_BACK else "used"


def _headline(path: Node, *, used: int, left: int, refunded: int) -> str:
    given, currency = path.amount_minor, path.currency
    amount = format_amount(given, currency)
    if refunded == given:
        return _("Your gift of %(amount)s was paid back") % {"amount": amount}
    if used and not left and not refunded:
        return _("Your gift of %(amount)s has all been used to help") % {"amount": amount}
    if used:
        return _("%(used)s of your %(amount)s has been used to help so far") % {
            "used": format_amount(used, currency),
            "amount": amount,
        }
    return _("Your gift of %(amount)s has arrived and waits to help") % {"amount": amount}


def _steps(gift: Gift, path: Node, own: list[Node], *, left: int, refunded: int) -> list[Step]:
    steps = [
        Step(
            "gift",
            _("Your gift is in the books"),
            amount_minor=path.amount_minor,
            on=path.facts.get("on"),
            position=path.facts.get("position"),
        ),
        *_match_steps(gift),
    ]
    awards = [node for node in own if node.kind == "AWARD"]
    if awards:
        detail = _("First in, first out: the gift's place in the books decides which help it becomes.")
        steps.append(Step("used", _used_title(awards), detail, _sum(awards), parts=tuple(_parts(awards))))
        steps.extend(_reached_steps(awards))
    steps.extend(_other_uses(own))
    if refunded:
        steps.append(Step("refund", _("Paid back to you"), amount_minor=refunded))
    if left:
        detail = _("It stays with the project until the next household is helped.")
        steps.append(Step("left", _("Not spent yet"), detail, left, done=False))
    return steps


def _match_steps(gift: Gift) -> list[Step]:
    """What every pot that considered the gift answered, also where the answer was nothing."""
    return [
        Step(
            "match" if told.standing_minor else "released",
            _("%(matcher)s added to it") % {"matcher": told.pool.matcher.name}
            if told.standing_minor
            else _("Nothing was added by %(matcher)s") % {"matcher": told.pool.matcher.name},
            told.sentence,
            told.standing_minor or None,
            added=True,
            position=transparency.position_of(told.match.entry_id) if told.match.entry_id else None,
        )
        for told in matching.explain(gift.ref)
    ]


def _used_title(awards: list[Node]) -> str:
    rows = [_row(node) for node in awards]
    shown = [row for row in rows if row and row.is_single]
    if len(shown) == len(awards):
        count = len(awards)
        return ngettext("It helped %(count)s household", "It helped %(count)s households", count) % {"count": count}
    return _("It was used to help")


def _parts(awards: list[Node]) -> list[Part]:
    """A line for each public row: a household under its pseudonym, or several that are only shown together."""
    sums: dict[PublishedRow | None, int] = {}
    for node in awards:
        sums[_row(node)] = sums.get(_row(node), 0) + node.amount_minor
    return [Part(published_label(row), _row_detail(row), amount) for row, amount in sums.items()]


def _row(node: Node) -> PublishedRow | None:
    """The public row an award is shown in, or None where there is none for this audience."""
    return node.facts.get("published")


def _row_detail(row: PublishedRow | None) -> str:
    return " · ".join(part for part in (row.place, row.purpose) if part) if row else ""


def _reached_steps(awards: list[Node]) -> list[Step]:
    paid = [payout for award in awards for payout in award.nodes if payout.kind == "PAYOUT"]
    answered = [payout for payout in paid if payout.nodes]
    steps = []
    if paid:
        detail = "" if len(paid) == len(awards) else _("The rest is decided and on its way.")
        steps.append(Step("paid", _("The bank has paid it out"), detail, _sum(paid)))
    elif awards:
        steps.append(Step("paid", _("On its way"), _("Help is decided; the bank pays it out next."), done=False))
    if answered:
        detail = "" if len(answered) == len(paid) else _("Others are still being asked.")
        steps.append(Step("acknowledged", _arrived_title(len(answered)), detail, _sum(answered)))
    elif paid:
        steps.append(Step("acknowledged", _("The households are being asked whether it arrived"), done=False))
    return steps


def _arrived_title(count: int) -> str:
    return ngettext("The household says it has arrived", "%(count)s households say it has arrived", count) % {
        "count": count
    }


def _other_uses(own: list[Node]) -> list[Step]:
    words = {
        "PROCESSING_FEE": _("It paid what the payment provider charges"),
        "COST": _("It paid running costs"),
        "IN_KIND_ISSUE": _("Goods were handed out"),
        "ADJUSTMENT": _("It made up a difference between a platform's list and the bank"),
    }
    fallback = _("It stood in for a gift that was paid back after it had helped")
    return [
        Step("used", words.get(node.kind, fallback), amount_minor=node.amount_minor, on=node.facts.get("on"))
        for node in own
        if _kind_of_end(node) == "used" and node.kind != "AWARD"
    ]


def _sum(nodes: list[Node]) -> int:
    return sum(node.amount_minor for node in nodes)
