from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "projects.access"
    label = "access"
