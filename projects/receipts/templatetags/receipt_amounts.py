"""Amounts in the receipts' own templates (the site's are in the tracing app, which stands above this one)."""

from django import template

from ledger.core.money import format_amount

register = template.Library()


@register.filter
def amount(minor: int, currency: str) -> str:
    return format_amount(minor, currency)
