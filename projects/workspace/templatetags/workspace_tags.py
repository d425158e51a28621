"""What the templates of the workspace need beyond Wagtail's own."""

from typing import Any

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe
from wagtail.admin.templatetags.wagtailadmin_tags import formattedfield

from ledger.core.money import format_amount
from projects.settlement.words import Kind
from projects.workspace import words

register = template.Library()
BREAK = mark_safe("<br>")
register.filter("tone", words.tone)
register.filter("channel", words.channel)
register.filter("percent", words.percent)


@register.inclusion_tag("wagtailadmin/shared/formatted_field.html")
def field_box(field: Any) -> dict[str, Any]:
    """Wagtail's box of a field, with the ids that the field names: its hint and its fault are both read with it.

    Wagtail gives the fault no id and the hint another one than Django says, and so loses the fault where both are.
    """
    named = {"aria-describedby": field.aria_describedby} if field.aria_describedby else {}
    how: dict[str, Any] = {"error_message_id": f"{field.auto_id}_error"}
    if field.help_text:
        how["help_text_id"] = f"{field.auto_id}_helptext"
    if field.id_for_label:
        box = formattedfield(field, rendered_field=field.as_widget(attrs=named), **how)
    else:
        # Several boxes to tick: what is said is said of all of them together.
        group = {"role": "group", "aria-label": field.label} | named
        box = formattedfield(field, rendered_field=field.as_widget(), attrs=group, **how)
    # Each fault on a line of its own; Wagtail runs them together.
    if len(box["errors"]) > 1:
        box["errors"] = [format_html_join(BREAK, "{}", ([fault] for fault in box["errors"]))]
    return box


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
