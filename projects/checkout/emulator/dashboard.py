"""The account holder's page: payments, disputes, payouts to the bank, and what can be made to happen to each."""

from collections.abc import Iterator
from html import escape
from typing import Any

from projects.checkout.emulator.billing import OVER
from projects.checkout.emulator.pages import WORDS, frame, money, words_for
from projects.checkout.emulator.store import Store

Json = dict[str, Any]

HEADS = {
    "zh": ("编号", "金额", "状态", "说明", "操作"),
    "en": ("Id", "Amount", "State", "Note", "Do"),
}
TITLES = {
    "zh": {
        "payment": "付款记录",
        "refund": "退款",
        "dispute": "拒付争议",
        "payout": "划往银行",
        "subscription": "定期付款",
    },
    "en": {
        "payment": "Payments",
        "refund": "Refunds",
        "dispute": "Disputes",
        "payout": "Payouts to the bank",
        "subscription": "Regular payments",
    },
}
# Each button of the page: the act and its words.
ACTS: dict[str, dict[str, str]] = {
    "zh": {
        "refund": "全额退款",
        "refund_half": "退一半",
        "dispute": "持卡人拒付",
        "inquire": "银行查询",
        "arrive": "已到账",
        "part": "到账一半",
        "bounce": "未到账",
        "fail": "退款失败",
        "withdraw": "银行划走",
        "win": "胜诉",
        "lose": "败诉",
        "return": "银行退回",
        "payout": "划出全部余额",
        "charge": "立即扣下一期",
        "spoil": "让银行卡失效",
        "mend": "让银行卡恢复",
        "retry": "再试扣款",
        "end": "终止",
        "none": "还没有记录。",
        "waiting": "待送达的通知：",
    },
    "en": {
        "refund": "Refund in full",
        "refund_half": "Refund half",
        "dispute": "Payer disputes",
        "inquire": "Bank asks",
        "arrive": "Money arrives",
        "part": "Half of it arrives",
        "bounce": "Money bounces",
        "fail": "Refund fails",
        "withdraw": "Bank takes it",
        "win": "Won",
        "lose": "Lost",
        "return": "Bank sends it back",
        "payout": "Pay out all that waits",
        "charge": "Charge the next period now",
        "spoil": "Let the card fail",
        "mend": "Let the card work",
        "retry": "Try the charge again",
        "end": "End it",
        "none": "Nothing yet.",
        "waiting": "Notices waiting to be delivered: ",
    },
}


def dashboard(store: Store, *, accept: str) -> str:
    """Everything on one page, newest first, with what an account holder, a payer's bank or time may do."""
    lang = words_for(None, accept)[0]
    words = ACTS[lang]
    parts = [
        ("payment", _payments(store, words)),
        ("refund", _refunds(store, words)),
        ("dispute", _disputes(store, words)),
        ("payout", _payouts(store, words)),
        ("subscription", _subscriptions(store, words)),
    ]
    inner = f'<p class="dim">{words["waiting"]}{store.waiting()}</p>'
    inner += _button("balance", "payout", words)
    for name, rows in parts:
        inner += _table(TITLES[lang][name], list(rows), lang)
    return frame(lang, WORDS[lang], inner, wide=True)


def _payments(store: Store, words: dict[str, str]) -> Iterator[str]:
    taken = (made for made in store.all("dispute", 10_000) if not made["is_charge_refundable"])
    charged_back = {made["charge"] for made in taken}
    for intent in store.all("payment_intent", 200):
        charge = store.get(intent["latest_charge"] or "")
        acts = ""
        if charge and charge["status"] == "succeeded":
            names = [] if charge["refunded"] or charge["id"] in charged_back else ["refund", "refund_half"]
            names += [] if charge["disputed"] else ["dispute", "inquire"]
            acts = "".join(_button(charge["id"], name, words) for name in names)
        elif intent["status"] == "processing":
            acts = "".join(_button(intent["id"], name, words) for name in ("arrive", "bounce"))
        elif intent["status"] == "requires_action":
            acts = "".join(_button(intent["id"], name, words) for name in ("arrive", "part"))
        yield _row(intent, intent["description"] or "", acts)


def _refunds(store: Store, words: dict[str, str]) -> Iterator[str]:
    for refund in store.all("refund", 200):
        acts = _button(refund["id"], "fail", words) if refund["status"] in ("succeeded", "pending") else ""
        yield _row(refund, refund["charge"], acts)


def _disputes(store: Store, words: dict[str, str]) -> Iterator[str]:
    for dispute in store.all("dispute", 200):
        names: tuple[str, ...] = ()
        if dispute["status"] not in ("won", "lost", "warning_closed"):
            names = ("win", "lose") if dispute["balance_transactions"] else ("withdraw", "win")
        yield _row(dispute, dispute["charge"], "".join(_button(dispute["id"], name, words) for name in names))


def _payouts(store: Store, words: dict[str, str]) -> Iterator[str]:
    for payout in store.all("payout", 200):
        acts = _button(payout["id"], "return", words) if payout["status"] in ("in_transit", "paid") else ""
        yield _row(payout, payout["failure_message"] or "", acts)


def _subscriptions(store: Store, words: dict[str, str]) -> Iterator[str]:
    for made in store.all("subscription", 200):
        price, acts = made["items"]["data"][0]["price"], ""
        if made["status"] not in OVER:
            acts = "".join(_button(made["id"], name, words) for name in ("charge", "spoil", "mend", "end"))
        bill = store.get(made["latest_invoice"] or "")
        if bill and bill["status"] == "open" and made["status"] not in OVER:
            acts += _button(bill["id"], "retry", words)
        row = {
            "id": made["id"],
            "amount": price["unit_amount"],
            "currency": made["currency"],
            "status": made["status"],
        }
        yield _row(row, price["recurring"]["interval"], acts)


def _table(title: str, rows: list[str], lang: str) -> str:
    heads = "".join(f"<th>{head}</th>" for head in HEADS[lang])
    body = "".join(rows) or f'<tr><td colspan="5">{ACTS[lang]["none"]}</td></tr>'
    return (
        f'<h1>{title}</h1><div class="scroll"><table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def _row(thing: Json, note: str, acts: str) -> str:
    amount = money(thing["amount"], thing["currency"])
    return (
        f"<tr><td><code>{thing['id']}</code></td><td class=n>{amount}</td><td>{thing['status']}</td>"
        f"<td>{escape(note)}</td><td>{acts}</td></tr>"
    )


def _button(thing_id: str, act: str, words: dict[str, str]) -> str:
    return f'<form method="post" action="/dashboard/{thing_id}/{act}"><button>{words[act]}</button></form>'
