"""Ways to pay once, and the currencies in which the provider offers each. Regular gifts are paid by card.

From Stripe's pages on Alipay, WeChat Pay and bank transfers ("supported currencies", read 2026-11): data, to be renewed
from there.
Which of them a charity may use depends on its own account; what the account lacks, the provider refuses.
"""

from collections.abc import Mapping
from typing import Any

CARD, ALIPAY, WECHAT_PAY = "card", "alipay", "wechat_pay"
# The provider's word: a transfer fills a balance that it keeps for the payer, and the balance pays.
BANK_TRANSFER = "customer_balance"

# The provider's name for a transfer in each currency.
TRANSFERS: Mapping[str, str] = {
    "EUR": "eu_bank_transfer",
    "GBP": "gb_bank_transfer",
    "JPY": "jp_bank_transfer",
    "MXN": "mx_bank_transfer",
    "USD": "us_bank_transfer",
}
CURRENCIES: Mapping[str, frozenset[str]] = {
    ALIPAY: frozenset("AUD CAD CNY EUR GBP HKD JPY MYR NZD SGD USD".split()),
    WECHAT_PAY: frozenset("AUD CAD CHF CNY DKK EUR GBP HKD JPY NOK SEK SGD USD".split()),
    BANK_TRANSFER: frozenset(TRANSFERS),
}
# What the provider must be told besides the name: WeChat's code is shown on our payer's screen, not in an app.
OPTIONS: Mapping[str, Mapping[str, Any]] = {WECHAT_PAY: {"wechat_pay": {"client": "web"}}}


def methods_for(currency: str) -> list[str]:
    """The ways that may be chosen for one gift in a currency; the card first."""
    return [CARD, *(method for method, currencies in CURRENCIES.items() if currency in currencies)]


def session_params(method: str, currency: str, *, country: str) -> dict[str, Any]:
    """What a payment page is told of a chosen way; nothing where none was chosen: then the page offers its own.

    ``country``: where the account lies that the provider opens for transfers in euro (two letters).
    """
    if not method:
        return {}
    options = _transfer(currency, country) if method == BANK_TRANSFER else OPTIONS.get(method)
    return {"payment_method_types": [method]} | ({"payment_method_options": dict(options)} if options else {})


def _transfer(currency: str, country: str) -> dict[str, Any]:
    kind = TRANSFERS[currency]
    told = {"type": kind} | ({kind: {"country": country}} if currency == "EUR" else {})
    return {BANK_TRANSFER: {"funding_type": "bank_transfer", "bank_transfer": told}}
