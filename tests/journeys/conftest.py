"""A real demonstration site: `manage.py demo` in a folder of its own, with worker and payment emulator, and a browser.

It is started once for all journeys. Where there is no browser the journeys are skipped and say so; CI requires one.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.db import connection
from playwright.sync_api import Browser, Page, sync_playwright

from charity_site.demo_cast import PASSWORD
from tests.journeys import running

QUIET = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync")  # fmt: skip


@dataclass(frozen=True)
class Demo:
    """A running demonstration: its address, and the environment of commands that work on its data."""

    address: str
    environment: dict[str, str]

    def manage(self, *arguments: str) -> str:
        """What a management command prints, run beside the running site."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=running.ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def _browser_path() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="session")
def demo() -> Demo:
    if connection.vendor != "sqlite":
        pytest.skip("the demonstration runs on the embedded default; the journeys ran with SQLite")
    if "DEMO_AT" in os.environ:
        # Whoever writes a journey starts the demonstration once: DEMO_AT=http://localhost:8000 DEMO_VAR=var pytest …
        address, folder = os.environ["DEMO_AT"], Path(os.environ["DEMO_VAR"])
    else:
        address, folder = running.address(), running.folder()
    return Demo(address, running.environment(folder) | {"SITE_URL": address})


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = _browser_path()
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("CI requires a browser: apt-get install chromium")
        pytest.skip("no browser here: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(QUIET))
        yield browser
        browser.close()


class Visitor:
    """Somebody with a browser window of their own."""

    def __init__(self, browser: Browser, demo: Demo, *, language: str, width: int = 1280, script: bool = True) -> None:
        self.demo = demo
        self.language = language
        # Staff screens follow the browser's language, public pages their address.
        self.context = browser.new_context(
            viewport={"width": width, "height": 900}, locale="zh-CN" if language == "zh-hans" else "en-GB",
            accept_downloads=True, java_script_enabled=script,
        )  # fmt: skip
        self.page: Page = self.context.new_page()

    def open(self, path: str) -> Page:
        answer = self.page.goto(self.demo.address + path)
        assert answer is not None
        assert answer.status == 200, f"{path} answers {answer.status}"
        return self.page

    def sign_in(self, username: str, path: str) -> None:
        self.open(path)
        self.page.fill("[name=username]", username)
        self.page.fill("[name=password]", PASSWORD)
        self.page.press("[name=password]", "Enter")
        self.page.wait_for_load_state()

    def close(self) -> None:
        self.context.close()


@pytest.fixture
def visitor(browser: Browser, demo: Demo) -> Iterator:
    """A maker of visitors; their windows are closed at the end."""
    made: list[Visitor] = []

    def make(language: str = "zh-hans", width: int = 1280, *, script: bool = True) -> Visitor:
        made.append(Visitor(browser, demo, language=language, width=width, script=script))
        return made[-1]

    yield make
    for one in made:
        one.close()
