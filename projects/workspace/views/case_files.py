"""A case list from outside: looked at first, then taken in; what is wrong comes back as a file."""

from django import forms
from django.http import HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import View

from projects.access import people
from projects.relief import actions, exports
from projects.relief.models import CaseFile
from projects.workspace.desk import Act, Desk, FormScreen, Screen
from projects.workspace.forms import OrganisationForm, UploadForm

PERMISSIONS = ("relief.intake",)
CRUMBS = (
    ("workspace_cases:index", gettext_lazy("Cases")),
    ("workspace_cases:upload", gettext_lazy("Import a list")),
)
FILES = CaseFile.objects.select_related("organisation")
ERRORS_SHOWN = 100


class ListForm(OrganisationForm, UploadForm):
    source = forms.CharField(
        label=gettext_lazy("Source"), max_length=32, help_text=gettext_lazy("Who referred the cases, in a short code.")
    )
    field_order = ["organisation", "source", "file"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["file"].help_text = _("CSV, in UTF-8 or GB18030, with Chinese or English headings.")


class UploadList(FormScreen):
    permissions = PERMISSIONS
    template_name = "workspace/case_upload.html"
    page_title = gettext_lazy("Import a list of cases")
    header_icon = "upload"
    crumbs = CRUMBS[:1]
    form_class = ListForm
    submit_label = gettext_lazy("Look at the list")

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"organisations": self.organisations()}

    def get_initial(self):
        return {"source": "RELIEF_PASS"}

    def form_valid(self, form):
        self.refusal_fields = {"missing_columns": "file", "column_twice": "file"}
        return super().form_valid(form)

    def act(self, form):
        upload = form.cleaned_data["file"]
        self.file = actions.preview_case_file(
            upload,
            organisation=form.cleaned_data["organisation"],
            source=form.cleaned_data["source"],
            file_name=upload.name,
            by=self.request.user,
            at=self.now,
        )
        if self.file.uploaded_at != self.now:
            return _("These bytes were sent before: this is what became of them.")
        return None

    def get_success_url(self):
        file = getattr(self, "file", None)
        return reverse("workspace_cases:file", args=[file.ref]) if file else reverse("workspace_cases:index")

    def get_context_data(self, **kwargs):
        return super().get_context_data(files=self.own(FILES.all())[:10], **kwargs)


class FileScreen(Screen):
    permissions = PERMISSIONS
    template_name = "workspace/case_file.html"
    header_icon = "upload"
    crumbs = CRUMBS

    def get_page_title(self):
        return self.file.file_name or self.file.ref[:8]

    def get(self, request, *args, **kwargs):
        self.file = self.find(FILES.all())
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs):
        file, offers = self.file, []
        if file.state == "PREVIEWED":
            take_in = reverse("workspace_cases:commit", args=[file.ref])
            offers.append({"url": take_in, "label": _("Take in the good lines"), "main": True, "at_once": True})
        if file.state in ("PREVIEWED", "ABORTED"):
            discard = reverse("workspace_cases:discard", args=[file.ref])
            offers.append({"url": discard, "label": _("Throw the list away"), "at_once": True})
        return super().get_context_data(
            file=file,
            offers=offers,
            errors=[exports.error_row(error) for error in file.errors.all()[:ERRORS_SHOWN]],
            error_count=file.errors.count(),
            uploaded_by=people.name(file.uploaded_by_ref),
            **kwargs,
        )


class ErrorFile(Desk, View):
    permissions = PERMISSIONS

    def get(self, request, *args, **kwargs):
        file = self.find(FILES.all())
        response = HttpResponse(exports.error_file(file), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="errors-{file.ref[:12]}.csv"'
        return response


class FileAct(Act):
    permissions = PERMISSIONS

    def file(self) -> CaseFile:
        return self.find(FILES.all())

    def back(self):
        return reverse("workspace_cases:file", args=[self.kwargs["ref"]])


class CommitFile(FileAct):
    def act(self):
        file = actions.commit_case_file(self.file(), by=self.request.user, at=self.now)
        return _("Taken in: %(created)s new, %(updated)s corrected, %(unchanged)s known, %(rejected)s refused.") % {
            "created": file.created_count,
            "updated": file.updated_count,
            "unchanged": file.unchanged_count,
            "rejected": file.rejected_count,
        }


class DiscardFile(FileAct):
    def act(self):
        actions.discard_case_file(self.file(), by=self.request.user, at=self.now)
        return _("The list is thrown away. It can be sent again.")


paths = (
    path("import/", UploadList.as_view(), name="upload"),
    path("import/<str:ref>/", FileScreen.as_view(), name="file"),
    path("import/<str:ref>/errors.csv", ErrorFile.as_view(), name="errors"),
    path("import/<str:ref>/commit/", CommitFile.as_view(), name="commit"),
    path("import/<str:ref>/discard/", DiscardFile.as_view(), name="discard"),
)
