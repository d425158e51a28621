"""Finding anything by its reference, inside the reader's scope."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from ledger import reading
from ledger.core.money import format_amount
from projects.giving.models import Gift
from projects.payouts.models import Payout, PayoutBatch
from projects.receipts.models import Receipt
from projects.relief.models import Award, Case
from projects.tracing.words import kind_word

MOST = 50


@dataclass(frozen=True, slots=True)
class Found:
    """One hit: what it is, its reference, where it leads."""

    kind: str
    reference: str
    url: str
    note: str = ""


def find(query: str, *, scope: Any, books: list[str]) -> list[Found]:
    """Everything with this reference that lies in scope; documents first, entries after."""
    documents = [*_gifts(query, scope), *_awards(query, scope), *_payouts(query, scope)]
    entries = [
        Found(kind_word(view.kind), str(view.entry_id), reverse("oversight:entry", args=[view.entry_id]))
        for view in reading.find(_as_index(query), books=books)
    ]
    # A document's page leads on to its entries; entries are listed where no document has the reference.
    return (documents or entries)[:MOST]


def _as_index(query: str) -> str:
    """People count the log's entries from one, as the pages do; the log's own index begins at 0."""
    number = query.replace(",", "")
    return str(int(number) - 1) if number.isdecimal() and 0 < int(number) < 10**15 else query


def document_url(view: reading.EntryView) -> str:
    """The page of the document an entry names, where it has one."""
    ref = view.document_ref
    if view.document_kind == "gift" and Gift.objects.filter(ref=ref).exists():
        return reverse("oversight:gift", args=[ref])
    if view.document_kind == "award" and Award.objects.filter(ref=ref).exists():
        return reverse("oversight:award", args=[ref])
    if view.document_kind == "payout" and Payout.objects.filter(ref=ref).exists():
        return reverse("oversight:payout", args=[ref])
    return ""


def _gifts(query: str, scope: Any) -> list[Found]:
    gifts = Gift.objects.filter(organisation__in=scope)
    refs = set(gifts.filter(ref=query).values_list("ref", flat=True))
    refs |= set(Receipt.objects.filter(number=query, issuer__in=scope).values_list("gift__ref", flat=True))
    return [
        Found(kind_word("GIFT"), gift.ref, reverse("oversight:gift", args=[gift.ref]), _gift_note(gift))
        for gift in gifts.filter(ref__in=refs).select_related("organisation").order_by("ref")
    ]


def _gift_note(gift: Gift) -> str:
    """Receipt numbers run per charity: the charity and the amount tell two gifts apart."""
    return f"{gift.organisation.name} · {format_amount(gift.amount_minor, gift.currency)}"


def _awards(query: str, scope: Any) -> list[Found]:
    awards = Award.objects.filter(project__organisation__in=scope)
    cases = Case.objects.filter(organisation__in=scope, ref=query) | Case.objects.filter(
        organisation__in=scope, source_number=query
    )
    refs = set(awards.filter(ref=query).values_list("ref", flat=True))
    refs |= set(awards.filter(request__case__in=cases).values_list("ref", flat=True))
    refs |= set(awards.filter(pseudonym_zh=query).values_list("ref", flat=True))
    refs |= set(awards.filter(pseudonym_en=query).values_list("ref", flat=True))
    return [Found(kind_word("AWARD"), ref, reverse("oversight:award", args=[ref])) for ref in sorted(refs)]


def _payouts(query: str, scope: Any) -> list[Found]:
    payouts = Payout.objects.filter(award__project__organisation__in=scope)
    batches = PayoutBatch.objects.filter(organisation__in=scope, ref=query)
    rows = payouts.filter(ref=query) | payouts.filter(end_to_end_id=query) | payouts.filter(batch__in=batches)
    return [
        Found(kind_word("PAYOUT"), row.ref, reverse("oversight:payout", args=[row.ref]), row.end_to_end_id)
        for row in rows.distinct()[:MOST]
    ]
