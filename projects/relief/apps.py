from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ReliefConfig(AppConfig):
    name = "projects.relief"
    label = "relief"

    def ready(self) -> None:
        from projects.relief.seeds import ensure_categories, ensure_policies

        post_migrate.connect(ensure_categories, sender=self)
        post_migrate.connect(ensure_policies, sender=self)
