"""The groups of facts a fundraising plan must state, as data (Charity Law 2023, article 24).

Every group is required to leave DRAFT. A group is either a text in `Project.plan` under its key, or fields of
the project.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class PlanItem:
    key: str
    label: Any
    written: Callable[[Any], bool]


def _text(key: str) -> Callable[[Any], bool]:
    def written(project: Any) -> bool:
        return bool(project.plan_text(key).strip())

    return written


SOURCE = "中华人民共和国慈善法（2023年修正）第二十四条 · Charity Law (2023), art. 24"
PLAN_ITEMS: tuple[PlanItem, ...] = (
    PlanItem("aim", _("Purpose of the fundraising"), lambda project: bool(project.summary.strip())),
    PlanItem("dates", _("Start and end"), lambda project: bool(project.starts_on and project.ends_on)),
    PlanItem("area", _("Campaign area"), _text("area")),
    PlanItem("responsible", _("Responsible person"), lambda project: bool(project.responsible_name)),
    PlanItem("office", _("Office address"), lambda project: bool(project.organisation.address)),
    PlanItem("receiving", _("Ways of receiving donations and bank account"), _text("receiving")),
    PlanItem("beneficiaries", _("Beneficiaries"), _text("beneficiaries")),
    PlanItem("use", _("Use of the money"), _text("use")),
    PlanItem("cost", _("Fundraising cost"), _text("cost")),
    PlanItem("surplus", _("What happens with a surplus"), _text("surplus")),
)
# The groups that are texts in `Project.plan`, in the order of the form.
PLAN_TEXT_KEYS = ("area", "receiving", "beneficiaries", "use", "cost", "surplus")


def missing_from_plan(project: Any) -> list[PlanItem]:
    """The groups of the plan that are not written yet."""
    return [item for item in PLAN_ITEMS if not item.written(project)]
