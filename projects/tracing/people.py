"""The people's side of a trace: gifts, matches, awards and payouts behind opaque references, read in a few queries.

Everything here is a full set of facts; `audiences.cut` takes away what the reader may not see.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from ledger.trace import Hop
from projects.giving.models import Gift
from projects.matching import queries as matching
from projects.matching.models import Match
from projects.payouts.models import Payout
from projects.payouts.words import PayoutState
from projects.receipts.models import Receipt
from projects.relief import public as relief
from projects.relief.models import Award

REACHED = (PayoutState.CONFIRMED, PayoutState.ACKNOWLEDGED)


class People:
    """Who and what stands behind the references of some hops."""

    def __init__(self, hops: Iterable[Hop], *, at: datetime) -> None:
        refs: dict[str, set[str]] = {}
        for hop in _all(hops):
            refs.setdefault(hop.document_kind, set()).add(hop.document_ref)
        self.receipts = _receipts(refs.get("gift", set()))
        self.gifts = _by_ref(Gift.objects.select_related("project", "donor"), refs.get("gift", set()))
        self.matches = _by_ref(Match.objects.select_related("pool__matcher", "rule"), refs.get("match", set()))
        awards = Award.objects.select_related("project", "purpose", "request__case__node", "proposed_by")
        self.awards = _by_ref(awards.prefetch_related("approvals__approver"), refs.get("award", set()))
        self.published = published(self.awards.values(), at=at)
        self.payouts = self._payouts()

    def _payouts(self) -> dict[str, Payout]:
        """The payout that reached the bank, per award."""
        rows = (
            Payout.objects.filter(award__ref__in=self.awards, state__in=REACHED)
            .select_related("award", "batch")
            .prefetch_related("acknowledgements")
            .order_by("pk")
        )
        return {row.award.ref: row for row in rows}

    def facts(self, hop: Hop) -> dict[str, Any]:
        """All facts of a hop; the caller cuts them to the audience."""
        known = {"on": hop.effective_on, "position": hop.position, "entry_id": hop.entry_id, "fund": hop.fund}
        if hop.kind == "GIFT" and hop.document_ref in self.gifts:
            return known | gift_facts(self.gifts[hop.document_ref], self.receipts)
        if hop.kind == "MATCH" and hop.document_ref in self.matches:
            return known | match_facts(self.matches[hop.document_ref])
        if hop.document_kind == "award" and hop.document_ref in self.awards:
            award = self.awards[hop.document_ref]
            return known | award_facts(award) | {"published": self.published.get(award.ref)}
        return known | {"document_ref": hop.document_ref}


@dataclass(frozen=True, slots=True)
class PublishedRow:
    """The public row an award stands in, without saying which awards are inside. `number` tells rows apart."""

    number: tuple[str, int]
    pseudonym: str
    place: str
    purpose: str
    households: int | None
    is_single: bool


def published(awards: Iterable[Award], *, at: datetime) -> dict[str, PublishedRow]:
    """The public row of each award: its own under a pseudonym, or one merged with others."""
    rows: dict[str, PublishedRow] = {}
    for project in {award.project for award in awards}:
        for number, found in enumerate(relief.public_awards(project, at=at)):
            row = PublishedRow(
                number=(project.slug, number),
                pseudonym=found.pseudonym,
                place=found.place,
                purpose=found.purpose,
                households=found.households,
                is_single=found.is_single,
            )
            rows.update(dict.fromkeys(found.row.award_refs, row))
    return rows


def gift_facts(gift: Gift, receipts: dict[str, str] | None = None) -> dict[str, Any]:
    """What is known of a gift; the receipts' numbers of many gifts are read before, at once."""
    numbers = _receipts({gift.ref}) if receipts is None else receipts
    return {
        "project": gift.project,
        "shown_name": gift.shown_name,
        "state": gift.get_state_display(),
        "receipt_number": numbers.get(gift.ref, ""),
        "channel": gift.channel,
        "gift_ref": gift.ref,
        "donor_ref": gift.donor.ref,
    }


def _receipts(refs: set[str]) -> dict[str, str]:
    """The number of each gift's last receipt."""
    rows = Receipt.objects.filter(gift__ref__in=refs).order_by("edition") if refs else Receipt.objects.none()
    return {row.gift.ref: row.number for row in rows.select_related("gift")}


def match_facts(match: Match) -> dict[str, Any]:
    return {
        "matcher": match.pool.matcher,
        "pool": match.pool.name,
        "rule_version": match.rule.version,
        "explanation": matching.explanation(match),
        "gift_ref": match.gift_ref,
        "match_ref": match.ref,
    }


def award_facts(award: Award) -> dict[str, Any]:
    return {
        "project": award.project,
        "purpose": award.purpose.name,
        "award_ref": award.ref,
        "pseudonym": award.pseudonym,
        "state": award.get_state_display(),
        "whole_minor": award.amount_minor,
        "case_ref": award.request.case.ref,
        "place": award.request.case.node.name,
        "proposed_by": award.proposed_by,
        "proposed_at": award.proposed_at,
        "approvals": [(one.approver, one.approved_at, one.stage) for one in award.approvals.all()],
    }


def payout_facts(payout: Payout) -> dict[str, Any]:
    return {
        "state": payout.get_state_display(),
        "on": payout.answered_on,
        "payout_ref": payout.ref,
        "end_to_end_id": payout.end_to_end_id,
        "batch_ref": payout.batch.ref if payout.batch else "",
        "whole_minor": payout.amount_minor,
        "bank_ref": payout.bank_ref,
        "entry_id": payout.entry_id,
    }


def acknowledgement_facts(payout: Payout) -> dict[str, Any] | None:
    """The household's latest answer, if it gave one."""
    answers = sorted(payout.acknowledgements.all(), key=lambda one: (one.at, one.pk))
    if not answers:
        return None
    last = answers[-1]
    return {
        "answer": last.get_answer_display(),
        "channel": last.get_channel_display(),
        "on": timezone.localtime(last.at).date(),
    }


def _all(hops: Iterable[Hop]) -> Iterable[Hop]:
    for hop in hops:
        yield hop
        yield from _all(hop.hops)


def _by_ref(rows: Any, refs: set[str]) -> dict[str, Any]:
    return {row.ref: row for row in rows.filter(ref__in=refs)} if refs else {}
