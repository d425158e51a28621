"""Forms that several screens share. Each field says what it is for; the rules themselves stand in the actions."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from wagtail.admin.widgets import AdminDateInput

from ledger.core.money import decimal_text, parse_amount
from ledger.core.refusals import Refused
from projects.access.screen import sentence


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Kept in the audit trail. Write no names or numbers of people."),
    )


class MoneyField(forms.Field):
    """An amount as people type it, as minor units for the code."""

    def __init__(self, *, currency: str = "CNY", **kwargs):
        attrs = {"inputmode": "decimal", "autocomplete": "off", "maxlength": 24}
        super().__init__(**({"widget": forms.TextInput(attrs=attrs)} | kwargs))
        self.currency = currency

    def to_python(self, value):
        text = str(value or "").strip()
        if not text:
            return None
        try:
            return parse_amount(text, self.currency)
        except Refused as refused:
            raise ValidationError(sentence(refused), code=refused.code) from refused

    def prepare_value(self, value):
        return decimal_text(value, self.currency) if isinstance(value, int) else value


class DayField(forms.DateField):
    widget = AdminDateInput


def offer(form: forms.Form, name: str, queryset: Any) -> None:
    """Let a field choose among these rows: those of the person who has signed in."""
    field: Any = form.fields[name]
    field.queryset = queryset


class OrganisationForm(forms.Form):
    """A form that first asks for which organisation; mostly there is one."""

    organisation: Any = forms.ModelChoiceField(queryset=None, label=_("Charity"), empty_label=None)

    def __init__(self, *args, organisations, **kwargs):
        super().__init__(*args, **kwargs)
        offer(self, "organisation", organisations)


class UploadForm(forms.Form):
    file = forms.FileField(label=_("File"), widget=forms.ClearableFileInput(attrs={"accept": ".csv,text/csv"}))
