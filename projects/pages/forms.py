"""What somebody types to find their own gift."""

import unicodedata

from django import forms
from django.utils.translation import gettext_lazy as _

FIELDS_OF_WAY = {"receipt": ("number", "email"), "code": ("code",)}


class TraceForm(forms.Form):
    """One of two ways: number and e-mail address, or the private code. Which one, says the button."""

    number = forms.CharField(
        label=_("Receipt number"), max_length=40, required=False, widget=forms.TextInput({"autocomplete": "off"})
    )
    email = forms.EmailField(
        label=_("E-mail address"), required=False, widget=forms.EmailInput({"autocomplete": "email"})
    )
    code = forms.CharField(
        label=_("Private code or link"),
        max_length=300,
        required=False,
        help_text=_("The whole link from the receipt, or its last part."),
        widget=forms.TextInput({"autocomplete": "off"}),
    )

    def __init__(self, *args, way: str = "", **kwargs):
        super().__init__(*args, **kwargs)
        self.way = way
        for name, field in self.fields.items():
            field.required = not way or name in FIELDS_OF_WAY.get(way, ())
            field.error_messages["required"] = _("Please fill this in.")

    def clean_number(self) -> str:
        """Full-width digits and stray spaces come from keyboards, not from another receipt."""
        return "".join(unicodedata.normalize("NFKC", self.cleaned_data["number"]).split()).upper()

    def clean_code(self) -> str:
        """A pasted link is as good as its last part."""
        return self.cleaned_data["code"].split("?")[0].rstrip("/").rsplit("/", 1)[-1]
