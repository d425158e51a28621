"""The emulator's own pages: the one a payer sees, and a small dashboard. No script, no outside file."""

from html import escape
from typing import Any

Json = dict[str, Any]

# No decimals, or three of them; everything else has two.
PLACES = dict.fromkeys(("jpy", "krw", "vnd", "clp"), 0) | dict.fromkeys(("bhd", "jod", "kwd", "omr", "tnd"), 3)

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "title": "Payment",
        "notice": "Emulator: no real money moves here",
        "pay": "Pay",
        "decline": "Let the bank decline",
        "slow": "Pay by bank transfer (arrives later)",
        "cancel": "Cancel and go back",
        "declined": "The card was declined. No money has been taken. You can try again.",
        "card": "Test card, ending in 4242",
        "alipay": "Alipay (test)",
        "wechat_pay": "WeChat Pay (test)",
        "customer_balance": "Bank transfer (test account NL00 EMUL 0000 0000 00)",
        "promise": "I shall transfer it",
        "email": "E-mail",
        "expired": "This payment page has expired. Nothing was paid.",
        "complete": "This payment is already complete.",
        "unknown": "There is no such payment page.",
        "back": "Back to the charity's site",
        "why": "This page stands in for Stripe's checkout page while the site runs without a Stripe key.",
        "actions": "What should happen?",
        "month": "every month, until you end it",
        "year": "every year, until you end it",
        "setup": "Put a new card on file",
        "save": "Use this card from now on",
    },
    "zh": {
        "title": "付款",
        "notice": "模拟环境：不会产生真实扣款",
        "pay": "支付",
        "decline": "模拟银行拒付",
        "slow": "银行转账支付（稍后到账）",
        "cancel": "取消并返回",
        "declined": "银行卡被拒，没有扣款。您可以再试一次。",
        "card": "测试卡，尾号 4242",
        "alipay": "支付宝（测试）",
        "wechat_pay": "微信支付（测试）",
        "customer_balance": "银行转账（测试账户 NL00 EMUL 0000 0000 00）",
        "promise": "我会转账",
        "email": "电子邮箱",
        "expired": "付款页面已过期，没有产生扣款。",
        "complete": "这笔付款已经完成。",
        "unknown": "没有这个付款页面。",
        "back": "返回慈善组织网站",
        "why": "网站未配置 Stripe 密钥时，由本页代替 Stripe 的付款页面。",
        "actions": "您要怎么做？",
        "month": "每月扣款，直至您取消",
        "year": "每年扣款，直至您取消",
        "setup": "更换银行卡",
        "save": "以后使用这张卡",
    },
}

STYLE = """
*{box-sizing:border-box}body{margin:0;background:#f4f5f7;color:#1c2430;font:17px/1.6 system-ui,"Noto Sans CJK SC",
"PingFang SC","Microsoft YaHei",sans-serif}.bar{background:#7a4b00;color:#fff;text-align:center;padding:10px 16px;
font-weight:600}
main{max-width:30rem;margin:0 auto;padding:24px 16px 48px}.card{background:#fff;
border:1px solid #d5d9e0;border-radius:10px;padding:24px}h1{font-size:1.1rem;margin:0 0 4px;font-weight:600}
.sum{font-size:2.2rem;font-weight:700;margin:0 0 4px;font-variant-numeric:tabular-nums}
.dim{color:#56606e;margin:0}dl{display:grid;
grid-template-columns:auto 1fr;gap:4px 16px;margin:20px 0;padding:16px 0;border-top:1px solid #e3e6eb;
border-bottom:1px solid #e3e6eb}dt{color:#56606e}dd{margin:0;text-align:right;overflow-wrap:anywhere}form{display:grid;
gap:10px;margin:0}button,.back{font:inherit;min-height:48px;border-radius:8px;border:1px solid #b4bbc6;background:#fff;
color:#1c2430;cursor:pointer;padding:8px 16px;text-align:center;text-decoration:none;display:block;width:100%}
button.main{background:#1f4fa3;border-color:#1f4fa3;color:#fff;font-weight:600}button:focus-visible,
a:focus-visible{outline:3px solid #e0a100;outline-offset:2px}.bad{border:1px solid #b3261e;background:#fdecea;
color:#8c1d18;border-radius:8px;padding:10px 14px;margin:0 0 16px}.wide{max-width:70rem}table{border-collapse:collapse;
width:100%;background:#fff;font-size:.9rem}th,td{text-align:left;padding:8px 10px;border-bottom:1px solid #e3e6eb;
vertical-align:top}td.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}.scroll{overflow-x:auto}
td form{display:inline-flex;margin:2px}td button{min-height:44px;width:auto;white-space:nowrap}
@media (prefers-color-scheme:dark){body{background:#14181f;color:#e8ebf0}.card,table{background:#1d232c;
border-color:#39424f}dl,th,td{border-color:#39424f}.dim,dt{color:#a9b3c1}button,.back{background:#262d38;
color:#e8ebf0;border-color:#4a5565}button.main{background:#2f66c4;border-color:#2f66c4}.bad{background:#3a1d1b;
color:#ffb4ab}}
"""


def words_for(locale: str | None, accept: str) -> tuple[str, dict[str, str]]:
    """The page's language: the session's locale, else the browser's."""
    wanted = locale if locale and locale != "auto" else accept
    lang = "zh" if wanted.strip().lower().startswith("zh") else "en"
    return lang, WORDS[lang]


def money(minor: int, currency: str) -> str:
    """An amount with its currency's decimals."""
    places = PLACES.get(currency, 2)
    digits = str(abs(minor)).rjust(places + 1, "0")
    whole = f"{int(digits[:-places] if places else digits):,}"
    text = f"{whole}.{digits[-places:]}" if places else whole
    mark = {"cny": "¥", "usd": "US$", "hkd": "HK$", "eur": "€", "gbp": "£", "jpy": "JP¥"}.get(currency)
    return f"{'-' if minor < 0 else ''}{mark}{text}" if mark else f"{text} {currency.upper()}"


def frame(lang: str, words: dict[str, str], inner: str, *, wide: bool = False) -> str:
    """A whole page with the notice on top."""
    html_lang = "zh-Hans" if lang == "zh" else "en"
    return (
        f'<!doctype html><html lang="{html_lang}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex">'
        f"<title>{words['title']} · {words['notice']}</title><style>{STYLE}</style></head><body>"
        f'<header class="bar">{words["notice"]}</header>'
        f"<main{' class=wide' if wide else ''}>{inner}</main></body></html>"
    )


def pay_page(session: Json, extra: Json, *, accept: str, declined: bool) -> str:
    """The page where the payer decides."""
    lang, words = words_for(session["locale"], accept)
    bad = f'<p class="bad" role="alert">{words["declined"]}</p>' if declined else ""
    email = session["customer_email"]
    email_row = f"<dt>{words['email']}</dt><dd>{escape(email)}</dd>" if email else ""
    way = words.get(session["payment_method_types"][0], words["card"])
    cancel = f'<button name="act" value="cancel">{words["cancel"]}</button>' if session["cancel_url"] else ""
    inner = (
        f'<div class="card">{bad}{_what_for(session, extra, words)}'
        f"<dl><dt>{words['title']}</dt><dd>{way}</dd>{email_row}</dl>"
        f'<form method="post" aria-label="{words["actions"]}">{_buttons(session, words)}{cancel}</form></div>'
        f'<p class="dim" style="margin-top:16px">{words["why"]}</p>'
    )
    return frame(lang, words, inner)


def _what_for(session: Json, extra: Json, words: dict[str, str]) -> str:
    if session["mode"] == "setup":
        return f"<h1>{words['setup']}</h1>"
    amount = money(session["amount_total"], session["currency"])
    interval = ((extra.get("price") or {}).get("recurring") or {}).get("interval", "")
    how_often = f'<p class="dim">{words[interval]}</p>' if interval in words else ""
    return (
        f'<h1>{escape(extra.get("name", ""))}</h1><p class="sum">{amount}</p>{how_often}'
        f'<p class="dim">{escape(extra.get("description", ""))}</p>'
    )


def _buttons(session: Json, words: dict[str, str]) -> str:
    if session["mode"] == "setup":
        return f'<button class="main" name="act" value="pay">{words["save"]}</button>'
    if session["payment_method_types"] == ["customer_balance"]:
        return f'<button class="main" name="act" value="promise">{words["promise"]}</button>'
    amount = money(session["amount_total"], session["currency"])
    buttons = f'<button class="main" name="act" value="pay">{words["pay"]} {amount}</button>'
    # What is taken again and again cannot be sent by hand.
    if session["mode"] == "payment":
        buttons += f'<button name="act" value="slow">{words["slow"]}</button>'
    return buttons + f'<button name="act" value="decline">{words["decline"]}</button>'


def closed_page(session: Json | None, *, accept: str) -> str:
    """A page for a session that is over, or never was."""
    lang, words = words_for(session["locale"] if session else None, accept)
    state = session["status"] if session else "unknown"
    target = session and (session["success_url"] if state == "complete" else session["cancel_url"])
    link = f'<p><a class="back" href="{escape(fill(target, session))}">{words["back"]}</a></p>' if target else ""
    return frame(lang, words, f'<div class="card"><p>{words[state]}</p>{link}</div>')


def fill(url: str, session: Json | None) -> str:
    """The return address, with the session's id where it asks for it."""
    return url.replace("{CHECKOUT_SESSION_ID}", session["id"] if session else "")
