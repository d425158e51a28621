from django.apps import AppConfig


class ReliefConfig(AppConfig):
    name = "projects.relief"
    label = "relief"
