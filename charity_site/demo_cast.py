"""The people of the demonstration: who they are, where they start, how they log in. Printed by `make demo`.

`load_demo` makes these users. All share one password, which is why a demonstration answers only to private addresses
(see `checks.py`).
"""

from dataclasses import dataclass

PASSWORD = "demo-demo-demo"


@dataclass(frozen=True)
class Player:
    """One audience. Without a username nobody has to log in."""

    zh: str
    en: str
    path: str
    username: str = ""
    role: str = ""  # a value of projects.access.roles.Role


CAST = (
    Player("公众与捐赠人", "public and donors", "/zh-hans/"),
    Player("公众与捐赠人（英文）", "public and donors, in English", "/en/"),
    Player("慈善组织 · 内容编辑", "charity, editor", "/cms/", "editor", "EDITOR"),
    Player("慈善组织 · 经办人", "charity, caseworker", "/cms/", "caseworker", "CASEWORKER"),
    Player("慈善组织 · 复核人", "charity, checker", "/cms/", "checker", "CHECKER"),
    Player("慈善组织 · 财务", "charity, finance", "/cms/", "finance", "FINANCE"),
    Player("慈善组织 · 财务（第二人）", "charity, second finance officer", "/cms/", "finance2", "FINANCE"),
    Player("慈善组织 · 管理员", "charity, administrator", "/cms/", "admin", "ADMIN"),
    Player("监管人员", "regulator", "/zh-hans/oversight/", "regulator", "REGULATOR"),
    Player("审计人员", "auditor", "/zh-hans/oversight/", "auditor", "AUDITOR"),
    Player("平台运维 · 账簿（只读）", "platform operator, the books (read-only)", "/books/", "operator", "OPERATOR"),
)
