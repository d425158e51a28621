from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "projects.audit"
    label = "audit"
