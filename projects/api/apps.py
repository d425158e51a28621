from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "projects.api"
    label = "api"

    def ready(self) -> None:
        from ledger.log_export import exporting
        from projects.api import public_figures

        exporting.connect(public_figures.write_beside)
