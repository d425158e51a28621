from django.apps import AppConfig


class OversightConfig(AppConfig):
    name = "projects.oversight"
    label = "oversight"
