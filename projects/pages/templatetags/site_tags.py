"""What the frame of every page needs: the same page in the other language, the reading size, days and numbers."""

import datetime
from typing import Any
from urllib.parse import urlencode

from django import template
from django.template import Context
from django.urls import reverse, translate_url
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from wagtail.models import Page

from projects.pages.models import CharityPage

register = template.Library()

SHOWN_CHARITIES = 6

# Each language is named in itself, and by the code that fonts and screen readers understand.
LANGUAGE_NAMES = {"zh-hans": ("简体中文", "zh-Hans"), "en": ("English", "en")}


@register.simple_tag(takes_context=True)
def languages_of_this_page(context: Context) -> list[dict[str, str]]:
    """This page in each language of the site; where a page is not translated, the nearest page above it."""
    request = context.get("request")
    if request is None:
        return []
    page = context.get("page")
    rows = []
    for code, (name, html_code) in LANGUAGE_NAMES.items():
        url = _page_url(page, code, request) if isinstance(page, Page) and page.pk else None
        rows.append(
            {
                "code": code,
                "name": name,
                "html_code": html_code,
                "url": url or _plain_url(request.get_full_path(), code),
            }
        )
    return rows


def _plain_url(path: str, code: str) -> str:
    """The same address under the other language; error pages have none, so they lead home."""
    translated = translate_url(path, code)
    return translated if translated.startswith(f"/{code}/") else f"/{code}/"


def _page_url(page: Page, code: str, request: Any) -> str | None:
    if page.locale.language_code == code:
        return page.get_url(request)
    above = [page, *page.get_ancestors().order_by("-depth")]
    for candidate in above:
        if candidate.depth < 2:
            return None
        translation = candidate.get_translations().filter(locale__language_code=code, live=True).first()
        if translation:
            return translation.specific.get_url(request)
    return None


@register.simple_tag(takes_context=True)
def current(context: Context, section: str) -> SafeString | str:
    """`aria-current` for the menu entry the reader is in."""
    request = context.get("request")
    if request is None or section not in request.path:
        return ""
    return format_html(' aria-current="{}"', "page" if request.path.endswith(section) else "true")


@register.simple_tag(takes_context=True)
def reading_url(context: Context) -> str:
    """Where the reader changes between the standard and the large-text version and comes back to this page."""
    request = context.get("request")
    url = reverse("reading", args=["standard" if context.get("elder") else "large"])
    return f"{url}?{urlencode({'next': request.get_full_path()})}" if request else url


@register.simple_tag
def charities_of_this_site() -> list[Any]:
    """The sections of the charities whose books these are, for the foot of pages that belong to none of them."""
    return list(
        CharityPage.objects.live()
        .filter(locale__language_code=get_language())
        .select_related("organisation", "locale")
        .defer_streamfields()[:SHOWN_CHARITIES]
    )


@register.filter
def grouped(number: int | None) -> str:
    """12406 as 12,406: both languages of the site group by threes."""
    return "" if number is None else f"{number:,}"


@register.filter
def nth(log_index: int | None) -> str:
    """The place of an entry as people count it. The log's own index begins at 0, so the newest entry is its size."""
    return "" if log_index is None else grouped(log_index + 1)


@register.filter
def day(value: datetime.date | None) -> str:
    """A day as each language writes it: 2026 年 9 月 6 日, 6 September 2026."""
    if value is None:
        return ""
    if get_language() == "en":
        return date_format(value, "j F Y")
    return f"{value.year} 年 {value.month} 月 {value.day} 日"


def month(first: datetime.date, last: datetime.date) -> str:
    """A month, or a stretch of months: 2026 年 9 月至 10 月, September – October 2026."""
    if get_language() == "en":
        end = date_format(last, "F Y")
        return end if first == last else f"{date_format(first, 'F' if first.year == last.year else 'F Y')} – {end}"
    begin = f"{first.year} 年 {first.month} 月"
    if first == last:
        return begin
    return f"{begin}至 {last.month} 月" if first.year == last.year else f"{begin}至 {last.year} 年 {last.month} 月"


@register.filter
def short_hash(value: str) -> str:
    """The first and last letters of a hash: enough to compare at a glance, the whole is in the title."""
    return value if len(value) <= 18 else f"{value[:10]}…{value[-6:]}"


@register.filter
def by_language(thing: Any, field: str) -> str:
    """`thing|by_language:"summary"`: summary_zh or summary_en, the other one where the first is empty."""
    first, second = ("en", "zh") if get_language() == "en" else ("zh", "en")
    return getattr(thing, f"{field}_{first}", "") or getattr(thing, f"{field}_{second}", "")
