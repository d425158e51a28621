from django.apps import AppConfig


class PagesConfig(AppConfig):
    name = "projects.pages"
    label = "pages"
