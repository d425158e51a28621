from django.apps import AppConfig


class CharitySiteConfig(AppConfig):
    name = "charity_site"

    def ready(self) -> None:
        from charity_site import checks  # noqa: F401  registers them
