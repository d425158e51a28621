"""The case categories and approval policies every installation starts with. Both are rows; more are added as rows."""

import datetime
from typing import Any

CATEGORIES = (
    ("MINIMUM_LIVING", "低保", "Minimum living allowance", ["低保户", "最低生活保障", "dibao"]),
    ("EXTREME_POVERTY", "特困", "Extreme poverty support", ["特困人员", "特困供养", "tekun"]),
    ("LOW_INCOME_MARGIN", "低保边缘", "Low-income margin", ["低保边缘家庭", "低边", "dibian"]),
    ("TEMPORARY_RELIEF", "临时救助", "Temporary relief", ["临时", "temporary"]),
)

# No source gives thresholds: these are the shown default, until a charity or an operator adds rows of its own.
POLICIES_FROM = datetime.date(2024, 1, 1)
CHECKER, FINANCE, ADMIN = "relief.approve_award", "relief.approve_award_second", "relief.approve_award_final"
POLICIES = (
    (1, 2_000_00, (CHECKER,)),
    (2_000_01, 20_000_00, (CHECKER, FINANCE)),
    (20_000_01, None, (CHECKER, FINANCE, ADMIN)),
)


def ensure_categories(*_args: Any, apps: Any = None, **_kwargs: Any) -> None:
    """Add the categories that are missing, after every migration; rows that an operator changed stay as they are."""
    if not _is_there(apps):
        return
    from projects.relief.models import CaseCategory

    for place, (code, name_zh, name_en, aliases) in enumerate(CATEGORIES):
        CaseCategory.objects.get_or_create(
            code=code, defaults={"name_zh": name_zh, "name_en": name_en, "aliases": aliases, "place": place * 10}
        )


def ensure_policies(*_args: Any, apps: Any = None, **_kwargs: Any) -> None:
    """Add the default policy set where there is none."""
    if not _is_there(apps):
        return
    from projects.relief.models import ApprovalPolicy, ApprovalStage

    for from_minor, to_minor, stages in POLICIES:
        policy, made = ApprovalPolicy.objects.get_or_create(
            organisation=None,
            currency="CNY",
            valid_from=POLICIES_FROM,
            from_minor=from_minor,
            defaults={"to_minor": to_minor},
        )
        if made:
            ApprovalStage.objects.bulk_create(
                ApprovalStage(policy=policy, number=number, permission=permission)
                for number, permission in enumerate(stages, start=1)
            )


def _is_there(apps: Any) -> bool:
    """Not after a migration back to zero: the signal comes then too."""
    return apps is None or ("relief", "casecategory") in {
        (model._meta.app_label, model._meta.model_name) for model in apps.get_models()
    }
