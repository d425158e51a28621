"""The totals of the public reports are shown on the charities' pages, as read from the ledger."""

import pytest


@pytest.mark.parametrize(
    ("charity", "paid", "households", "projects"),
    [("jiangdu", "¥175,000", "58", "13"), ("qihe", "¥583,700", "288", "7"), ("zushan", "¥16,700", "34", "1")],
)
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_charitys_page_shows_what_it_paid_and_to_how_many(visitor, language, charity, paid, households, projects):
    page = visitor(language).open(f"/{language}/projects/{charity}/")
    sums = page.locator("section[aria-labelledby=sums]")
    assert projects in sums.locator("h2").inner_text()
    figures = [figure.inner_text() for figure in sums.locator("dd").all()]
    assert paid in figures
    assert households in figures
    assert sums.locator(".stamp").count() == 1
