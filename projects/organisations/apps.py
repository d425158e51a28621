from django.apps import AppConfig


class OrganisationsConfig(AppConfig):
    name = "projects.organisations"
    label = "organisations"
