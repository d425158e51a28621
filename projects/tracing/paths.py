"""Paths: the ledger's trace with names joined and cut to an audience. One builder for all readers."""

from datetime import datetime
from typing import Any
from uuid import UUID

from ledger import trace
from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _
from ledger.trace import Hop
from projects.giving.models import Gift
from projects.matching.models import Match
from projects.payouts.models import Payout
from projects.relief.models import Award
from projects.tracing.audiences import Audience, cut
from projects.tracing.nodes import Node
from projects.tracing.people import (
    People,
    acknowledgement_facts,
    award_facts,
    gift_facts,
    match_facts,
    payout_facts,
    published,
)


def gift_path(gift: Gift, *, audience: Audience, at: datetime) -> Node:
    """From a gift: what it became, with its matches beside it. Refused: `not_yet_in_log`."""
    found = trace.forward(_posted(gift.entry_id))
    matches = [
        (match, trace.forward(match.entry_id))
        for match in Match.objects.filter(gift_ref=gift.ref, entry_id__isnull=False).select_related(
            "pool__matcher", "rule"
        )
        if match.entry_id and trace.is_numbered(match.entry_id)
    ]
    hops = [*found.hops, *(hop for _match, matched in matches for hop in matched.hops)]
    builder = _Builder(People(hops, at=at), audience, gift.currency)
    beside = tuple(
        builder.node(
            "MATCH",
            matched.total_minor,
            match_facts(match) | {"entry_id": match.entry_id, "position": matched.position, "on": match.gift_on},
            nodes=builder.onward(matched.hops),
            beside=True,
        )
        for match, matched in matches
    )
    facts = gift_facts(gift) | {"entry_id": gift.entry_id, "position": found.position, "on": found.effective_on}
    return builder.node("GIFT", found.total_minor, facts, nodes=(*beside, *builder.onward(found.hops)))


def award_path(award: Award, *, audience: Audience, at: datetime, after: int = 0) -> Node:
    """From an award: the gifts and matches behind it, a page at a time. ``after`` so many units of it were on pages
    before; `next` among the facts is the ``after`` of the next page, if there is one.
    """
    found = trace.back(_posted(award.entry_id), after=after)
    builder = _Builder(People(found.hops, at=at), audience, award.currency)
    facts = award_facts(award) | {
        "entry_id": award.entry_id,
        "position": found.position,
        "on": found.effective_on,
        "published": published([award], at=at).get(award.ref),
        "next": found.next_minor,
        "after": found.after_minor,
    }
    return builder.node("AWARD", found.total_minor, facts, nodes=builder.behind(found.hops))


def payout_path(payout: Payout, *, audience: Audience, at: datetime, after: int = 0) -> Node:
    """From a payout: its award, and the gifts and matches behind that, a page at a time."""
    inner = award_path(payout.award, audience=audience, at=at, after=after)
    facts = cut("PAYOUT", payout_facts(payout), audience)
    return Node("PAYOUT", payout.amount_minor, payout.currency, facts, nodes=(inner,))


def _posted(entry_id: UUID | None) -> UUID:
    """The entry of something that has one; callers ask before."""
    if entry_id is None:
        raise Refused("not_posted", _("There is no entry in the books for this yet."))
    return entry_id


class _Builder:
    """Turns hops into nodes for one audience."""

    def __init__(self, people: People, audience: Audience, currency: str) -> None:
        self.people = people
        self.audience = audience
        self.currency = currency

    def node(self, kind: str, amount_minor: int, facts: dict[str, Any], **more: Any) -> Node:
        return Node(kind, amount_minor, self.currency, cut(kind, facts, self.audience), **more)

    def onward(self, hops: tuple[Hop, ...]) -> tuple[Node, ...]:
        """What money became; under an award stands its payout, under that the household's answer."""
        return tuple(self._onward(hop) for hop in hops)

    def _onward(self, hop: Hop) -> Node:
        inner = self.onward(hop.hops)
        if hop.kind == "AWARD" and not inner:
            inner = self._reached(hop)
        return self.node(
            hop.kind, hop.amount_minor, self.people.facts(hop), nodes=inner, covered_minor=hop.covered_minor
        )

    def _reached(self, hop: Hop) -> tuple[Node, ...]:
        payout = self.people.payouts.get(hop.document_ref)
        if payout is None:
            return ()
        answer = acknowledgement_facts(payout)
        answers = (self.node("ACKNOWLEDGEMENT", hop.amount_minor, answer),) if answer else ()
        return (self.node("PAYOUT", hop.amount_minor, payout_facts(payout), nodes=answers),)

    def behind(self, hops: tuple[Hop, ...]) -> tuple[Node, ...]:
        """The money behind a spending."""
        return tuple(
            self.node(
                hop.kind,
                hop.amount_minor,
                self.people.facts(hop),
                nodes=self.behind(hop.hops),
                covered_minor=hop.covered_minor,
            )
            for hop in hops
        )
