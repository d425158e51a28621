"""A mapping, guided: staff send their file, say what each of its columns means, and see how the first rows are read.

Nothing is kept until they say so. The first lines go to and fro with the form: they name people, and stay with whoever
sent the file.
"""

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages

from ledger.core.refusals import Refused
from projects.access.screen import sentence
from projects.settlement import actions
from projects.settlement.problems import said
from projects.settlement.sampling import (
    DATE_FORMS,
    Chosen,
    Sample,
    as_read,
    date_forms_of,
    mapping_text,
    read_sample,
    suggested,
    take_sample,
)
from projects.settlement.words import Kind, Source
from projects.workspace.desk import FormScreen
from projects.workspace.forms import OrganisationForm
from projects.workspace.views.settlement_unexplained import CRUMBS

IMPORT = ("settlement.import",)
# What a column may mean, in the order of the form.
COLUMNS: dict[str, Any] = {
    "on": gettext_lazy("Day of the payment"),
    "amount": gettext_lazy("Amount, with its sign or with a direction"),
    "amount_in": gettext_lazy("Amount that came in"),
    "amount_out": gettext_lazy("Amount that went out"),
    "direction": gettext_lazy("Direction beside the amount"),
    "fee": gettext_lazy("Fee kept from the gift"),
    "row_id": gettext_lazy("The platform's number of the row"),
    "kind": gettext_lazy("Kind of row"),
    "origin_id": gettext_lazy("Number of the gift that a refund gives back"),
    "gift_id": gettext_lazy("Number by which refunds name a gift, if another"),
    "project": gettext_lazy("Project (name, number or address)"),
    "status": gettext_lazy("Whether the payment was carried out"),
    "currency": gettext_lazy("Currency"),
    "donor_name": gettext_lazy("Who gave"),
    "memo": gettext_lazy("Words on the line"),
}
# The row types that a file may have, each with the words by which it names them.
KINDS = {
    Kind.GIFT: gettext_lazy("Words for a gift"),
    Kind.REFUND: gettext_lazy("Words for a refund"),
    Kind.FEE: gettext_lazy("Words for a fee"),
    Kind.PAYOUT: gettext_lazy("Words for a payout to the bank"),
}
WORDS_HELP = gettext_lazy("One word a line, as it stands in the file.")
# Each way of writing days is shown by a day that cannot be read in two ways.
EXAMPLE = datetime(2026, 1, 31, 9, 5, tzinfo=UTC)
FORMATS = (("csv", gettext_lazy("CSV or text")), ("xlsx", "XLSX"))
DELIMITERS = ((",", gettext_lazy("Comma")), (";", gettext_lazy("Semicolon")), ("\t", gettext_lazy("Tabulator")))


class SampleForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("A file of this kind"),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.txt,.xlsx"}),
        help_text=gettext_lazy("Its first lines are shown to you here. Nothing of it is kept."),
    )
    format = forms.ChoiceField(label=gettext_lazy("Format of the file"), choices=FORMATS)
    delimiter = forms.ChoiceField(label=gettext_lazy("Between the cells"), choices=DELIMITERS)
    heading = forms.IntegerField(
        label=gettext_lazy("Line of the column names"),
        required=False,
        min_value=1,
        max_value=60,
        help_text=gettext_lazy("Empty: the fullest of the first lines."),
    )


class WordsField(forms.CharField):
    """Words, one a line."""

    widget = forms.Textarea(attrs={"rows": 2, "spellcheck": "false"})

    def clean(self, value):
        return [word.strip() for word in super().clean(value).splitlines() if word.strip()]


class ColumnsForm(OrganisationForm):
    sample = forms.CharField(widget=forms.HiddenInput, required=False)
    code = forms.CharField(
        label=gettext_lazy("Code of the mapping"),
        max_length=64,
        help_text=gettext_lazy("Letters, digits and hyphens, for ever."),
    )
    name_zh = forms.CharField(label=gettext_lazy("Name in Chinese"), max_length=80)
    name_en = forms.CharField(label=gettext_lazy("Name in English"), max_length=80)
    provider = forms.CharField(
        label=gettext_lazy("Provider"),
        max_length=32,
        help_text=gettext_lazy("Letters, digits and hyphens: the same for every file of one platform or bank."),
    )
    source = forms.ChoiceField(label=gettext_lazy("Whose file"), choices=Source.choices, widget=forms.RadioSelect)
    date_forms = forms.MultipleChoiceField(
        label=gettext_lazy("How days are written"),
        choices=[(form, EXAMPLE.strftime(form)) for form in DATE_FORMS],
        widget=forms.CheckboxSelectMultiple,
    )
    default_kind = forms.ChoiceField(
        label=gettext_lazy("Rows without a kind"),
        choices=[(Kind.UNKNOWN.value, Kind.UNKNOWN.label), (Kind.GIFT.value, Kind.GIFT.label)],
    )

    def __init__(self, *args, sample: Sample, **kwargs):
        super().__init__(*args, **kwargs)
        none = ("", _("no column"))
        for meaning, label in COLUMNS.items():
            choices = [none, *((name, name) for name in sample.columns)]
            self.fields[f"column_{meaning}"] = forms.ChoiceField(label=label, choices=choices, required=meaning == "on")
        for kind, label in KINDS.items():
            self.fields[f"kind_{kind.value}"] = WordsField(label=label, required=False, help_text=WORDS_HELP)
        for name, label in (
            ("way_in", _("Words for money that came in")),
            ("way_out", _("Words for money that went out")),
            ("done", _("Words for a payment that was carried out")),
        ):
            self.fields[name] = WordsField(label=label, required=False, help_text=WORDS_HELP)

    def clean(self):
        data = super().clean() or {}
        if not self.errors.get("column_amount") and not (data.get("column_amount") or data.get("column_amount_in")):
            self.add_error("column_amount", _("Choose the column of the amount, or that of what came in."))
        taken: dict[str, str] = {}
        for meaning in COLUMNS:
            name = data.get(f"column_{meaning}")
            # A number may name both the row and its gift; any other column means one thing.
            if name and taken.setdefault(name, meaning) != meaning and meaning not in ("gift_id", "origin_id"):
                self.add_error(f"column_{meaning}", _("This column has a meaning already."))
        if data.get("column_status") and not data.get("done"):
            self.add_error("done", _("Say which words mean that the payment was carried out."))
        return data

    def chosen(self) -> Chosen:
        data = self.cleaned_data
        return Chosen(
            **{name: data[name] for name in ("code", "name_zh", "name_en", "provider", "source", "date_forms")},
            default_kind=data["default_kind"],
            columns={meaning: data[f"column_{meaning}"] for meaning in COLUMNS},
            kinds={kind.value: data[f"kind_{kind.value}"] for kind in KINDS},
            directions={"in": data["way_in"], "out": data["way_out"]},
            done=data["done"],
        )


class GuideMapping(FormScreen):
    permissions = IMPORT
    page_title = gettext_lazy("Add a mapping, guided")
    header_icon = "plus"
    crumbs = CRUMBS
    template_name = "workspace/settlement_guide.html"
    submit_label = gettext_lazy("Show the columns")
    # Parts of a mapping as a refusal names them, and the fields of the form.
    parts = {"on": "column_on", "amount": "column_amount"}
    refusal_fields = {
        "file_encoding": "file",
        "file_not_xlsx": "file",
        "heading_not_found": "heading",
        "mapping_taken": "code",
    }

    @cached_property
    def sample(self) -> Sample | None:
        text = self.request.POST.get("sample", "")
        return read_sample(text) if text else None

    def post(self, request, *args, **kwargs):
        try:
            return super().post(request, *args, **kwargs)
        except Refused as refused:
            messages.error(request, sentence(refused))
            return redirect(reverse("workspace_settlement:guide_mapping"))

    def get_form_class(self):
        return ColumnsForm if self.sample else SampleForm

    def get_form_kwargs(self):
        more = {"sample": self.sample, "organisations": self.organisations()} if self.sample else {}
        return super().get_form_kwargs() | more

    def form_valid(self, form):
        if isinstance(form, SampleForm):
            return self.take(form)
        if "keep" in self.request.POST:
            return super().form_valid(form)
        return self.look(form)

    def take(self, form: SampleForm):
        """From the file to the form of its columns, with what its names suggest."""
        data = form.cleaned_data
        try:
            sample = take_sample(
                data["file"], format=data["format"], delimiter=data["delimiter"], heading=data["heading"]
            )
        except Refused as refused:
            form.add_error(self.refusal_fields.get(refused.code), sentence(refused))
            return self.form_invalid(form)
        columns = suggested(sample)
        days = sample.words_of(columns["on"]) if "on" in columns else []
        initial = {
            **{f"column_{meaning}": name for meaning, name in columns.items()},
            "sample": sample.written(),
            "date_forms": date_forms_of(days)[:1],
            "source": Source.PLATFORM,
            "organisation": self.organisations().first(),
        }
        columns_form = ColumnsForm(initial=initial, sample=sample, organisations=self.organisations())
        return self.render_to_response(self.get_context_data(form=columns_form))

    def look(self, form: ColumnsForm):
        sample = self.sample
        assert sample is not None
        try:
            rows = as_read(mapping_text(form.chosen(), sample), sample)
        except Refused as refused:
            self.explain(form, refused)
            return self.form_invalid(form)
        context = {
            "previewed": [(row, said(row.rejected or row.suspense)) for row in rows],
            "is_platform": form.cleaned_data["source"] == Source.PLATFORM,
            "found": [
                (COLUMNS[meaning], sample.words_of(form.cleaned_data[f"column_{meaning}"]))
                for meaning in ("kind", "direction", "status")
                if form.cleaned_data[f"column_{meaning}"]
            ],
        }
        return self.render_to_response(self.get_context_data(form=form, **context))

    def explain(self, form: ColumnsForm, refused: Refused) -> None:
        """Each part that is wrong stands by its field."""
        wrong = str(refused.values.get("what", "")).split(", ") if refused.code == "mapping_wrong" else []
        for part in wrong or [""]:
            field = self.parts.get(part, part)
            form.add_error(field if field in form.fields else None, sentence(refused))

    def get_context_data(self, **kwargs):
        return super().get_context_data(second=isinstance(kwargs.get("form"), ColumnsForm), **kwargs)

    def get_cancel_url(self):
        return reverse("workspace_settlement:upload")

    def act(self, form):
        sample = self.sample
        assert sample is not None
        text = mapping_text(form.chosen(), sample)
        as_read(text, sample)
        organisation = form.cleaned_data["organisation"]
        self.code = actions.add_mapping(organisation, text=text, by=self.request.user, at=self.now).code
        return _("The mapping is kept. Send a file to see how it reads it; nothing is taken in before you say so.")

    def get_success_url(self):
        code = getattr(self, "code", "")
        return reverse("workspace_settlement:upload") + (f"?mapping={code}" if code else "")


paths = (path("mappings/guide/", GuideMapping.as_view(), name="guide_mapping"),)
