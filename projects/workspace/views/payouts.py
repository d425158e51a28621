"""Payout batches: prepare, release, bank file, result, close."""

from collections.abc import Sequence

from django import forms
from django.db.models import Sum
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.admin import messages
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.admin.widgets.button import HeaderButton

from ledger.core.money import format_amount
from ledger.core.refusals import Refused
from projects.access import people
from projects.access.screen import sentence
from projects.payouts import actions, queries
from projects.payouts.models import PayoutBatch
from projects.workspace.desk import Act, FormScreen, Listing, Screen
from projects.workspace.filters import Filters
from projects.workspace.forms import OrganisationForm, ReasonForm, UploadForm
from projects.workspace.sections import Section
from projects.workspace.tables import MoneyColumn, RefColumn, StateColumn
from projects.workspace.views import payout_answers as answers

FINANCE = ("payouts.prepare", "payouts.release", "payouts.import_result")
CRUMBS = (("workspace_payouts:index", gettext_lazy("Payouts")),)
SHOWN_AWARDS = 200
SKIPPED = {
    actions.NO_ACCOUNT: gettext_lazy("no account is known"),
    actions.HELD: gettext_lazy("the account is held"),
    actions.CHANGED: gettext_lazy("the account changed after the approval"),
}


class BatchFilters(Filters):
    class Meta:
        model = PayoutBatch
        fields = ["state"]


class BatchList(Listing):
    permissions = FINANCE
    page_title = gettext_lazy("Payout batches")
    header_icon = "mail"
    index_url_name = "workspace_payouts:index"
    index_results_url_name = "workspace_payouts:results"
    filterset_class = BatchFilters
    default_ordering = "-prepared_at"
    verbose_name_plural = gettext_lazy("payout batches")
    export_name = "payout-batches"
    export = (
        ("ref", lambda batch: batch.ref),
        ("state", lambda batch: batch.state),
        ("count", lambda batch: batch.count),
        ("total", lambda batch: format_amount(batch.total_minor, batch.currency)),
        ("prepared_at", lambda batch: batch.prepared_at.isoformat()),
        ("released_at", lambda batch: batch.released_at.isoformat() if batch.released_at else ""),
        ("digest", lambda batch: batch.digest),
    )

    def get_base_queryset(self):
        return self.own(PayoutBatch.objects.select_related("organisation"))

    def get_columns(self):
        return [
            RefColumn("ref", label=_("Batch"), url_name="workspace_payouts:show", id_accessor="ref"),
            Column("organisation", label=_("Charity"), accessor="organisation.name"),
            StateColumn(),
            Column("count", label=_("Payouts"), sort_key="count", classname="ws-money"),
            MoneyColumn("total_minor", label=_("Total"), sort_key="total_minor"),
            DateColumn("prepared_at", label=_("Prepared"), sort_key="prepared_at"),
        ]

    def get_header_buttons(self):
        buttons = super().get_header_buttons()
        if self.may("payouts.prepare"):
            prepare = reverse("workspace_payouts:prepare")
            buttons.insert(0, HeaderButton(_("Prepare a batch"), url=prepare, icon_name="plus"))
        if self.may("payouts.import_result"):
            upload = reverse("workspace_payouts:result")
            buttons.insert(1, HeaderButton(_("Read the bank's answer"), url=upload, icon_name="upload"))
        return buttons


class PrepareForm(OrganisationForm):
    bank_code = forms.CharField(
        label=gettext_lazy("Bank code"),
        max_length=32,
        help_text=gettext_lazy("The code by which this bank names itself in its answers."),
    )


class PrepareBatch(FormScreen):
    permissions = ("payouts.prepare",)
    template_name = "workspace/batch_prepare.html"
    page_title = gettext_lazy("Prepare a payout batch")
    header_icon = "mail"
    crumbs = CRUMBS
    form_class = PrepareForm
    submit_label = gettext_lazy("Prepare the batch")
    warning = gettext_lazy(
        "Somebody else of finance must release the batch; you cannot. Until then it can be cancelled."
    )
    refusal_fields = {"bank_code_missing": "bank_code"}

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"organisations": self.organisations()}

    def get_initial(self):
        last = self.own(PayoutBatch.objects).order_by("-prepared_at").first()
        return {"bank_code": last.bank_code if last else ""}

    def act(self, form):
        made = actions.prepare_batch(
            form.cleaned_data["organisation"],
            bank_code=form.cleaned_data["bank_code"],
            by=self.request.user,
            at=self.now,
        )
        self.batch = made.batch
        for ref, why in made.skipped.items():
            messages.warning(
                self.request, _("Award %(award)s stays behind: %(why)s.") % {"award": ref[:8], "why": SKIPPED[why]}
            )
        return _("The batch is prepared: %(count)s payouts, %(total)s.") % {
            "count": made.batch.count,
            "total": format_amount(made.batch.total_minor, made.batch.currency),
        }

    def get_success_url(self):
        batch = getattr(self, "batch", None)
        return reverse("workspace_payouts:show", args=[batch.ref]) if batch else reverse("workspace_payouts:index")

    def get_context_data(self, **kwargs):
        waiting = []
        for organisation in self.organisations():
            awards = queries.awards_to_pay(organisation).select_related("project")
            total = awards.aggregate(sum=Sum("amount_minor"))["sum"] or 0
            waiting.append(
                {
                    "organisation": organisation,
                    "awards": awards[:SHOWN_AWARDS],
                    "count": awards.count(),
                    "total": total,
                    "currency": "CNY",
                }
            )
        return super().get_context_data(waiting=waiting, **kwargs)


class BatchScreen(Screen):
    permissions = FINANCE
    template_name = "workspace/batch.html"
    header_icon = "mail"
    crumbs = CRUMBS

    def get_page_title(self):
        return _("Batch %(ref)s") % {"ref": self.batch.ref[:8]}

    def get(self, request, *args, **kwargs):
        self.batch = self.find(PayoutBatch.objects.select_related("organisation"))
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs):
        batch = self.batch
        digest = batch.digest or queries.batch_digest(batch)
        files, results = list(batch.files.all()), list(batch.results.all())
        refs = [batch.prepared_by_ref, batch.released_by_ref, batch.closed_by_ref]
        refs += [file.made_by_ref for file in files] + [result.received_by_ref for result in results]
        return super().get_context_data(
            batch=batch,
            digest=digest,
            payouts=batch.payouts.select_related("award__project"),
            files=files,
            results=results,
            suspense=queries.open_suspense(batch.organisation).filter(line__file__batch=batch),
            names=people.names(refs),
            offers=self.offers(digest),
            is_preparer=batch.prepared_by_ref == self.request.user.ref,
            **kwargs,
        )

    def offers(self, digest: str) -> list[dict]:
        batch, offers = self.batch, []

        def offer(name, label, permission, *, main=True, at_once=True, warning="", hidden=None):
            if self.may(permission, batch.organisation):
                url = reverse(f"workspace_payouts:{name}", args=[batch.ref])
                offers.append(
                    {
                        "url": url,
                        "label": label,
                        "main": main,
                        "at_once": at_once,
                        "warning": warning,
                        "hidden": hidden or {},
                    }
                )

        if batch.state == "PREPARED":
            if batch.prepared_by_ref != self.request.user.ref:
                warning = _(
                    "Releasing cannot be undone: from then on nothing in this batch can be changed or taken out."
                )
                offer("release", _("Release"), "payouts.release", warning=warning, hidden={"digest": digest})
            offer("cancel", _("Cancel the batch"), "payouts.prepare", main=False, at_once=False)
        if batch.state == "RELEASED" or (batch.state == "EXPORTED" and not batch.results.exists()):
            again = batch.state == "EXPORTED"
            warning = (
                _("Another file voids the one before. Make sure that the bank has not carried that one out.")
                if again
                else _("The file shows names and accounts. That you read them is written down before you see them.")
            )
            label = _("Make another bank file") if again else _("Make and download the bank file")
            offer("file", label, "payouts.release", main=not again, warning=warning)
        if batch.state == "EXPORTED":
            offer("close", _("Close the batch"), "payouts.import_result", main=False)
        return offers


class BatchAct(Act):
    permissions: Sequence[str] = FINANCE

    def batch(self) -> PayoutBatch:
        return self.find(PayoutBatch.objects.select_related("organisation"))

    def back(self):
        return reverse("workspace_payouts:show", args=[self.kwargs["ref"]])


class ReleaseBatch(BatchAct):
    permissions = ("payouts.release",)

    def act(self):
        seen = self.request.POST.get("digest", "")
        batch = actions.release_batch(self.batch(), seen_digest=seen, by=self.request.user, at=self.now)
        return _("Released: %(count)s payouts, %(total)s.") % {
            "count": batch.count,
            "total": format_amount(batch.total_minor, batch.currency),
        }


class CloseBatch(BatchAct):
    permissions = ("payouts.import_result",)

    def act(self):
        actions.close_batch(self.batch(), by=self.request.user, at=self.now)
        return _("The batch is closed.")


class BankFile(BatchAct):
    """The file itself is the answer; a refusal leads back to the batch."""

    permissions = ("payouts.release",)

    def post(self, request, *args, **kwargs):
        try:
            made = actions.export_file(self.batch(), by=request.user, at=self.now)
        except Refused as refused:
            messages.error(request, sentence(refused))
            return redirect(self.back())
        response = HttpResponse(made.content, content_type=made.content_type)
        response["Content-Disposition"] = f'attachment; filename="{made.name}"'
        response["Cache-Control"] = "no-store"
        return response


class CancelBatch(FormScreen):
    permissions = ("payouts.prepare",)
    page_title = gettext_lazy("Cancel the batch")
    header_icon = "mail"
    crumbs = CRUMBS
    form_class = ReasonForm
    submit_label = gettext_lazy("Cancel the batch")
    warning = gettext_lazy("The awards in it can be paid by another batch.")

    def act(self, form):
        batch = self.find(PayoutBatch.objects.select_related("organisation"))
        actions.cancel_batch(batch, reason=form.cleaned_data["reason"], by=self.request.user, at=self.now)
        return _("The batch is cancelled.")

    def get_success_url(self):
        return reverse("workspace_payouts:show", args=[self.kwargs["ref"]])

    def get_context_data(self, **kwargs):
        self.find(PayoutBatch.objects)
        return super().get_context_data(**kwargs)


class ResultForm(OrganisationForm, UploadForm):
    field_order = ["organisation", "file"]


class UploadResult(FormScreen):
    permissions = ("payouts.import_result",)
    page_title = gettext_lazy("Read the bank's answer")
    header_icon = "upload"
    crumbs = CRUMBS
    form_class = ResultForm
    submit_label = gettext_lazy("Read the file")
    warning = gettext_lazy(
        "What the bank says was paid goes into the books at once and is only ever answered by a new entry."
    )

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"organisations": self.organisations()}

    def form_valid(self, form):
        # Whatever is refused about a result file is about the file.
        self.refusal_fields = _EveryCode("file")
        return super().form_valid(form)

    def act(self, form):
        content = form.cleaned_data["file"].read()
        made = actions.import_result(
            form.cleaned_data["organisation"], content=content, by=self.request.user, at=self.now
        )
        self.batch = made.file.batch
        if not made.created:
            return _("This file was read before. Nothing has changed.")
        if made.unmatched:
            said = ngettext(
                "%(count)s line could not be matched and waits for an explanation.",
                "%(count)s lines could not be matched and wait for an explanation.",
                made.unmatched,
            )
            messages.warning(self.request, said % {"count": made.unmatched})
        return _("Read: %(paid)s paid, %(failed)s failed, %(returned)s returned, %(known)s known before.") % {
            "paid": made.confirmed,
            "failed": made.failed,
            "returned": made.returned,
            "known": made.known,
        }

    def get_success_url(self):
        batch = getattr(self, "batch", None)
        return reverse("workspace_payouts:show", args=[batch.ref]) if batch else reverse("workspace_payouts:index")


class _EveryCode(dict):
    """One field for whatever code is asked."""

    def __init__(self, field: str) -> None:
        super().__init__()
        self.field = field

    def get(self, code, default=None):
        return self.field


class PayoutSection(Section):
    name = "payouts"
    icon = "mail"
    menu_label = gettext_lazy("Payouts")
    menu_order = 140
    permissions = FINANCE
    paths = (
        path("", BatchList.as_view(), name="index"),
        path("results/", BatchList.as_view(results_only=True), name="results"),
        path("prepare/", PrepareBatch.as_view(), name="prepare"),
        path("result/", UploadResult.as_view(), name="result"),
        *answers.paths,
        path("<str:ref>/", BatchScreen.as_view(), name="show"),
        path("<str:ref>/release/", ReleaseBatch.as_view(), name="release"),
        path("<str:ref>/cancel/", CancelBatch.as_view(), name="cancel"),
        path("<str:ref>/file/", BankFile.as_view(), name="file"),
        path("<str:ref>/close/", CloseBatch.as_view(), name="close"),
    )
