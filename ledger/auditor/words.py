"""Everything the verifier says, in English and 简体中文, and the exit code of each kind of lie.

It stands beside the sentences of the site and not among its translations: the verifier runs without the site.
"""

from collections.abc import Sequence
from typing import NamedTuple

Text = tuple[str, str]


def text_of(texts: Sequence[str], lang: str) -> str:
    """The English or the Chinese half."""
    return texts[1] if lang == "zh" else texts[0]


class Kind(NamedTuple):
    """One kind of thing that can be wrong: its exit code and its name."""

    code: int
    title: Text


UNREACHABLE = 3

KINDS: dict[str, Kind] = {
    "key": Kind(10, ("No key to check with", "没有可用的公钥")),
    "signature": Kind(11, ("The checkpoint is not signed", "检查点没有有效签名")),
    "origin": Kind(12, ("The checkpoint is another log's", "检查点属于另一份日志")),
    "witness": Kind(13, ("A witness did not sign", "见证方没有签名")),
    "shrunk": Kind(14, ("The log has become shorter", "日志变短了")),
    "forked": Kind(15, ("The log was rewritten", "日志被改写了")),
    "missing": Kind(16, ("A part of the log is missing", "日志缺了一部分")),
    "root": Kind(17, ("The entries are not those that were signed", "条目与签名的根哈希不符")),
    "tile": Kind(18, ("A tile does not hash what is there", "分片与条目不符")),
    "leaf": Kind(19, ("An entry's bytes are not in order", "条目的编码不合规范")),
    "posting": Kind(
        20, ("A posting is not one positive amount between two accounts", "分录不是两个科目之间的一笔正数")
    ),
    "fund": Kind(21, ("A fund or a currency is not as announced", "基金或币种与公告不符")),
    "doubled": Kind(22, ("One event stands twice", "同一事件入账两次")),
    "reversal": Kind(23, ("A reversal is not the mirror of one earlier entry", "冲销不是此前某一分录的镜像")),
    "period": Kind(24, ("An entry came into a closed period", "分录记入了已结账的期间")),
    "line": Kind(25, ("A fund's line does not hold", "基金的资金线不成立")),
    "takeback": Kind(26, ("A refund is not what it says", "退款与所述不符")),
    "document": Kind(27, ("An entry is of an unknown kind or says too much", "分录类型不明或公开了不该公开的内容")),
    "notice": Kind(28, ("A notice is missing or wrong", "公告缺失或有误")),
    "match": Kind(29, ("A match is not what the published rule makes of it", "配捐与公布的规则不符")),
    "figures": Kind(30, ("The published figures are not those of the log", "公布的数字与日志不符")),
    "waiting": Kind(31, ("Not proven yet", "尚不能证明")),
    "pdf": Kind(40, ("The receipt cannot be read", "收据无法读取")),
    "unproven": Kind(41, ("The receipt carries no proof", "收据没有附带证明")),
    "proof": Kind(42, ("The receipt's proof does not hold", "收据的证明不成立")),
}

NOTES: dict[str, Text] = {
    "chart_newer": (
        "the book %(book)s uses the chart %(version)s; this verifier knows %(known)s",
        "账套 %(book)s 使用科目表 %(version)s，本程序只认识 %(known)s",
    ),
    "figures_none": (
        "figures: none are published for this position, so none were compared",
        "数字：该序号没有公布数字，因此没有比较",
    ),
    "figures_elsewhere": (
        "figures: those published are of position %(position)s, the checkpoint is of %(size)s; not compared",
        "数字：公布的是序号 %(position)s 的，检查点是 %(size)s 的，因此没有比较",
    ),
    "tiles_passed": (
        (
            "tiles: %(compared)s were compared and %(passed)s of the lowest level were passed by "
            "(--all-tiles looks at every one); the root does not depend on them"
        ),
        "分片：比较了 %(compared)s 个，跳过最底层的 %(passed)s 个（用 --all-tiles 全部比较）；根哈希不依赖它们",
    ),
    "matches_wait": (
        (
            "matches: %(matches)s gifts at the end of the log wait for their match, %(releases)s refunds for "
            "its release; the site answers them about a second later"
        ),
        "配捐：日志末尾有 %(matches)s 笔捐赠等待配捐，%(releases)s 笔退款等待释放；网站约一秒后处理",
    ),
    "evidence": ("both checkpoints are kept as evidence: %(path)s", "两个检查点已留作证据：%(path)s"),
    "key_changes": (
        (
            "the log has announced that the key %(old)s is followed by %(new)s, and both have signed; "
            "the new one is remembered"
        ),
        "日志已公告公钥 %(old)s 由 %(new)s 接替，两者都已签名；本机记下新的公钥",
    ),
    "never": (
        (
            "no check of a log can show money that never entered it, who people are, whether help truly "
            "reached people, or whether others are shown another log (compare the root with theirs, or ask "
            "for a witness)"
        ),
        (
            "任何日志检查都看不出：从未入账的钱、当事人是谁、帮助是否真正送达、别人看到的是否是另一份日志（可"
            "与他人对照根哈希，或要求见证方签名）"
        ),
    ),
    "receipt_never": (
        (
            "the proof cannot say who gave (the log knows no names), nor whether the printed words above it "
            "are the issuer's: compare them with these lines"
        ),
        "证明不能说明捐赠人是谁（日志里没有姓名），也不能说明上面印的文字是否出自开具方：请与这几行对照",
    ),
    "receipt_later": (
        "refunds after that checkpoint are not known here; the log has them",
        "该检查点之后的退款这里无从得知，以日志为准",
    ),
    "receipt_first": (
        (
            "that checkpoint is not one this computer has seen; whether it is on the same log is shown by "
            "checking the log"
        ),
        "本机没有见过这个检查点；它是否属于同一份日志，检查日志即可知道",
    ),
}

SAYINGS: dict[str, Text] = {
    "unreachable": ("Could not be read, so nothing is known: %(what)s", "无法读取，因此什么也不能断定：%(what)s"),
    "checkpoint": ("Log %(origin)s: %(size)s leaves, root %(root)s", "日志 %(origin)s：%(size)s 条，根哈希 %(root)s"),
    "key_given": ("Signed by the key you gave: %(vkey)s", "由您给出的公钥签名：%(vkey)s"),
    "key_remembered": ("Signed by the key remembered from last time: %(vkey)s", "由上次记下的公钥签名：%(vkey)s"),
    "key_published": (
        (
            "Signed by the key that the log itself publishes, taken on first use (compare it with a key from "
            "elsewhere, for example printed paper): %(vkey)s"
        ),
        "由日志自己公布的公钥签名，首次使用即采信（请与其他途径得到的公钥对照，例如纸面）：%(vkey)s",
    ),
    "witnessed": ("Witnessed by %(name)s at %(at)s UTC", "见证方 %(name)s 于 %(at)s（UTC）签名"),
    "leaves": (
        "· %(entries)s entries and %(notices)s notices read, hashed and held against the signed root",
        "· 已读取 %(entries)s 条分录、%(notices)s 条公告，逐条计算哈希并与签名的根哈希对照",
    ),
    "tiles": ("· tiles of hashes compared: %(compared)s", "· 比较过的哈希分片：%(compared)s 个"),
    "grown": ("· compared with the %(size)s leaves seen last time", "· 已与上次见过的 %(size)s 条对照"),
    "first_time": (
        "· nothing was compared with an earlier visit: this is the first, or the log is shorter now",
        "· 没有与以前对照：这是第一次，或日志变短了",
    ),
    "laws": (
        "· laws derived again: amounts, keys, reversals, periods, lines of %(funds)s funds, matches of %(pots)s pots",
        "· 已重新推导：金额、防重键、冲销、期间、%(funds)s 个基金的资金线、%(pots)s 个配捐资金池的配捐",
    ),
    "figures": ("· published figures of %(compared)s projects compared", "· 已比较 %(compared)s 个项目公布的数字"),
    "took": ("· %(seconds)s s", "· 用时 %(seconds)s 秒"),
    "not_looked_at": ("Not looked at, or not to be known:", "没有检查或无从得知的："),
    "more": ("  … and %(count)s more: %(kind)s", "  …… 另有 %(count)s 处：%(kind)s"),
    "right": ("Everything that was checked holds.", "凡检查过的都成立。"),
    "wrong": ("This does not hold. Exit code %(code)s.", "不成立。退出码 %(code)s。"),
    "receipt": (
        "Receipt: entry at position %(at)s of the log %(origin)s, under a signed checkpoint of %(size)s leaves",
        "收据：日志 %(origin)s 中序号 %(at)s 的条目，由含 %(size)s 条的签名检查点涵盖",
    ),
    "receipt_leaf": (
        "  %(kind)s of %(amount)s, on %(day)s, book %(book)s, fund %(fund)s, document %(document)s",
        "  %(kind)s，%(amount)s，%(day)s，账套 %(book)s，基金 %(fund)s，单据 %(document)s",
    ),
}

COLUMNS: dict[str, Text] = {
    "fund": ("fund", "基金"),
    "currency": ("", "币种"),
    "given": ("given", "捐赠"),
    "matched": ("matched", "配捐"),
    "other_in": ("other in", "其他收入"),
    "refunded": ("refunded", "退回"),
    "covered": ("covered", "代垫"),
    "spent": ("spent", "已用"),
    "left": ("left", "结余"),
    "gifts": ("gifts", "捐赠笔数"),
    "matches": ("matches", "配捐笔数"),
}

USAGE = (
    "Check a charity's published log, or a receipt, trusting nobody. 不信任任何人，自行核对慈善组织公布的日志或收据。"
)
