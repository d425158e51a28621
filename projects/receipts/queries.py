"""Finding receipts, and checking that their numbers have no gap."""

from django.db.models import Count, Max, Min

from projects.giving.models import Gift
from projects.receipts import codes
from projects.receipts.models import Receipt

_RELATED = ("void", "donor", "issuer", "gift")


def receipt_of(gift: Gift) -> Receipt | None:
    """The latest receipt of a gift, valid or void."""
    return Receipt.objects.filter(gift=gift).select_related(*_RELATED).order_by("-edition").first()


def valid_receipt_of(gift: Gift) -> Receipt | None:
    """The one receipt of a gift that counts."""
    return Receipt.objects.filter(gift=gift, void__isnull=True).select_related(*_RELATED).first()


def receipt_by_token(token: str) -> Receipt | None:
    """The latest receipt of the gift whose private link this is."""
    return Receipt.objects.filter(gift__trace_token=token).select_related(*_RELATED).order_by("-edition").first()


def receipt_by_code(number: str, code: str) -> Receipt | None:
    """The receipt with this number *and* this check code, as somebody typed them from paper."""
    found = Receipt.objects.filter(check_code=codes.tidy(code)).select_related(*_RELATED).first()
    return found if found is not None and found.number == number.strip() else None


def gaps() -> list[str]:
    """Issuers and years whose serials are not 1, 2, 3 … : none, if the laws of the database stand."""
    rows = (
        Receipt.objects.order_by()
        .values("issuer__ref", "year")
        .annotate(first=Min("serial"), last=Max("serial"), count=Count("serial", distinct=True))
    )
    return [f"{row['issuer__ref']} {row['year']}" for row in rows if (row["first"], row["last"]) != (1, row["count"])]
