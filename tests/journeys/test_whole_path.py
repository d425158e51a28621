"""One gift's whole life in a real browser, in both languages: given, matched, awarded, paid, confirmed, read back.

Told in numbered steps. Nothing is reached that a person could not reach: every step begins at a page somebody has.
"""

import re
from dataclasses import dataclass

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from charity_site.demo.relief import bank_answer
from projects.payouts.exporters import CSV_HEADER

PROJECT = "weixinyuan"
SOON = 60_000  # milliseconds: the worker comes by every second, a loaded machine may be slow


# What the open page of a hold does from time to time, so that it is kept.
STAY = """async () => (await fetch(document.querySelector("[data-hold]").dataset.hold, {
    method: "POST", headers: {"X-CSRFToken": document.querySelector("[name=csrfmiddlewaretoken]").value}
})).status"""


@dataclass(frozen=True)
class Told:
    """One telling of the story."""

    language: str
    width: int
    wish: str
    given: str
    shown: str
    award: str
    matched: str
    used: str
    confirmed: str


CHINESE = Told("zh-hans", 390, "微心愿", "500", "¥500.00", "500.00", "配捐", "已经全部用于救助", "家庭确认收到")
ENGLISH = Told(
    "en",
    1280,
    "Small wishes",
    "1000",
    "¥1,000.00",
    "1,200.00",
    "added to it",
    "It ",
    "The household says it has arrived",
)


def address(language, name, *arguments):
    with override(language):
        return reverse(name, args=arguments)


def test_one_gifts_whole_life_in_both_languages(demo, visitor, tmp_path):
    # One after the other: a payout batch takes every award that is ready, so two tellings at once would mix.
    for told in (CHINESE, ENGLISH):
        tell(demo, visitor, tmp_path, told)


def tell(demo, visitor, folder, told):
    donor = visitor(told.language, told.width)
    private_page = give(donor, told)
    see_the_match(donor, private_page, told)
    decide(visitor, told)
    pay_and_ask(visitor, demo, folder, told)
    number = read_what_became_of_it(donor, private_page, told)
    walk_back_as_regulator(visitor, number, told)


def give(donor, told):
    """1. A stranger opens the project, chooses an amount, sees the match held, pays, and gets a private link."""
    page = donor.open(f"/{told.language}/projects/")
    page.fill("main [name=q]", told.wish)
    page.press("main [name=q]", "Enter")
    page.wait_for_load_state()
    page.click(f"a[href$='/projects/{PROJECT}/'] >> nth=0")
    page.wait_for_load_state()
    donor.open(f"/{told.language}/projects/{PROJECT}/give/")
    page.check("input[name=amount_choice][value=other]", force=True)
    page.fill("[name=amount_other]", told.given)
    page.fill("[name=name]", "演示访客")
    page.fill("[name=email]", f"visitor-{told.language}@example.org")
    page.click("form.give button.btn.act")
    see_the_hold(page, told)
    page.wait_for_selector("button[name=act][value=pay]", timeout=SOON)
    assert told.shown.lstrip("¥") in page.content()
    page.click("button[name=act][value=pay]")
    page.wait_for_url(f"**/{told.language}/give/thanks/**", timeout=SOON)
    private = page.locator("a[href*='/gift/']").first
    private.wait_for(timeout=SOON)
    return private.get_attribute("href").replace(donor.demo.address, "")


def see_the_hold(page, told):
    """The pot holds its match: the page shows it within a moment, before anything is paid."""
    page.wait_for_url(f"**/{told.language}/give/held/**", timeout=SOON)
    on = page.locator("[data-hold] button.btn.act:not([disabled])")
    on.wait_for(timeout=SOON)
    assert "¥200.00" in page.locator("h1").inner_text()
    assert page.evaluate(STAY) == 200
    on.click()


def see_the_match(donor, private_page, told):
    """2. A few seconds later the private page shows the match and why it is as large as it is."""
    page = read_until(donor, private_page, told.matched)
    assert told.shown in page.content()
    assert "¥200.00" in page.content()


def decide(visitor, told):
    """3. A caseworker proposes an award, and another person approves it."""
    worker = visitor(told.language)
    worker.sign_in("caseworker", "/cms/login/?next=/cms/")
    if told is ENGLISH:
        page = open_row(worker, "workspace_requests:index", "1,200.00")
        page.click("a[href$='/propose/']")
        page.click("form button.button[type=submit]:not([formaction])")
        page.wait_for_load_state()
    checker = visitor(told.language)
    checker.sign_in("checker", "/cms/login/?next=/cms/")
    page = open_row(checker, "workspace_awards:index", told.award)
    page.click("form[action$='/approve/'] button")
    page.wait_for_load_state()
    assert page.locator(".messages .success").count() == 1, page.locator(".messages").inner_text()


def pay_and_ask(visitor, demo, folder, told):
    """4. Two people of finance send the money; the bank answers; the household is asked."""
    first, second = visitor(told.language), visitor(told.language)
    first.sign_in("finance", "/cms/login/?next=/cms/")
    page = first.open(reverse("workspace_payouts:prepare"))
    page.fill("[name=bank_code]", "DEMO-BANK")
    page.click("form button.button[type=submit]")
    page.wait_for_selector("code.ws-hash")
    batch = page.url.removeprefix(demo.address)

    second.sign_in("finance2", "/cms/login/?next=/cms/")
    page = second.open(batch)
    page.click("form[action$='/release/'] button")
    page.wait_for_load_state()
    with page.expect_download() as download:
        page.click("form[action$='/file/'] button")
    bank_file = folder / "bank.csv"
    download.value.save_as(bank_file)
    assert CSV_HEADER[0] in bank_file.read_text("utf-8-sig")

    answer = folder / "answer.csv"
    answer.write_bytes(bank_answer(bank_file.read_bytes(), timezone.now()))
    page = first.open(reverse("workspace_payouts:result"))
    page.set_input_files("[name=file]", str(answer))
    page.click("form button.button[type=submit]")
    page.wait_for_load_state()
    assert page.locator(".messages .success").count() == 1, page.content()

    asking = visitor(told.language)
    asking.sign_in("caseworker2", "/cms/login/?next=/cms/")
    page = open_row(asking, "workspace_households:index", told.award)
    page.click("a[href$='/answer/']")
    page.check("input[name=answer][value=RECEIVED]")
    witness = page.locator("select[name=witness] option", has_text="内容编辑").first
    page.select_option("select[name=witness]", value=witness.get_attribute("value"))
    page.click("form button.button[type=submit]")
    page.wait_for_load_state()


def read_what_became_of_it(donor, private_page, told):
    """5. The donor's page tells of the household that was helped; the receipt is a PDF with a number."""
    page = read_until(donor, private_page, told.confirmed)
    assert told.used in page.content()
    receipt = page.locator("a[href*='receipt.pdf']").first
    answer = donor.context.request.get(donor.demo.address + receipt.get_attribute("href"))
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.body().startswith(b"%PDF")
    return re.search(r"20\d\d-\d{6}", page.inner_text("main"))[0]


def walk_back_as_regulator(visitor, number, told):
    """6. The regulator finds the gift by its receipt, walks to the payout, and from there back to the gift."""
    regulator = visitor(told.language)
    regulator.sign_in("regulator", address(told.language, "oversight:sign_in"))
    page = regulator.page
    page.fill("#q", number)
    page.press("#q", "Enter")
    page.wait_for_load_state()
    if "/search/" in page.url:
        page.click("table a >> nth=-1")
        page.wait_for_load_state()
    gift = page.url.rsplit("/gifts/", 1)[1].strip("/")
    page.click("svg a[href*='/payouts/'] >> nth=0")
    page.wait_for_load_state()
    assert page.locator(f"table a[href*='/gifts/{gift}/']").count() >= 1
    rows = page.locator("table.dense tbody tr")
    assert rows.count() >= 3
    page.click("table a[href*='/entries/'] >> nth=0")
    page.wait_for_load_state()
    assert page.locator("table.dense").count() >= 1


def open_row(person, name, amount):
    """From the to-do list on the home screen to the row with this amount, opened."""
    page = person.open("/cms/")
    page.click(f".ws-todo a[href^='{reverse(name)}']")
    page.wait_for_load_state()
    page.locator("tr", has_text=amount).locator("a").first.click()
    page.wait_for_load_state()
    return page


def read_until(person, path, words):
    """The page, read again until it says something; its worker comes by every second."""
    waited = 0
    page = person.open(path)
    while words not in page.content():
        assert waited < SOON, f"{path} never said {words}:\n{page.inner_text('main')}"
        page.wait_for_timeout(1_000)
        waited += 1_000
        page = person.open(path)
    return page
