"""A public page loads our own files only; its form may lead to the payment page."""

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from charity_site.middleware import ContentSecurityPolicy


def policy(path: str, response: HttpResponse) -> str:
    return ContentSecurityPolicy(lambda request: response)(RequestFactory().get(path)).headers.get(
        "Content-Security-Policy", ""
    )


@pytest.mark.parametrize("path", ["/zh-hans/", "/en/projects/x/give/", "/zh-hans/oversight/"])
def test_a_page_loads_only_our_own_files(path, settings):
    found = policy(path, HttpResponse("<p>page</p>"))
    assert "default-src 'self'" in found
    assert "script-src" not in found, "scripts fall under default-src: no inline script"
    assert f"form-action 'self' {settings.STRIPE_API_BASE}" in found


def test_with_stripe_itself_the_form_may_lead_there(settings):
    settings.STRIPE_API_BASE = ""
    assert "form-action 'self' https://checkout.stripe.com" in policy("/en/", HttpResponse())


@pytest.mark.parametrize(
    ("path", "response"),
    [
        ("/cms/", HttpResponse()),
        ("/books/", HttpResponse()),
        ("/zh-hans/gift/x/receipt.pdf", HttpResponse(content_type="application/pdf")),
    ],
)
def test_staff_screens_and_files_keep_their_own_rules(path, response):
    assert policy(path, response) == ""


def test_a_view_may_set_its_own():
    own = "default-src 'none'"
    assert policy("/en/", HttpResponse(headers={"Content-Security-Policy": own})) == own
