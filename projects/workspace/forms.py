"""Forms that several screens share. Each field says what it is for; the rules themselves stand in the actions."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from wagtail.admin.widgets import AdminDateInput

from ledger.core.money import decimal_text, parse_amount
from ledger.core.refusals import Refused
from projects.access.screen import sentence
from projects.receipts.forms import StatementForm


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


class PercentField(forms.DecimalField):
    """A share as people say it, per cent with two decimals; basis points for the code."""

    def __init__(self, *, most_bps: int, **kwargs):
        most = Decimal(most_bps) / 100
        super().__init__(min_value=Decimal("0.01"), max_value=most, decimal_places=2, **kwargs)

    def clean(self, value):
        percent = super().clean(value)
        return None if percent is None else int(percent * 100)

    def prepare_value(self, value):
        return f"{value / 100:.10g}" if isinstance(value, int) else value


class ShortNameField(forms.SlugField):
    """What stands in an address."""

    default_error_messages = {"invalid": _("Only the letters a to z, digits, hyphens and underscores.")}


class DayField(forms.DateField):
    widget = AdminDateInput


class DaysForm(StatementForm):
    """The days of a statement, with the calendar of the other forms."""

    since = DayField(label=_("First day"))
    until = DayField(label=_("Last day"))


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
