"""A crawler reads all that strangers, staff and machines can reach: each donor is named there as far as they chose."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from ledger import checkpoints, log_keys, transparency
from ledger.core.notes import ED25519
from projects.giving.visibility import Visibility, initials, public_name, staff_name
from tests.factories.access import BEGIN
from tests.factories.catalog import open_project
from tests.factories.giving import settled_gift
from tests.factories.pages import project_page
from tests.refusals import refused_by_database

pytestmark = pytest.mark.django_db

# Made-up donors, one for each choice; the words of their names and addresses occur nowhere else.
NAMES = {"PUBLIC": "翟公开甲", "INITIALS": "司马缩写乙", "HIDDEN": "鄢隐藏丙", "FINANCE": "濮账房丁"}
LINK = re.compile(r'(?:href|src|action)="([^"#]+)')
STARTS = (
    "/zh-hans/", "/en/", "/en/trace/", "/en/status/", "/status.json", "/sitemap.xml", "/robots.txt", "/api/v1/figures",
    "/api/v1/openapi.json", "/log/checkpoint", "/log/vkey",
)  # fmt: skip


def mail_of(choice: str) -> str:
    return f"{choice.lower()}-zz@example.org"


@pytest.fixture
def gifts(charity_a, settings, tmp_path):
    """One gift for each choice, with a place in the signed log, to a project with a page."""
    log_keys.new_key(tmp_path / "log-key", "ledger.example/log", ED25519)
    settings.LOG_KEY_FILE = str(tmp_path / "log-key")
    project = open_project(charity_a.organisation, slug="rooms")
    project_page(project)
    made = {
        choice: settled_gift(project, name=name, visibility=choice, email=mail_of(choice), message=f"祝好 {choice}")
        for choice, name in NAMES.items()
    }
    checkpoints.sign(at=BEGIN)
    return made


def read(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code < 500, path
    kind = answer.headers.get("Content-Type", "")
    whole = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return whole.decode("utf-8", "replace") if "html" in kind or "json" in kind or "text" in kind else repr(whole)


def crawl(client: Client, starts, *, within: tuple[str, ...], most: int = 150) -> dict[str, str]:
    """Path → text of what links lead to."""
    texts: dict[str, str] = {}
    waiting = list(starts)
    while waiting and len(texts) < most:
        path = waiting.pop(0)
        if path in texts:
            continue
        texts[path] = read(client, path)
        waiting += [link for link in LINK.findall(texts[path]) if link.startswith(within) and "logout" not in link]
    return texts


def found(texts: dict[str, str], word: str) -> list[str]:
    return [path for path, text in texts.items() if word in text]


def test_strangers_and_machines_see_what_each_donor_chose(client, gifts):
    size = transparency.head().size
    starts = [*STARTS, f"/log/tile/entries/000.p/{size}", f"/log/tile/0/000.p/{size}"]
    starts += [f"/en/entries/{position}/" for position in range(size)]
    starts += [f"/en/projects/?q={name}" for name in NAMES.values()]
    texts = crawl(client, starts, within=("/en/", "/zh-hans/", "/api/", "/log/"))
    assert len(texts) > 40
    # A name in the address was typed by whoever asks: it comes back in the search field, and says nothing.
    answers = {path: text for path, text in texts.items() if "?q=" not in path}
    for choice in ("INITIALS", "HIDDEN", "FINANCE"):
        assert found(answers, NAMES[choice]) == []
    for gift in gifts.values():
        assert found(texts, gift.email) == found(texts, gift.trace_token) == found(texts, gift.donor.ref) == []


def test_the_crawler_of_the_public_site_would_see_a_name(client, gifts):
    """The traces that others see name the donor who wanted it: so the test above can fail."""
    from projects.tracing import paths
    from projects.tracing.audiences import Audience
    from projects.tracing.words import path_rows

    told = {
        choice: repr(path_rows(paths.gift_path(gift, audience=Audience.PUBLIC, at=BEGIN)))
        for choice, gift in gifts.items()
    }
    assert NAMES["PUBLIC"] in told["PUBLIC"]
    assert "司马**" in told["INITIALS"]
    assert all(NAMES[choice] not in told[choice] for choice in ("INITIALS", "HIDDEN", "FINANCE"))


@pytest.mark.parametrize("person", ["editor", "caseworker", "checker", "admin", "finance"])
def test_staff_see_names_but_those_for_finance_only_finance_sees(client, charity_a, gifts, person):
    client.force_login(getattr(charity_a, person))
    lists = [reverse(f"workspace_{name}:index") for name in ("gifts", "pledges", "reviews", "settlement", "books")]
    exports = [f"{reverse('workspace_gifts:index')}?export=csv", f"{reverse('workspace_pledges:index')}?export=csv"]
    shown = [reverse("workspace_gifts:show", args=[gift.ref]) for gift in gifts.values()]
    texts = crawl(client, [reverse("wagtailadmin_home"), *lists, *exports, *shown], within=("/cms/",), most=80)
    sees_gifts, is_finance = person in ("finance", "admin"), person == "finance"
    assert bool(found(texts, NAMES["FINANCE"])) == is_finance
    assert bool(found(texts, NAMES["HIDDEN"])) == bool(found(texts, NAMES["INITIALS"])) == sees_gifts
    for choice in NAMES:
        assert found(texts, mail_of(choice)) == []


def test_another_charitys_finance_sees_nobody(client, charity_b, gifts):
    client.force_login(charity_b.finance)
    texts = crawl(
        client, [f"{reverse('workspace_gifts:index')}?export=csv", reverse("workspace_gifts:index")], within=()
    )
    assert [found(texts, name) for name in NAMES.values()] == [[], [], [], []]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("王小明", "王**"), ("林晓", "林*"), ("李", "李"), ("欧阳修", "欧阳*"), ("欧阳", "欧*"),
        ("司马相如也", "司马**"), ("买买提·艾力", "买**"), ("Ada King-Noel", "A. K. N."), ("plato", "P."),
        ("a b c d e", "A. B. C."), ("", ""), ("  王  小明 ", "王**"), ("13800138000", "1."),
    ],
)  # fmt: skip
def test_initials(name, shown):
    assert initials(name) == shown


@pytest.mark.parametrize("choice", Visibility.values)
def test_only_two_choices_give_the_public_anything(choice):
    assert bool(public_name("王小明", choice)) == (choice in ("PUBLIC", "INITIALS"))


@pytest.mark.parametrize(
    ("choice", "seen"), [("PUBLIC", True), ("INITIALS", True), ("HIDDEN", True), ("FINANCE", False)]
)
def test_staff_who_do_not_keep_the_accounts(choice, seen):
    class Row:
        visibility, donor_name = choice, "王小明"

    assert bool(staff_name(Row, is_finance=False)) == (choice != "FINANCE")
    assert staff_name(Row, is_finance=True) == "王小明"


def test_a_hidden_donor_has_no_public_name_by_the_databases_word(gifts):
    assert "gift_hidden_has_no_public_name" in refused_by_database(
        "UPDATE giving_gift SET public_name = 'x' WHERE id = %s", gifts["HIDDEN"].pk
    )
