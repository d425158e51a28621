"""What a donor types. Every fault is said beside its field, in the donor's language."""

import hashlib
import secrets
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ledger.core.money import format_amount, parse_amount
from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from projects.access.screen import sentence
from projects.checkout.fee_norms import total_for
from projects.checkout.methods import ALIPAY, BANK_TRANSFER, CARD, WECHAT_PAY, methods_for
from projects.giving.limits import check_amount, limits_of, step_minor
from projects.giving.suggestions import suggested_amounts
from projects.giving.visibility import Visibility

OTHER = "other"
METHODS = (
    (CARD, _("Card")),
    (ALIPAY, _("Alipay")),
    (WECHAT_PAY, _("WeChat Pay")),
    (BANK_TRANSFER, _("Bank transfer")),
)
ONCE = "ONCE"
FREQUENCIES = ((ONCE, _("Once")), ("MONTH", _("Every month")), ("YEAR", _("Every year")))
MESSAGE_LENGTH = 300


def new_form_key() -> str:
    """Marks one opened form, so that it can be sent twice and be one gift."""
    return secrets.token_hex(16)


class GiveForm(forms.Form):
    """One gift. `amount_choice` is one of the suggested amounts in minor units, or "other" with `amount_other`."""

    amount_choice = forms.CharField(label=_("Amount"), required=False, max_length=20)
    amount_other = forms.CharField(label=_("Another amount"), required=False, max_length=40)
    frequency = forms.ChoiceField(label=_("How often"), choices=FREQUENCIES, required=False)
    method = forms.ChoiceField(label=_("How to pay"), choices=METHODS, required=False)
    name = forms.CharField(label=_("Your name"), required=False, max_length=80)
    visibility = forms.ChoiceField(label=_("Who may see your name?"), choices=Visibility.choices, required=False)
    message = forms.CharField(
        label=_("A word to the people helped"),
        required=False,
        max_length=MESSAGE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Somebody reads it before it is shown."),
    )
    email = forms.EmailField(
        label=_("E-mail for the receipt"),
        required=False,
        error_messages={"invalid": _("Please type a whole e-mail address, like name@example.org.")},
        help_text=_("For the receipt and your private link; never shown. Without it, keep the link of the last page."),
    )
    cover = forms.BooleanField(
        label=_("I add the payment fee, so that my full gift is left for the project"), required=False
    )
    # The total that stood on the donor's screen, in minor units: nobody pays an amount they did not see.
    total_seen = forms.CharField(required=False)
    currency = forms.CharField(required=False, max_length=8)
    form_key = forms.CharField(required=False, max_length=64)

    def __init__(self, *args: Any, project: Any, on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.project, self.on = project, on
        self.limits = limits_of(project.currency)
        self.amounts = suggested_amounts(project)
        self.fields["amount_other"].widget.attrs |= {"inputmode": "decimal", "autocomplete": "off"}
        self.fields["name"].widget.attrs["autocomplete"] = "name"
        self.fields["email"].widget.attrs["autocomplete"] = "email"

    @property
    def is_regular(self) -> bool:
        """Whether the donor wants to give again and again."""
        return self.cleaned_data.get("frequency", ONCE) != ONCE

    @property
    def must_see_total(self) -> bool:
        """Whether the donor adds the fee and has not seen yet how much that is in all."""
        data = self.cleaned_data
        return bool(data["cover"]) and data["total_seen"] != str(data["amount_minor"])

    @property
    def frequencies(self) -> list[dict[str, Any]]:
        """How often: value, text, and whether it is the one chosen."""
        chosen = self["frequency"].value() or ONCE
        return [{"value": value, "text": text, "checked": value == chosen} for value, text in FREQUENCIES]

    @property
    def methods(self) -> list[dict[str, Any]]:
        """The ways to pay in the project's currency: value, text, and whether it is the one chosen."""
        chosen, offered = self["method"].value() or CARD, methods_for(self.project.currency)
        return [
            {"value": value, "text": text, "checked": value == chosen} for value, text in METHODS if value in offered
        ]

    @property
    def visibilities(self) -> list[dict[str, Any]]:
        """Who may see the name: value, text, and whether it is the one chosen."""
        chosen = self["visibility"].value() or Visibility.PUBLIC
        return [{"value": value, "text": text, "checked": value == chosen} for value, text in Visibility.choices]

    @property
    def suggestions(self) -> list[dict[str, Any]]:
        """The tiles: value, text, and whether it is the one chosen."""
        chosen = self.chosen
        return [
            {
                "value": str(minor),
                "text": format_amount(minor, self.project.currency, whole=True),
                "checked": chosen == str(minor),
            }
            for minor in self.amounts
        ]

    @property
    def chosen(self) -> str:
        """The tile that is chosen when the form is shown: what was sent, else the second suggestion or the only one."""
        if self.is_bound:
            return self.data.get("amount_choice") or (OTHER if self.data.get("amount_other") else "")
        return str(self.initial.get("amount_choice") or self.amounts[:2][-1])

    def clean_currency(self) -> str:
        currency = (self.cleaned_data["currency"] or self.project.currency).upper()
        if currency != self.project.currency:
            # The field is hidden; the fault belongs where the donor is looking.
            text = _("This project takes gifts in %(currency)s.") % {"currency": self.project.currency}
            self.add_error("amount_other", text)
        return currency

    def clean_frequency(self) -> str:
        return self.cleaned_data["frequency"] or ONCE

    def clean_visibility(self) -> str:
        return self.cleaned_data["visibility"] or Visibility.PUBLIC

    def clean_name(self) -> str:
        return " ".join(self.cleaned_data["name"].split())

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("method") and data["method"] not in methods_for(self.project.currency):
            self.add_error("method", _("This way of paying does not know the project's currency."))
        if self.is_regular and data.get("method") not in (None, "", CARD):
            self.add_error("method", _("Regular gifts are paid by card; this way pays once only."))
        if self.is_regular and not data.get("email") and not self.has_error("email"):
            self.add_error("email", _("A regular gift needs an e-mail address: we write before each charge."))
        if not self.has_error("amount_other") and not self.has_error("amount_choice"):
            try:
                data["amount_minor"], data["cover_minor"] = self._amount(data), 0
            except Refused as refused:
                self.add_error("amount_other", sentence(refused))
        if data.get("cover") and "amount_minor" in data and not self.has_error("method"):
            self._add_cover(data)
        return data

    def _add_cover(self, data: dict[str, Any]) -> None:
        """From here on the amount is all that is paid, and the cover a part of it."""
        gift_minor, currency = data["amount_minor"], self.project.currency
        try:
            step = step_minor(currency)
            total = total_for(gift_minor, currency, data.get("method", ""), on=self.on, step_minor=step)
            check_amount(total, currency)
        except Refused as refused:
            self.add_error("cover" if refused.code == "cover_not_known" else "amount_other", sentence(refused))
        else:
            data["amount_minor"], data["cover_minor"] = total, total - gift_minor

    def _amount(self, data: dict[str, Any]) -> int:
        choice, typed = data["amount_choice"], data["amount_other"].strip()
        suggested = {str(minor) for minor in self.amounts}
        if choice in suggested and typed:
            raise Refused("amount_twice", _r("You chose an amount and typed another one. Please keep one of them."))
        if choice in suggested:
            return int(choice)
        if choice not in ("", OTHER):
            raise Refused("amount_not_offered", _r("Please choose one of the amounts, or type your own."))
        if not typed:
            raise Refused("amount_missing", _r("Please choose an amount, or type your own."))
        amount = parse_amount(typed, self.project.currency)
        check_amount(amount, self.project.currency)
        return amount

    def gift_key(self) -> str:
        """One form with one content is one gift; the same form with another amount is another wish."""
        said = {name: str(value) for name, value in self.cleaned_data.items()}
        text = "\n".join(f"{name}={said[name]}" for name in sorted(said)) + f"\n{self.project.ref}"
        return hashlib.sha256(text.encode()).hexdigest()
