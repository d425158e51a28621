"""The page tree of the tests, made by the same function as on the site, and stories to fill it."""

import datetime
from typing import Any

from projects.pages import setup
from projects.pages.models import ProjectPage
from tests.factories.access import BEGIN

STORY_ZH = setup.Story(
    title="童心房：给孩子一张书桌、一盏灯",
    lede="为困境儿童和留守儿童改造居住环境：新床、书桌、衣柜。每户不超过 5,000 元，由儿童主任入户确认。",
    blocks=[
        ("heading", "钱怎么用"),
        ("text", "<p>每户不超过 5,000 元。改造之前，儿童主任和社工一起入户，量房间，问孩子想要什么。</p>"),
        ("steps", {"steps": [
            {"title": "入户", "text": "儿童主任确认需要。"},
            {"title": "复核", "text": "另一个人批准，金额不超过 5,000 元。"},
            {"title": "签收", "text": "家庭确认收到，社工回访。"},
        ]}),
        ("quote", {"words": "以前在饭桌上写作业，收了碗才能写。", "who": "小禾（化名）"}),
        ("question", {"question": "没用完的钱怎么办？", "answer": "<p>按备案的募捐方案处理，并在这里公布。</p>"}),
        ("budget", None),
    ],
)  # fmt: skip
STORY_EN = setup.Story(
    title="Rooms of their own: a desk and a lamp",
    lede="New beds, desks and wardrobes for children in difficulty. At most ¥5,000 a household; a child director looks "
    "at every room before and after.",
    blocks=[
        ("heading", "How the money is used"),
        ("text", "<p>At most ¥5,000 a household. A caseworker measures the room and asks the child.</p>"),
        ("budget", None),
    ],
)


def site(at: datetime.datetime = BEGIN) -> Any:
    return setup.build_site(at)


def project_page(project: Any, **options: Any) -> ProjectPage:
    """The published page of a project, in both languages."""
    site()
    return setup.project_page_for(project, zh=STORY_ZH, en=STORY_EN, **options)
