"""Giving every month, in a real browser: begun on a public page, left out, paused, changed, charged again.

The provider's clock is the emulator's dashboard: "charge the next period now".
"""

import re
import urllib.request
import uuid

from tests.journeys.test_whole_path import SOON, read_until

# Not the project of the whole path: whatever stands before its gift on the fund's line is spent first.
PROJECT, STAFF = "zhaohu", "qihe-"

# Another one each time: a second regular gift of one address would end (the demonstration may be used again).
ADDRESS = f"monthly-{uuid.uuid4().hex[:8]}@example.org"


def press(demo, act: str) -> None:
    """A button of the emulator's dashboard, on the newest regular payment."""
    port = int(demo.address.rsplit(":", 1)[1]) + 500
    base = f"http://localhost:{port}"
    with urllib.request.urlopen(base, timeout=20) as answer:
        newest = re.search(r"/dashboard/(sub_\w+)/charge", answer.read().decode())
    assert newest, "no regular payment on the dashboard"
    urllib.request.urlopen(f"{base}/dashboard/{newest[1]}/{act}", data=b"", timeout=20).close()


def test_giving_every_month(demo, visitor):
    donor = visitor("en", 390)
    page_address = begin(donor)
    change_it(donor, page_address)
    press(demo, "charge")
    second_gift(donor, page_address)
    seen_by_staff(visitor)


def begin(donor) -> str:
    """1. A stranger chooses "every month", pays the first time, and lands on the page of the regular gift."""
    page = donor.open(f"/en/projects/{PROJECT}/give/")
    page.check("input[name=frequency][value=MONTH]", force=True)
    page.check("input[name=amount_choice][value=other]", force=True)
    page.fill("[name=amount_other]", "60")
    page.fill("[name=name]", "Monthly visitor")
    page.fill("[name=email]", ADDRESS)
    page.click("form.give button.btn.act")
    page.wait_for_selector("button[name=act][value=pay]", timeout=SOON)
    assert "every month" in page.content()
    page.click("button[name=act][value=pay]")
    page.wait_for_url("**/en/give/regular/**", timeout=SOON)
    address = page.url.replace(donor.demo.address, "")
    read_until(donor, address, "1 gift so far")
    return address


def change_it(donor, address: str) -> None:
    """2. The next one is left out and taken in again; it is paused and goes on; the amount changes."""
    page = donor.page
    for verb, words in (
        ("skip", "The next charge is left out"),
        ("resume", "It goes on"),
        ("pause", "It is paused"),
        ("resume", "It goes on"),
    ):
        page.click(f"button[name=verb][value={verb}]")
        page.wait_for_selector(f"[role=status]:has-text('{words}')", timeout=SOON)
    page.fill("[name=amount]", "75")
    page.click("button[name=verb][value=amount]")
    page.wait_for_selector("h1:has-text('¥75.00 every month')")


def second_gift(donor, address: str) -> None:
    """3. The renewal shows as a second gift of the new amount, with a receipt of its own."""
    page = read_until(donor, address, "2 gifts so far")
    assert "¥75.00" in page.inner_text("table.sums")
    page.click("table.sums a >> nth=0")
    page.wait_for_load_state()
    page = read_until(donor, page.url.replace(donor.demo.address, ""), "receipt.pdf")
    assert "¥75.00" in page.content()


def seen_by_staff(visitor) -> None:
    """4. Finance sees the regular gift and its next charge, and no address."""
    finance = visitor("en")
    finance.sign_in(f"{STAFF}finance", "/cms/login/?next=/cms/workspace/pledges/")
    text = finance.page.inner_text("main")
    assert "Monthly visitor" in text
    assert "75.00" in text
    assert ADDRESS not in text
