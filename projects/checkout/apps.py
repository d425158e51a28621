from django.apps import AppConfig


class CheckoutConfig(AppConfig):
    name = "projects.checkout"
    label = "checkout"
