from django.apps import AppConfig


class GivingConfig(AppConfig):
    name = "projects.giving"
    label = "giving"
