"""The publishing gate: a public campaign is not shown while a fact the law wants is missing.

Which facts, is data in `catalog.gate`. Here is only where it is asked: in the editor's form (a kind message by the
field), in the workflow (no approve button), before bulk publishing, and in `ProjectPage.save` as the last word.
"""

import datetime
from typing import Any

from django.utils import timezone
from wagtail.admin.forms import WagtailAdminPageForm

from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from projects.catalog.gate import Missing, missing_for_public_campaign


def missing_for(page: Any, *, on: datetime.date) -> list[Missing]:
    """What keeps this page from being public; pages of other kinds are kept by nothing."""
    project = getattr(page, "project", None) if getattr(page, "project_id", None) else None
    return missing_for_public_campaign(project, on=on) if project else []


def refuse_unless_complete(page: Any, *, on: datetime.date) -> None:
    missing = missing_for(page, on=on)
    if missing:
        raise Refused(
            "campaign_incomplete",
            _r("This page cannot be published yet. Missing: %(missing)s"),
            missing=" ".join(str(item) for item in missing),
            codes=[item.code for item in missing],
        )


class GatedPageForm(WagtailAdminPageForm):
    """The editor's form: saving a draft is always possible, publishing says which facts are missing."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        section: Any = getattr(self.parent_page, "specific", None)
        if section is not None and "project" in self.fields and hasattr(section, "organisation_id"):
            field = self.fields["project"]
            field.queryset = field.queryset.filter(organisation_id=section.organisation_id)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        project = cleaned.get("project")
        if "action-publish" in self.data and project is not None:
            for item in missing_for_public_campaign(project, on=timezone.localdate()):
                self.add_error("project", str(item))
        return cleaned
