"""Migrations are self-contained: they inherit from frozen models, not from today's classes."""

import pytest
from django.apps import apps
from django.core.management import call_command
from wagtail.models import get_page_models


@pytest.mark.django_db
def test_nothing_is_missing():
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


@pytest.mark.django_db
def test_no_frozen_page_becomes_a_living_one():
    """A migration whose `bases` name an abstract page class registers its frozen copy with Wagtail as a page type."""
    frozen = {model.__name__ for model in get_page_models() if model._meta.apps is not apps}
    assert not frozen, 'write bases=("wagtailcore.page",) in the migration'
