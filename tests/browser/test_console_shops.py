"""The console's shops: figures over time, whether they are there, and what was received for each."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browsing import PHONE
from tests.support.console import Console, Language, go_to, settle


def open_shop(page: Page) -> None:
    """The first that there is."""
    page.get_by_role("region", name="All shops").get_by_role("link").first.click()
    settle(page)
    expect(page.get_by_role("region", name="Data coverage")).to_be_visible()


def test_an_employee_sees_the_shop_of_their_goals_with_its_sales_and_coverage(
    console: Console, browser: Browser
) -> None:
    with console.signed_in(browser, "employee", place="#/shops") as seen:
        page = seen.page
        expect(page.get_by_role("region", name="All shops").locator("tbody tr")).to_have_count(1)
        open_shop(page)
        expect(page.locator(".chart canvas")).to_be_visible()
        coverage = page.get_by_role("region", name="Data coverage")
        expect(coverage.locator("tbody tr")).to_have_count(30)
        expect(coverage.locator(".cell")).to_have_count(30)
        expect(page.get_by_role("region", name="Deliveries")).to_have_count(0)
        seen.assert_accessible()


def test_a_figure_tells_what_was_received_for_it(console: Console, browser: Browser) -> None:
    with console.signed_in(browser, "employee", place="#/shops") as seen:
        page = seen.page
        open_shop(page)
        opened = page.get_by_role("button", name="What was received for").first
        opened.click()
        history = page.get_by_role("dialog")
        expect(history.locator("tbody tr")).to_have_count(1)
        expect(history.locator("tbody td").last).to_have_text("Accepted")
        seen.assert_accessible()
        page.keyboard.press("Escape")
        expect(opened).to_be_focused()


def test_visitors_of_weeks_lie_between_two_ends_since_days_cannot_be_added_up(
    console: Console, browser: Browser
) -> None:
    with console.signed_in(browser, "executive", place="#/shops") as seen:
        page = seen.page
        open_shop(page)
        page.get_by_label("Metric").select_option("uv")
        settle(page)
        page.get_by_label("By", exact=True).select_option("week")
        settle(page)
        expect(page.locator(".chart .keys")).to_contain_text("At least")
        expect(page.locator(".chart .keys")).to_contain_text("At most")
        expect(page.get_by_role("region", name="Data coverage").locator("td.number").first).to_contain_text("–")
        seen.assert_accessible()


def test_a_period_is_put_beside_the_one_before_and_the_address_keeps_the_choice(
    console: Console, browser: Browser
) -> None:
    with console.signed_in(browser, "executive", place="#/shops") as seen:
        page = seen.page
        open_shop(page)
        page.get_by_label("Compare with").select_option("yes")
        settle(page)
        expect(page.get_by_text("The period before in all")).to_be_visible()
        page.get_by_label("From", exact=True).fill("2026-01-05")
        page.get_by_label("To", exact=True).fill("2026-01-04")
        page.get_by_role("button", name="Show").click()
        settle(page)
        assert "from=2026-01-04&to=2026-01-05" in page.url
        page.reload()
        settle(page)
        expect(page.get_by_role("region", name="Data coverage").locator("tbody tr")).to_have_count(2)
        expect(page.get_by_text("There are no figures of these days.")).to_be_visible()


def test_an_executive_sees_who_delivers_the_figures(console: Console, browser: Browser) -> None:
    with console.signed_in(browser, "executive", place="#/shops") as seen:
        open_shop(seen.page)
        row = seen.page.get_by_role("region", name="Deliveries").locator("tbody tr").first
        expect(row.locator("td").last).to_have_text("Taken in")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_on_a_phone_nobody_scrolls_a_shop_sideways(console: Console, browser: Browser, language: Language) -> None:
    with console.signed_in(browser, "manager", language=language, size=PHONE, place="#/shops") as seen:
        shop = seen.page.locator("main tbody a").first.get_attribute("href")
        assert shop is not None
        go_to(seen.page, shop)
        expect(seen.page.locator(".strip")).to_be_visible()
        assert seen.is_narrower_than_its_window()
        seen.assert_accessible()
        seen.keep(f"shop-manager-{language}-phone")
