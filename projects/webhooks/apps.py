from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    name = "projects.webhooks"
    label = "webhooks"

    def ready(self) -> None:
        from projects.organisations import outcomes
        from projects.webhooks import outbox

        outcomes.listen(outbox.append)
