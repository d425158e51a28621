from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.models import AbstractGroupApprovalTask

from projects.pages.gate import missing_for


class PublicationTask(AbstractGroupApprovalTask):
    """Approval by the charity's administrators; the button is not there while the campaign's facts are incomplete."""

    class Meta:
        verbose_name = _("publication of a charity's page")
        verbose_name_plural = _("publications of charities' pages")

    def get_actions(self, obj: Any, user: Any) -> list[tuple[str, Any, bool]]:
        actions = super().get_actions(obj, user)
        if missing_for(obj, on=timezone.localdate()):
            return [action for action in actions if action[0] != "approve"]
        return actions

    @classmethod
    def get_description(cls):
        return _("The charity's administrators approve; approving publishes, if the campaign may be public.")
