from django.apps import AppConfig


class DonorsConfig(AppConfig):
    name = "projects.donors"
    label = "donors"

    def ready(self) -> None:
        from projects.donors import erasing

        erasing.register()
