"""What the templates of the workspace need beyond Wagtail's own."""

from django import template

from ledger.core.money import format_amount
from projects.settlement.words import Kind
from projects.workspace import words

register = template.Library()
register.filter("tone", words.tone)


@register.filter
def money(minor: int | None, currency: str) -> str:
    return "" if minor is None else format_amount(minor, currency)


@register.filter
def settlement_kind(kind: str):
    """The word for what a row of a platform says it is."""
    return Kind(kind).label


@register.filter
def short(ref: str) -> str:
    """The first letters of an opaque reference: enough to tell rows apart on a screen."""
    return str(ref)[:8]


@register.filter
def at(table: dict, key: str):
    """The value under a key that only the template knows."""
    return table.get(key, "")
