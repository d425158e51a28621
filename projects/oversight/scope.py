"""Who may look, and how far: every oversight view goes through here, so nothing outside the scope is found at all."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from projects.access import permissions
from projects.access.models import User
from projects.organisations.models import Organisation


class OversightRequest(HttpRequest):
    """A request of somebody who may look, with the organisations in reach."""

    user: User
    scope: QuerySet[Organisation]


def today() -> Any:
    return timezone.localdate()


def oversight_view(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """For people with `oversight.view` somewhere; `request.scope` holds the organisations they may look at."""

    @wraps(view)
    def guarded(request: OversightRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path(), login_url="oversight:sign_in")
        if not permissions.may(request.user, "oversight.view", on=today()):
            raise PermissionDenied
        reach = permissions.organisations_of(request.user, "oversight.view", today())
        request.scope = Organisation.objects.filter(pk__in=reach)
        return view(request, *args, **kwargs)

    return guarded


def in_scope(request: OversightRequest, organisation: Organisation) -> Organisation:
    """The organisation, or 404: what is out of scope does not exist for the reader."""
    if not request.scope.filter(pk=organisation.pk).exists():
        raise Http404
    return organisation


def books_in_scope(request: OversightRequest) -> list[str]:
    return [code for code in request.scope.values_list("book_code", flat=True) if code]
