from django.apps import AppConfig


class PayoutsConfig(AppConfig):
    name = "projects.payouts"
    label = "payouts"
