from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CatalogConfig(AppConfig):
    name = "projects.catalog"
    label = "catalog"

    def ready(self) -> None:
        from projects.catalog.purposes import ensure_purposes

        post_migrate.connect(ensure_purposes, sender=self)
