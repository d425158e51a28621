from django.apps import AppConfig


class SettlementConfig(AppConfig):
    name = "projects.settlement"
    label = "settlement"

    def ready(self) -> None:
        from projects.settlement import personal

        personal.register()
