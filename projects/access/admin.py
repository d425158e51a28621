"""The operator sees who holds which role. Roles are given and taken by actions, never here."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin

from projects.access.models import RoleGrant, User


class Window(admin.ModelAdmin):
    """For rows that only actions write."""

    def has_add_permission(self, request: Any, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return False


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    """Superusers set up accounts. Groups follow the roles and are not set by hand."""

    list_display = ["username", "display_name", "email", "is_active", "last_login"]
    readonly_fields = ["ref", "groups", "user_permissions", "last_login", "date_joined"]
    fieldsets = (
        (None, {"fields": ("username", "password", "ref")}),
        (None, {"fields": ("display_name", "email", "preferred_language", "is_active")}),
        (None, {"fields": ("groups", "last_login", "date_joined")}),
    )

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return False


@admin.register(RoleGrant)
class RoleGrantAdmin(Window):
    list_display = ["user", "role", "organisation", "jurisdiction", "valid_from", "valid_to"]
    list_filter = ["role"]
    search_fields = ["user__username", "user__display_name"]
    list_select_related = ["user", "organisation", "jurisdiction"]
