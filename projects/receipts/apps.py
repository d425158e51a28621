from django.apps import AppConfig


class ReceiptsConfig(AppConfig):
    name = "projects.receipts"
    label = "receipts"
