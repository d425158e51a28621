"""What is missing, for the editor's panel."""

from typing import Any

from django import template
from django.utils import timezone

from projects.pages.gate import missing_for

register = template.Library()


@register.simple_tag
def missing_facts(page: Any) -> list[str]:
    return [str(item) for item in missing_for(page, on=timezone.localdate())]
