"""The console's page of departments and company: how goals cascade, and what departments look like."""

from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.browsing import PHONE
from tests.support.console import Console, settle


def cascade(page: Page) -> Locator:
    """The part of the page that it stands in."""
    return page.get_by_role("region", name="How goals cascade")


def fold(page: Page, owner: str) -> Locator:
    """The button that opens an owner's goal."""
    return cascade(page).get_by_role("button", name=f"Goals below {owner}:")


def line(page: Page, owner: str) -> Locator:
    """An owner's goal in it."""
    return cascade(page).locator(".goal-line").filter(has=page.locator("strong", has_text=owner))


def test_a_cascade_opens_by_the_keyboard_down_to_people(console: Console, browser: Browser) -> None:
    """GOAL-11: each with its share of the goal above and how it stands; the sum of those below against the target."""
    with console.signed_in(browser, "executive", place="#/company") as seen:
        page = seen.page
        button = fold(page, "旗舰店运营部")
        expect(button).to_have_attribute("aria-expanded", "false")
        expect(line(page, "旗舰店运营部")).to_contain_text("38.5% of the goal above")
        button.press("Enter")
        expect(button).to_have_attribute("aria-expanded", "true")
        expect(line(page, "旗舰店运营部01")).to_contain_text("Score")
        expect(cascade(page)).to_contain_text("4 targets below make ¥14,560,000, 107.9% of this one")
        seen.assert_accessible()
        button.press("Space")
        expect(button).to_have_attribute("aria-expanded", "false")
        expect(line(page, "旗舰店运营部01")).to_have_count(0)


def test_a_head_sees_how_the_goals_below_stand_and_not_the_companys(console: Console, browser: Browser) -> None:
    """SEC-3: the company's goals are there for everybody, their figures are not."""
    with console.signed_in(browser, "head", place="#/company", size=PHONE) as seen:
        page = seen.page
        expect(line(page, "旗舰店运营部")).to_contain_text("Score")
        expect(cascade(page).locator(".goal-line").first).not_to_contain_text("Score")
        expect(page.locator(".tile")).to_have_count(0)
        assert seen.is_narrower_than_its_window()


def test_a_departments_page_shows_its_people_and_its_goals(console: Console, browser: Browser) -> None:
    """ORG-5: headcount against the plan, span, who came and went."""
    with console.signed_in(browser, "head", place="#/company") as seen:
        page = seen.page
        departments = page.get_by_role("region", name="Departments", exact=True)
        departments.get_by_role("link", name="旗舰店运营部").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("旗舰店运营部")
        settle(page)
        people = page.get_by_role("region", name="People, with all below")
        for label in ("Headcount", "Reports per manager", "Joined / left", "Turnover"):
            expect(people).to_contain_text(label)
        expect(line(page, "旗舰店运营部").first).to_contain_text("Score")
        seen.assert_accessible()
        page.locator("a.back").click()
        expect(departments).to_be_visible()


def test_staff_see_the_tree_without_figures(console: Console, browser: Browser) -> None:
    with console.signed_in(browser, "employee", place="#/company") as seen:
        departments = seen.page.get_by_role("region", name="Departments", exact=True)
        expect(departments.get_by_role("link", name="旗舰店运营部")).to_be_visible()
        expect(departments).not_to_contain_text("people")


def test_why_sales_changed_is_explained_in_a_dialog(console: Console, browser: Browser) -> None:
    """GOAL-8: visitors, conversion and order value; closed by the keyboard the focus is where it was."""
    with console.signed_in(browser, "executive", place="#/company") as seen:
        page = seen.page
        button = cascade(page).get_by_role("button", name="Why it changed").first
        button.press("Enter")
        dialog = page.get_by_role("dialog")
        rows = dialog.locator("tbody tr")
        expect(rows.first).to_contain_text("All shops")
        for title in ("Visitors", "Conversion", "Order value"):
            expect(dialog.locator("thead")).to_contain_text(title)
        expect(rows).to_have_count(5)
        seen.assert_accessible()
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
        expect(button).to_be_focused()
