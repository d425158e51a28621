"""A gift goes back in part, is disputed and lost, and stands in the donor's statement with what is left of it.

The bank's side is the emulator's dashboard, in the browser too; the donor signs in by the link in the letter.
"""

import re
import uuid
from pathlib import Path

from pypdf import PdfReader

from tests.journeys.test_whole_path import SOON, read_until

PROJECT, STAFF = "zhaohu", "qihe-"
# Others each time: the demonstration may be used again.
LOST, KEPT = (f"{name}-{uuid.uuid4().hex[:8]}@example.org" for name in ("lost", "kept"))


def test_a_gift_goes_back_in_part_and_the_statement_says_what_is_left(demo, visitor, tmp_path):
    donor, bank = visitor("en", 1280), visitor("en", 1280)
    private_page = give(donor, "420", KEPT)
    press(bank, demo, "420.00", "refund_half")
    read_until(donor, private_page, "¥210.00")
    sign_in_by_letter(donor, demo, KEPT)
    assert "¥420.00" in donor.page.inner_text("main")
    text = statement(donor, tmp_path)
    # The receipt for the whole is void and so not in the sum; the one for what was kept is.
    assert "420.00" in text
    assert "210.00" in text
    assert "630.00" not in text


def test_a_dispute_is_seen_by_finance_and_by_the_donor_until_it_is_lost(demo, visitor):
    donor, bank, finance = visitor("zh-hans", 390), visitor("en", 1280), visitor("en", 1280)
    private_page = give(donor, "330", LOST)
    press(bank, demo, "330.00", "dispute")
    finance.sign_in(f"{STAFF}finance", "/cms/login/?next=/cms/")
    page = read_until(finance, "/cms/workspace/gifts/", "330.00")
    page.locator("tr", has_text="330.00").first.locator("a").first.click()
    page.wait_for_load_state()
    gift_screen = page.url.replace(demo.address, "")
    read_until(finance, gift_screen, "answer needed")
    press(bank, demo, "330.00", "lose")
    read_until(finance, gift_screen, "lost")
    # The receipt says no more than the charity kept: nothing.
    read_until(donor, private_page, "已作废")


def give(donor, amount: str, email: str) -> str:
    """A stranger gives by card; the address of the private page."""
    language = donor.language
    page = donor.open(f"/{language}/projects/{PROJECT}/give/")
    page.check("input[name=amount_choice][value=other]", force=True)
    page.fill("[name=amount_other]", amount)
    page.fill("[name=email]", email)
    page.click("form.give button.btn.act")
    page.wait_for_selector("button[name=act][value=pay]", timeout=SOON)
    page.click("button[name=act][value=pay]")
    page.wait_for_url(f"**/{language}/give/thanks/**", timeout=SOON)
    private = page.locator("a[href*='/gift/']").first
    private.wait_for(timeout=SOON)
    return private.get_attribute("href").replace(donor.demo.address, "")


def press(bank, demo, amount: str, act: str) -> None:
    """A button of the bank's dashboard, at the newest thing of this amount: others pay at the same time."""
    port = int(demo.address.rsplit(":", 1)[1]) + 500
    bank.page.goto(f"http://localhost:{port}/")
    row = bank.page.locator("tr", has_text=re.compile(rf"(?<![\d,.]){re.escape(amount)}")).filter(
        has=bank.page.locator(f"form[action$='/{act}']")
    )
    row.first.locator(f"form[action$='/{act}'] button").click()
    bank.page.wait_for_load_state()


def sign_in_by_letter(donor, demo, email: str) -> None:
    """The donor asks for a link and opens the one in the letter."""
    page = donor.open("/en/my/sign-in/")
    page.fill("[name=email]", email)
    page.click("main form button.btn.act")
    page.wait_for_load_state()
    donor.open(link_in_letter(page, Path(demo.environment["VAR_DIR"]) / "mail", email))
    page.click("main form button.btn.act")
    page.wait_for_url("**/en/my/")


def link_in_letter(page, folder: Path, email: str) -> str:
    waited = 0
    while waited < SOON:
        for letter in folder.glob("*"):
            text = letter.read_text(errors="replace").replace("=\n", "").replace("=3D", "=")
            found = re.search(r"https?://[^\s/]+(/[a-z-]+/my/sign-in/[^\s]+)", text)
            if found and f"To: {email}" in text:
                return found[1]
        page.wait_for_timeout(1_000)
        waited += 1_000
    raise AssertionError(f"no letter to {email}")


def statement(donor, folder: Path) -> str:
    """The statement of the days that the form offers, as text."""
    page = donor.open("/en/my/statement/")
    with page.expect_download() as download:
        page.click("main form button.btn.act")
    path = folder / "statement.pdf"
    download.value.save_as(path)
    return "\n".join(sheet.extract_text() for sheet in PdfReader(path).pages)
