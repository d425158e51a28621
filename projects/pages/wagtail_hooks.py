"""Guards on the ways by which a page can become public, and on whose pages one may touch.

Wagtail's groups (see `setup.py`) decide what is offered; these hooks ask the roles themselves, so that a grant that
ended this morning is over this morning.
"""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail import hooks
from wagtail.admin import messages
from wagtail.models import Page

from ledger.core.refusals import Refused
from projects.access.permissions import may
from projects.access.screen import sentence
from projects.pages.gate import refuse_unless_complete
from projects.pages.models import CharityPage, ProjectPage


def section_of(page: Page) -> CharityPage | None:
    """The charity's section a page lies in, or is."""
    return CharityPage.objects.ancestor_of(page, inclusive=True).select_related("organisation").first()


def require(user: Any, permission: str, page: Page) -> None:
    """Inside a charity's section, only people whose role in that charity carries the permission today."""
    section = section_of(page)
    if section is None or user.is_superuser:
        return
    if not may(user, permission, organisation=section.organisation, on=timezone.localdate()):
        raise PermissionDenied


@hooks.register("before_edit_page")
@hooks.register("before_delete_page")
def only_own_pages(request: HttpRequest, page: Page) -> None:
    require(request.user, "pages.edit", page)


@hooks.register("before_create_page")
def only_in_own_section(request: HttpRequest, parent_page: Page, page_class: type[Page]) -> None:
    require(request.user, "pages.edit", parent_page)


@hooks.register("before_publish_page")
def publish_only_what_is_complete(request: HttpRequest, page: Page) -> HttpResponse | None:
    require(request.user, "pages.publish", page)
    return _refusal(request, [page])


@hooks.register("before_unpublish_page")
def unpublish_only_own(request: HttpRequest, page: Page) -> None:
    require(request.user, "pages.publish", page)


@hooks.register("before_bulk_action")
def publish_many_only_when_complete(
    request: HttpRequest, action_type: str, objects: list[Any], action: Any
) -> HttpResponse | None:
    pages = [one for one in objects if isinstance(one, Page)]
    if action_type != "publish" or not pages:
        return None
    if action.cleaned_form.cleaned_data.get("include_descendants"):
        pages += [child for page in pages for child in page.get_descendants()]
    for page in pages:
        require(request.user, "pages.publish", page)
    return _refusal(request, pages)


@hooks.register("before_copy_page")
def no_second_page_of_a_project(request: HttpRequest, page: Page) -> HttpResponse | None:
    if not isinstance(page.specific, ProjectPage):
        return None
    messages.error(request, _("A project has one page in each language; copy its text instead, or translate it."))
    return redirect("wagtailadmin_explore", page.get_parent().pk)


def _refusal(request: HttpRequest, pages: list[Page]) -> HttpResponse | None:
    for page in pages:
        try:
            refuse_unless_complete(page.specific, on=timezone.localdate())
        except Refused as refused:
            messages.error(request, sentence(refused))
            return redirect("wagtailadmin_pages:edit", page.pk)
    return None
