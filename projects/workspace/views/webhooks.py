"""Webhooks: the addresses that an organisation wants told, their secret (shown once), and what came of each try."""

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.core.paginator import Paginator
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.ui.tables import Column, DateColumn, TitleColumn
from wagtail.admin.widgets.button import HeaderButton

from ledger.core.refusals import Refused
from projects.access import people
from projects.access.screen import sentence
from projects.organisations.outcomes import KINDS
from projects.webhooks import actions
from projects.webhooks.models import Attempt, Delivery, Endpoint
from projects.workspace.desk import Act, FormScreen, Listing, Screen
from projects.workspace.forms import OrganisationForm
from projects.workspace.sections import Section
from projects.workspace.tables import StateColumn

PERMISSIONS = (actions.RIGHT,)
CRUMBS = (("workspace_webhooks:index", gettext_lazy("Webhooks")),)
ENDPOINTS = Endpoint.objects.select_related("organisation")
TRIES_ON_A_PAGE = 50


class EndpointList(Listing):
    permissions = PERMISSIONS
    page_title = gettext_lazy("Webhooks")
    header_icon = "link"
    index_url_name = "workspace_webhooks:index"
    index_results_url_name = "workspace_webhooks:results"
    default_ordering = "-registered_at"
    verbose_name_plural = gettext_lazy("webhooks")

    def get_base_queryset(self):
        return self.own(ENDPOINTS.all())

    def get_header_buttons(self):
        register = HeaderButton(_("Register an address"), url=reverse("workspace_webhooks:register"), icon_name="plus")
        return [register, *super().get_header_buttons()]

    def get_columns(self):
        return [
            TitleColumn("address", label=_("Web address"), url_name="workspace_webhooks:show", id_accessor="ref"),
            Column("organisation", label=_("Charity"), accessor="organisation.name"),
            StateColumn(),
            DateColumn("registered_at", label=_("Registered"), sort_key="registered_at"),
        ]


def kinds_field() -> Any:
    return forms.MultipleChoiceField(
        label=gettext_lazy("What it is told"),
        choices=[(kind, KINDS[kind].label) for kind in KINDS],
        widget=forms.CheckboxSelectMultiple,
    )


class EndpointForm(OrganisationForm):
    address = forms.CharField(
        label=gettext_lazy("Web address"),
        max_length=actions.LONGEST_ADDRESS,
        widget=forms.URLInput(attrs={"placeholder": "https://"}),
        help_text=gettext_lazy("Public and with https. Messages hold references and amounts, nothing about people."),
    )
    kinds = kinds_field()


class KindsForm(forms.Form):
    kinds = kinds_field()


class SecretScreen(FormScreen):
    """A form whose answer shows a secret, this once: it is in the answer and nowhere else."""

    permissions = PERMISSIONS
    header_icon = "link"
    crumbs = CRUMBS

    def secret(self, form) -> tuple[Endpoint, str]:
        raise NotImplementedError

    def form_valid(self, form):
        try:
            endpoint, secret = self.secret(form)
        except Refused as refused:
            field = self.refusal_fields.get(refused.code)
            form.add_error(field if field in form.fields else None, sentence(refused))
            return self.form_invalid(form)
        context = self.get_context_data(form=form) | {"endpoint": endpoint, "secret": secret}
        response = TemplateResponse(self.request, "workspace/webhook_secret.html", context)
        response["Cache-Control"] = "private, no-store"
        return response

    def get_success_url(self):
        return reverse("workspace_webhooks:index")


class RegisterEndpoint(SecretScreen):
    page_title = gettext_lazy("Register an address")
    form_class = EndpointForm
    submit_label = gettext_lazy("Register")
    refusal_fields = {
        "address_not_https": "address",
        "address_not_plain": "address",
        "address_private": "address",
        "address_not_found": "address",
        "address_too_long": "address",
        "kind_unknown": "kinds",
        "kinds_missing": "kinds",
    }

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"organisations": self.organisations()}

    def secret(self, form):
        return actions.register(**form.cleaned_data, by=self.request.user, at=self.now)


class OfEndpoint:
    """A deed on one endpoint."""

    kwargs: Any
    find: Any

    def endpoint(self) -> Endpoint:
        return self.find(ENDPOINTS.all())

    def back(self) -> str:
        return reverse("workspace_webhooks:show", args=[self.kwargs["ref"]])


class FormOfEndpoint(OfEndpoint):
    """Also a form that comes back with its faults is shown to those alone who may see the thing."""

    may: Any

    def dispatch(self, request, *args, **kwargs):
        if self.may(actions.RIGHT):
            self.endpoint()
        return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]

    def get_success_url(self) -> str:
        return self.back()


class RotateSecret(FormOfEndpoint, SecretScreen):
    page_title = gettext_lazy("A new secret")
    form_class = forms.Form
    submit_label = gettext_lazy("Make a new secret")
    warning = gettext_lazy("For one day both the old and the new secret sign. After that only the new one does.")

    def secret(self, form):
        endpoint = self.endpoint()
        return endpoint, actions.rotate_secret(endpoint, by=self.request.user, at=self.now)


class ChooseKinds(FormOfEndpoint, FormScreen):
    permissions = PERMISSIONS
    page_title = gettext_lazy("What it is told")
    header_icon = "link"
    crumbs = CRUMBS
    form_class = KindsForm
    refusal_fields = {"kind_unknown": "kinds", "kinds_missing": "kinds", "endpoint_ended": "kinds"}

    def get_initial(self):
        return {"kinds": self.endpoint().kinds}

    def act(self, form):
        actions.choose_kinds(self.endpoint(), **form.cleaned_data, by=self.request.user, at=self.now)
        return _("It is told these from now on.")


class PauseEndpoint(OfEndpoint, Act):
    permissions = PERMISSIONS

    def act(self):
        actions.pause(self.endpoint(), by=self.request.user, at=self.now)
        return _("Nothing is sent there. What happens meanwhile is told when it goes on.")


class ResumeEndpoint(OfEndpoint, Act):
    permissions = PERMISSIONS

    def act(self):
        actions.resume(self.endpoint(), by=self.request.user, at=self.now)
        return _("It is told again.")


class EndEndpoint(FormOfEndpoint, FormScreen):
    permissions = PERMISSIONS
    page_title = gettext_lazy("End this webhook for good")
    header_icon = "link"
    crumbs = CRUMBS
    form_class = forms.Form
    submit_label = gettext_lazy("End for good")
    warning = gettext_lazy(
        "This cannot be undone. Nothing is sent to this address any more, also not what waits for it now. What was "
        "tried stays in the list. To be told again, the address is registered anew, with a new secret."
    )

    def get_page_subtitle(self):
        return self.endpoint().address

    def act(self, form):
        actions.end(self.endpoint(), by=self.request.user, at=self.now)
        return _("The webhook has ended.")


class SendTest(OfEndpoint, Act):
    permissions = PERMISSIONS

    def act(self):
        actions.send_test(self.endpoint(), by=self.request.user, at=self.now)
        return _("A test message is on its way. What comes of it shows below in a few seconds.")


class SendAgain(OfEndpoint, Act):
    permissions = PERMISSIONS

    def act(self):
        message = self.request.POST.get("message", "")
        actions.send_again(self.endpoint(), message=message, by=self.request.user, at=self.now)
        return _("It is sent once more. What comes of it shows below in a few seconds.")


class EndpointScreen(Screen):
    permissions = PERMISSIONS
    template_name = "workspace/webhook.html"
    header_icon = "link"
    crumbs = CRUMBS

    def get_page_title(self):
        # The whole address stands below, where it may take several lines.
        return urlsplit(self.endpoint.address).hostname

    def get(self, request, *args, **kwargs):
        self.endpoint = self.find(ENDPOINTS.all())
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs):
        endpoint = self.endpoint
        tries = Attempt.objects.filter(delivery__endpoint=endpoint).select_related("delivery__message")
        states = Delivery.State
        given_up = endpoint.deliveries.filter(state=states.GIVEN_UP)
        return super().get_context_data(
            endpoint=endpoint,
            kinds=[KINDS[kind].label for kind in endpoint.kinds if kind in KINDS],
            offers=self.offers(),
            tries=Paginator(tries, TRIES_ON_A_PAGE).get_page(self.request.GET.get("p")),
            waiting=endpoint.deliveries.filter(state=states.WAITING).count(),
            given_up=given_up.count(),
            lost=given_up.select_related("message").order_by("-message__at", "-pk")[:TRIES_ON_A_PAGE],
            names=people.names([endpoint.registered_by_ref]),
            **kwargs,
        )

    def offers(self) -> list[dict[str, Any]]:
        def to(name: str, label: str, **how: Any) -> dict[str, Any]:
            return {"url": reverse(f"workspace_webhooks:{name}", args=[self.endpoint.ref]), "label": label, **how}

        state, offers = self.endpoint.state, []
        if state == "ACTIVE":
            offers += [to("test", _("Send a test message"), at_once=True, main=True)]
            offers += [to("pause", _("Pause"), at_once=True)]
        if state in ("PAUSED", "DISABLED"):
            offers += [to("resume", _("Tell it again"), at_once=True, main=True)]
        if state != "ENDED":
            offers += [to("kinds", _("Choose what it is told")), to("rotate", _("A new secret"))]
            offers += [to("end", _("End for good"))]
        return offers


class WebhookSection(Section):
    name = "webhooks"
    icon = "link"
    menu_label = gettext_lazy("Webhooks")
    menu_order = 190
    permissions = PERMISSIONS
    paths = (
        path("", EndpointList.as_view(), name="index"),
        path("results/", EndpointList.as_view(results_only=True), name="results"),
        path("register/", RegisterEndpoint.as_view(), name="register"),
        path("<str:ref>/", EndpointScreen.as_view(), name="show"),
        path("<str:ref>/kinds/", ChooseKinds.as_view(), name="kinds"),
        path("<str:ref>/rotate/", RotateSecret.as_view(), name="rotate"),
        path("<str:ref>/test/", SendTest.as_view(), name="test"),
        path("<str:ref>/again/", SendAgain.as_view(), name="again"),
        path("<str:ref>/pause/", PauseEndpoint.as_view(), name="pause"),
        path("<str:ref>/resume/", ResumeEndpoint.as_view(), name="resume"),
        path("<str:ref>/end/", EndEndpoint.as_view(), name="end"),
    )
