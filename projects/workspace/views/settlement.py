"""Files of platforms and banks: sent, looked at, taken in; what became of every row; and what nobody has explained."""

from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.urls import path, reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.admin.widgets.button import HeaderButton

from ledger.core.refusals import Refused
from projects.access import people
from projects.access.screen import sentence
from projects.catalog.models import Project
from projects.settlement import actions, tasks
from projects.settlement.adjusting import standing
from projects.settlement.completing import statement
from projects.settlement.mapping import read_mapping, shipped, shipped_mapping
from projects.settlement.models import OwnMapping, SettlementFile
from projects.settlement.problems import said
from projects.settlement.words import FileState, LineState, RowState, Source
from projects.workspace.desk import Act, FormScreen, Listing, Screen
from projects.workspace.filters import Filters
from projects.workspace.forms import MoneyField, OrganisationForm, ReasonForm, offer
from projects.workspace.sections import Section
from projects.workspace.tables import MoneyColumn, RefColumn, StateColumn
from projects.workspace.views import settlement_adjustments as adjustments
from projects.workspace.views import settlement_guide as guide
from projects.workspace.views import settlement_unexplained as unexplained

VIEW = unexplained.VIEW
IMPORT = ("settlement.import",)
CRUMBS = unexplained.CRUMBS
FILES = SettlementFile.objects.select_related("organisation", "project")
ROWS_SHOWN = 50
# Without news for so long, an import may be taken up by hand.
STILL_SECONDS = 120


def mapping_name(mapping) -> str:
    return mapping.name_en if (get_language() or "").startswith("en") else mapping.name_zh


class FileFilters(Filters):
    class Meta:
        model = SettlementFile
        fields = ["state"]


class FileList(Listing):
    permissions = VIEW
    page_title = gettext_lazy("Settlement files")
    header_icon = "table"
    index_url_name = "workspace_settlement:index"
    index_results_url_name = "workspace_settlement:results"
    filterset_class = FileFilters
    default_ordering = "-received_at"
    verbose_name_plural = gettext_lazy("files")

    def get_base_queryset(self):
        return self.own(FILES.all())

    def get_columns(self):
        return [
            RefColumn("ref", label=_("File"), url_name="workspace_settlement:show", id_accessor="ref"),
            Column("source", label=_("Whose file"), accessor="get_source_display"),
            Column("provider", label=_("Provider"), accessor="provider_name"),
            StateColumn(),
            Column("rows_total", label=_("Rows"), sort_key="rows_total", classname="ws-money"),
            MoneyColumn("total_minor", label=_("Total"), sort_key="total_minor"),
            DateColumn("received_at", label=_("Sent"), sort_key="received_at"),
        ]

    def get_header_buttons(self):
        buttons = super().get_header_buttons()
        if self.may("settlement.import"):
            upload = reverse("workspace_settlement:upload")
            buttons.insert(0, HeaderButton(_("Send a file"), url=upload, icon_name="upload"))
        unexplained = reverse("workspace_settlement:unexplained")
        buttons.append(HeaderButton(_("What is not explained"), url=unexplained, icon_name="help"))
        return buttons


class FileForm(OrganisationForm):
    mapping = forms.ChoiceField(
        label=gettext_lazy("How the file is read"),
        help_text=gettext_lazy("Layouts that are known only in part say so: look at the preview with care."),
    )
    file = forms.FileField(
        label=gettext_lazy("File"),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.txt,.xlsx,.xml"}),
        help_text=gettext_lazy("CSV in UTF-8 or GB18030, XLSX, or camt.053 as XML."),
    )
    project = forms.ModelChoiceField(
        queryset=Project.objects.none(),
        label=gettext_lazy("Project"),
        required=False,
        empty_label=gettext_lazy("The charity itself"),
        help_text=gettext_lazy("For rows that name no project."),
    )
    batch_ref = forms.CharField(
        label=gettext_lazy("The platform's number of this settlement"),
        max_length=64,
        required=False,
        help_text=gettext_lazy("It decides between equal sums when it stands on the bank's line."),
    )
    stated_rows = forms.IntegerField(
        label=gettext_lazy("Rows, as the platform states them"), required=False, min_value=1
    )
    stated_minor = MoneyField(label=gettext_lazy("Total, as the platform states it"), required=False)

    def __init__(self, *args, organisations, projects, own, **kwargs):
        super().__init__(*args, organisations=organisations, **kwargs)
        offer(self, "project", projects)
        mapping: Any = self.fields["mapping"]
        mapping.choices = [(one.code, mapping_name(one)) for one in (*shipped(), *own)]


class Upload(FormScreen):
    permissions = IMPORT
    page_title = gettext_lazy("Send a settlement file or a bank statement")
    header_icon = "upload"
    template_name = "workspace/settlement_upload.html"
    crumbs = CRUMBS
    form_class = FileForm
    submit_label = gettext_lazy("Look at the file")
    refusal_fields = {
        "file_encoding": "file",
        "heading_missing": "file",
        "file_not_xlsx": "file",
        "file_not_camt053": "file",
        "file_empty": "file",
        "mapping_unknown": "mapping",
        "project_of_another": "project",
    }

    def get_form_kwargs(self):
        own = OwnMapping.objects.filter(organisation__in=self.organisation_ids())
        return super().get_form_kwargs() | {
            "organisations": self.organisations(),
            "projects": Project.objects.filter(organisation__in=self.organisation_ids()).exclude(fund_code=""),
            "own": [read_mapping(one.text) for one in own],
        }

    def get_initial(self):
        return {"mapping": self.request.GET.get("mapping", "generic-csv")}

    def act(self, form):
        data = form.cleaned_data
        self.file = actions.receive_file(
            data["organisation"],
            file=data["file"],
            file_name=data["file"].name,
            mapping_code=data["mapping"],
            project=data["project"],
            batch_ref=data["batch_ref"],
            stated_rows=data["stated_rows"],
            stated_minor=data["stated_minor"],
            by=self.request.user,
            at=self.now,
        )
        if self.file.received_at != self.now:
            return _("These bytes were sent before: this is what became of them.")
        return None

    def get_success_url(self):
        file = getattr(self, "file", None)
        return reverse("workspace_settlement:show", args=[file.ref]) if file else reverse(CRUMBS[0][0])


class MappingForm(OrganisationForm):
    text = forms.CharField(
        label=gettext_lazy("Mapping"),
        widget=forms.Textarea(attrs={"rows": 24, "spellcheck": "false"}),
        help_text=gettext_lazy("In TOML: give it a code of its own, and the column names and words of your file."),
    )


class AddMapping(FormScreen):
    permissions = IMPORT
    page_title = gettext_lazy("Add a mapping")
    header_icon = "plus"
    crumbs = CRUMBS
    form_class = MappingForm
    submit_label = gettext_lazy("Keep the mapping and try it on a file")
    warning = gettext_lazy("A mapping is never changed afterwards. A better one gets a new code.")
    refusal_fields = {"mapping_not_toml": "text", "mapping_wrong": "text", "mapping_taken": "text"}

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"organisations": self.organisations()}

    def get_initial(self):
        example = shipped_mapping("generic-csv")
        return {"text": example.text.replace('code = "generic-csv"', 'code = ""', 1) if example else ""}

    def act(self, form):
        self.code = actions.add_mapping(**form.cleaned_data, by=self.request.user, at=self.now).code
        return _("The mapping is kept. Send a file to see how it reads it; nothing is taken in before you say so.")

    def get_success_url(self):
        code = getattr(self, "code", "")
        return reverse("workspace_settlement:upload") + (f"?mapping={code}" if code else "")


class FileScreen(Screen):
    """One file: a preview, the progress, or what became of every row."""

    permissions = VIEW
    template_name = "workspace/settlement_file.html"
    header_icon = "table"
    crumbs = CRUMBS

    def get_page_title(self):
        return _("File %(ref)s") % {"ref": self.file.ref[:8]}

    def get(self, request, *args, **kwargs):
        self.file = self.find(FILES.all())
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs):
        file = self.file
        mapping = read_mapping(file.mapping_text)
        return super().get_context_data(
            file=file,
            mapping_name=mapping_name(mapping),
            known_in_part=mapping.known == "part",
            offers=self.offers(),
            received_by=people.name(file.received_by_ref),
            adjustments=standing(file),
            working=file.state in (FileState.MEASURING, FileState.IMPORTING),
            percent=100 * file.rows_done // file.rows_total if file.rows_total else 0,
            **self.preview(),
            **self.outcome(),
            **kwargs,
        )

    def preview(self) -> dict:
        if self.file.state != FileState.RECEIVED:
            return {}
        try:
            rows = actions.preview_file(self.file)
        except Refused as refused:
            return {"no_preview": sentence(refused)}
        return {"previewed": [(row, said(row.rejected or row.suspense)) for _record, row in rows]}

    def outcome(self) -> dict:
        file = self.file
        if file.state in (FileState.RECEIVED, FileState.MEASURING, FileState.DISCARDED):
            return {}
        counts, totals = statement(file)
        words = RowState if file.source == Source.PLATFORM else LineState
        states = [(words(state), counts[state], totals[state]) for state in words.values if state in counts]
        rows = file.rows.all() if file.source == Source.PLATFORM else file.lines.all()
        chosen = self.request.GET.get("state", "")
        if chosen in words.values:
            rows = rows.filter(state=chosen)
        page = Paginator(rows.order_by("number"), ROWS_SHOWN).get_page(self.request.GET.get("p"))
        return {
            "states": states,
            "chosen": chosen,
            "page": page,
            "shown": [(row, said(row.problem)) for row in page],
            "left": file.rows_total - file.rows_done,
        }

    def offers(self) -> list[dict]:
        file = self.file
        if not self.may("settlement.import", file.organisation):
            return []
        if file.state == FileState.RECEIVED:
            start = reverse("workspace_settlement:start", args=[file.ref])
            discard = reverse("workspace_settlement:discard", args=[file.ref])
            warning = _("What is taken in stands in the books at once and is only ever answered by a new entry.")
            return [
                {"url": start, "label": _("Take the file in"), "main": True, "at_once": True, "warning": warning},
                {"url": discard, "label": _("Throw the file away"), "at_once": True},
            ]
        if file.state == FileState.DIFFERS and file.started_by_ref != self.request.user.ref:
            accept = reverse("workspace_settlement:accept", args=[file.ref])
            return [{"url": accept, "label": _("Accept the file's own totals")}]
        working = file.state in (FileState.MEASURING, FileState.IMPORTING)
        still = file.progress_at and (self.now - file.progress_at).total_seconds() > STILL_SECONDS
        if working and still:
            start = reverse("workspace_settlement:start", args=[file.ref])
            return [{"url": start, "label": _("Go on with the import"), "main": True, "at_once": True}]
        return []


class FileAct(Act):
    permissions = IMPORT

    def file(self) -> SettlementFile:
        return self.find(FILES.all())

    def back(self):
        return reverse("workspace_settlement:show", args=[self.kwargs["ref"]])


class StartImport(FileAct):
    def act(self):
        file = actions.start_import(self.file(), by=self.request.user, at=self.now)
        if file.state in (FileState.MEASURING, FileState.IMPORTING):
            tasks.import_file.enqueue(file.ref)
        return _("The import runs in the background. You may leave this page.")


class AcceptTotals(FormScreen):
    permissions = IMPORT
    page_title = gettext_lazy("Accept the file's own totals")
    header_icon = "table"
    crumbs = CRUMBS
    form_class = ReasonForm
    submit_label = gettext_lazy("Accept and publish the statement")
    warning = gettext_lazy("The statement of completeness goes into the public log and stays there.")
    refusal_fields = {"reason_needed": "reason"}

    def file(self) -> SettlementFile:
        return self.find(FILES.all())

    def get_page_subtitle(self):
        return f"{self.file().ref[:8]} · {self.file().organisation.name}"

    def act(self, form):
        actions.accept_totals(self.file(), reason=form.cleaned_data["reason"], by=self.request.user, at=self.now)
        return _("The statement is published.")

    def get_success_url(self):
        return reverse("workspace_settlement:show", args=[self.kwargs["ref"]])


class DiscardFile(FileAct):
    def act(self):
        actions.discard_file(self.file(), by=self.request.user, at=self.now)
        return _("The file is thrown away. It can be sent again.")


class SettlementSection(Section):
    name = "settlement"
    icon = "table"
    menu_label = gettext_lazy("Settlement files")
    menu_order = 145
    permissions = VIEW
    paths = (
        path("", FileList.as_view(), name="index"),
        path("results/", FileList.as_view(results_only=True), name="results"),
        path("send/", Upload.as_view(), name="upload"),
        *guide.paths,
        path("mappings/add/", AddMapping.as_view(), name="add_mapping"),
        *unexplained.paths,
        *adjustments.paths,
        path("<str:ref>/", FileScreen.as_view(), name="show"),
        path("<str:ref>/start/", StartImport.as_view(), name="start"),
        path("<str:ref>/accept/", AcceptTotals.as_view(), name="accept"),
        path("<str:ref>/discard/", DiscardFile.as_view(), name="discard"),
    )
