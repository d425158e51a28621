from django.apps import AppConfig


class CheckoutConfig(AppConfig):
    name = "projects.checkout"
    label = "checkout"

    def ready(self) -> None:
        from projects.checkout import personal

        personal.register()
