"""A project's figures as a meter and as the flow picture, each with its sentence."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ledger.core.money import format_amount
from projects.tracing.figures import ProjectFigures
from projects.tracing.flow_picture import FlowPicture, Stream, draw

WHOLE = 1000


@dataclass(frozen=True)
class Flow:
    """The picture, the sentence that replaces it, and the rows of the table beside it."""

    picture: FlowPicture | None
    label: str
    total: str
    sources: tuple[Stream, ...]
    destinations: tuple[Stream, ...]


def meter(figures: ProjectFigures) -> dict[str, Any] | None:
    """How much of what came in has reached people, is on its way, and is left. None when nothing has come in."""
    if figures.in_minor <= 0:
        return None
    parts, x = [], 0
    for tone, amount in (("f-jade", figures.reached_minor), ("f-way", figures.on_its_way_minor)):
        width = min(WHOLE * amount // figures.in_minor, WHOLE - x)
        if amount > 0:
            parts.append({"tone": tone, "x": x, "width": max(width, 4)})
            x += max(width, 4)
    label = _("%(reached)s passed on, %(way)s decided and on its way, %(left)s not spent yet") % {
        "reached": _amount(figures.reached_minor, figures),
        "way": _amount(figures.on_its_way_minor, figures),
        "left": _amount(figures.left_minor, figures),
    }
    return {"parts": parts, "label": label}


def flow(figures: ProjectFigures) -> Flow:
    """Where the money came from and where it went; both sides come to the same sum."""
    sources = _streams(
        figures,
        ("gift", _("Gifts"), figures.given_minor),
        ("match", _("Matches"), figures.matched_minor),
        ("ink", _("Grants and other funds"), figures.other_in_minor),
    )
    homes = ngettext("%(count)s household", "%(count)s households", figures.households) % {"count": figures.households}
    destinations = _streams(
        figures,
        ("jade", homes if figures.households else _("Passed on"), figures.reached_minor),
        ("way", _("On its way"), figures.on_its_way_minor),
        ("ink", _("Costs"), figures.costs_minor),
        ("ink", _("To other funds"), figures.other_out_minor),
        ("left", _("Not spent yet"), figures.left_minor),
    )
    total = _amount(figures.in_minor, figures)
    return Flow(draw(sources, destinations), _sentence(sources, destinations, total), total, sources, destinations)


def _streams(figures: ProjectFigures, *rows: tuple[str, str, int]) -> tuple[Stream, ...]:
    gifts = ngettext("%(count)s gift", "%(count)s gifts", figures.gift_count) % {"count": f"{figures.gift_count:,}"}
    return tuple(
        Stream(tone, label, minor, _amount(minor, figures), gifts if tone == "gift" else "")
        for tone, label, minor in rows
        if minor > 0
    )


def _sentence(sources: tuple[Stream, ...], destinations: tuple[Stream, ...], total: str) -> str:
    listed = _(", ")
    return _("%(total)s came in: %(sources)s. Of it: %(destinations)s. The table below has the same numbers.") % {
        "total": total,
        "sources": listed.join(f"{stream.label} {stream.amount}" for stream in sources),
        "destinations": listed.join(f"{stream.label} {stream.amount}" for stream in destinations),
    }


def _amount(minor: int, figures: ProjectFigures) -> str:
    return format_amount(minor, figures.currency, whole=minor % 100 == 0)
