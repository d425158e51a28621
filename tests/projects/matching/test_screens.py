"""Drafting rules and formulas on their screens: per cent as people say it, and each fault at its own field."""

import pytest
from django.urls import reverse

from projects.matching.models import MatchFormula, MatchRule
from projects.workspace.words import percent
from tests.factories.access import BEGIN
from tests.factories.matching import draft_pool, matcher, project_with_fund

pytestmark = pytest.mark.django_db

DAYS = {"opens_on": BEGIN.date().isoformat(), "closes_on": BEGIN.date().isoformat()}
CAPS = ["cap_per_gift_minor", "cap_per_donor_minor", "cap_per_day_minor"]


@pytest.fixture
def admin(client, charity_a):
    client.force_login(charity_a.admin)
    return client


@pytest.fixture
def rule_screen(charity_a):
    pool = draft_pool(project_with_fund(organisation=charity_a.organisation))
    return reverse("workspace_matching:draft_rule", args=[pool.ref])


def formula(charity, **facts) -> dict[str, str]:
    project = project_with_fund(organisation=charity.organisation)
    said = {"project": project.pk, "matcher": matcher().pk, "slug": "y2026", "name_zh": "营收配捐", "base_zh": "营收"}
    return said | {"share_bps": "0.05", "ratio_bps": "12.5"} | DAYS | facts


@pytest.mark.parametrize(
    ("bps", "shown"), [(5, "0.05%"), (10, "0.1%"), (10_000, "100%"), (1_250, "12.5%"), (99_999, "999.99%")]
)
def test_a_share_has_the_digits_it_takes(bps, shown):
    assert percent(bps) == shown


@pytest.mark.parametrize("cap", CAPS)
def test_a_cap_of_nothing_is_said_at_that_cap(admin, rule_screen, cap):
    answer = admin.post(rule_screen, DAYS | {"ratio_bps": "50", "rounding": "DOWN", cap: "0"})
    assert list(answer.context["form"].errors) == [cap]
    assert not MatchRule.objects.exists()


def test_a_rule_is_typed_in_per_cent_and_kept_in_basis_points(admin, rule_screen):
    assert 'value="100"' in admin.get(rule_screen).content.decode()
    assert admin.post(rule_screen, DAYS | {"ratio_bps": "33.33", "rounding": "DOWN"}).status_code == 302
    assert MatchRule.objects.get().ratio_bps == 3_333


@pytest.mark.parametrize("typed", ["0", "0.001", "1000.01", "-5", "x"])
def test_a_share_that_is_none_is_said_at_its_field(admin, rule_screen, typed):
    answer = admin.post(rule_screen, DAYS | {"ratio_bps": typed, "rounding": "DOWN"})
    assert list(answer.context["form"].errors) == ["ratio_bps"]
    assert f'value="{typed}"' in answer.content.decode()


def test_a_formula_is_typed_and_shown_in_per_cent(admin, charity_a):
    assert admin.post(reverse("workspace_formulas:draft"), formula(charity_a)).status_code == 302
    made = MatchFormula.objects.get()
    assert (made.share_bps, made.ratio_bps) == (5, 1_250)
    page = admin.get(reverse("workspace_formulas:show", args=[made.ref])).content.decode()
    assert "<dd>0.05%</dd>" in page
    assert "<dd>12.5%</dd>" in page
    assert "基点" not in page


def test_a_formulas_cap_of_nothing_is_said_at_its_field(admin, charity_a):
    answer = admin.post(reverse("workspace_formulas:draft"), formula(charity_a, cap_per_gift_minor="0"))
    assert list(answer.context["form"].errors) == ["cap_per_gift_minor"]
    assert not MatchFormula.objects.exists()
