from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class OrganisationsConfig(AppConfig):
    name = "projects.organisations"
    verbose_name = _("Organisations and places")
    label = "organisations"

    def ready(self) -> None:
        from projects.organisations.levels import ensure_levels

        post_migrate.connect(ensure_levels, sender=self)
