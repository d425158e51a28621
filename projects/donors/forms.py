"""What a donor types on their own pages."""

from django import forms
from django.utils.translation import gettext_lazy as _


class AddressForm(forms.Form):
    """The address that gifts were given with."""

    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        help_text=_("The one you gave with. We mail a link there."),
        widget=forms.EmailInput({"autocomplete": "email"}),
        error_messages={"required": _("Please fill this in.")},
    )
