"""The lines that another site copies to show one of our projects in a frame."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.html import format_html

from projects.access.languages import in_language

# Room for the whole page in the narrowest frame that is useful, in CSS pixels.
HEIGHT = 560
# The frame needs no right but the one to open the tab in which one gives.
_FRAME = (
    '<iframe src="{}" title="{}" width="100%" height="{}" style="border:0;max-width:26rem" loading="lazy" '
    'referrerpolicy="no-referrer" sandbox="allow-popups allow-popups-to-escape-sandbox"></iframe>'
)


def snippets(project: Any, absolute: Callable[[str], str]) -> list[dict[str, str]]:
    """A snippet for each language of the site; ``absolute`` makes a whole address of a path."""
    found = []
    for code, name in settings.LANGUAGES:
        with translation.override(code):
            address = absolute(reverse("embed", args=[project.slug]))
        title = in_language(project.name_zh, project.name_en, code)
        found.append({"code": code, "language": str(name), "html": format_html(_FRAME, address, title, HEIGHT)})
    return found
