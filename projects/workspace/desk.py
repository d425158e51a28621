"""What every staff screen shares: rights, refusals as messages, lists with filters and export.

A right is asked twice. Without it anywhere the screen is closed; with it, only objects of the organisations where it
was granted can be found, so another charity's object does not exist here (404, never "forbidden").
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView, View
from django.views.generic.base import TemplateView
from wagtail.admin import messages
from wagtail.admin.ui.tables import Column
from wagtail.admin.views.generic.base import BaseListingView, WagtailAdminTemplateMixin
from wagtail.admin.widgets.button import Button

from ledger.core.refusals import Refused
from projects.access.csv_cells import csv_bytes
from projects.access.permissions import may, organisations_of
from projects.access.screen import sentence
from projects.organisations.models import Organisation
from projects.workspace.filters import Counted


class Desk:
    """A screen of the workspace and the rights that open it: any one of `permissions`."""

    permissions: Sequence[str] = ()
    request: Any
    kwargs: Any

    def dispatch(self, request, *args, **kwargs):
        if not any(self.may(permission) for permission in self.permissions):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]

    @cached_property
    def today(self) -> date:
        return timezone.localdate()

    @cached_property
    def now(self):
        return timezone.now()

    def may(self, permission: str, organisation=None) -> bool:
        scope = {} if organisation is None else {"organisation": organisation}
        return may(self.request.user, permission, on=self.today, **scope)

    def organisation_ids(self, *permissions: str) -> set[int]:
        """Where the person may do any of these (by default: what opens this screen)."""
        ids: set[int] = set()
        for permission in permissions or self.permissions:
            ids.update(organisations_of(self.request.user, permission, self.today))
        return ids

    def organisations(self, *permissions: str):
        return Organisation.objects.filter(pk__in=self.organisation_ids(*permissions)).order_by("slug")

    def own(self, queryset, path: str = "organisation"):
        """The rows of the organisations that open this screen to this person."""
        return queryset.filter(**{f"{path}__in": self.organisation_ids()})

    def find(self, queryset, path: str = "organisation", **lookup):
        lookup = lookup or {"ref": self.kwargs["ref"]}
        return get_object_or_404(self.own(queryset, path), **lookup)


class Screen(Desk, WagtailAdminTemplateMixin, TemplateView):
    """A page that shows something. `crumbs` are (url name, label) pairs above it."""

    crumbs: Sequence[tuple[str, Any]] = ()

    def get_breadcrumbs_items(self):
        above = [{"url": reverse(name), "label": label} for name, label in self.crumbs]
        return [*self.breadcrumbs_items, *above, {"url": "", "label": self.get_page_title()}]


class FormScreen(Desk, WagtailAdminTemplateMixin, FormView):
    """A form over one action. A refusal stands by its field (or above the form) and what was typed stays."""

    template_name = "workspace/form.html"
    crumbs: Sequence[tuple[str, Any]] = ()
    # Which field a refusal belongs to, by its code.
    refusal_fields: dict[str, str] = {}
    submit_label: Any = _("Save")
    warning: Any = ""

    get_breadcrumbs_items = Screen.get_breadcrumbs_items

    def act(self, form) -> str | None:
        """Do it, and say so in one sentence."""
        raise NotImplementedError

    def form_valid(self, form):
        try:
            said = self.act(form)
        except Refused as refused:
            # Where one law holds for several fields, the refusal says which of them it is about.
            field = refused.values.get("field") or self.refusal_fields.get(refused.code)
            form.add_error(field if field in form.fields else None, sentence(refused))
            return self.form_invalid(form)
        if said:
            messages.success(self.request, said)
        return redirect(self.get_success_url())

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            submit_label=self.submit_label, warning=self.get_warning(), cancel_url=self.get_cancel_url(), **kwargs
        )

    def get_warning(self) -> str:
        return self.warning

    def get_cancel_url(self) -> str:
        return self.get_success_url()


class Act(Desk, View):
    """A button: POST does one thing to one object and goes back; a refusal becomes a message."""

    http_method_names = ["post"]

    def act(self) -> str | None:
        raise NotImplementedError

    def back(self) -> str:
        raise NotImplementedError

    def post(self, request, *args, **kwargs):
        try:
            said = self.act()
        except Refused as refused:
            messages.error(request, sentence(refused))
        else:
            if said:
                messages.success(request, said)
        return redirect(self.back())


class Listing(Desk, BaseListingView):
    """A long list: filtered, sorted, paged, and exported as CSV with formulas made harmless."""

    paginate_by = 50
    paginator_class = Counted
    results_template_name = "workspace/listing_results.html"
    # (heading, function of the row) pairs; empty means that this list is not exported.
    export: Sequence[tuple[str, Callable]] = ()
    export_name = "list"

    @cached_property
    def no_results_message(self) -> str:
        # Wagtail's own sentences leave spaces around the word in Chinese.
        if self.is_searching or self.is_filtering:
            return gettext("No %(things)s fit what you ask for.") % {"things": self.verbose_name_plural}
        return gettext("There are no %(things)s to show here.") % {"things": self.verbose_name_plural}

    def get(self, request, *args, **kwargs):
        if self.export and request.GET.get("export") == "csv":
            return self.csv_response()
        return super().get(request, *args, **kwargs)

    def csv_response(self) -> HttpResponse:
        rows = ([cell(row) for _heading, cell in self.export] for row in self.get_queryset())
        content = csv_bytes([heading for heading, _cell in self.export], rows)
        response = HttpResponse(content, content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="{self.export_name}-{self.today:%Y%m%d}.csv"'
        return response

    def get_header_more_buttons(self):
        buttons = list(super().get_header_more_buttons())
        if self.export:
            query = self.request.GET.copy()
            query["export"] = "csv"
            buttons.append(
                Button(_("Export as CSV"), url=f"{self.index_url}?{query.urlencode()}", icon_name="download")
            )
        return buttons

    @cached_property
    def columns(self) -> list[Column]:
        return self.get_columns()

    def get_columns(self) -> list[Column]:
        raise NotImplementedError
