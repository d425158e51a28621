"""The purposes and designated platforms every installation starts with. Both are rows; more are added as rows."""

from typing import Any

PURPOSES = (
    ("MEDICAL", "助医", "Medical aid"),
    ("EDUCATION", "助学", "Education"),
    ("HARDSHIP", "助困", "Hardship relief"),
    ("HOUSING", "居住改善", "Housing"),
    ("FOOD", "助餐", "Food"),
    ("ELDER", "助老", "Older people"),
    ("CHILD", "儿童关爱", "Children"),
    ("DISABILITY", "助残", "People with disabilities"),
    ("DISASTER", "救灾", "Disaster relief"),
    ("MENTAL_HEALTH", "心理健康", "Mental health"),
)


def ensure_purposes(*_args: Any, **_kwargs: Any) -> None:
    """Add the purposes that are missing, after every migration; rows that an operator changed stay as they are."""
    from projects.catalog.models import Purpose

    for order, (code, name_zh, name_en) in enumerate(PURPOSES):
        Purpose.objects.get_or_create(code=code, defaults={"name_zh": name_zh, "name_en": name_en, "order": order * 10})
