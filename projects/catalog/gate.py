"""The publishing gate: what a public campaign still lacks. Rules are rows here, per country, dated, with their source.

`missing_for_public_campaign` returns everything that is missing, so that nobody has to press the button ten times.
"""

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

from projects.catalog.models import Project
from projects.catalog.plan import PLAN_ITEMS

Test = Callable[[Project, datetime.date, Mapping[str, Any]], bool]


@dataclass(frozen=True)
class Rule:
    """One thing a public campaign must have: the sentence when it lacks it, its test, its source, its days."""

    code: str
    sentence: Any
    test: Test
    source: str
    valid_from: datetime.date
    valid_to: datetime.date | None = None
    values: Mapping[str, Any] = field(default_factory=dict)

    def in_force(self, on: datetime.date) -> bool:
        return self.valid_from <= on and (self.valid_to is None or on < self.valid_to)


@dataclass(frozen=True)
class Missing:
    """What a campaign lacks, in the reader's language (`str(sentence)`), and the norm that wants it."""

    code: str
    sentence: Any
    source: str

    def __str__(self) -> str:
        return str(self.sentence)


def _verified(project: Project, on: datetime.date, values: Mapping[str, Any]) -> bool:
    return project.organisation.is_verified


def _named(project: Project, on: datetime.date, values: Mapping[str, Any]) -> bool:
    return bool(project.organisation.name.strip())


def _credit_code(project: Project, on: datetime.date, values: Mapping[str, Any]) -> bool:
    return bool(project.organisation.credit_code)


def _certificate(project: Project, on: datetime.date, values: Mapping[str, Any]) -> bool:
    return bool(project.organisation.fundraising_certificate)


def _certificate_covers(project: Project, on: datetime.date, values: Mapping[str, Any]) -> bool:
    # Said only beside a certificate and dates that are there; their absence has its own sentence.
    if not (project.organisation.fundraising_certificate and project.starts_on and project.ends_on):
        return True
    return project.organisation.certificate_covers(project.starts_on, project.ends_on)


def _filed(project: Project, on: datetime.date, values: Mapping[str, Any]) -> bool:
    return bool(project.filing_number and project.filed_at)


def _filed_in_time(project: Project, on: datetime.date, values: Mapping[str, Any]) -> bool:
    # An emergency is filed afterwards; a plan without a filing day has its own sentence.
    if project.filed_on is None or project.purpose_id in values["emergencies"]:
        return True
    return on >= project.filed_on + datetime.timedelta(days=values["days"])


def _dates(project: Project, on: datetime.date, values: Mapping[str, Any]) -> bool:
    return bool(project.starts_on and project.ends_on and project.starts_on <= project.ends_on)


def _platform(project: Project, on: datetime.date, values: Mapping[str, Any]) -> bool:
    platforms = [link.platform for link in project.platform_links.select_related("platform")]
    return any(one.designated_from <= on and (one.designated_to is None or on < one.designated_to) for one in platforms)


def _contact(project: Project, on: datetime.date, values: Mapping[str, Any]) -> bool:
    return bool(project.responsible_name and (project.contact_phone or project.contact_email))


def _plan_item(project: Project, on: datetime.date, values: Mapping[str, Any]) -> bool:
    return next(item for item in PLAN_ITEMS if item.key == values["key"]).written(project)


LAW_2023 = datetime.date(2024, 9, 5)
ART_22, ART_24, ART_25, ART_27 = (f"慈善法（2023）第{number}条" for number in ("二十二", "二十四", "二十五", "二十七"))
MEASURES = "慈善组织公开募捐管理办法（民政部令第74号）"

_VERIFIED = Rule("organisation_verified", _("The organisation is not verified."), _verified, ART_25, LAW_2023)
_DATES = Rule("dates", _("The start and the end of the campaign are missing."), _dates, ART_24, LAW_2023)
_CONTACT = Rule(
    "contact",
    _("The responsible person, or how to reach them, is missing."),
    _contact,
    ART_25,
    LAW_2023,
)
_PLAN = tuple(
    Rule(f"plan_{key}", sentence, _plan_item, ART_24, LAW_2023, values={"key": key})
    for key, sentence in (
        ("aim", _("The plan does not say what the money is for.")),
        ("area", _("The plan does not name the area.")),
        ("office", _("The organisation's office address is missing.")),
        ("receiving", _("The plan does not name the ways of receiving donations and the bank account.")),
        ("beneficiaries", _("The plan does not name the beneficiaries.")),
        ("use", _("The plan does not say how the money is used.")),
        ("cost", _("The plan does not state the fundraising cost.")),
        ("surplus", _("The plan does not say what happens with a surplus.")),
    )
)

RULES: dict[str, tuple[Rule, ...]] = {
    "CN": (
        _VERIFIED,
        Rule("organisation_name", _("The organisation's name is missing."), _named, ART_25, LAW_2023),
        Rule("credit_code", _("The unified social credit code is missing."), _credit_code, ART_25, LAW_2023),
        Rule("certificate", _("The public fundraising certificate is missing."), _certificate, ART_22, LAW_2023),
        Rule(
            "certificate_dates",
            _("The public fundraising certificate does not cover the whole campaign."),
            _certificate_covers,
            ART_22,
            LAW_2023,
        ),
        Rule("filing_number", _("The filing number is missing."), _filed, ART_24, LAW_2023),
        Rule(
            "filed_in_time",
            _("The campaign may begin ten days after its plan was filed, not sooner."),
            _filed_in_time,
            MEASURES,
            LAW_2023,
            values={"days": 10, "emergencies": ("DISASTER",)},
        ),
        _DATES,
        Rule("platform_link", _("The link to a designated platform is missing."), _platform, ART_27, LAW_2023),
        _CONTACT,
        *_PLAN,
    ),
    # Where no country's rules are written yet: what any public campaign says about itself.
    "*": (_VERIFIED, _DATES, _CONTACT),
}


def missing_for_public_campaign(project: Project, *, country: str = "CN", on: datetime.date) -> list[Missing]:
    """Everything the campaign lacks on a day, in the order of the rules; empty means it may be public."""
    rules = RULES.get(country, RULES["*"])
    return [
        Missing(rule.code, rule.sentence, rule.source)
        for rule in rules
        if rule.in_force(on) and not rule.test(project, on, rule.values)
    ]
