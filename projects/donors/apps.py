from django.apps import AppConfig


class DonorsConfig(AppConfig):
    name = "projects.donors"
    label = "donors"
