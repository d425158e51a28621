"""A charity's statements, for those who oversee it: any days, as known at any position, and the closed periods."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from ledger import periods
from projects.access import people
from projects.organisations.models import Organisation
from projects.oversight.scope import OversightRequest, in_scope, oversight_view, today
from projects.tracing.statement_sheets import as_file, closed_rows, sheet


@require_safe
@oversight_view
def statements(request: OversightRequest, slug: str) -> HttpResponse:
    """The trial balance, the three statements or an account's lines; as a file with `format`."""
    organisation: Any = in_scope(request, get_object_or_404(Organisation.objects.exclude(book_code=""), slug=slug))
    made = sheet(organisation.book_code, request.GET, today=today())
    file = as_file(made, request.GET.get("format", ""))
    if file is not None:
        return file
    closed = periods.closed_periods(book=organisation.book_code)
    names = people.names([period.closed_by for period in closed])
    context = {"organisation": organisation, "sheet": made, "closed": closed_rows(closed, names)}
    return render(request, "oversight/statements.html", context)
