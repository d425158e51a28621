from django.apps import AppConfig


class TracingConfig(AppConfig):
    name = "projects.tracing"
    label = "tracing"
