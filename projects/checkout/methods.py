"""Ways to pay once, and the currencies in which the provider offers each. Regular gifts are paid by card.

From Stripe's pages on Alipay and WeChat Pay ("supported currencies", read 2026-11): data, to be renewed from there.
Which of them a charity may use depends on its own account; what the account lacks, the provider refuses.
"""

from collections.abc import Mapping
from typing import Any

CARD, ALIPAY, WECHAT_PAY = "card", "alipay", "wechat_pay"

CURRENCIES: Mapping[str, frozenset[str]] = {
    ALIPAY: frozenset("AUD CAD CNY EUR GBP HKD JPY MYR NZD SGD USD".split()),
    WECHAT_PAY: frozenset("AUD CAD CHF CNY DKK EUR GBP HKD JPY NOK SEK SGD USD".split()),
}
# What the provider must be told besides the name: WeChat's code is shown on our payer's screen, not in an app.
OPTIONS: Mapping[str, Mapping[str, Any]] = {WECHAT_PAY: {"wechat_pay": {"client": "web"}}}


def methods_for(currency: str) -> list[str]:
    """The ways that may be chosen for one gift in a currency; the card first."""
    return [CARD, *(method for method, currencies in CURRENCIES.items() if currency in currencies)]


def session_params(method: str) -> dict[str, Any]:
    """What a payment page is told of a chosen way; nothing where none was chosen: then the page offers its own."""
    if not method:
        return {}
    options = OPTIONS.get(method)
    return {"payment_method_types": [method]} | ({"payment_method_options": dict(options)} if options else {})
