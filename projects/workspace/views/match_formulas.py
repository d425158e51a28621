"""Standing matches by formula: the formula drafted and published, each period's figure entered and confirmed."""

from typing import Any

from django import forms
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.admin.widgets.button import HeaderButton

from projects.access import people
from projects.access.languages import in_language
from projects.audit.actions import log_read
from projects.catalog.models import Project
from projects.giving import evidence
from projects.matching import formulas
from projects.matching.models import FormulaPeriod, MatchFormula
from projects.organisations.models import Organisation
from projects.workspace.desk import Act, FormScreen, Listing, Screen
from projects.workspace.evidence import handed_on
from projects.workspace.forms import DayField, MoneyField, PercentField, ReasonForm, ShortNameField, offer
from projects.workspace.sections import Section
from projects.workspace.words import percent

PERMISSIONS = ("matching.edit_pool",)
OWNER = "project__organisation"
PERIOD_OWNER = "formula__project__organisation"
CRUMBS = (("workspace_formulas:index", gettext_lazy("Standing matches")),)
MATCHER_KINDS = ("MATCHER", "ENTERPRISE", "FOUNDATION", "CHARITY")
FORMULAS = MatchFormula.objects.select_related("project__organisation", "matcher")
PERIODS = FormulaPeriod.objects.select_related("formula__project__organisation", "pool")


class FormulaList(Listing):
    permissions = PERMISSIONS
    page_title = gettext_lazy("Standing matches")
    header_icon = "calendar-alt"
    index_url_name = "workspace_formulas:index"
    index_results_url_name = "workspace_formulas:results"
    default_ordering = "-drafted_at"
    verbose_name_plural = gettext_lazy("standing matches")

    def get_base_queryset(self):
        return self.own(FORMULAS.all(), OWNER)

    def get_columns(self):
        return [
            TitleColumn("name", label=_("Formula"), url_name="workspace_formulas:show", id_accessor="ref"),
            Column("matcher", label=_("Matched by"), accessor="matcher.name"),
            Column("project", label=_("Project"), accessor="project.name"),
            Column("share", label=_("Share"), accessor=lambda row: percent(row.share_bps)),
            Column("state", label=_("State"), accessor=lambda row: _("published") if row.published_at else _("draft")),
        ]

    def get_header_buttons(self):
        draft = HeaderButton(_("Draft a formula"), url=reverse("workspace_formulas:draft"), icon_name="plus")
        return [draft, *super().get_header_buttons()]


class FormulaForm(forms.Form):
    project: Any = forms.ModelChoiceField(queryset=None, label=gettext_lazy("Project"))
    matcher = forms.ModelChoiceField(
        queryset=Organisation.objects.filter(kind__in=MATCHER_KINDS, state="VERIFIED"),
        label=gettext_lazy("Matched by"),
    )
    slug = ShortNameField(label=gettext_lazy("Short name for addresses"), max_length=40)
    name_zh = forms.CharField(label=gettext_lazy("Name in Chinese"), max_length=80)
    name_en = forms.CharField(label=gettext_lazy("Name in English"), max_length=80, required=False)
    base_zh = forms.CharField(
        label=gettext_lazy("Which figure, in Chinese"),
        max_length=200,
        help_text=gettext_lazy("For example: operating revenue of the branch, as audited."),
    )
    base_en = forms.CharField(label=gettext_lazy("Which figure, in English"), max_length=200, required=False)
    share_bps = PercentField(
        label=gettext_lazy("Share of the figure, per cent"),
        most_bps=10_000,
        help_text=gettext_lazy("Two decimals at most: 0.05 is five parts in ten thousand."),
    )
    ratio_bps = PercentField(
        label=gettext_lazy("Share of each gift, per cent"),
        most_bps=100_000,
        initial=10_000,
        help_text=gettext_lazy("100 matches each gift one to one; 50 adds half."),
    )
    cap_per_gift_minor = MoneyField(label=gettext_lazy("At most per gift"), required=False)
    opens_on = DayField(label=gettext_lazy("First day of the first period"))
    closes_on = DayField(label=gettext_lazy("Last day of the last period"))

    def __init__(self, *args, projects, **kwargs):
        super().__init__(*args, **kwargs)
        offer(self, "project", projects)

    def clean_slug(self):
        slug = self.cleaned_data["slug"]
        if MatchFormula.objects.filter(slug=slug).exists():
            raise forms.ValidationError(_("This short name is taken."))
        return slug


class DraftFormula(FormScreen):
    permissions = PERMISSIONS
    page_title = gettext_lazy("Draft a formula")
    header_icon = "calendar-alt"
    crumbs = CRUMBS
    form_class = FormulaForm
    submit_label = gettext_lazy("Keep the draft")
    refusal_fields = {"formula_share": "share_bps", "ratio_not_positive": "ratio_bps", "days_not_in_order": "closes_on"}

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"projects": self.own(Project.objects.exclude(state="CANCELLED"))}

    def act(self, form):
        formulas.draft_formula(**form.cleaned_data, by=self.request.user, at=self.now)
        return _("The formula is drafted. Somebody else must publish it.")

    def get_success_url(self):
        return reverse("workspace_formulas:index")


class FormulaScreen(Screen):
    permissions = PERMISSIONS
    template_name = "workspace/formula.html"
    header_icon = "calendar-alt"
    crumbs = CRUMBS

    def get_page_title(self):
        return self.formula.name

    def get(self, request, *args, **kwargs):
        self.formula = self.find(FORMULAS.all(), OWNER)
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs):
        formula, me = self.formula, self.request.user.ref
        is_mine = formula.drafted_by == me
        periods = list(
            formula.periods.select_related("pool").prefetch_related("pool__rules").order_by("-starts_on", "-pk")
        )
        offers = []
        if formula.published_at:
            url = reverse("workspace_formulas:enter", args=[formula.ref])
            offers.append({"url": url, "label": _("Enter a period's figure"), "main": True})
        elif not is_mine:
            url = reverse("workspace_formulas:publish", args=[formula.ref])
            warning = _("Publishing cannot be undone: the formula goes into the open log and binds the matcher.")
            offers.append({"url": url, "label": _("Publish the formula"), "at_once": True, "warning": warning})
        names = people.names([ref for period in periods for ref in (period.entered_by, period.decided_by)])
        rows = [
            {
                "period": period,
                "by": names.get(period.entered_by, ""),
                "decided_by": names.get(period.decided_by, ""),
                "is_mine": period.entered_by == me,
                "opens_on": _first_day(period),
                "days": formulas.days_left(period, self.today),
                "is_late": period.opens_on < self.today,
            }
            for period in periods
        ]
        return super().get_context_data(formula=formula, is_mine=is_mine, rows=rows, offers=offers, **kwargs)


def _first_day(period: FormulaPeriod):
    """The first day that is matched: of the pot's rule once there is one, which may be later than was entered."""
    rules = period.pool.rules.all() if period.pool else ()
    return min((rule.opens_on for rule in rules), default=period.opens_on)


class PublishFormula(Act):
    permissions = PERMISSIONS

    def act(self):
        formulas.publish_formula(self.find(FORMULAS.all(), OWNER), by=self.request.user, at=self.now)
        return _("The formula is published and stands in the open log.")

    def back(self):
        return reverse("workspace_formulas:show", args=[self.kwargs["ref"]])


class PeriodForm(forms.Form):
    starts_on = DayField(label=gettext_lazy("First day of the period"))
    ends_on = DayField(label=gettext_lazy("Last day of the period"))
    base_minor = MoneyField(label=gettext_lazy("The figure of the period"))
    opens_on = DayField(
        label=gettext_lazy("Gifts are matched from"),
        help_text=gettext_lazy(
            "Today or later. If the second person confirms after this day, gifts are matched from the confirmation on."
        ),
    )
    closes_on = DayField(label=gettext_lazy("Gifts are matched until"))
    file = forms.FileField(
        label=gettext_lazy("Evidence of the figure"),
        help_text=gettext_lazy("PDF, PNG or JPEG, up to 10 MB."),
        widget=forms.FileInput(attrs={"accept": ".pdf,.png,.jpg,.jpeg"}),
    )


class EnterPeriod(FormScreen):
    permissions = PERMISSIONS
    page_title = gettext_lazy("Enter a period's figure")
    header_icon = "calendar-alt"
    crumbs = CRUMBS
    form_class = PeriodForm
    submit_label = gettext_lazy("Hand to a second person")
    get_success_url = PublishFormula.back
    refusal_fields = {
        "period_not_in_order": "ends_on",
        "period_outside_formula": "starts_on",
        "period_not_over": "ends_on",
        "period_entered": "starts_on",
        "formula_base": "base_minor",
        "days_not_in_order": "closes_on",
        "period_opens_in_the_past": "opens_on",
        "evidence_missing": "file",
        "evidence_kind": "file",
        "evidence_too_large": "file",
    }

    def formula(self) -> MatchFormula:
        return self.find(FORMULAS.all(), OWNER)

    def get_page_subtitle(self):
        return self.formula().name

    def get_form(self, form_class=None):
        form, formula = super().get_form(form_class), self.formula()
        form.fields["base_minor"].help_text = _("%(figure)s. The pot gets %(share)s of it.") % {
            "figure": in_language(formula.base_zh, formula.base_en),
            "share": percent(formula.share_bps),
        }
        return form

    def act(self, form):
        data = dict(form.cleaned_data)
        file = data.pop("file").read(evidence.LARGEST + 1)
        formulas.enter_period(self.formula(), **data, file=file, by=self.request.user, at=self.now)
        return _("It waits for a second person now.")


class OfPeriod(Act):
    permissions = PERMISSIONS

    def period(self):
        return self.find(PERIODS.all(), PERIOD_OWNER)

    def back(self):
        return reverse("workspace_formulas:show", args=[self.period().formula.ref])


class ConfirmPeriod(OfPeriod):
    def act(self):
        formulas.confirm_period(self.period(), by=self.request.user, at=self.now)
        return _("The period is confirmed and its pot is open.")


class RefusePeriod(FormScreen):
    permissions = PERMISSIONS
    page_title = gettext_lazy("Refuse the period")
    header_icon = "calendar-alt"
    crumbs = CRUMBS
    form_class = ReasonForm
    submit_label = gettext_lazy("Refuse")
    period, get_success_url = OfPeriod.period, OfPeriod.back

    def dispatch(self, request, *args, **kwargs):
        if self.may(*PERMISSIONS):
            self.period()
        return super().dispatch(request, *args, **kwargs)

    def act(self, form):
        reason = form.cleaned_data["reason"]
        formulas.refuse_period(self.period(), reason=reason, by=self.request.user, at=self.now)
        return _("The period is refused; enter it anew.")


class PeriodEvidence(Screen):
    """The document itself, never in a page of ours. Who looks is on record first."""

    permissions = PERMISSIONS
    template_name = "workspace/formula.html"

    def get(self, request, *args, **kwargs):
        period = self.find(PERIODS.all(), PERIOD_OWNER)
        log_read(
            by=request.user,
            at=self.now,
            purpose="evidence of a matching formula",
            subject=("formula_period", period.ref),
            fields=["evidence"],
            organisation_ref=period.formula.project.organisation.ref,
        )
        return handed_on(period)


class FormulaSection(Section):
    name = "formulas"
    icon = "calendar-alt"
    menu_label = gettext_lazy("Standing matches")
    menu_order = 156
    permissions = PERMISSIONS
    paths = (
        path("", FormulaList.as_view(), name="index"),
        path("results/", FormulaList.as_view(results_only=True), name="results"),
        path("draft/", DraftFormula.as_view(), name="draft"),
        path("<str:ref>/", FormulaScreen.as_view(), name="show"),
        path("<str:ref>/publish/", PublishFormula.as_view(), name="publish"),
        path("<str:ref>/periods/enter/", EnterPeriod.as_view(), name="enter"),
        path("periods/<str:ref>/confirm/", ConfirmPeriod.as_view(), name="confirm"),
        path("periods/<str:ref>/refuse/", RefusePeriod.as_view(), name="refuse"),
        path("periods/<str:ref>/evidence/", PeriodEvidence.as_view(), name="evidence"),
    )
