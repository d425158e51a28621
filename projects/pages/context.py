"""The few values every template of the site may use."""

from django.conf import settings
from django.http import HttpRequest

READING_COOKIE = "reading"


def site(request: HttpRequest) -> dict[str, object]:
    """`elder`: the large-text version is on. `demo_site`: the figures are made up and the page says so."""
    return {"elder": request.COOKIES.get(READING_COOKIE) == "large", "demo_site": settings.DEMO}
