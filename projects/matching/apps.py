from django.apps import AppConfig


class MatchingConfig(AppConfig):
    name = "projects.matching"
    label = "matching"
