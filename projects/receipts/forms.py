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
