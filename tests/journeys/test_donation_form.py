"""The donation form in a real browser: amount, fee, visibility, a fault, an impatient finger; also without script.

Told in both languages, on a phone and at a desk. Staff choose the amounts first; another site shows the project last.
"""

import re
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from playwright.sync_api import expect

from tests.journeys.test_whole_path import SOON

# Not the project of the whole path: whatever stands before its gift on the fund's line is spent first.
PROJECT, EDITOR = "tongxinfang", "editor"
# Fits none of the usual amounts, so that what is seen was chosen by staff.
AMOUNTS, CHOSEN = "66\n128\n888", "12800"


@dataclass(frozen=True)
class Told:
    """One telling of the form. The total leaves 128 yuan after 3.4 % and two yuan."""

    language: str
    width: int
    total: str
    fault: str
    covered: str


CHINESE = Told("zh-hans", 390, "您共支付 ¥134.58：捐款 ¥128.00，另加手续费 ¥6.58。", "完整的", "其中 ¥6.58 用于手续费")
ENGLISH = Told(
    "en",
    1280,
    "You pay ¥134.58: your gift of ¥128.00, and ¥6.58 for the payment fee.",
    "Please type a whole e-mail address",
    "¥6.58 of it for the payment fee",
)
FORM = f"/projects/{PROJECT}/give/"
PRESS = "form.give button.btn.act"


def test_the_form_in_both_languages(demo, visitor):
    choose_amounts(visitor)
    for told in (CHINESE, ENGLISH):
        donor, address = visitor(told.language, told.width), f"{uuid.uuid4().hex[:8]}@example.org"
        choose_with_the_keyboard(donor, told)
        be_told_of_a_fault(donor, told)
        tap_twice(donor, demo, told, address)
        pay(donor, told)
        find_the_choice_again(donor, told)
        without_script(visitor, told)
    from_another_site(demo, visitor)


def choose_amounts(visitor):
    """1. An editor of the charity chooses the amounts of the project's form."""
    editor = visitor("en")
    editor.sign_in(EDITOR, "/cms/login/?next=/cms/workspace/projects/")
    page = editor.page
    open_project(editor)
    page.click("a[href$='/amounts/']")
    page.fill("[name=amounts]", "0.50")
    page.click("form button.button[type=submit]:not([formaction])")
    page.wait_for_selector("text=The smallest gift here is ¥1.", timeout=SOON)
    page.fill("[name=amounts]", AMOUNTS)
    page.click("form button.button[type=submit]:not([formaction])")
    page.wait_for_selector("text=¥66.00 · ¥128.00 · ¥888.00", timeout=SOON)
    see_the_message_beside_the_menu(page)


def see_the_message_beside_the_menu(page):
    """On a phone the menu's button covers nothing of what a message says, however many lines it has."""
    page.set_viewport_size({"width": 390, "height": 844})
    menu, said = page.locator(".sidebar-nav-toggle"), page.locator(".messages li .messages-icon")
    menu.wait_for(timeout=SOON)
    of_menu, of_message = menu.bounding_box(), said.bounding_box()
    assert of_menu["y"] == 0
    assert of_menu["x"] + of_menu["width"] <= of_message["x"]
    page.set_viewport_size({"width": 1280, "height": 900})


def choose_with_the_keyboard(donor, told):
    """2. A stranger chooses an amount and adds the fee without touching the mouse, and sees the total at once."""
    page = donor.open(f"/{told.language}{FORM}")
    page.focus("#amount-1")
    page.keyboard.press("ArrowRight")
    assert page.is_checked(f"input[name=amount_choice][value='{CHOSEN}']")
    assert not page.is_checked("#id_cover")
    assert not page.is_visible("#total")
    without_fee = promised(page)
    page.focus("#id_cover")
    page.keyboard.press("Space")
    page.wait_for_selector(f"#total:has-text('{told.total}')", timeout=SOON)
    assert promised(page) != without_fee
    page.keyboard.press("Space")
    assert not page.is_visible("#total")
    page.keyboard.press("Space")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def promised(page) -> str:
    """The one promise of a match that is shown for what is chosen."""
    (one,) = [text for text in page.locator(".promise p:visible").all_inner_texts() if "¥" in text]
    return one


def be_told_of_a_fault(donor, told):
    """3. A faulty address is said beside its field; what was chosen stays, the total too."""
    page = donor.page
    page.fill("[name=name]", "演示访客")
    page.check("input[name=visibility][value=INITIALS]")
    page.fill("[name=email]", "nobody")
    page.click(PRESS)
    page.wait_for_selector("#id_email_error", timeout=SOON)
    assert told.fault in page.inner_text("#id_email_error")
    expect(page.locator("#errors")).to_be_focused()
    page.click("#errors a")
    expect(page.locator("#id_email")).to_be_focused()
    assert page.get_attribute("#id_email", "aria-invalid") == "true"
    assert page.is_checked(f"input[name=amount_choice][value='{CHOSEN}']")
    assert page.is_checked("#id_cover")
    assert page.is_checked("input[name=visibility][value=INITIALS]")
    assert told.total in page.inner_text("#total")


def tap_twice(donor, demo, told, address):
    """4. An impatient finger taps twice; there is one gift, of the whole sum."""
    page = donor.page
    page.fill("[name=email]", address)
    page.dblclick(PRESS)
    page.wait_for_selector("button[name=act][value=pay]", timeout=SOON)
    assert "134.58" in page.content()
    assert told.covered in page.content()
    found = demo.manage(
        "shell", "-c",
        "from projects.giving.models import Gift; "
        f"print('found', list(Gift.objects.filter(email='{address}').values_list('amount_minor', 'cover_minor')))",
    )  # fmt: skip
    assert "found [(13458, 658)]" in found


def pay(donor, told):
    """5. Paid, and the page of thanks says what of it was for the fee."""
    page = donor.page
    page.click("button[name=act][value=pay]")
    page.wait_for_url(f"**/{told.language}/give/thanks/**", timeout=SOON)
    page.locator("a[href*='/gift/']").first.wait_for(timeout=SOON)
    assert "¥134.58" in page.content()
    assert told.covered in page.content()


def find_the_choice_again(donor, told):
    """6. The next form in this browser remembers who may see the name, and adds no fee by itself."""
    page = donor.open(f"/{told.language}{FORM}")
    assert page.is_checked("input[name=visibility][value=INITIALS]")
    assert not page.is_checked("#id_cover")


def without_script(visitor, told):
    """7. Without script the total is shown before the payment page opens: one press more."""
    donor = visitor(told.language, told.width, script=False)
    page = donor.open(f"/{told.language}{FORM}")
    page.check(f"input[name=amount_choice][value='{CHOSEN}']", force=True)
    page.check("#id_cover")
    page.click(PRESS)
    page.wait_for_selector("#total", timeout=SOON)
    assert told.total in page.inner_text("#total")
    page.click(PRESS)
    page.wait_for_selector("button[name=act][value=pay]", timeout=SOON)
    assert "134.58" in page.content()


@contextmanager
def other_site(html: str) -> Iterator[str]:
    """A page somewhere else, while it is looked at."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = html.encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def from_another_site(demo, visitor):
    """8. Another site puts the lines of the project's screen into a page; its reader gives on ours, in a tab."""
    editor = visitor("en")
    editor.sign_in(EDITOR, "/cms/login/?next=/cms/workspace/projects/")
    open_project(editor)
    for told in (CHINESE, ENGLISH):
        snippet = editor.page.input_value(f"#snippet-{told.language}")
        reader = visitor(told.language, told.width)
        with other_site(f"<!doctype html><title>elsewhere</title>{snippet}") as address:
            reader.page.goto(address)
            frame = reader.page.frame_locator("iframe")
            frame.locator(".meter").wait_for(timeout=SOON)
            with reader.context.expect_page() as opened:
                frame.locator("a.btn.act").click()
            tab = opened.value
            tab.wait_for_load_state()
            assert tab.url == f"{demo.address}/{told.language}{FORM}"
            tab.wait_for_selector(f"input[name=amount_choice][value='{CHOSEN}']", state="attached", timeout=SOON)
            # Not by its script, for it has none: by nothing at all.
            assert tab.evaluate("window.opener") is None
            tab.close()


def open_project(staff):
    """From the list of projects to the one of this journey."""
    page = staff.page
    page.locator("a[href*='/workspace/projects/']:has-text('own: a desk')").first.click()
    page.wait_for_url(re.compile(r"/workspace/projects/[0-9a-f]{32}/$"), timeout=SOON)
