from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

MISSING = {"required": _("Please fill this in.")}


class CheckForm(forms.Form):
    """What stands on the paper somebody holds."""

    number = forms.CharField(
        label=_("Receipt number"),
        max_length=32,
        widget=forms.TextInput(attrs={"placeholder": "2026-000412", "autocomplete": "off", "class": "num"}),
        error_messages=MISSING,
    )
    code = forms.CharField(
        label=_("Check code"),
        help_text=_("Ten letters and figures, at the foot of the receipt."),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "class": "num"}),
        error_messages=MISSING,
    )


class StatementForm(forms.Form):
    """The days of a statement, both included."""

    since = forms.DateField(label=_("First day"), widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"))
    until = forms.DateField(label=_("Last day"), widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.error_messages |= MISSING | {"invalid": _("Please write the day as year-month-day.")}

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and since > until:
            self.add_error("until", forms.ValidationError(_("The last day lies before the first."), "days_reversed"))
        return cleaned
