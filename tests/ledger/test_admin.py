"""The admin is a window on the books: it shows, finds and adds up; it writes nothing."""

import pytest
from django.contrib import admin
from django.urls import reverse

from ledger.models import Fund, JournalEntry, LogLeaf
from tests.ledger.story import tell

MODELS = [model for model in admin.site._registry if model._meta.app_label == "ledger"]


@pytest.fixture
def desk(db):
    return tell()


def address(model, action, *arguments):
    return reverse(f"admin:ledger_{model._meta.model_name}_{action}", args=arguments)


def test_entries_funds_books_and_leaves_have_their_window():
    assert {model.__name__ for model in MODELS} == {"Book", "Fund", "JournalEntry", "LogLeaf"}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_window_opens_and_nothing_can_be_written_through_it(desk, model, admin_client):
    assert admin_client.get(address(model, "changelist")).status_code == 200
    row = model.objects.first()
    assert admin_client.get(address(model, "change", row.pk)).status_code == 200
    assert admin_client.get(address(model, "add")).status_code == 403
    assert admin_client.post(address(model, "change", row.pk), {"code": "x"}).status_code == 403
    assert admin_client.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
    admin_client.post(address(model, "changelist"), chosen)  # the list knows no such action and shows itself again
    assert model.objects.filter(pk=row.pk).exists()


def test_an_entry_is_found_by_its_document_and_shows_both_sides(desk, admin_client):
    entry = JournalEntry.objects.get(id=desk.award_id)
    found = admin_client.get(address(JournalEntry, "changelist"), {"q": entry.document_ref}).content.decode()
    assert "¥200.00" in found
    page = admin_client.get(address(JournalEntry, "change", entry.id)).content.decode()
    assert "业务活动成本" in page
    assert "应付救助款" in page
    assert "SPEND desks" in page


def test_a_fund_shows_its_line(desk, admin_client):
    fund = Fund.objects.get(code="desks")
    page = admin_client.get(address(Fund, "change", fund.id)).content.decode()
    assert "[0, 30000)" in page


def test_a_leaf_is_found_by_its_document(desk, admin_client):
    entry = JournalEntry.objects.get(id=desk.award_id)
    page = admin_client.get(address(LogLeaf, "changelist"), {"q": entry.document_ref}).content.decode()
    assert bytes(LogLeaf.objects.get(entry=entry).leaf_hash).hex() in page


def test_a_visitor_sees_no_window(desk, client):
    assert client.get(address(JournalEntry, "changelist")).status_code == 302
