"""The console's own goals: how they stand, why, what if, and what may be done with them."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browsing import PHONE
from tests.support.console import Console, Language, settle

SALES, TRAINING = "店铺支付金额", "团队培训"
A_SHARE = re.compile(r"^[\d.,]+% of the target$")


def open_goal(page: Page, title: str) -> None:
    """The one of that title among the own ones."""
    page.get_by_role("link", name=title, exact=True).click()
    expect(page.get_by_role("heading", level=1, name=title, exact=True)).to_be_visible()
    settle(page)


def test_an_employee_sees_each_goal_with_its_status_and_what_it_has_come_to(console: Console, browser: Browser) -> None:
    with console.signed_in(browser, "employee", place="#/goals") as seen:
        cards = seen.page.locator("li.goal")
        expect(cards).to_have_count(3)
        for place in range(3):
            expect(cards.nth(place).locator(".badge").first).not_to_be_empty()
            expect(cards.nth(place).get_by_role("img")).to_have_attribute("aria-label", A_SHARE)
        seen.assert_accessible()


def test_a_goal_on_sales_shows_its_pace_as_a_chart_and_as_a_table(console: Console, browser: Browser) -> None:
    with console.signed_in(browser, "employee", place="#/goals") as seen:
        page = seen.page
        open_goal(page, SALES)
        pace = page.locator("figure.chart").first
        expect(pace.locator("canvas")).to_be_visible()
        pace.locator("summary").click()
        heads = pace.locator("thead th").all_inner_texts()
        assert heads == ["Day", "Actual", "Expected by now", "Forecast"]
        assert pace.locator("tbody tr").count() > 80
        seen.assert_accessible()


def test_the_score_is_explained_by_the_rule_that_matched(console: Console, browser: Browser) -> None:
    with console.signed_in(browser, "employee", place="#/goals") as seen:
        page = seen.page
        open_goal(page, SALES)
        why = page.get_by_role("region", name="Why the score is")
        expect(why).to_contain_text("Because")
        why.get_by_text("All rules").click()
        expect(why.get_by_text("This one")).to_have_count(1)


def test_what_if_answers_with_a_score_and_changes_nothing(console: Console, browser: Browser) -> None:
    with console.signed_in(browser, "employee", place="#/goals") as seen:
        page = seen.page
        open_goal(page, TRAINING)
        score = page.locator(".tile .figure").first.inner_text()
        what_if = page.get_by_role("region", name="What if")
        what_if.get_by_role("textbox").fill("99")
        what_if.get_by_role("button", name="Work it out").click()
        expect(what_if.locator(".answer")).to_contain_text("The score would be")
        page.reload()
        settle(page)
        assert page.locator(".tile .figure").first.inner_text() == score


def test_a_number_that_no_shop_measures_is_entered_with_its_evidence_and_waits(
    console: Console, browser: Browser
) -> None:
    with console.signed_in(browser, "employee", place="#/goals") as seen:
        page = seen.page
        open_goal(page, TRAINING)
        reached = page.locator(".reach").inner_text()
        page.get_by_label("Number", exact=True).fill("2")
        page.get_by_label("Evidence").fill("签到表")
        page.get_by_role("button", name="Enter the number").click()
        expect(page.locator("tr", has_text="签到表").filter(has_text="Waiting")).to_have_count(1)
        page.reload()
        settle(page)
        assert page.locator(".reach").inner_text() == reached
        seen.assert_accessible()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_on_a_phone_a_goal_is_read_without_scrolling_sideways(
    console: Console, browser: Browser, language: Language
) -> None:
    with console.signed_in(browser, "employee", language=language, size=PHONE, place="#/goals") as seen:
        open_goal(seen.page, SALES)
        assert seen.is_narrower_than_its_window()
        seen.assert_accessible()
        seen.keep(f"goal-employee-{language}-phone")
