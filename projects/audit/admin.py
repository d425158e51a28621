"""A window on what was done: search and filter, nothing to press. Who looked at whom stays with the regulator."""

from typing import Any

from django.contrib import admin

from projects.audit.models import AuditEvent


@admin.register(AuditEvent)
class AuditEventAdmin(admin.ModelAdmin):
    list_display = ["at", "event", "subject_kind", "subject_ref", "organisation_ref", "by_ref"]
    list_filter = ["event", "subject_kind"]
    search_fields = ["=ref", "=subject_ref", "=by_ref", "=organisation_ref"]
    date_hierarchy = "at"
    ordering = ["-id"]

    def has_add_permission(self, request: Any) -> bool:
        return False

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return False
