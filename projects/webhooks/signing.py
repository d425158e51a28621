"""The secret that signs: made here, shown once, kept sealed with the organisation's key, bound to its endpoint."""

import base64
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from standardwebhooks import Webhook

from projects.relief.sealing import keyring
from projects.webhooks.models import Endpoint, Message

LENGTH = 32
# So long both the old and the new secret sign.
OLD_SIGNS_FOR = timedelta(hours=24)


def new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(LENGTH)).decode()


def seal(endpoint: Endpoint, secret: str, *, at: datetime) -> bytes:
    return keyring(endpoint.organisation, at=at).seal(secret.encode(), context=_context(endpoint))


def headers_of(message: Message, endpoint: Endpoint, *, at: datetime) -> dict[str, str]:
    """The three headers of the Standard Webhooks specification, and the type of what is sent."""
    signed = " ".join(
        Webhook(secret).sign(message.message_id, at, message.body) for secret in _signing(endpoint, at=at)
    )
    return {
        "content-type": "application/json",
        "webhook-id": message.message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signed,
    }


def _signing(endpoint: Endpoint, *, at: datetime) -> Sequence[str]:
    boxes = [endpoint.secret_box]
    if endpoint.old_secret_box and endpoint.rotated_at and at < endpoint.rotated_at + OLD_SIGNS_FOR:
        boxes.append(endpoint.old_secret_box)
    keys = keyring(endpoint.organisation, at=at)
    return [keys.open(bytes(box), context=_context(endpoint)).decode() for box in boxes if box]


def _context(endpoint: Endpoint) -> str:
    return f"webhook secret|{endpoint.ref}"
