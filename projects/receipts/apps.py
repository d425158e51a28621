from django.apps import AppConfig


class ReceiptsConfig(AppConfig):
    name = "projects.receipts"
    label = "receipts"

    def ready(self) -> None:
        from projects.receipts import (
            checks,  # noqa: F401  (registers the system check)
            personal,
        )

        personal.register()
