"""What oversight calls documents, events and looks. Steps of a path have their words in tracing."""

import re
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from projects.oversight import reveals

# The purpose in the read log when somebody looked at a whole path; a reveal has the reader's own reason instead.
FULL_TRACE = "oversight: full trace"
DOCUMENTS: dict[str, Any] = {
    "gift": gettext_lazy("Gift"),
    "match": gettext_lazy("Matching gift"),
    "award": gettext_lazy("Award"),
    "payout": gettext_lazy("Payout"),
    "refund": gettext_lazy("Refund"),
    "transfer": gettext_lazy("Transfer between funds"),
    "identity": gettext_lazy("Identity in the vault"),
}
# What happened to a document, as its history tells it. What has no word here is shown by its code.
EVENTS: dict[str, Any] = {
    "award.proposed": pgettext_lazy("event", "Proposed"),
    "award.approved_stage": pgettext_lazy("event", "Approved at one stage"),
    "award.approved": pgettext_lazy("event", "Approved by all stages"),
    "award.rejected": pgettext_lazy("event", "Rejected"),
    "award.committed": pgettext_lazy("event", "Committed in the books"),
    "award.paying": pgettext_lazy("event", "Payout being prepared"),
    "award.paid": pgettext_lazy("event", "Paid out"),
    "award.cancelled": pgettext_lazy("event", "Cancelled"),
    "award.payment_returned": pgettext_lazy("event", "Payment returned"),
    "gift.opened": pgettext_lazy("event", "Gift begun"),
    "gift.session_bound": pgettext_lazy("event", "Payment page opened"),
    "gift.settled": pgettext_lazy("event", "Payment confirmed"),
    "gift.fee_posted": pgettext_lazy("event", "Processing fee booked"),
    "gift.held": pgettext_lazy("event", "Held for review"),
    "gift.failed": pgettext_lazy("event", "Payment failed"),
    "gift.expired": pgettext_lazy("event", "Not paid in time"),
    "gift.refund_requested": pgettext_lazy("event", "Refund requested"),
    "gift.refunded": pgettext_lazy("event", "Refunded"),
    "payout.batched": pgettext_lazy("event", "Put into a batch"),
    "payout.exported": pgettext_lazy("event", "In the bank file"),
    "payout.confirmed": pgettext_lazy("event", "Confirmed by the bank"),
    "payout.acknowledged": pgettext_lazy("event", "Acknowledged by the household"),
    "payout.failed": pgettext_lazy("event", "Refused by the bank"),
    "payout.returned": pgettext_lazy("event", "Returned by the bank"),
    "payout.cancelled": pgettext_lazy("event", "Taken out"),
    "receipt.issued": pgettext_lazy("event", "Receipt issued"),
}


def document_word(kind: str) -> str:
    return str(DOCUMENTS.get(kind, kind))


def event_word(event: str) -> str:
    return str(EVENTS.get(event, event))


def purpose_word(purpose: str) -> str:
    """Why something was looked at: the reader's own reason, or the sentence for a look at the whole path."""
    return (
        _("To follow the money") if purpose == FULL_TRACE else re.sub(r"^oversight(?: award [0-9a-f]+)?: ", "", purpose)
    )


def field_words(fields: list[str]) -> str:
    return " · ".join(_("full path") if name == "trace" else str(reveals.LABELS.get(name, name)) for name in fields)
