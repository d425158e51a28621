"""Filters and counts of the workspace's lists, in the reader's words instead of the models'."""

from typing import Any

from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.paginator import WagtailPaginator

LABELS = {
    "state": _("State"),
    "category": _("Category"),
    "sensitivity": _("Sensitivity"),
    "duplicate": _("Duplicates"),
    "project": _("Project"),
    "purpose": _("Purpose"),
    "channel": _("Channel"),
}


class Filters(WagtailFilterSet):
    """A filter set whose labels are translated; models behind the desk carry no words for staff."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, one in self.filters.items():
            one.label = LABELS.get(name, one.label)


class Counted(WagtailPaginator):
    """Says how many rows there are without naming the model."""

    @cached_property
    def items_count_label(self) -> str:
        return ngettext("%(count)s row", "%(count)s rows", self.count) % {"count": f"{self.count:,}"}
