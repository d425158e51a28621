"""Matching pots and the versions of their rules: drafted by one person, published by another."""

from typing import Any

from django import forms
from django.http import Http404
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.admin.widgets.button import HeaderButton

from projects.access import people
from projects.catalog.models import Project
from projects.matching import actions
from projects.matching.flagging import held_minor
from projects.matching.freezing import freeze_pool, thaw_pool
from projects.matching.models import MatchFreeze, MatchPool, MatchRule
from projects.matching.owed import owed_by_age
from projects.matching.queries import figures, rule_sentence
from projects.organisations.models import Organisation
from projects.workspace.desk import Act, FormScreen, Listing, Screen
from projects.workspace.forms import DayField, MoneyField, PercentField, ShortNameField, offer
from projects.workspace.sections import Section
from projects.workspace.tables import MoneyColumn, StateColumn
from projects.workspace.views.match_money import (
    RECEIVED_BY,
    SEEN_BY,
    Answers,
    DecideFlag,
    ReceiveMatch,
    WithdrawRest,
    flag_rows,
)
from projects.workspace.words import CHANNELS

PERMISSIONS = ("matching.edit_pool",)
OWNER = "project__organisation"
# The channels that gifts are posted with.
MATCHED_CHANNELS = [(code, CHANNELS[code]) for code in ("stripe", "platform")]
CRUMBS = (("workspace_matching:index", gettext_lazy("Matching")),)
MATCHER_KINDS = ("MATCHER", "ENTERPRISE", "FOUNDATION", "CHARITY")
POOLS = MatchPool.objects.select_related("project__organisation", "matcher")


class PoolList(Listing):
    permissions = SEEN_BY
    page_title = gettext_lazy("Matching pots")
    header_icon = "group"
    index_url_name = "workspace_matching:index"
    index_results_url_name = "workspace_matching:results"
    default_ordering = "-created_at"
    verbose_name_plural = gettext_lazy("matching pots")

    def get_base_queryset(self):
        return self.own(POOLS.all(), OWNER)

    def get_columns(self):
        return [
            TitleColumn("name", label=_("Pot"), url_name="workspace_matching:show", id_accessor="ref"),
            Column("matcher", label=_("Matched by"), accessor="matcher.name"),
            Column("project", label=_("Project"), accessor="project.name"),
            MoneyColumn("pledged_minor", label=_("Pledged"), sort_key="pledged_minor"),
            StateColumn(),
        ]

    def get_header_buttons(self):
        if not any(self.may(permission) for permission in PERMISSIONS):
            return super().get_header_buttons()
        draft = HeaderButton(_("Draft a pot"), url=reverse("workspace_matching:draft"), icon_name="plus")
        return [draft, *super().get_header_buttons()]


class PoolScreen(Screen):
    permissions = SEEN_BY
    template_name = "workspace/pool.html"
    header_icon = "group"
    crumbs = CRUMBS

    def get_page_title(self):
        return self.pool.name

    def get(self, request, *args, **kwargs):
        self.pool = self.find(POOLS.all(), OWNER)
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs):
        rules = list(self.pool.rules.order_by("-version"))
        names = people.names([ref for rule in rules for ref in (rule.drafted_by, rule.published_by)])
        rows = [
            {
                "rule": rule,
                "sentence": rule_sentence(rule),
                "drafted_by": names.get(rule.drafted_by, ""),
                "published_by": names.get(rule.published_by, ""),
                "is_mine": rule.drafted_by == self.request.user.ref,
            }
            for rule in rules
        ]
        freezes = list(self.pool.freezes.order_by("-place"))
        owner = self.pool.project.organisation
        may_set_up = any(self.may(permission, owner) for permission in PERMISSIONS)
        offers = self.set_up(rules, freezes) if may_set_up else []
        stands = figures(self.pool)
        if stands.owed_minor > 0 and any(self.may(permission, owner) for permission in RECEIVED_BY):
            offers.append({"url": self.address("receive"), "label": _("Record a payment of the matcher")})
        return super().get_context_data(
            pool=self.pool,
            figures=stands,
            may_set_up=may_set_up,
            owed=owed_by_age(self.pool, self.today),
            freezes=freezes,
            flags=flag_rows(self.pool),
            held=held_minor(self.pool),
            reminders=self.pool.reminders.all()[:12],
            rows=rows,
            offers=offers,
            **kwargs,
        )

    def address(self, name: str) -> str:
        return reverse(f"workspace_matching:{name}", args=[self.pool.ref])

    def set_up(self, rules: list[MatchRule], freezes: list[MatchFreeze]) -> list[dict]:
        """What whoever sets pots up can do next."""
        offers: list[dict] = []
        if self.pool.state != "CLOSED":
            offers.append({"url": self.address("draft_rule"), "label": _("Draft a version of the rule")})
        if freezes and freezes[0].is_frozen:
            offers.append({"url": self.address("thaw"), "label": _("Let the pot go on")})
        elif self.pool.state == "OPEN":
            offers.append({"url": self.address("freeze"), "label": _("Freeze the pot")})
        published = [rule for rule in rules if rule.published_at]
        if published and all(rule.closes_on < self.today for rule in published):
            warning = _("What is withdrawn is not promised to any gift again.")
            label = _("Withdraw the rest")
            offers.append({"url": self.address("withdraw"), "label": label, "at_once": True, "warning": warning})
        if self.pool.state == "OPEN":
            warning = _("A closed pot is never opened again.")
            offers.append(
                {"url": self.address("close"), "label": _("Close the pot"), "at_once": True, "warning": warning}
            )
        return offers


class PoolForm(forms.Form):
    project: Any = forms.ModelChoiceField(queryset=None, label=gettext_lazy("Project"))
    matcher = forms.ModelChoiceField(
        queryset=Organisation.objects.filter(kind__in=MATCHER_KINDS, state="VERIFIED"),
        label=gettext_lazy("Matched by"),
    )
    slug = ShortNameField(label=gettext_lazy("Short name for addresses"), max_length=64)
    name_zh = forms.CharField(label=gettext_lazy("Name in Chinese"), max_length=120)
    name_en = forms.CharField(label=gettext_lazy("Name in English"), max_length=120, required=False)
    pledged_minor = MoneyField(label=gettext_lazy("Pledged"))

    def __init__(self, *args, projects, **kwargs):
        super().__init__(*args, **kwargs)
        offer(self, "project", projects)

    def clean_slug(self):
        slug = self.cleaned_data["slug"]
        if MatchPool.objects.filter(slug=slug).exists():
            raise forms.ValidationError(_("This short name is taken."))
        return slug


class DraftPool(FormScreen):
    permissions = PERMISSIONS
    page_title = gettext_lazy("Draft a pot")
    header_icon = "group"
    crumbs = CRUMBS
    form_class = PoolForm
    submit_label = gettext_lazy("Keep the draft")
    refusal_fields = {"pledge_not_positive": "pledged_minor"}

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"projects": self.own(Project.objects.exclude(state="CANCELLED"))}

    def act(self, form):
        self.pool = actions.draft_pool(**form.cleaned_data, by=self.request.user, at=self.now)
        return _("The pot is drafted. It promises nothing before a rule is published.")

    def get_success_url(self):
        pool = getattr(self, "pool", None)
        return reverse("workspace_matching:show", args=[pool.ref]) if pool else reverse("workspace_matching:index")


class RuleForm(forms.Form):
    ratio_bps = PercentField(
        label=gettext_lazy("Share of each gift, per cent"),
        most_bps=100_000,
        initial=10_000,
        help_text=gettext_lazy("100 matches each gift one to one; 50 adds half."),
    )
    cap_per_gift_minor = MoneyField(label=gettext_lazy("At most per gift"), required=False)
    cap_total_minor = MoneyField(label=gettext_lazy("At most in all"), required=False)
    cap_per_donor_minor = MoneyField(
        label=gettext_lazy("At most per donor"),
        required=False,
        help_text=gettext_lazy(
            "Gifts of the project then name their donor's opaque reference in the open log. "
            "A gift without an e-mail address is not matched."
        ),
    )
    cap_per_day_minor = MoneyField(label=gettext_lazy("At most per day"), required=False)
    channels = forms.MultipleChoiceField(
        label=gettext_lazy("Only gifts by these channels"),
        choices=MATCHED_CHANNELS,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=gettext_lazy("None ticked means all."),
    )
    rounding = forms.ChoiceField(
        label=gettext_lazy("Rounding"), choices=MatchRule.Rounding.choices, initial=MatchRule.Rounding.DOWN
    )
    after = forms.ModelChoiceField(
        label=gettext_lazy("Behind the pot"),
        queryset=MatchPool.objects.none(),
        required=False,
        help_text=gettext_lazy("Only what that pot has not matched of a gift is matched here."),
    )
    reserves = forms.BooleanField(
        label=gettext_lazy("Hold the match before a gift is paid"),
        required=False,
        help_text=gettext_lazy(
            "Donors see what is held for them before they pay. Such a rule has no cap per donor or per day and stands "
            "behind no other pot."
        ),
    )
    reoffers = forms.BooleanField(
        label=gettext_lazy("Offer freed money to earlier gifts"),
        required=False,
        help_text=gettext_lazy("The earliest gifts that lacked some of their match come first."),
    )
    opens_on = DayField(label=gettext_lazy("First day"))
    closes_on = DayField(label=gettext_lazy("Last day"))

    def __init__(self, *args, older_pots, **kwargs):
        super().__init__(*args, **kwargs)
        offer(self, "after", older_pots)


class DraftRule(FormScreen):
    permissions = PERMISSIONS
    page_title = gettext_lazy("Draft a version of the rule")
    header_icon = "group"
    crumbs = CRUMBS
    form_class = RuleForm
    submit_label = gettext_lazy("Keep the draft")
    warning = gettext_lazy("Somebody else must publish it; you cannot.")
    refusal_fields = {
        "ratio_not_positive": "ratio_bps",
        "cap_above_pledge": "cap_total_minor",
        "days_not_in_order": "closes_on",
        "pot_order": "after",
        "reoffer_before_pot": "reoffers",
        "hold_with_moving_cap": "reserves",
    }

    def get_form_kwargs(self):
        pool = self.find(POOLS.all(), OWNER)
        older = MatchPool.objects.filter(project=pool.project, pk__lt=pool.pk).exclude(state="DRAFT")
        return super().get_form_kwargs() | {"older_pots": older}

    def act(self, form):
        pool = self.find(POOLS.all(), OWNER)
        rule = actions.draft_rule(pool, **form.cleaned_data, by=self.request.user, at=self.now)
        return _("Version %(version)s is drafted.") % {"version": rule.version}

    def get_page_subtitle(self):
        return self.find(POOLS.all(), OWNER).name

    def get_success_url(self):
        return reverse("workspace_matching:show", args=[self.kwargs["ref"]])


class PublishRule(Act):
    permissions = PERMISSIONS

    def act(self):
        pool = self.find(POOLS.all(), OWNER)
        rule = MatchRule.objects.filter(pool=pool, version=self.kwargs["version"]).first()
        if rule is None:
            raise Http404
        actions.publish_rule(rule, by=self.request.user, at=self.now)
        return _("Version %(version)s is published and stands in the open log.") % {"version": rule.version}

    def back(self):
        return reverse("workspace_matching:show", args=[self.kwargs["ref"]])


class ClosePool(Act):
    permissions = PERMISSIONS
    back = PublishRule.back

    def act(self):
        actions.close_pool(self.find(POOLS.all(), OWNER), by=self.request.user, at=self.now)
        return _("The pot is closed.")


class NoteForm(forms.Form):
    note_zh = forms.CharField(label=gettext_lazy("What everybody reads, in Chinese"), max_length=300)
    note_en = forms.CharField(label=gettext_lazy("What everybody reads, in English"), max_length=300, required=False)


class FreezeForm(NoteForm):
    reason = forms.ChoiceField(label=gettext_lazy("Reason"), choices=MatchFreeze.Reason.choices)
    field_order = ("reason",)


class FreezePool(FormScreen):
    permissions = PERMISSIONS
    page_title = gettext_lazy("Freeze the pot")
    header_icon = "group"
    crumbs = CRUMBS
    form_class: type[forms.Form] = FreezeForm
    submit_label = gettext_lazy("Freeze it now")
    warning = gettext_lazy(
        "Nothing is matched, freed or received until somebody else lets the pot go on. Gifts keep their place. "
        "The open log is told at once. Name nobody in the note."
    )
    get_page_subtitle = DraftRule.get_page_subtitle
    get_success_url = DraftRule.get_success_url

    def act(self, form):
        freeze_pool(self.find(POOLS.all(), OWNER), **form.cleaned_data, by=self.request.user, at=self.now)
        return _("The pot is frozen.")


class ThawPool(FreezePool):
    page_title = gettext_lazy("Let the pot go on")
    form_class = NoteForm
    submit_label = gettext_lazy("Let it go on")
    warning = gettext_lazy("Gifts that waited are answered in their order, as if the pot had not been frozen.")

    def act(self, form):
        thaw_pool(self.find(POOLS.all(), OWNER), **form.cleaned_data, by=self.request.user, at=self.now)
        return _("The pot goes on.")


class MatchingSection(Section):
    name = "matching"
    icon = "group"
    menu_label = gettext_lazy("Matching")
    menu_order = 155
    permissions = SEEN_BY
    paths = (
        path("", PoolList.as_view(), name="index"),
        path("results/", PoolList.as_view(results_only=True), name="results"),
        path("draft/", DraftPool.as_view(), name="draft"),
        path("<str:ref>/", PoolScreen.as_view(), name="show"),
        path("<str:ref>/rules/draft/", DraftRule.as_view(), name="draft_rule"),
        path("<str:ref>/rules/<int:version>/publish/", PublishRule.as_view(), name="publish"),
        path("<str:ref>/freeze/", FreezePool.as_view(), name="freeze"),
        path("<str:ref>/thaw/", ThawPool.as_view(), name="thaw"),
        path("<str:ref>/close/", ClosePool.as_view(), name="close"),
        path("<str:ref>/withdraw/", WithdrawRest.as_view(), name="withdraw"),
        path("<str:ref>/receive/", ReceiveMatch.as_view(), name="receive"),
        path("<str:ref>/flags/<int:place>/", DecideFlag.as_view(), name="flag"),
        path("<str:ref>/answers/", Answers.as_view(), name="answers"),
        path("<str:ref>/answers/results/", Answers.as_view(results_only=True), name="answers_results"),
    )
