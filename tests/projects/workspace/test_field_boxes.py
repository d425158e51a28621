"""A field of a staff form names its hint and its fault, and both are there: who listens to a screen hears both."""

import re

import pytest
from django.urls import reverse

pytestmark = pytest.mark.django_db

EN = {"accept-language": "en"}


def told(page: str, name: str) -> list[str]:
    """What a field is said to be described by, in words."""
    (field,) = re.findall(rf'<(?:input|textarea|select)[^>]* name="{name}"[^>]*>', page)
    found = re.search(r'aria-describedby="([^"]*)"', field)
    return [words_of(page, key) for key in found[1].split()] if found else []


def words_of(page: str, key: str) -> str:
    assert page.count(f'id="{key}"') == 1, key
    inside = page.partition(f'id="{key}"')[2].partition(">")[2].partition("</div>")[0]
    return " ".join(re.sub(r"<[^>]+>|\s+", " ", inside).split())


@pytest.fixture
def admin(client, charity_a):
    client.force_login(charity_a.admin)
    return client


def test_before_anything_is_sent_the_hint_alone_is_read(admin):
    page = admin.get(reverse("workspace_webhooks:register"), headers=EN).content.decode()
    (hint,) = told(page, "address")
    assert hint.startswith("Public and with https.")


def test_hint_and_fault_are_both_read(admin):
    page = admin.post(reverse("workspace_webhooks:register"), {"address": ""}, headers=EN).content.decode()
    hint, fault = told(page, "address")
    assert hint.startswith("Public and with https.")
    assert fault == "This field is required."


def test_a_field_without_a_hint_names_its_fault(admin):
    page = admin.post(reverse("workspace_formulas:draft"), {"slug": "no spaces"}, headers=EN).content.decode()
    assert told(page, "slug") == ["Only the letters a to z, digits, hyphens and underscores."]


def test_a_file_names_its_hint_and_its_fault(client, charity_a):
    client.force_login(charity_a.finance)
    page = client.post(reverse("workspace_bills:upload"), {}, headers=EN).content.decode()
    hint, fault = told(page, "file")
    assert hint.startswith("CSV or XLSX")
    assert fault == "This field is required."


def test_boxes_to_tick_are_one_group_with_its_fault(admin):
    page = admin.post(reverse("workspace_webhooks:register"), {}, headers=EN).content.decode()
    (group,) = re.findall(r'<div[^>]* role="group"[^>]*>', page)
    assert 'aria-label="What it is told"' in group
    assert 'aria-describedby="id_kinds_error"' in group
    assert words_of(page, "id_kinds_error") == "This field is required."


def test_the_fault_of_a_short_name_is_chinese_too(admin):
    page = admin.post(reverse("workspace_formulas:draft"), {"slug": "a b"}, headers={"accept-language": "zh-hans"})
    assert "只能使用英文字母、数字、连字符和下划线。" in page.content.decode()


def test_an_empty_list_says_so_in_whole_chinese(admin):
    page = admin.get(reverse("workspace_webhooks:index"), headers={"accept-language": "zh-hans"}).content.decode()
    assert "这里还没有Webhook。" in page.replace("还没有 ", "还没有")
