"""What a page may load, and from where; and no guessing at public pages for addresses that carry no language."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware

# Our own scripts, styles and pictures only; no inline script. Styles may stand on an element: pictures are drawn so.
PUBLIC_POLICY = "; ".join(
    [
        "default-src 'self'",
        "img-src 'self' data:",
        "style-src 'self' 'unsafe-inline'",
        "object-src 'none'",
        "base-uri 'self'",
        "frame-ancestors 'self'",
        # A form may lead to the payment page; browsers hold the redirect's target against this list too.
        "form-action 'self' {payment}",
    ]
)
# Wagtail's and Django's own screens bring inline scripts, so they keep to their own rules.
STAFF_PATHS = ("/cms/", "/books/")
# Bytes that are the same in every language: caches keep one copy.
MACHINE_PATHS = ("/log/",)
UNPREFIXED_PATHS = (*STAFF_PATHS, *MACHINE_PATHS, "/documents/", "/stripe/", "/i18n/", "/api/", "/media/", "/static/")


class ContentSecurityPolicy:
    """Sets the policy on public and oversight pages, unless the view has set its own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.policy = PUBLIC_POLICY.format(payment=settings.STRIPE_API_BASE or "https://checkout.stripe.com")

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_page = response.headers.get("Content-Type", "").startswith("text/html")
        if is_page and not request.path.startswith(STAFF_PATHS):
            response.headers.setdefault("Content-Security-Policy", self.policy)
        return response


class PublicLanguages(LocaleMiddleware):
    """Django answers an unknown address by trying it with the language in front, and our page tree would take any.

    For staff and machines, what does not exist (or belongs to another charity) is simply not there.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if request.path.startswith(MACHINE_PATHS):
            return response
        if response.status_code == 404 and request.path.startswith(UNPREFIXED_PATHS):
            return response
        return super().process_response(request, response)
