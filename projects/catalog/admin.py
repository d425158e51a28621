"""The operator keeps purposes and designated platforms; projects are a window with their history."""

from typing import Any

from django.contrib import admin
from simple_history.admin import SimpleHistoryAdmin

from projects.access.admin import Window
from projects.catalog.models import BudgetLine, DesignatedPlatform, PlatformLink, Project, Purpose


class _Kept(admin.ModelAdmin):
    """Rows of reference are added and corrected, never deleted: old projects name them."""

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return False


@admin.register(Purpose)
class PurposeAdmin(_Kept):
    list_display = ["code", "name_zh", "name_en", "parent", "order"]


@admin.register(DesignatedPlatform)
class DesignatedPlatformAdmin(_Kept):
    list_display = ["code", "name_zh", "host", "designated_from", "designated_to"]


class _Seen(admin.TabularInline):
    extra = 0
    can_delete = False

    def has_add_permission(self, request: Any, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return False


class BudgetLineInline(_Seen):
    model = BudgetLine
    fields = ["name_zh", "name_en", "amount_minor"]


class PlatformLinkInline(_Seen):
    model = PlatformLink
    fields = ["platform", "url"]


@admin.register(Project)
class ProjectAdmin(Window, SimpleHistoryAdmin):
    """Looking only: budget, fund and state move by actions, in the charity's own screens."""

    list_display = ["slug", "name_zh", "organisation", "purpose", "state", "filing_number"]
    list_filter = ["state", "purpose"]
    search_fields = ["slug", "name_zh", "name_en", "=ref", "=filing_number"]
    list_select_related = ["organisation", "purpose"]
    inlines = [BudgetLineInline, PlatformLinkInline]
