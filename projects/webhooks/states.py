"""The life of an endpoint, as a table: (from, to) → the audit event of the move."""

from projects.webhooks.models import Endpoint

S = Endpoint.State

MOVES: dict[tuple[str, str], str] = {
    (S.ACTIVE, S.PAUSED): "webhook.paused",
    (S.ACTIVE, S.DISABLED): "webhook.disabled",
    (S.PAUSED, S.ACTIVE): "webhook.resumed",
    (S.DISABLED, S.ACTIVE): "webhook.resumed",
    (S.ACTIVE, S.ENDED): "webhook.ended",
    (S.PAUSED, S.ENDED): "webhook.ended",
    (S.DISABLED, S.ENDED): "webhook.ended",
}
# Whose messages are kept for it. A paused one hears later what happened meanwhile; one that is switched off does not.
LISTENING = (S.ACTIVE, S.PAUSED)
