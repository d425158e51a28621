"""The kept reports of verification, as regulators read them.

Whoever oversees every charity sees each row that was named. Others see which checks were red and how many rows they
named: a row may be of a charity out of their scope.
"""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ledger import reports
from projects.access import people
from projects.organisations.models import Organisation
from projects.oversight.scope import OversightRequest, books_in_scope, oversight_view

PAGE = 50


@require_safe
@oversight_view
def verifications(request: OversightRequest) -> HttpResponse:
    """The reports, newest first."""
    text = request.GET.get("below", "")
    rows = reports.newest(PAGE + 1, below=int(text) if text.isdecimal() and len(text) < 18 else None)
    names = people.names([row.by for row in rows])
    context = {
        "rows": [{"report": row, "by": names.get(row.by), "red": [_(name) for name in row.red]} for row in rows[:PAGE]],
        "more": rows[PAGE - 1].number if len(rows) > PAGE else None,
    }
    return render(request, "oversight/verifications.html", context)


@require_safe
@oversight_view
def verification(request: OversightRequest, number: int) -> HttpResponse:
    """One report: every check with its promise, and what was wrong."""
    report = reports.report(number) if number < 2**63 else None
    if report is None:
        raise Http404
    context = {
        "report": report,
        "by": people.name(report.by),
        # What is wrong comes first.
        "outcomes": sorted(map(_shown, report.outcomes), key=lambda outcome: outcome["state"] != "red"),
        "rows_shown": _oversees_everything(request),
    }
    return render(request, "oversight/verification.html", context)


def _shown(outcome: dict[str, Any]) -> dict[str, Any]:
    state = "green" if outcome["green"] else "red"
    return outcome | {
        "promise": _(outcome["promise"]),
        "state": "skipped" if outcome["skipped"] else state,
        "count": len(outcome["findings"]) + outcome["more"],
    }


def _oversees_everything(request: OversightRequest) -> bool:
    books = Organisation.objects.exclude(book_code="").values_list("book_code", flat=True)
    return set(books) <= set(books_in_scope(request))
