"""The charity's books for its own staff: statements of any days, and the closing of months."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.widgets import AdminDateInput

from ledger import periods
from projects.access import people
from projects.organisations import closing
from projects.organisations.models import Organisation
from projects.tracing.statement_sheets import Sheet, as_file, closed_rows, sheet
from projects.workspace.desk import FormScreen, Screen
from projects.workspace.sections import Section

VIEW, CLOSE = "books.view", "books.close"
CRUMBS = (("workspace_books:index", gettext_lazy("Books")),)


class StatementScreen(Screen):
    """Whose books, where a person may see those of several charities, stands in the address."""

    permissions = (VIEW,)
    template_name = "workspace/statements.html"
    header_icon = "table"

    def get_page_title(self) -> str:
        return _("Books")

    @cached_property
    def charities(self) -> list[Organisation]:
        return list(self.organisations().exclude(book_code=""))

    @cached_property
    def charity(self) -> Organisation | None:
        asked = self.request.GET.get("charity")
        if asked:
            return get_object_or_404(self.organisations().exclude(book_code=""), slug=asked)
        return self.charities[0] if self.charities else None

    @cached_property
    def sheet(self) -> Sheet | None:
        made = sheet(self.charity.book_code, self.request.GET, today=self.today) if self.charity else None
        if made:
            for name in ("starts_on", "ends_on"):
                made.form.fields[name].widget = AdminDateInput()
        return made

    def month_to_close(self) -> Any:
        """The month that waits, for whoever may close it."""
        if self.charity is None or not self.may(CLOSE, self.charity):
            return None
        return next(iter(closing.open_months(self.charity, on=self.today)), None)

    def get(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        file = as_file(self.sheet, request.GET.get("format", "")) if self.sheet else None
        return file or super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        closed = periods.closed_periods(book=self.charity.book_code) if self.charity else []
        names = people.names([period.closed_by for period in closed])
        month = self.month_to_close()
        return super().get_context_data(
            sheet=self.sheet,
            organisation=self.charity,
            charities=self.charities,
            charity=self.charity.slug if self.charity else "",
            closed=closed_rows(closed, names),
            month=month,
            month_ends=month and closing.last_day(month),
            **kwargs,
        )


class MonthForm(forms.Form):
    """The oldest open month of one charity; there is nothing to choose, only to confirm."""

    seen = forms.BooleanField(label=gettext_lazy("I have looked at the statements of this month"))


class CloseScreen(FormScreen):
    permissions = (CLOSE,)
    form_class = MonthForm
    header_icon = "lock"
    crumbs = CRUMBS
    submit_label = gettext_lazy("Close the month")

    @cached_property
    def charity(self) -> Organisation:
        return get_object_or_404(self.organisations().exclude(book_code=""), slug=self.kwargs["slug"])

    @cached_property
    def month(self) -> Any:
        return next(iter(closing.open_months(self.charity, on=self.today)), None)

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        self.request, self.kwargs = request, kwargs
        return super().dispatch(request, *args, **kwargs)

    def get_page_title(self) -> str:
        if self.month is None:
            return _("No month of %(charity)s waits to be closed") % {"charity": self.charity.name}
        return _("Close %(month)s of %(charity)s") % {"month": f"{self.month:%Y-%m}", "charity": self.charity.name}

    def get_warning(self) -> str:
        if self.month is None:
            return _("A month can be closed when it is over.")
        return _(
            "A closed month is never opened again: no entry can be dated in it any more, and its statements go into "
            "the public log. Corrections are made by entries of the months after it."
        )

    def act(self, form: forms.Form) -> str | None:
        if self.month is None:
            return None
        closing.close_month(self.charity, month=self.month, by=self.request.user, at=self.now)
        return _("%(month)s is closed.") % {"month": f"{self.month:%Y-%m}"}

    def get_success_url(self) -> str:
        return f"{reverse('workspace_books:index')}?charity={self.charity.slug}"


class BooksSection(Section):
    name = "books"
    menu_label = gettext_lazy("Books")
    icon = "table"
    menu_order = 270
    permissions = (VIEW,)
    paths = (
        path("", StatementScreen.as_view(), name="index"),
        path("<slug:slug>/close/", CloseScreen.as_view(), name="close"),
    )
