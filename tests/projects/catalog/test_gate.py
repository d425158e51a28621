"""The publishing gate: each thing a public campaign needs, taken away one at a time."""

import datetime

import pytest
from django.utils import translation

from ledger.core.refusals import Refused
from projects.access.actors import SETUP
from projects.access.screen import sentence
from projects.catalog import actions
from projects.catalog.gate import RULES, missing_for_public_campaign
from projects.catalog.models import DesignatedPlatform
from tests.factories.access import BEGIN
from tests.factories.catalog import FILED_ON, filed_project

pytestmark = pytest.mark.django_db

ON = BEGIN.date()


def codes(project, on=ON, **ask):
    return [missing.code for missing in missing_for_public_campaign(project, on=on, **ask)]


def test_a_whole_campaign_lacks_nothing():
    assert codes(filed_project()) == []


ON_THE_ORGANISATION = {
    "organisation_verified": {"state": "SUSPENDED"},
    "organisation_name": {"name_zh": "", "name_en": ""},
    "credit_code": {"credit_code": None},
    "certificate": {"fundraising_certificate": ""},
    "certificate_dates": {"certificate_to": datetime.date(2026, 12, 30)},
    "plan_office": {"address": ""},
}
ON_THE_PROJECT = {
    "filing_number": {"filing_number": ""},
    "filed_in_time": {"filed_on": ON - datetime.timedelta(days=9)},
    "dates": {"ends_on": None},
    "contact": {"responsible_name": ""},
    "plan_aim": {"summary_zh": "", "summary_en": ""},
}


@pytest.mark.parametrize("code", ON_THE_ORGANISATION)
def test_it_names_what_the_organisation_lacks(code):
    project = filed_project()
    for name, value in ON_THE_ORGANISATION[code].items():
        setattr(project.organisation, name, value)
    assert codes(project) == [code]


@pytest.mark.parametrize("code", ON_THE_PROJECT)
def test_it_names_what_the_project_lacks(code):
    project = filed_project()
    for name, value in ON_THE_PROJECT[code].items():
        setattr(project, name, value)
    assert codes(project) == [code]


@pytest.mark.parametrize("key", ["area", "receiving", "beneficiaries", "use", "cost", "surplus"])
def test_it_names_what_the_plan_lacks(key):
    project = filed_project()
    project.plan = project.plan | {key: {"zh": " ", "en": ""}}
    assert codes(project) == [f"plan_{key}"]


def test_a_platform_counts_only_while_it_is_designated():
    project = filed_project()
    DesignatedPlatform.objects.update(designated_to=ON)
    assert codes(project) == ["platform_link"]
    assert codes(project, on=ON - datetime.timedelta(days=1)) == []


def test_an_emergency_may_be_filed_afterwards():
    project = filed_project(purpose_id="DISASTER")
    project.filed_on = ON
    assert codes(project) == []


def test_it_names_everything_at_once():
    project = filed_project()
    project.organisation.credit_code = None
    project.filing_number = ""
    project.platform_links.all().delete()
    assert codes(project) == ["credit_code", "filing_number", "platform_link"]


def test_a_rule_binds_only_while_it_is_in_force():
    project = filed_project()
    project.filing_number = ""
    assert codes(project, on=datetime.date(2024, 9, 4)) == []


def test_another_country_has_its_own_rules():
    project = filed_project()
    project.organisation.credit_code = None
    project.filing_number = ""
    assert codes(project, country="NZ") == []
    project.organisation.state = "SUSPENDED"
    assert codes(project, country="NZ") == ["organisation_verified"]


def test_every_rule_has_one_code_and_a_source():
    for rules in RULES.values():
        assert len({rule.code for rule in rules}) == len(rules)
        assert all(rule.source for rule in rules)


def test_a_campaign_does_not_open_before_it_is_whole_and_says_why(moment):
    project = filed_project()
    project.platform_links.all().delete()
    with pytest.raises(Refused) as refused:
        actions.open_project(project, by=SETUP, at=moment)
    assert refused.value.code == "campaign_incomplete"
    with translation.override("en"):
        assert "The link to a designated platform is missing." in sentence(refused.value)
    with translation.override("zh-hans"):
        assert "缺少指定平台的链接" in sentence(refused.value)


def test_a_campaign_waits_ten_days_after_its_filing():
    project = filed_project()
    assert codes(project, on=FILED_ON + datetime.timedelta(days=9)) == ["filed_in_time"]
    assert codes(project, on=FILED_ON + datetime.timedelta(days=10)) == []
