from django.apps import AppConfig


class SettlementConfig(AppConfig):
    name = "projects.settlement"
    label = "settlement"
