"""The charity's own screens, inside the Wagtail admin, and Wagtail's own screens over people of ours."""

from typing import Any

from tests.projects.rows import Row, in_cms


def _somebody(world: Any) -> dict[str, Any]:
    return {"pk": world.people["stranger"].pk}


# Accounts are set up by superusers only; roles are given by an action, never by these forms.
ACCOUNTS = {
    "wagtailusers_users:index": in_cms("superuser"),
    "wagtailusers_users:index_results": in_cms("superuser"),
    "wagtailusers_users:add": in_cms("superuser"),
    "wagtailusers_users:edit": in_cms("superuser", kwargs=_somebody),
    "wagtailusers_users:copy": in_cms("superuser", kwargs=_somebody),
    "wagtailusers_users:delete": in_cms("superuser", kwargs=_somebody),
    "wagtailusers_users:history": in_cms("superuser", kwargs=_somebody),
    "wagtailusers_users:history_results": in_cms("superuser", kwargs=_somebody),
    "wagtailusers_users:usage": in_cms("superuser", kwargs=_somebody),
}

ROWS: dict[str, Row] = {**ACCOUNTS}
