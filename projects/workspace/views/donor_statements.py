"""Statements of donors, for the charity's finance: all donors of some days as one file, or one donor's as a PDF."""

from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.admin.widgets.button import HeaderButton

from ledger.core.refusals import Refused
from projects.access import people
from projects.access.screen import sentence
from projects.giving.models import Gift
from projects.receipts import batches, tasks
from projects.receipts.batch_models import BatchStatement, StatementBatch
from projects.workspace.desk import Act, FormScreen, Listing, Screen
from projects.workspace.forms import DaysForm, OrganisationForm
from projects.workspace.sections import Section
from projects.workspace.tables import RefColumn, StateColumn

PERMISSIONS = (batches.RIGHT,)
CRUMBS = (("workspace_donor_statements:index", gettext_lazy("Statements for donors")),)
BATCHES = StatementBatch.objects.select_related("organisation")
FAILED_SHOWN = 50


class BatchList(Listing):
    permissions = PERMISSIONS
    page_title = gettext_lazy("Statements for donors")
    header_icon = "doc-full"
    index_url_name = "workspace_donor_statements:index"
    index_results_url_name = "workspace_donor_statements:results"
    default_ordering = "-asked_at"
    verbose_name_plural = gettext_lazy("statements for donors")

    def get_base_queryset(self):
        return self.own(BATCHES.all())

    def get_header_buttons(self):
        url = reverse("workspace_donor_statements:ask")
        ask = HeaderButton(_("Make statements for all donors"), url=url, icon_name="plus")
        return [ask, *super().get_header_buttons()]

    def get_columns(self):
        return [
            RefColumn("ref", label=_("Statements"), url_name="workspace_donor_statements:show", id_accessor="ref"),
            Column("organisation", label=_("Charity"), accessor="organisation.name"),
            Column("days", label=_("Days"), accessor=lambda batch: f"{batch.since} – {batch.until}"),
            StateColumn(),
            Column("total", label=_("Donors"), sort_key="total", classname="ws-money"),
            DateColumn("asked_at", label=_("Asked for"), sort_key="asked_at"),
        ]


class AskForm(DaysForm, OrganisationForm):
    field_order = ["organisation", "since", "until"]


def last_year(desk: Any) -> dict[str, Any]:
    """The days that are asked for most: the calendar year that is over."""
    first = desk.today.replace(year=desk.today.year - 1, month=1, day=1)
    return {"since": first, "until": first.replace(month=12, day=31)}


class AskForAll(FormScreen):
    permissions = PERMISSIONS
    page_title = gettext_lazy("Make statements for all donors")
    header_icon = "doc-full"
    crumbs = CRUMBS
    form_class = AskForm
    submit_label = gettext_lazy("Make the statements")
    warning = gettext_lazy(
        "One PDF for each donor with a receipt of yours for a gift that arrived in these days, as one ZIP file. It "
        "names all of them: who fetches it is written down, and it is thrown away after seven days."
    )
    refusal_fields = {"days_reversed": "until", "no_receipts": "until", "too_many_donors": "until"}

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"organisations": self.organisations()}

    def get_initial(self):
        return last_year(self)

    def act(self, form):
        self.batch = batches.ask(**form.cleaned_data, by=self.request.user, at=self.now)
        tasks.make_statements.enqueue(self.batch.ref)
        return _("The statements are made in the background. You may leave this page.")

    def get_success_url(self):
        batch = getattr(self, "batch", None)
        return reverse("workspace_donor_statements:show", args=[batch.ref]) if batch else reverse(CRUMBS[0][0])


class BatchScreen(Screen):
    permissions = PERMISSIONS
    template_name = "workspace/statement_batch.html"
    header_icon = "doc-full"
    crumbs = CRUMBS

    def get_page_title(self):
        return _("Statements %(ref)s") % {"ref": self.kwargs["ref"][:8]}

    def get_context_data(self, **kwargs):
        batch = self.find(BATCHES.all())
        failed = batch.statements.filter(state=BatchStatement.State.FAILED).select_related("donor").order_by("number")
        page = Paginator(failed, FAILED_SHOWN).get_page(self.request.GET.get("p"))
        fetchable = batch.state == "READY" and batch.expires_at > self.now
        return super().get_context_data(
            batch=batch,
            asked_by=people.name(batch.asked_by_ref),
            percent=100 * batch.done // batch.total,
            working=batch.state == "MAKING",
            fetchable=fetchable,
            page=page,
            failed=[(row, self.gift_of(row), _(batches.PROBLEMS[row.problem])) for row in page],
            offers=self.offers(batch, fetchable),
            **kwargs,
        )

    def gift_of(self, row) -> str:
        """A gift of the donor to this charity: from there one makes the statement by itself."""
        gifts = Gift.objects.filter(donor=row.donor, organisation=row.batch.organisation, receipts__isnull=False)
        return gifts.values_list("ref", flat=True).first() or ""

    def offers(self, batch, fetchable: bool) -> list[dict]:
        offers = []
        if fetchable:
            fetch = reverse("workspace_donor_statements:fetch", args=[batch.ref])
            offers.append({"url": fetch, "label": _("Download the ZIP file"), "main": True, "at_once": True})
        if fetchable or batch.state == "MAKING":
            discard = reverse("workspace_donor_statements:discard", args=[batch.ref])
            offers.append({"url": discard, "label": _("Throw the statements away"), "at_once": True})
        return offers


class BatchAct(Act):
    permissions = PERMISSIONS

    def batch(self) -> StatementBatch:
        return self.find(BATCHES.all())

    def back(self):
        return reverse("workspace_donor_statements:show", args=[self.kwargs["ref"]])


class FetchBatch(BatchAct):
    """POST only: no browser fetches it ahead, and each fetch is somebody's own act."""

    def post(self, request, *args, **kwargs):
        batch = self.batch()
        try:
            file = batches.fetch(batch, by=request.user, at=self.now)
        except Refused as refused:
            messages.error(request, sentence(refused))
            return redirect(self.back())
        name = f"statements-{batch.since}-{batch.until}.zip"
        return private(FileResponse(file, as_attachment=True, filename=name, content_type="application/zip"))


class DiscardBatch(BatchAct):
    def act(self):
        batches.discard(self.batch(), by=self.request.user, at=self.now)
        return _("The statements are thrown away.")


class StatementOfGiver(FormScreen):
    """The statement of whoever gave this gift, of gifts to this charity alone."""

    permissions = PERMISSIONS
    page_title = gettext_lazy("A statement of this donor's gifts")
    header_icon = "doc-full"
    crumbs = CRUMBS
    form_class: type[forms.Form] = DaysForm
    submit_label = gettext_lazy("Make the PDF")
    warning = gettext_lazy("It holds the receipts of this charity alone. That you made it is written down.")
    refusal_fields = {"days_reversed": "until", "no_receipts": "until"}

    def gift(self) -> Gift:
        return self.find(Gift.objects.select_related("organisation", "donor"))

    def get_page_subtitle(self):
        return _("Gift %(ref)s") % {"ref": self.gift().ref[:8]}

    def get_initial(self):
        return {"since": self.today.replace(month=1, day=1), "until": self.today}

    def form_valid(self, form):
        gift, days = self.gift(), form.cleaned_data
        try:
            told = batches.statement_for_charity(
                gift.donor, gift.organisation, **days, by=self.request.user, at=self.now
            )
        except Refused as refused:
            form.add_error(self.refusal_fields.get(refused.code), sentence(refused))
            return self.form_invalid(form)
        from projects.receipts.render import statement_pdf  # WeasyPrint is heavy: only who draws loads it

        pdf = statement_pdf(told, language=gift.donor.language)
        response = HttpResponse(pdf, content_type="application/pdf")
        response["Content-Disposition"] = f'attachment; filename="statement-{days["since"]}-{days["until"]}.pdf"'
        return private(response)

    def get_success_url(self):
        return reverse("workspace_gifts:show", args=[self.kwargs["ref"]])


def private(response: Any) -> Any:
    """It names people: no copy on the way."""
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


class DonorStatementSection(Section):
    name = "donor_statements"
    icon = "doc-full"
    menu_label = gettext_lazy("Statements for donors")
    menu_order = 147
    permissions = PERMISSIONS
    paths = (
        path("", BatchList.as_view(), name="index"),
        path("results/", BatchList.as_view(results_only=True), name="results"),
        path("all/", AskForAll.as_view(), name="ask"),
        path("gift/<str:ref>/", StatementOfGiver.as_view(), name="of_gift"),
        path("<str:ref>/", BatchScreen.as_view(), name="show"),
        path("<str:ref>/fetch/", FetchBatch.as_view(), name="fetch"),
        path("<str:ref>/discard/", DiscardBatch.as_view(), name="discard"),
    )
