from django.apps import AppConfig


class WorkspaceConfig(AppConfig):
    name = "projects.workspace"
    label = "workspace"
