"""The operator's desk: level types and areas are kept here, organisations are seen. States move by actions."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.forms import ModelForm
from django.utils import timezone

from ledger.core.refusals import Refused
from projects.access.admin import Window
from projects.access.screen import sentence
from projects.organisations import actions, policies
from projects.organisations.models import Jurisdiction, LevelType, Organisation


@admin.register(LevelType)
class LevelTypeAdmin(admin.ModelAdmin):
    list_display = ["depth", "code", "name_zh", "name_en"]

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return False


class JurisdictionForm(ModelForm):
    def clean(self) -> dict[str, Any] | None:
        level, parent = self.cleaned_data.get("level"), self.cleaned_data.get("parent")
        if level is not None:
            try:
                policies.check_level(level, parent)
            except Refused as refused:
                raise ValidationError({"level": sentence(refused)}) from refused
        return self.cleaned_data


@admin.register(Jurisdiction)
class JurisdictionAdmin(admin.ModelAdmin):
    """A new area goes through the action; later only its names and its end change, so that the tree stays a tree."""

    form = JurisdictionForm
    list_display = ["path", "name_zh", "name_en", "level", "valid_from", "valid_to"]
    list_filter = ["level"]
    search_fields = ["code", "name_zh", "name_en"]
    autocomplete_fields = ["parent", "successor"]

    def get_readonly_fields(self, request: Any, obj: Any = None) -> tuple[str, ...]:
        return ("code", "level", "parent", "valid_from") if obj else ()

    def get_fields(self, request: Any, obj: Any = None) -> Any:
        names = ["code", "name_zh", "name_en", "level", "parent", "valid_from"]
        return [*names, "valid_to", "successor"] if obj else names

    def save_model(self, request: Any, obj: Jurisdiction, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        added = actions.add_jurisdiction(
            code=obj.code,
            name_zh=obj.name_zh,
            name_en=obj.name_en,
            level=obj.level,
            parent=obj.parent,
            valid_from=obj.valid_from,
            by=request.user,
            at=timezone.now(),  # noqa: TID251 – the admin is a face
        )
        obj.pk = added.pk

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return False


@admin.register(Organisation)
class OrganisationAdmin(Window):
    list_display = ["name_zh", "name_en", "kind", "credit_code", "jurisdiction", "state"]
    list_filter = ["kind", "state"]
    search_fields = ["name_zh", "name_en", "=credit_code", "=ref"]
    list_select_related = ["jurisdiction"]
