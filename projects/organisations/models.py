"""Organisations of every kind, and the tree of areas they belong to."""

import datetime
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from projects.access.languages import NamedInTwoLanguages
from projects.access.refs import new_ref
from projects.organisations.states import OrganisationState


class LevelType(NamedInTwoLanguages, models.Model):
    """A kind of area. Data, because two districts of one city already count their five levels differently."""

    code = models.CharField(_("code"), max_length=16, primary_key=True)
    name_zh = models.CharField(_("name (Chinese)"), max_length=50)
    name_en = models.CharField(_("name (English)"), max_length=50)
    depth = models.PositiveSmallIntegerField(_("depth"), unique=True, help_text=_("Higher is further down the tree."))

    class Meta:
        verbose_name = _("level type")
        verbose_name_plural = _("level types")
        ordering = ["depth"]


class JurisdictionQuerySet(models.QuerySet["Jurisdiction"]):
    def under(self, node: "Jurisdiction") -> "JurisdictionQuerySet":
        """The node and everything below it."""
        return self.filter(path__startswith=node.path)

    def valid_on(self, on: datetime.date) -> "JurisdictionQuerySet":
        return self.filter(Q(valid_to=None) | Q(valid_to__gt=on), valid_from__lte=on)


class Jurisdiction(NamedInTwoLanguages, models.Model):
    """One area. `path` lists the codes from the root (`/CN/500000/500116/`), so that "below" is one prefix.

    Areas are never deleted: a change ends one (`valid_to`, the first day without it) and names its successor.
    """

    code = models.CharField(_("code"), max_length=12, unique=True)
    name_zh = models.CharField(_("name (Chinese)"), max_length=100)
    name_en = models.CharField(_("name (English)"), max_length=100, blank=True)
    level = models.ForeignKey(LevelType, on_delete=models.PROTECT, verbose_name=_("level"), related_name="+")
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, verbose_name=_("parent"), related_name="children"
    )
    path = models.CharField(max_length=255, unique=True, editable=False)
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(_("valid to"), null=True, blank=True)
    successor = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, verbose_name=_("successor"), related_name="+"
    )

    objects = JurisdictionQuerySet.as_manager()

    class Meta:
        verbose_name = _("jurisdiction")
        verbose_name_plural = _("jurisdictions")
        ordering = ["path"]
        constraints = [
            models.CheckConstraint(
                name="jurisdiction_ends_after_it_begins",
                condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")),
            ),
        ]

    def is_under(self, node: "Jurisdiction") -> bool:
        return self.path.startswith(node.path)

    @property
    def full_name(self) -> str:
        """The names from the root to here, for a screen."""
        names: list[str] = []
        node: Jurisdiction | None = self
        while node is not None:
            names.insert(0, node.name)
            node = node.parent
        return " › ".join(names)


class OrganisationKind(models.TextChoices):
    CHARITY = "CHARITY", _("Charity")
    FOUNDATION = "FOUNDATION", _("Foundation")
    REGULATOR = "REGULATOR", _("Government desk")
    PLATFORM = "PLATFORM", _("Platform")
    MATCHER = "MATCHER", _("Matching sponsor")
    ENTERPRISE = "ENTERPRISE", _("Enterprise")
    SOCIAL_WORK = "SOCIAL_WORK", _("Social-work body")
    HUB = "HUB", _("Hub")
    AUDIT_FIRM = "AUDIT_FIRM", _("Audit firm")


# The kinds that receive gifts, and so keep a book of their own.
BOOK_KEEPERS = frozenset({OrganisationKind.CHARITY, OrganisationKind.FOUNDATION})


class Organisation(NamedInTwoLanguages, models.Model):
    """A body that acts here. Its state moves only through `actions`."""

    ref = models.CharField(max_length=32, unique=True, default=new_ref, editable=False)
    slug = models.SlugField(max_length=64, unique=True)
    name_zh = models.CharField(_("name (Chinese)"), max_length=100)
    name_en = models.CharField(_("name (English)"), max_length=150, blank=True)
    kind = models.CharField(_("kind"), max_length=16, choices=OrganisationKind.choices)
    # Not every kind has a code (a hub may be a desk in a town hall); two empty ones are not a clash, so null.
    credit_code = models.CharField(_("unified social credit code"), max_length=18, unique=True, null=True, blank=True)
    jurisdiction = models.ForeignKey(
        Jurisdiction, on_delete=models.PROTECT, related_name="organisations", verbose_name=_("registered with")
    )
    fundraising_certificate = models.CharField(_("public fundraising certificate"), max_length=50, blank=True)
    certificate_from = models.DateField(_("certificate valid from"), null=True, blank=True)
    certificate_to = models.DateField(_("certificate valid to"), null=True, blank=True)
    contact_name = models.CharField(_("contact person"), max_length=50, blank=True)
    contact_phone = models.CharField(_("telephone"), max_length=30, blank=True)
    contact_email = models.EmailField(_("e-mail"), blank=True)
    address = models.CharField(_("office address"), max_length=200, blank=True)
    website = models.URLField(_("website"), blank=True)
    state = models.CharField(
        _("state"), max_length=16, choices=OrganisationState.choices, default=OrganisationState.PENDING, editable=False
    )
    book_code = models.CharField(_("book"), max_length=32, blank=True, editable=False)
    registered_at = models.DateTimeField(editable=False)

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        ordering = ["name_zh"]
        constraints = [
            models.CheckConstraint(
                name="organisation_certificate_ends_after_it_begins",
                condition=Q(certificate_to=None)
                | Q(certificate_from=None)
                | Q(certificate_to__gte=F("certificate_from")),
            ),
            models.CheckConstraint(name="organisation_state_is_known", condition=Q(state__in=OrganisationState.values)),
        ]

    @property
    def is_verified(self) -> bool:
        return self.state == OrganisationState.VERIFIED

    @property
    def keeps_a_book(self) -> bool:
        return self.kind in BOOK_KEEPERS

    def certificate_covers(self, start: Any, end: Any) -> bool:
        """Is the public fundraising certificate valid on every day from start to end?"""
        if not (self.fundraising_certificate and self.certificate_from and self.certificate_to and start and end):
            return False
        return bool(self.certificate_from <= start and end <= self.certificate_to)
