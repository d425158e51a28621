"""A small page about one project that other sites may show in a frame: how far it is, and the way to give.

It knows nobody: it reads no cookie and sets none, runs no script, and what it shows is public already. Giving happens
on the site itself, in a tab of its own, where the address bar says where one is.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.utils import translation
from django.views.decorators.cache import cache_control
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe

from projects.catalog.models import Project
from projects.pages import pictures
from projects.pages.screens import state_tag
from projects.tracing import figures

KEPT_SECONDS = 300
# Any site may frame this page, and this page may load our style sheet and nothing else.
POLICY = "; ".join(
    [
        "default-src 'none'",
        "style-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors *",
    ]
)


@require_safe
@xframe_options_exempt
@cache_control(public=True, max_age=KEPT_SECONDS)
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """The page for a frame; a project that the public may not see is not there."""
    project = get_object_or_404(Project.objects.public().select_related("organisation"), slug=slug)
    read = figures.project_figures(project)
    context = {
        "project": project,
        "tag": state_tag(project),
        "figures": read,
        "meter": pictures.meter(read),
        "lang": translation.get_language(),
    }
    # Without the request: nothing of the visitor can find its way into a page that caches keep.
    response = HttpResponse(render_to_string("pages/embed.html", context))
    response["Content-Security-Policy"] = POLICY
    # A site that isolates itself asks this of everything it frames.
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
