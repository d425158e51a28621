"""The demonstration's projects, filed and opened, with their matching pots and their public pages in both languages."""

import datetime
from typing import Any

from django.utils import timezone

from charity_site.demo.programmes import PROGRAMMES, ROOMS, TRY, Programme
from charity_site.demo.world import Charity, World
from projects.catalog import actions as catalog
from projects.catalog.models import DesignatedPlatform, Project, Purpose
from projects.matching import actions as matching
from projects.pages import setup

PLATFORM_HOST = "platform.example"
PLAN: dict[str, tuple[str, str]] = {
    "area": ("本区内", "This district"),
    "receiving": ("线上支付与银行转账，入慈善会账户", "Online payment and bank transfer to the charity's account"),
    "beneficiaries": ("经核实的困难家庭", "Households in need, verified"),
    "use": ("全部用于受益人，手续费由非限定性资金承担", "All of it for the households; fees are paid from free money"),
    "cost": ("不列支募捐成本", "No fundraising cost is charged"),
    "surplus": ("用于同类项目，并在本页公布", "Used for projects of the same kind, and published here"),
}


def open_projects(world: World, at: datetime.datetime) -> dict[str, Project]:
    """All projects, through the steps that a charity takes: draft, submit, file by another person, open."""
    platform, _made = DesignatedPlatform.objects.get_or_create(
        code="demo-platform",
        defaults={
            "name_zh": "示例募捐平台（虚构）",
            "name_en": "Example platform (made up)",
            "host": PLATFORM_HOST,
            "designated_from": datetime.date(2024, 1, 1),
        },
    )
    return {
        programme.slug: _open(programme, world.charities[programme.charity], platform, number, at)
        for number, programme in enumerate(PROGRAMMES, 1)
    }


def _open(
    programme: Programme, charity: Charity, platform: DesignatedPlatform, number: int, at: datetime.datetime
) -> Project:
    editor, admin, filer = (charity.people[name] for name in ("editor", "admin", "admin2"))
    today = timezone.localtime(at).date()
    project = catalog.draft_project(
        organisation=charity.organisation,
        slug=programme.slug,
        lines=[("救助支出（示例预算）", "Help for households (example budget)", programme.budget * 100)],
        by=editor,
        at=at,
        name_zh=programme.name_zh,
        name_en=programme.name_en,
        summary_zh=programme.what_zh,
        summary_en=programme.what_en,
        purpose=Purpose.objects.get(code=programme.purpose),
        jurisdiction=charity.district,
        starts_on=today - datetime.timedelta(days=30),
        ends_on=today + datetime.timedelta(days=335),
        plan={key: {"zh": zh, "en": en} for key, (zh, en) in PLAN.items()},
        responsible_name="示例负责人",
        contact_phone="100 9999 9999",
        contact_email=f"{programme.charity}@charity.example",
        award_cap_minor=programme.cap * 100 if programme.cap else None,
    )
    url = f"https://{PLATFORM_HOST}/campaigns/{programme.slug}"
    catalog.link_platform(project, platform=platform, url=url, by=editor, at=at)
    catalog.submit(project, by=admin, at=at)
    code = charity.organisation.credit_code or ""
    filing_number = f"{code}A{today:%y}{number:03d}"
    filed_on = today - datetime.timedelta(days=45)
    catalog.file(project, filing_number=filing_number, filed_on=filed_on, by=filer, at=at)
    catalog.open_project(project, by=admin, at=at)
    return Project.objects.get(pk=project.pk)


def open_pools(world: World, projects: dict[str, Project], at: datetime.datetime) -> None:
    """Two pots: one that carries 童心房, and one that waits for the visitor's own gift and holds its match for it."""
    terms: tuple[tuple[str, str, str, str, int, int, int], ...] = (
        (ROOMS, "tongxinfang-match", "童心房配捐", "Match for A room of one's own", 60_000_00, 5_000, 3_000_00),
        (TRY, "weixinyuan-match", "微心愿配捐", "Match for Small wishes", 10_000_00, 10_000, 200_00),
    )
    for set_name, slug, zh, en, pledged, ratio_bps, cap in terms:
        programme = next(one for one in PROGRAMMES if one.set == set_name)
        people = world.charities[programme.charity].people
        pool = matching.draft_pool(
            matcher=world.matcher,
            project=projects[programme.slug],
            slug=slug,
            name_zh=zh,
            name_en=en,
            pledged_minor=pledged,
            by=people["admin"],
            at=at,
        )
        rule = matching.draft_rule(
            pool,
            ratio_bps=ratio_bps,
            cap_per_gift_minor=cap,
            reserves=set_name == TRY,
            reoffers=set_name == TRY,
            opens_on=timezone.localtime(at).date(),
            closes_on=timezone.localtime(at).date() + datetime.timedelta(days=300),
            by=people["admin"],
            at=at,
        )
        matching.publish_rule(rule, by=people["admin2"], at=at)


def publish_pages(projects: dict[str, Project], at: datetime.datetime) -> None:
    """A page a project and one piece of news; every page says that its figures are made up."""
    setup.build_site(at)
    for programme in PROGRAMMES:
        project = projects[programme.slug]
        setup.project_page_for(project, zh=_story(programme, "zh"), en=_story(programme, "en"), made_up=True)
    setup.news_for(
        slug="books-open",
        on=timezone.localtime(at).date(),
        zh=setup.Story("账本上线", "从今天起，每一笔捐款从到账到签收都能在这里查到。", [_text(NEWS_ZH)]),
        en=setup.Story(
            "The books are open", "From today every gift can be followed to the household.", [_text(NEWS_EN)]
        ),
    )


NEWS_ZH = (
    "<p>账本只增不改：写错了，就再记一笔来更正，原来的那一笔永远看得到。</p>"
    "<p>项目总数和受助人数取自 2024 年几份公开报告；捐款、配捐和每户的金额是为演示而虚构的。</p>"
)
NEWS_EN = (
    "<p>Nothing in the books is ever changed: a mistake is answered by another entry, and both stay to be seen.</p>"
    "<p>Totals and numbers of people come from public reports of 2024; gifts, matches and the amount of each household "
    "are made up for this demonstration.</p>"
)
STEPS = {
    "zh": (
        ("申请", "家庭签署授权书，社区工作人员帮助提交。"),
        ("核定", "经办人提出，另一个人复核；金额较大时再加一道。"),
        ("发放", "银行付款到家庭账户，结果逐笔核对。"),
        ("签收", "家庭确认收到；没收到，立刻暂停并核查。"),
    ),
    "en": (
        ("Asking", "The household signs an authorisation; a community worker helps to file."),
        ("Deciding", "A caseworker proposes, another person checks; larger amounts take one more."),
        ("Paying", "The bank pays to the household's account, and each answer is checked line by line."),
        ("Confirming", "The household says whether it has arrived. If not, everything stops and is looked into."),
    ),
}
MADE_UP = {
    "zh": "捐款、配捐和每户金额为演示而虚构；总数取自公开报告。",
    "en": "Gifts, matches and the amount of each household are made up; the totals come from public reports.",
}


def _story(programme: Programme, language: str) -> setup.Story:
    what = programme.what_zh if language == "zh" else programme.what_en
    steps = [{"title": title, "text": text} for title, text in STEPS[language]]
    blocks: list[tuple[str, Any]] = [
        _text(f"<p>{what}</p><p>{MADE_UP[language]}</p>"),
        ("steps", {"steps": steps}),
        ("budget", None),
    ]
    return setup.Story(lede=what, blocks=blocks)


def _text(html: str) -> tuple[str, Any]:
    from wagtail.rich_text import RichText

    return ("text", RichText(html))
