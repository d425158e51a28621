"""What can be wrong, each as a sentence in English and 简体中文, with the kind it belongs to."""

AT = ("entry at position %(at)s", "序号 %(at)s 的条目")
LINE = ("fund %(book)s/%(fund)s, entry at position %(at)s", "基金 %(book)s/%(fund)s，序号 %(at)s 的条目")


def _at(kind: str, en: str, zh: str) -> tuple[str, str, str]:
    return kind, f"{AT[0]}: {en}", f"{AT[1]}：{zh}"


def _line(kind: str, en: str, zh: str) -> tuple[str, str, str]:
    return kind, f"{LINE[0]}: {en}", f"{LINE[1]}：{zh}"


SENTENCES: dict[str, tuple[str, str, str]] = {
    "key_none": (
        "key",
        "the log %(origin)s publishes no key, none is remembered and none was given (--vkey)",
        "日志 %(origin)s 没有公布公钥，本机没有记录，也没有用 --vkey 给出",
    ),
    "key_malformed": ("key", "the key cannot be used: %(why)s", "公钥无法使用：%(why)s"),
    "checkpoint_unsigned": (
        "signature",
        "the key that is trusted here did not sign it: %(why)s",
        "本机信任的公钥没有在上面签名：%(why)s",
    ),
    "checkpoint_bad": ("signature", "%(why)s", "%(why)s"),
    "origin_other": (
        "origin",
        "it is of %(origin)s, the key is of %(name)s",
        "检查点来自 %(origin)s，公钥属于 %(name)s",
    ),
    "witness_missing": ("witness", "%(name)s has not signed this checkpoint", "%(name)s 没有在这个检查点上签名"),
    "shrunk": (
        "shrunk",
        (
            "it has %(size)s leaves; this computer has seen %(seen)s. A log only grows: its end was cut, or "
            "this is an old copy"
        ),
        "现在有 %(size)s 条，而本机见过 %(seen)s 条。日志只会增长：要么尾部被截，要么这是旧副本",
    ),
    "forked": (
        "forked",
        "its first %(size)s leaves give the root %(ours)s; when this computer saw it with so many, it was %(seen)s",
        "前 %(size)s 条的根哈希是 %(ours)s，而本机当时看到的是 %(seen)s",
    ),
    "bundle_missing": (
        "missing",
        "the checkpoint states %(size)s leaves, but there is no %(path)s",
        "检查点写明有 %(size)s 条，却没有 %(path)s",
    ),
    "bundle_torn": ("missing", "%(path)s ends before its last entry", "%(path)s 在最后一条之前就断了"),
    "bundle_changed": (
        "root",
        "%(path)s was another one when it was read a second time",
        "%(path)s 第二次读取时内容变了",
    ),
    "tile_missing": ("missing", "there is no %(path)s", "没有 %(path)s"),
    "root_differs": (
        "root",
        "the %(size)s leaves give the root %(ours)s; signed is %(signed)s",
        "%(size)s 条算出的根哈希是 %(ours)s，签名的是 %(signed)s",
    ),
    "tile_differs": (
        "tile",
        "%(path)s differs first for the entries at positions %(first)s to %(last)s",
        "%(path)s 最先在序号 %(first)s 至 %(last)s 的条目处不符",
    ),
    "leaf_bytes": _at("leaf", "its bytes are not canonical JSON", "不是规范编码的 JSON"),
    "leaf_shape": _at("leaf", "its part '%(part)s' is missing, unknown or malformed", "“%(part)s”缺失、未知或格式不对"),
    "amount_wrong": _at(
        "posting",
        "the amount %(amount)s is not a positive whole number that one entry may hold",
        "金额 %(amount)s 不是允许范围内的正整数",
    ),
    "sides_same": _at("posting", "debit and credit are both %(account)s", "借贷双方都是 %(account)s"),
    "account_unknown": _at("posting", "the chart has no account %(account)s", "科目表中没有 %(account)s"),
    "fund_unknown": _at(
        "fund",
        "the fund %(book)s/%(fund)s was not opened before",
        "基金 %(book)s/%(fund)s 此前没有设立",
    ),
    "fund_twice": _at(
        "fund",
        "the fund %(book)s/%(fund)s is opened a second time",
        "基金 %(book)s/%(fund)s 被第二次设立",
    ),
    "currency_differs": _at(
        "fund",
        "%(currency)s is posted to the fund %(fund)s, which is in %(fund_currency)s",
        "以 %(currency)s 记入币种为 %(fund_currency)s 的基金 %(fund)s",
    ),
    "key_twice": _at(
        "doubled",
        "it has the key of the entry at position %(earlier)s, in the same book %(book)s",
        "与序号 %(earlier)s 的条目在同一账套 %(book)s 中使用了相同的防重键",
    ),
    "reversal_origin": _at(
        "reversal",
        "position %(origin)s is no earlier entry of its book",
        "序号 %(origin)s 不是本账套更早的分录",
    ),
    "reversal_no_mirror": _at(
        "reversal",
        "it does not mirror the entry at position %(origin)s",
        "不是序号 %(origin)s 的条目的镜像",
    ),
    "reversed_twice": _at(
        "reversal",
        "the entry at position %(origin)s was reversed before",
        "序号 %(origin)s 的条目此前已被冲销",
    ),
    "reversal_of_nothing": _at("reversal", "it is a reversal and names no entry", "是冲销，却没有写明冲销哪一条"),
    "period_closed": _at(
        "period",
        "it is dated %(day)s; %(starts)s to %(ends)s were closed in the book %(book)s before it",
        "日期为 %(day)s，而账套 %(book)s 的 %(starts)s 至 %(ends)s 在它之前已经结账",
    ),
    "line_beyond": _line(
        "line",
        "it takes [%(start)s, %(stop)s), but the fund holds up to %(end)s only",
        "用到 [%(start)s, %(stop)s)，而基金只有到 %(end)s 为止的钱",
    ),
    "line_overlap": _line(
        "line",
        "it takes [%(start)s, %(stop)s), but all before %(cursor)s is spent already",
        "用到 [%(start)s, %(stop)s)，而 %(cursor)s 之前的已经用掉",
    ),
    "line_gap": _line(
        "line",
        "it takes [%(start)s, %(stop)s), but the next free unit is %(cursor)s",
        "用到 [%(start)s, %(stop)s)，而下一个可用的单位是 %(cursor)s",
    ),
    "line_spent_hole": _line(
        "line",
        "it spends [%(start)s, %(stop)s), of which a part was refunded",
        "花掉了 [%(start)s, %(stop)s)，其中一部分已经退款",
    ),
    "line_skip_no_hole": _line(
        "line",
        "it steps over [%(start)s, %(stop)s), which is not one refunded stretch",
        "跳过了 [%(start)s, %(stop)s)，而那并不是一段退款",
    ),
    "line_hole_spent": _line(
        "line",
        "it refunds [%(start)s, %(stop)s) as unspent, but all before %(cursor)s is spent",
        "把 [%(start)s, %(stop)s) 当作未用款退回，而 %(cursor)s 之前的已经用掉",
    ),
    "line_hole_twice": _line(
        "line",
        "it refunds [%(start)s, %(stop)s), of which a part was refunded before",
        "退回 [%(start)s, %(stop)s)，其中一部分此前已退",
    ),
    "line_cover_twice": _line(
        "line",
        "it covers [%(start)s, %(stop)s), of which a part was covered before",
        "代垫 [%(start)s, %(stop)s)，其中一部分此前已代垫",
    ),
    "line_cover_unspent": _line(
        "line",
        "it covers [%(start)s, %(stop)s), which is not all spent",
        "代垫 [%(start)s, %(stop)s)，而那一段并未全部用掉",
    ),
    "line_outside_lot": _line(
        "line",
        "[%(start)s, %(stop)s) is not inside what the entry taken back brought",
        "[%(start)s, %(stop)s) 不在被退回的那笔款项之内",
    ),
    "loss_differs": _at(
        "line",
        "it costs the fund %(fund)s %(loss)s and takes %(length)s of its line",
        "使基金 %(fund)s 减少 %(loss)s，却占用了资金线上的 %(length)s",
    ),
    "hole_without_reason": _at(
        "line",
        "it takes money back on the line of %(fund)s and is no refund or reversal",
        "在 %(fund)s 的资金线上退回款项，却不是退款或冲销",
    ),
    "take_back_facts": _at(
        "takeback", "it does not state its origin and its three parts", "没有写明来源和三个组成部分"
    ),
    "take_back_origin": _at(
        "takeback",
        "position %(origin)s is nothing earlier that could be taken back",
        "序号 %(origin)s 不是更早的、可以退回的款项",
    ),
    "take_back_lines": _at("takeback", "its postings are not the parts it states", "分录行与所写的组成部分不符"),
    "take_back_lengths": _at(
        "takeback",
        "what it takes of the line is not as long as the parts it states",
        "占用资金线的长度与所写的组成部分不符",
    ),
    "kind_unknown": _at(
        "document",
        "there is no kind %(kind)s with a document of the kind %(document)s",
        "没有类型为 %(kind)s、单据为 %(document)s 的分录",
    ),
    "facts_strange": _at(
        "document",
        "an entry of the kind %(kind)s may not publish: %(facts)s",
        "类型为 %(kind)s 的分录不得公开：%(facts)s",
    ),
    "chart_missing": _at(
        "notice",
        "the book %(book)s has not announced its chart of accounts",
        "账套 %(book)s 还没有公告科目表",
    ),
    "notice_unknown": _at(
        "notice",
        "%(kind)s is no known notice, or says too much",
        "%(kind)s 不是已知的公告，或公开过多",
    ),
    "notice_wrong": _at(
        "notice",
        "the notice %(kind)s contradicts itself or an earlier one",
        "公告 %(kind)s 自相矛盾或与此前的公告冲突",
    ),
    "rule_differs": _at(
        "match",
        "the new rule changes the pot %(pot)s itself, or is no newer version",
        "新规则改变了配捐资金池 %(pot)s 本身，或并非更新的版本",
    ),
    "match_no_rule": _at(
        "match",
        "no rule of the pot %(pot)s was published before it",
        "配捐资金池 %(pot)s 此前没有公布规则",
    ),
    "match_elsewhere": _at(
        "match",
        "it is not in the pot %(pot)s's own fund and currency",
        "不在配捐资金池 %(pot)s 所属的基金和币种内",
    ),
    "match_twice": _at(
        "match",
        "the pot %(pot)s has matched the gift at position %(gift)s already",
        "配捐资金池 %(pot)s 已经为序号 %(gift)s 的捐赠配捐过",
    ),
    "match_wrong": _at(
        "match",
        (
            "%(amount)s by version %(version)s for the gift at position %(gift)s; the pot %(pot)s owes it "
            "%(expected)s by version %(rule)s (in minor units)"
        ),
        (
            "为序号 %(gift)s 的捐赠按第 %(version)s 版配捐 %(amount)s 分；按规则配捐资金池 %(pot)s 应按第 "
            "%(rule)s 版配 %(expected)s 分"
        ),
    ),
    "match_missing": (
        "match",
        "the gift at position %(at)s never got the %(amount)s (minor units) that the pot %(pot)s owes it",
        "序号 %(at)s 的捐赠一直没有得到配捐资金池 %(pot)s 应配的 %(amount)s 分",
    ),
    "match_release_wrong": _at(
        "match",
        (
            "it frees %(amount)s of the match of the gift at %(gift)s in the pot %(pot)s; %(expected)s is "
            "right (in minor units)"
        ),
        "释放了配捐资金池 %(pot)s 为序号 %(gift)s 的捐赠所配的 %(amount)s 分，应为 %(expected)s 分",
    ),
    "match_release_missing": _at(
        "match",
        (
            "it asks to free %(amount)s (minor units) of the match of the gift at %(gift)s in the pot "
            "%(pot)s, and nothing followed"
        ),
        "应释放配捐资金池 %(pot)s 为序号 %(gift)s 的捐赠所配的 %(amount)s 分，却一直没有释放",
    ),
    "figures_unreadable": ("figures", "they cannot be read", "无法读取"),
    "figures_root": (
        "figures",
        "they name the root %(root)s; the log's is %(ours)s",
        "写明的根哈希是 %(root)s，而日志的是 %(ours)s",
    ),
    "figures_no_fund": (
        "figures",
        "the project %(project)s names the fund %(book)s/%(fund)s, which the log does not give it",
        "项目 %(project)s 写明基金 %(book)s/%(fund)s，而日志中并非如此",
    ),
    "figures_differ": (
        "figures",
        "project %(project)s, fund %(fund)s, %(name)s: published %(theirs)s, the log says %(ours)s (minor units)",
        "项目 %(project)s，基金 %(fund)s，%(name)s：公布 %(theirs)s，日志为 %(ours)s（最小货币单位）",
    ),
    "wait_gap": _line(
        "waiting",
        (
            "[%(start)s, %(stop)s) is taken before %(cursor)s is reached. Two spendings of one moment may "
            "stand so at the very end of a log; check again when it has grown: if it stays, it is a lie"
        ),
        (
            "占用 [%(start)s, %(stop)s)，而资金线才到 %(cursor)s。同一时刻的两笔支出在日志最末可能如此；待日"
            "志增长后再查，若仍如此，即为虚假"
        ),
    ),
    "wait_hole": _line(
        "waiting",
        "[%(start)s, %(stop)s) is stepped over before its refund stands in the log; check again when it has grown",
        "跳过了 [%(start)s, %(stop)s)，而相应退款尚未进入日志；待日志增长后再查",
    ),
    "wait_cover": _line(
        "waiting",
        "[%(start)s, %(stop)s) is covered before its spending stands in the log; check again when it has grown",
        "代垫了 [%(start)s, %(stop)s)，而相应支出尚未进入日志；待日志增长后再查",
    ),
    "wait_match": (
        "waiting",
        (
            "the gift at position %(at)s waits for %(amount)s (minor units) from the pot %(pot)s, and a "
            "later gift has its match already; check again when the log has grown"
        ),
        "序号 %(at)s 的捐赠在等配捐资金池 %(pot)s 的 %(amount)s 分，而更晚的捐赠已经配捐；待日志增长后再查",
    ),
    "pdf_unreadable": ("pdf", "%(why)s", "%(why)s"),
    "pdf_no_proof": (
        "unproven",
        (
            "it has no leaf and no .tlog-proof inside. Receipts get them when a signed checkpoint covers the "
            "gift: download it again"
        ),
        "里面没有条目和 .tlog-proof。签名的检查点涵盖这笔捐赠之后，收据才会附带；请重新下载",
    ),
    "proof_wrong": ("proof", "%(why)s", "%(why)s"),
    "proof_leaf": (
        "proof",
        "the leaf inside is no entry that a receipt could be for",
        "里面的条目不是收据所能对应的条目",
    ),
    "proof_forked": (
        "forked",
        "its checkpoint of %(size)s leaves has another root than the one this computer has seen",
        "它的检查点（%(size)s 条）与本机见过的根哈希不同",
    ),
}
