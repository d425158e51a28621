"""A form brings the scripts and styles of its fields along: without them a day's calendar does not open."""

import pytest
from django.urls import reverse

pytestmark = pytest.mark.django_db

CALENDAR = "wagtailadmin/js/date-time-chooser.js"


@pytest.mark.parametrize(
    ("role", "address"),
    [
        ("finance", "workspace_hand_gifts:enter"),
        ("finance", "workspace_bills:enter"),
        ("finance", "workspace_bills:prepare"),
        ("finance", "workspace_donor_statements:ask"),
        ("finance", "workspace_books:index"),
        ("admin", "workspace_formulas:draft"),
    ],
)
def test_a_form_with_a_day_loads_the_calendar_before_it_is_called(client, charity_a, role, address):
    client.force_login(getattr(charity_a, role))
    page = client.get(reverse(address)).content.decode()
    assert "initDateChooser(" in page
    assert CALENDAR in page
    assert 'type="date"' not in page


def test_a_form_without_a_day_loads_none(client, charity_a):
    client.force_login(charity_a.admin)
    assert CALENDAR not in client.get(reverse("workspace_webhooks:register")).content.decode()
