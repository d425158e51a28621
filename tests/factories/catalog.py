"""Projects in any state, brought there by the same actions as on the site."""

import datetime

from projects.access.actors import DEMO, SETUP
from projects.access.refs import new_ref
from projects.catalog import actions
from projects.catalog.models import DesignatedPlatform, Project
from projects.catalog.plan import PLAN_TEXT_KEYS
from projects.organisations.models import Organisation
from tests.factories.access import BEGIN
from tests.factories.organisations import verified

LINES = (("床和书桌", "Bed and desk", 150_000_00), ("衣柜", "Wardrobe", 50_000_00))
FILED_ON = datetime.date(2025, 12, 15)
PLAN = {key: {"zh": f"{key} 的说明", "en": f"About {key}"} for key in PLAN_TEXT_KEYS}


def platform(code: str = "platform") -> DesignatedPlatform:
    """A designated platform; there is no real one in tests."""
    return DesignatedPlatform.objects.get_or_create(
        code=code,
        defaults={
            "name_zh": "示例公益平台",
            "name_en": "Example platform",
            "host": "platform.example",
            "designated_from": datetime.date(2020, 1, 1),
        },
    )[0]


def draft_project(organisation: Organisation | None = None, *, by=SETUP, lines=LINES, **facts) -> Project:
    """A complete draft of a verified charity."""
    organisation = organisation or verified()
    facts.setdefault("slug", f"project-{new_ref()[:8]}")
    defaults = {
        "name_zh": "童心房",
        "name_en": "Rooms of their own",
        "summary_zh": "为困境儿童布置一间自己的房间。",
        "summary_en": "A room of their own for children in difficulty.",
        "purpose_id": "HOUSING",
        "jurisdiction": organisation.jurisdiction,
        "starts_on": datetime.date(2026, 1, 1),
        "ends_on": datetime.date(2026, 12, 31),
        "plan": PLAN,
        "responsible_name": "周敏",
        "contact_phone": "023-0000 0000",
        "contact_email": "project@example.org",
    }
    return actions.draft_project(organisation=organisation, lines=lines, by=by, at=BEGIN, **(defaults | facts))


def filed_project(organisation: Organisation | None = None, **facts) -> Project:
    """A project whose filing is recorded, linked to a designated platform."""
    project = draft_project(organisation, **facts)
    link = f"https://platform.example/{project.slug}"
    actions.link_platform(project, platform=platform(), url=link, by=SETUP, at=BEGIN)
    actions.submit(project, by=SETUP, at=BEGIN)
    number = f"{project.organisation.credit_code}A26001"
    return actions.file(project, filing_number=number, filed_on=FILED_ON, by=DEMO, at=BEGIN)


def open_project(organisation: Organisation | None = None, **facts) -> Project:
    """A project that takes gifts."""
    return actions.open_project(filed_project(organisation, **facts), by=SETUP, at=BEGIN)
