"""Can this machine show Chinese? Asked at every start, so that nobody learns it from a donor's receipt."""

import shutil
import subprocess
from typing import Any

from django.core.checks import Warning as CheckWarning
from django.core.checks import register

CURE = "Install a Chinese font, for example: apt-get install fonts-noto-cjk"


def has_chinese_font() -> bool:
    """By fontconfig's list where there is one (quick); else by drawing the signs a receipt needs."""
    lister = shutil.which("fc-list")
    if lister:
        found = subprocess.run([lister, ":lang=zh-cn", "family"], capture_output=True, check=False, timeout=30)
        return bool(found.stdout.strip())
    from projects.receipts import render  # heavy, and rarely needed here

    return not render.unshown_of(render.SPECIMEN)


@register
def chinese_font(app_configs: Any, **kwargs: Any) -> list[CheckWarning]:
    if has_chinese_font():
        return []
    return [CheckWarning("Receipts cannot show Chinese: no font has the characters.", hint=CURE, id="receipts.W001")]
