"""Which amounts a project's donation form offers: chosen by the charity's editors, one on each line."""

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.core.money import decimal_text, format_amount
from ledger.core.refusals import Refused
from projects.access.screen import listed, sentence
from projects.catalog.models import Project
from projects.giving import suggestions
from projects.giving.limits import limits_of
from projects.giving.suggestion_models import MOST
from projects.workspace.desk import FormScreen

PERMISSIONS = (suggestions.RIGHT,)
# Whatever is wrong is wrong with the amounts: it stands at their field.
CODES = (
    "amount_not_a_number",
    "amount_not_positive",
    "amount_too_small",
    "amount_too_large",
    "amount_too_fine",
    "amount_too_fine_for_cards",
    "too_many_amounts",
    "amount_repeated",
    "currency_unknown",
    "currency_mismatch",
)


class AmountsForm(forms.Form):
    amounts = forms.CharField(
        label=gettext_lazy("Amounts"),
        required=False,
        max_length=400,
        widget=forms.Textarea(attrs={"rows": MOST, "autocomplete": "off"}),
    )

    def __init__(self, *args, currency: str, **kwargs):
        super().__init__(*args, **kwargs)
        self.currency = currency

    def clean_amounts(self):
        text = self.cleaned_data["amounts"]
        if faults := suggestions.faults_in(text, self.currency):
            raise forms.ValidationError([sentence(refused) for refused in faults])
        return text


class SuggestAmounts(FormScreen):
    permissions = PERMISSIONS
    page_title = gettext_lazy("Amounts on the donation form")
    header_icon = "folder-open-inverse"
    crumbs = (("workspace_projects:index", gettext_lazy("Projects")),)
    form_class = AmountsForm
    refusal_fields = dict.fromkeys(CODES, "amounts")

    def dispatch(self, request, *args, **kwargs):
        # Found before anything is shown: also a form with faults is only for those who may see the project.
        if any(self.may(permission) for permission in self.permissions):
            self.project = self.find(Project.objects.select_related("organisation"))
        return super().dispatch(request, *args, **kwargs)

    def get_page_subtitle(self):
        return self.project.name

    def get_initial(self):
        currency = self.project.currency
        return {"amounts": "\n".join(decimal_text(minor, currency) for minor in suggestions.own_amounts(self.project))}

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"currency": self.project.currency}

    def get_form(self, form_class=None):
        form = super().get_form(form_class)
        form.fields["amounts"].help_text = self.usual()
        return form

    def usual(self) -> str:
        """What to type, and what the form offers where nothing is typed."""
        said = _("In %(currency)s, one on each line, %(most)s at most. A donor can always type another amount.") % {
            "currency": self.project.currency,
            "most": MOST,
        }
        try:
            usual = limits_of(self.project.currency).suggested_minor
        except Refused:
            return said
        shown = listed([format_amount(minor, self.project.currency, whole=True) for minor in usual])
        return f"{said} {_('Empty: %(amounts)s.') % {'amounts': shown}}"

    def act(self, form):
        currency = self.project.currency
        amounts = suggestions.parse_suggestions(form.cleaned_data["amounts"], currency)
        how = {"currency": currency, "by": self.request.user, "at": self.now}
        if suggestions.suggest_amounts(self.project, amounts, **how):
            return _("The donation form offers these amounts from now on.")
        return _("The donation form offers the usual amounts again.")

    def get_success_url(self):
        return reverse("workspace_projects:show", args=[self.kwargs["ref"]])
