import gc

from django.apps import AppConfig


class CharitySiteConfig(AppConfig):
    name = "charity_site"

    def ready(self) -> None:
        from charity_site import checks  # noqa: F401  registers them

        # What is there now stays: it is looked through no more, and processes that are forked off share it. `manage.py`
        # has switched collecting off for the start.
        gc.freeze()
        gc.enable()
