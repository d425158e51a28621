"""Who may see whose gift it is. The donor chooses it with the gift; a regular gift keeps its choice for each payment.

| choice | the public | the charity's staff | finance |
| --- | --- | --- | --- |
| PUBLIC | the name | the name | the name |
| INITIALS | the initials | the name | the name |
| HIDDEN | nothing | the name | the name |
| FINANCE | nothing | nothing | the name |

The receipt carries the name whatever was chosen, for it is the donor's own paper. Regulators reveal a name by an act of
its own, with a reason. Amount and day are public with every choice: they are the charity's accounts.
"""

import re
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class Visibility(models.TextChoices):
    PUBLIC = "PUBLIC", _("Show my name")
    INITIALS = "INITIALS", _("Show my initials only")
    HIDDEN = "HIDDEN", _("Do not show my name to the public")
    FINANCE = "FINANCE", _("Only those who keep the accounts may know")


# Family names of two characters that are common enough to be met (百家姓); any other has one.
TWO_CHARACTERS = frozenset(
    "欧阳 司马 上官 诸葛 司徒 东方 独孤 南宫 夏侯 皇甫 尉迟 公孙 慕容 令狐 宇文 长孙 司空 端木 轩辕 百里 东郭 呼延 "
    "歐陽 司馬 上官 諸葛 東方 獨孤 南宮 尉遲 公孫 長孫 軒轅 東郭".split()
)
HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]")
MOST_STARS = 2
MOST_INITIALS = 3


def public_name(name: str, visibility: str) -> str:
    """What the public sees of a name; empty where it sees nothing."""
    name = " ".join(name.split())
    if visibility == Visibility.PUBLIC:
        return name
    return initials(name) if visibility == Visibility.INITIALS else ""


def staff_name(row: Any, *, is_finance: bool) -> str:
    """What staff see of a gift's or a regular gift's donor; empty where they see nothing."""
    if row.visibility == Visibility.FINANCE and not is_finance:
        return ""
    return str(row.donor_name)


def initials(name: str) -> str:
    """The initials of a name: 王小明 → 王**, Ada King-Noel → A. K. N.

    The stars tell one or several more characters, never how many: a rare name must not be found by its length.
    """
    name = " ".join(name.split())
    if HAN.search(name):
        together = name.replace(" ", "").replace("·", "")
        family = together[:2] if together[:2] in TWO_CHARACTERS and len(together) > 2 else together[:1]
        return family + "*" * min(MOST_STARS, len(together) - len(family))
    words = [word for word in re.split(r"[\s\-·]+", name) if word]
    return " ".join(f"{word[0].upper()}." for word in words[:MOST_INITIALS])
