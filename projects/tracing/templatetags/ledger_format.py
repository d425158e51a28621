"""Amounts in templates: `{{ minor|money:currency }}` is ¥1,234.00, `money_whole` drops empty decimals (¥20)."""

from django import template

from ledger.core.money import format_amount
from projects.tracing import words

register = template.Library()


@register.filter
def money(minor: int | None, currency: str) -> str:
    return "" if minor is None else format_amount(minor, currency)


@register.filter
def money_whole(minor: int | None, currency: str) -> str:
    return "" if minor is None else format_amount(minor, currency, whole=True)


@register.filter
def kind_word(kind: str) -> str:
    """What an entry of a kind is called."""
    return words.kind_word(kind)
