"""A window on what was done: search and filter, nothing to press. Who looked at whom stays with the regulator."""

from django.contrib import admin

from projects.access.admin import Window
from projects.audit.models import AuditEvent


@admin.register(AuditEvent)
class AuditEventAdmin(Window):
    list_display = ["at", "event", "subject_kind", "subject_ref", "organisation_ref", "by_ref"]
    list_filter = ["event", "subject_kind"]
    search_fields = ["=ref", "=subject_ref", "=by_ref", "=organisation_ref"]
    date_hierarchy = "at"
    ordering = ["-id"]
