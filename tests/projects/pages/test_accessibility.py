"""axe finds nothing on the public pages, in both languages, both colour schemes and the large-text version.

The pages are rendered by the test client and shown to Chromium with their style sheets written into them, so that no
server has to run.
"""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import cache

from tests.factories.catalog import open_project
from tests.factories.pages import project_page
from tests.projects.pages import ledger_story

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
PATHS = ("", "projects/", "projects/rooms/", "projects/charity-a/", "check/", "trace/", "news/", "gift/none/")
LOOKS = (("zh-hans", 390, "light", False), ("en", 1280, "dark", False), ("zh-hans", 390, "dark", True))
CSS = Path(settings.BASE_DIR) / "charity_site" / "static" / "css"

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Chromium; apt-get install chromium"),
]


def with_styles(html: str) -> str:
    style = "".join(f"<style>{(CSS / name).read_text()}</style>" for name in ("tokens.css", "base.css"))
    return re.sub(r"<link rel=\"(stylesheet|icon)\"[^>]*>", "", html).replace("</head>", f"{style}</head>")


def look_at(pages: list[str], width: int, scheme: str) -> list[str]:
    """What axe and a ruler find wrong with these pages."""
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import sync_playwright

    found = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        for html in pages:
            page = context.new_page()
            page.set_content(html)
            title = page.title()
            found += [f"{title}: {fault['id']}" for fault in Axe().run(page).response["violations"]]
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                found.append(f"{title}: wider than the screen")
            page.close()
        browser.close()
    return found


@pytest.mark.parametrize(("language", "width", "scheme", "elder"), LOOKS)
def test_axe_finds_nothing_and_nothing_runs_over_the_edge(client, charity_a, language, width, scheme, elder):
    cache.clear()
    project = open_project(charity_a.organisation, slug="rooms")
    project_page(project, made_up=True)
    ledger_story.usual_story(project)
    if elder:
        client.cookies["reading"] = "large"
    pages = [with_styles(client.get(f"/{language}/{path}").text) for path in PATHS]
    # Playwright runs a loop of its own; whatever needs the database is done by now.
    assert look_at(pages, width, scheme) == []
