"""A donor with gifts, and the way into their pages."""

import re

import pytest
from django.core import mail
from django.core.cache import cache

from projects.giving.models import Donor
from tests.factories.catalog import open_project
from tests.factories.giving import settled_gift
from tests.factories.pages import site

LINK = re.compile(r"http://localhost:8000(/\S+/my/sign-in/\S+/)")


@pytest.fixture(autouse=True)
def fresh_tries(settings):
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def project(charity_a):
    site()
    return open_project(charity_a.organisation, slug="rooms")


@pytest.fixture
def gift(project):
    return settled_gift(project, email="lin@example.org", name="林晓", amount_minor=100_00)


@pytest.fixture
def others_gift(project):
    return settled_gift(project, email="other@example.org", name="王强", amount_minor=55_00, language="en")


def donor_of(email: str) -> Donor:
    return Donor.objects.get(email=email)


def mailed_link(client, email="lin@example.org", *, language="en", callbacks=None) -> str:
    """Ask for a link, and take it out of the letter."""
    mail.outbox.clear()
    answer = client.post(f"/{language}/my/sign-in/", {"email": email})
    assert answer.status_code == 200
    return LINK.search(mail.outbox[-1].body)[1]


def sign_in(client, email="lin@example.org") -> None:
    assert client.post(mailed_link(client, email)).status_code == 303
