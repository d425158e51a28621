"""Sections of the workspace as Wagtail knows them: addresses, a place in the menu, and who sees it there."""

from collections.abc import Sequence

from django.utils import timezone
from wagtail.admin.menu import MenuItem
from wagtail.admin.viewsets.base import ViewSet

from projects.access.permissions import may


def may_any(user, permissions: Sequence[str]) -> bool:
    today = timezone.localdate()
    return any(may(user, permission, on=today) for permission in permissions)


class RightsMenuItem(MenuItem):
    """Shown to whoever holds one of the rights somewhere."""

    def __init__(self, *args, permissions: Sequence[str], **kwargs):
        self.permissions = permissions
        super().__init__(*args, **kwargs)

    def is_shown(self, request) -> bool:
        return may_any(request.user, self.permissions)


class Section(ViewSet):
    """One section: `name` gives both the namespace (`workspace_<name>`) and the address (`/cms/workspace/<name>/`)."""

    permissions: Sequence[str] = ()
    add_to_admin_menu = True
    paths: Sequence = ()

    @property
    def url_prefix(self) -> str:
        return f"workspace/{self.name}"

    @property
    def url_namespace(self) -> str:
        return f"workspace_{self.name}"

    @property
    def menu_name(self) -> str:
        return f"workspace-{self.name}"

    def get_urlpatterns(self):
        return list(self.paths)

    def get_menu_item(self, order=None):
        return RightsMenuItem(
            label=self.menu_label,
            url=self.menu_url,
            name=self.menu_name,
            icon_name=self.icon,
            order=self.get_menu_item_order(order),
            permissions=self.permissions,
        )
