from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class CatalogConfig(AppConfig):
    name = "projects.catalog"
    verbose_name = _("Projects and budgets")
    label = "catalog"

    def ready(self) -> None:
        from projects.catalog.purposes import ensure_purposes

        post_migrate.connect(ensure_purposes, sender=self)
