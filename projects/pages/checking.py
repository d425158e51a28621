"""What the page "how to check us" is given: where the log stands, how far it is signed and by whom, and addresses."""

from typing import Any

from django.conf import settings
from django.urls import reverse

from ledger import checkpoints, log_keys
from ledger.core.notes import Note
from ledger.core.refusals import Refused
from projects.tracing import figures


def check_context() -> dict[str, Any]:
    return {
        "head": figures.head(),
        "signed": _signed(),
        "site": settings.SITE_URL,
        "verifier": settings.SITE_URL + reverse("verifier"),
    }


def _signed() -> dict[str, Any] | None:
    """The last checkpoint as the page shows it; None while nothing is signed."""
    try:
        checkpoint = checkpoints.latest()
        vkey = log_keys.signing_keys()[0].verifier
    except Refused:  # a log without a key signs nothing
        return None
    if checkpoint is None:
        return None
    names = {signature.name for signature in Note.parse(checkpoints.published_text(checkpoint)).signatures}
    return {
        "size": checkpoint.size,
        "root_hex": bytes(checkpoint.root).hex(),
        "at": checkpoint.signed_at,
        "vkey": str(vkey),
        "witnesses": sorted(names - {vkey.name}),
    }
