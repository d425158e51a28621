"""The page tree as the software wants it: both languages, their fixed pages, and a section per charity.

`build_site` may run any number of times; what exists stays as editors left it.
"""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils.translation import override
from wagtail.models import (
    GroupPagePermission,
    Locale,
    Page,
    Site,
    Workflow,
    WorkflowPage,
    WorkflowTask,
)

from projects.access.groups import role_group
from projects.access.roles import Role
from projects.organisations.models import BOOK_KEEPERS, Organisation
from projects.organisations.states import OrganisationState
from projects.pages.models import (
    CharityPage,
    CheckPage,
    HomePage,
    NewsIndexPage,
    NewsPage,
    ProjectIndexPage,
    ProjectPage,
    ProjectUpdatePage,
    PublicationTask,
)
from projects.pages.setup_texts import FIXED_PAGES

LANGUAGES = ("zh-hans", "en")
# What the groups of a charity may do with the pages of its own section.
SECTION_RIGHTS: dict[Role, tuple[str, ...]] = {
    Role.EDITOR: ("add", "change"),
    Role.ADMIN: ("add", "change", "publish", "lock", "unlock"),
}
Blocks = Sequence[tuple[str, Any]]


@dataclass(frozen=True)
class Story:
    """What an editor writes about a project, in one language."""

    title: str = ""
    lede: str = ""
    blocks: Blocks = field(default_factory=list)


@transaction.atomic
def build_site(at: datetime.datetime) -> HomePage:
    """Both page trees with their fixed pages, and a section for every verified charity. Returns the Chinese home."""
    for code in LANGUAGES:
        Locale.objects.get_or_create(language_code=code)
    home = _home()
    for model, slug in ((ProjectIndexPage, "projects"), (NewsIndexPage, "news"), (CheckPage, "check")):
        _fixed_page(home, model, slug)
    for organisation in Organisation.objects.filter(kind__in=BOOK_KEEPERS, state=OrganisationState.VERIFIED):
        charity_section(organisation)
    return home


def charity_section(organisation: Organisation) -> CharityPage:
    """The charity's page in both languages, its groups' rights there, and its moderation. Returns the Chinese one."""
    section = CharityPage.objects.filter(organisation=organisation, locale=_locale("zh-hans")).first()
    if section is None:
        index = ProjectIndexPage.objects.get(locale=_locale("zh-hans"))
        section = CharityPage(
            title=organisation.name_zh, slug=organisation.slug, organisation=organisation, locale=index.locale
        )
        index.add_child(instance=section)
    translated = _translated(section, title=organisation.name_en or organisation.name_zh)
    for page in (section, translated):
        _give_rights(page, organisation)
        WorkflowPage.objects.update_or_create(page=page.page_ptr, defaults={"workflow": _workflow(organisation)})
    return section


@transaction.atomic
def project_page_for(
    project: Any,
    *,
    zh: Story | None = None,
    en: Story | None = None,
    made_up: bool = False,
    publish: bool = True,
    by: Any = None,
) -> ProjectPage:
    """The project's page in both languages; an existing one stays as it is. Publishing asks the gate."""
    existing = ProjectPage.objects.filter(project=project, locale=_locale("zh-hans")).first()
    if existing is not None:
        return existing
    zh, en = zh or Story(), en or Story()
    page = ProjectPage(
        title=zh.title or project.name_zh, slug=project.slug, project=project, lede=zh.lede, made_up=made_up,
        story=list(zh.blocks), live=False, owner=by, locale=_locale("zh-hans"),
    )  # fmt: skip
    charity_section(project.organisation).add_child(instance=page)
    other = page.copy_for_translation(_locale("en"))
    other.title, other.lede, other.story = en.title or project.name_en or page.title, en.lede, list(en.blocks)
    for one in (page, other):
        revision = one.save_revision(user=by)
        if publish:
            revision.publish(user=by, skip_permission_checks=by is None)
    page.refresh_from_db()
    return page


@transaction.atomic
def update_for(page: ProjectPage, *, slug: str, on: datetime.date, zh: Story, en: Story) -> ProjectUpdatePage:
    """An update under a project's page, in both languages, published."""
    existing = ProjectUpdatePage.objects.child_of(page).filter(slug=slug).first()
    return existing or _dated(page, ProjectUpdatePage, slug, on, zh, en)


@transaction.atomic
def news_for(*, slug: str, on: datetime.date, zh: Story, en: Story) -> NewsPage:
    """A piece of news in both languages, published."""
    index = NewsIndexPage.objects.get(locale=_locale("zh-hans"))
    existing = NewsPage.objects.child_of(index).filter(slug=slug).first()
    return existing or _dated(index, NewsPage, slug, on, zh, en)


def _dated(parent: Page, model: type[Page], slug: str, on: datetime.date, zh: Story, en: Story) -> Any:
    page = model(title=zh.title, slug=slug, date=on, lede=zh.lede, body=list(zh.blocks), locale=parent.locale)
    parent.add_child(instance=page)
    _translated(page, title=en.title or zh.title, lede=en.lede, body=list(en.blocks))
    return page


def _locale(code: str) -> Locale:
    return Locale.objects.get(language_code=code)


def _home() -> HomePage:
    existing = HomePage.objects.filter(locale=_locale("zh-hans")).first()
    if existing is not None:
        return existing
    root = Page.get_first_root_node()
    welcome = root.get_children().filter(slug="home").first()
    home = HomePage(title="善款账本", slug="start", locale=_locale("zh-hans"), lede=FIXED_PAGES["home"]["zh-hans"][1])
    root.add_child(instance=home)
    Site.objects.update_or_create(
        is_default_site=True, defaults={"hostname": "localhost", "port": 80, "root_page": home.page_ptr}
    )
    Site.clear_site_root_paths_cache()
    if welcome is not None and not welcome.specific.get_children().exists():
        welcome.delete()
    home = HomePage.objects.get(pk=home.pk)
    title, lede = FIXED_PAGES["home"]["en"]
    _translated(home, title=title, lede=lede)
    return home


def _fixed_page(home: HomePage, model: type[Page], slug: str) -> None:
    if model.objects.child_of(home).exists():
        return
    home.refresh_from_db()
    title, lede = FIXED_PAGES[slug]["zh-hans"]
    page = model(title=title, lede=lede, slug=slug, locale=home.locale)
    home.add_child(instance=page)
    title, lede = FIXED_PAGES[slug]["en"]
    _translated(page, title=title, lede=lede)


def _translated(page: Any, **fields: Any) -> Any:
    """The page's English twin, made and published when missing."""
    locale = _locale("en")
    existing = page.get_translations().filter(locale=locale).first()
    if existing is not None:
        return existing.specific
    with override("en"):
        twin = page.copy_for_translation(locale)
    for name, value in fields.items():
        setattr(twin, name, value)
    twin.slug = page.slug if page.depth > 2 else twin.slug
    twin.save_revision().publish()
    return type(page).objects.get(pk=twin.pk)


def _give_rights(page: CharityPage, organisation: Organisation) -> None:
    for role, rights in SECTION_RIGHTS.items():
        group = role_group(role, organisation)
        for right in rights:
            if not GroupPagePermission.objects.filter(
                group=group, page=page.page_ptr, permission__codename=f"{right}_page"
            ).exists():
                GroupPagePermission.objects.create(group=group, page=page.page_ptr, permission_type=right)


def _workflow(organisation: Organisation) -> Workflow:
    """One step: an administrator of the charity approves what its editor drafted."""
    name = f"{organisation.name_zh} · {organisation.ref[:8]}"
    workflow, made = Workflow.objects.get_or_create(name=name)
    if made:
        task = PublicationTask.objects.create(name=name)
        task.groups.add(role_group(Role.ADMIN, organisation))
        WorkflowTask.objects.create(workflow=workflow, task=task, sort_order=0)
    return workflow
