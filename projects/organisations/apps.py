from django.apps import AppConfig
from django.db.models.signals import post_migrate


class OrganisationsConfig(AppConfig):
    name = "projects.organisations"
    label = "organisations"

    def ready(self) -> None:
        from projects.organisations.levels import ensure_levels

        post_migrate.connect(ensure_levels, sender=self)
