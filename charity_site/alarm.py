"""A red verification is heard: a record at ERROR, and a mail to the people in ``ALARM_ADDRESSES``.

Both say which checks are red, at which head, and where the report is. Rows are named in the report only.
"""

import logging

from django.conf import settings
from django.core.mail import send_mail
from django.urls import reverse
from django.utils import translation

from ledger.reports import Report

logger = logging.getLogger(__name__)

SUBJECT = "账目校验未通过 · The verification of the books is red"
TEXT = """The verification of the books is red.

Checks: {checks}
Report: {address}
Head of the log: {size}:{root}
Made at: {at}

No period can be closed until a verification is green again.
What to do: read the report, keep a copy of the database as it is now, and find out who or what changed the rows.

账目校验未通过。请查看报告；在恢复通过之前，任何会计期间都不能结账。请先原样保留一份数据库副本，再查明是谁或什么改动了这些记录。
"""


def raise_alarm(report: Report) -> None:
    """Say it in the log and by mail. A mail that cannot be sent is logged and keeps nobody from the report."""
    checks = ", ".join(report.red)
    logger.error(
        "The verification of the books is red: %s (report %s, log size %s)", checks, report.number, report.size
    )
    with translation.override(settings.LANGUAGE_CODE):
        address = settings.SITE_URL + reverse("oversight:verification", args=[report.number])
    text = TEXT.format(
        checks=checks,
        address=address,
        size=report.size,
        root=report.root_hex,
        at=report.at.isoformat(timespec="seconds"),
    )
    try:
        send_mail(SUBJECT, text, None, settings.ALARM_ADDRESSES)
    except OSError:
        logger.exception("The alarm could not be mailed.")
