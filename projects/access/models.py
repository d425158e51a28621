"""The person who signs in, and the roles granted to them."""

import datetime

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from projects.access.refs import new_ref
from projects.access.roles import (
    JURISDICTION_ROLES,
    ORGANISATION_ROLES,
    PLATFORM_ROLES,
    Role,
)


class User(AbstractUser):
    """One person, one login. The books and the audit events keep only `ref`."""

    ref = models.CharField(max_length=32, unique=True, default=new_ref, editable=False)
    display_name = models.CharField(_("display name"), max_length=100, blank=True)
    preferred_language = models.CharField(
        _("language"), max_length=10, choices=[("zh-hans", "简体中文"), ("en", "English")], default="zh-hans"
    )

    def get_full_name(self) -> str:
        return self.display_name or super().get_full_name()

    def __str__(self) -> str:
        return self.get_full_name() or self.username


class RoleGrantQuerySet(models.QuerySet["RoleGrant"]):
    def holding(self, on: datetime.date) -> "RoleGrantQuerySet":
        """The grants in force on a day. `valid_to` is the first day without the role."""
        return self.filter(Q(valid_to=None) | Q(valid_to__gt=on), valid_from__lte=on)


class RoleGrant(models.Model):
    """A role, for somebody, somewhere, from a day on. Ending it sets `valid_to`; the row stays."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="role_grants")
    role = models.CharField(_("role"), max_length=16, choices=Role.choices)
    organisation = models.ForeignKey(
        "organisations.Organisation", null=True, blank=True, on_delete=models.PROTECT, related_name="role_grants"
    )
    jurisdiction = models.ForeignKey(
        "organisations.Jurisdiction", null=True, blank=True, on_delete=models.PROTECT, related_name="role_grants"
    )
    valid_from = models.DateField(_("from"))
    valid_to = models.DateField(_("to"), null=True, blank=True)
    granted_by_ref = models.CharField(max_length=64)
    granted_at = models.DateTimeField()

    objects = RoleGrantQuerySet.as_manager()

    class Meta:
        verbose_name = _("role grant")
        verbose_name_plural = _("role grants")
        constraints = [
            models.CheckConstraint(
                name="rolegrant_scope_fits_role",
                condition=(
                    Q(role__in=sorted(ORGANISATION_ROLES), organisation__isnull=False, jurisdiction__isnull=True)
                    | Q(role__in=sorted(JURISDICTION_ROLES), organisation__isnull=True, jurisdiction__isnull=False)
                    | Q(role=Role.AUDITOR, organisation__isnull=False, jurisdiction__isnull=True)
                    | Q(role=Role.AUDITOR, organisation__isnull=True, jurisdiction__isnull=False)
                    | Q(role__in=sorted(PLATFORM_ROLES), organisation__isnull=True, jurisdiction__isnull=True)
                ),
            ),
            models.CheckConstraint(
                name="rolegrant_ends_after_it_begins",
                condition=Q(valid_to=None) | Q(valid_to__gte=models.F("valid_from")),
            ),
            models.UniqueConstraint(
                name="rolegrant_once_per_organisation",
                fields=["user", "role", "organisation"],
                condition=Q(valid_to=None, organisation__isnull=False),
            ),
            models.UniqueConstraint(
                name="rolegrant_once_per_jurisdiction",
                fields=["user", "role", "jurisdiction"],
                condition=Q(valid_to=None, jurisdiction__isnull=False),
            ),
            models.UniqueConstraint(
                name="rolegrant_once_on_platform",
                fields=["user", "role"],
                condition=Q(valid_to=None, organisation__isnull=True, jurisdiction__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.role}"
