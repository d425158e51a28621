"""The level types every installation starts with. More are added as rows; nothing in the code counts levels."""

from typing import Any

LEVELS = (
    ("MINISTRY", "部（全国）", "Ministry (nation)", 10),
    ("PROVINCE", "省（自治区、直辖市）", "Province", 20),
    ("CITY", "地级市", "City", 30),
    ("DISTRICT", "区（县）", "District or county", 40),
    ("TOWN", "镇（街道）", "Town or sub-district", 50),
    ("VILLAGE", "村（社区）", "Village or community", 60),
    ("GRID", "网格", "Grid", 70),
)


def ensure_levels(*_args: Any, **_kwargs: Any) -> None:
    """Add the levels that are missing, after every migration; rows that an operator changed stay as they are."""
    from projects.organisations.models import LevelType

    for code, name_zh, name_en, depth in LEVELS:
        LevelType.objects.get_or_create(code=code, defaults={"name_zh": name_zh, "name_en": name_en, "depth": depth})
