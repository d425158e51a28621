"""Amounts in Chinese capitals (大写金额), as cheques and receipts write them, so that no figure can be altered unseen.

Follows 《正确填写票据和结算凭证的基本规定》: 整 after 元 and 角, none after 分; 零 between figures, one for a row of
zeros, none at the end of a part; 零 before 分 when there is no 角. Where the rule lets one choose (¥107,000.53) the
shorter form is written: 壹拾万柒仟元伍角叁分.
"""

from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r

DIGITS = "零壹贰叁肆伍陆柒捌玖"
PLACES = ("", "拾", "佰", "仟")
WAN, YI = 10**4, 10**8
# 9,999 万亿 元: far beyond any gift, and the last amount whose reading is not disputed.
MOST_MINOR = 10**18 - 1


def capital(minor: int) -> str:
    """Yuan, jiao and fen in capitals: 1750000 → 壹万柒仟伍佰元整."""
    if not 0 <= minor <= MOST_MINOR:
        raise Refused("amount_not_writable", _r("This amount cannot be written in Chinese capitals."))
    yuan, rest = divmod(minor, 100)
    jiao, fen = divmod(rest, 10)
    if not minor:
        return "零元整"
    text = _whole(yuan) + "元" if yuan else ""
    if jiao:
        text += DIGITS[jiao] + "角"
    elif fen and yuan:
        text += "零"
    return text + (DIGITS[fen] + "分" if fen else "整")


def capital_with_currency(minor: int, currency: str) -> str:
    """With 人民币 in front, as the form wants it; empty for a currency that has no such form."""
    return "人民币" + capital(minor) if currency == "CNY" else ""


def _whole(number: int) -> str:
    """A whole number in capitals: the part above 亿, the part above 万, the rest, with 零 over what is skipped."""
    for unit, name in ((YI, "亿"), (WAN, "万")):
        if number >= unit:
            high, low = divmod(number, unit)
            if not low:
                return _whole(high) + name
            gap = "零" if low < unit // 10 else ""
            return _whole(high) + name + gap + _whole(low)
    return _below_wan(number)


def _below_wan(number: int) -> str:
    text, gap = "", False
    for place in (3, 2, 1, 0):
        digit = number // 10**place % 10
        if digit:
            text += ("零" if gap and text else "") + DIGITS[digit] + PLACES[place]
        gap = not digit
    return text
