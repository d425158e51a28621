"""The letter to the administrators of a charity when an address of theirs was switched off."""

import logging
from datetime import datetime

from django.conf import settings
from django.core.mail import send_mail
from django.utils.timezone import localtime

from projects.access.models import RoleGrant
from projects.access.roles import roles_with
from projects.webhooks.models import Endpoint

logger = logging.getLogger(__name__)

SUBJECT = "Webhook 已停用 · A webhook was switched off"
TEXT = """{name}

A webhook of your organisation was switched off on {at}: it took nothing for days, or answered that it is gone.
Address: {address}
What happens from now on is not told there. When the address works again, resume it in the workspace under “Webhooks”.

贵机构的一个 Webhook 已于 {at} 停用：该地址连续数日未接收消息，或答复已不存在。
地址：{address}
此后发生的事件不再通知该地址。地址恢复后，请在工作台的“Webhook”中恢复它。

{site}
"""


def tell_disabled(endpoint: Endpoint, *, at: datetime) -> None:
    """Mail those who may resume it. A mail that cannot be sent is logged; the to-do list says it in any case."""
    grants = RoleGrant.objects.filter(
        organisation=endpoint.organisation, role__in=roles_with("webhooks.manage"), user__is_active=True
    ).holding(localtime(at).date())
    addresses = sorted({email for email in grants.values_list("user__email", flat=True) if email})
    text = TEXT.format(
        name=endpoint.organisation.name,
        at=f"{localtime(at):%Y-%m-%d %H:%M}",
        address=endpoint.address,
        site=settings.SITE_URL,
    )
    for address in addresses:
        try:
            send_mail(SUBJECT, text, None, [address])
        except OSError:
            logger.exception("The letter about a webhook that was switched off could not be mailed.")
