"""The console's page of a team: its scorecard, leaderboard, who needs help, and praise."""

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.browsing import DESKTOP, PHONE
from tests.support.console import Console, go_to, settle

SCORECARD, LEADERBOARD = "Scorecard", "Leaderboard"


def part(page: Page, title: str) -> Locator:
    """A part of the page, by its heading."""
    return page.get_by_role("region", name=title, exact=True)


def column(table: Locator, number: int) -> list[str]:
    """What stands in a column of a table's rows, the first being 0."""
    return [cell.strip() for cell in table.locator(f"tbody tr > :nth-child({number + 1})").all_inner_texts()]


def test_a_managers_scorecard_is_sorted_by_the_keyboard(console: Console, browser: Browser) -> None:
    """REV-2: performance, forecast and how the goals stand, of everybody below."""
    with console.signed_in(browser, "manager", place="#/team") as seen:
        table = part(seen.page, SCORECARD).locator("table")
        names = column(table, 0)
        assert names == sorted(names)
        assert all(name.startswith("旗舰店运营部") for name in names)
        for way, is_turned in (("descending", True), ("ascending", False)):
            table.get_by_role("button", name="Performance").press("Enter")
            expect(table.locator("th", has_text="Performance")).to_have_attribute("aria-sort", way)
            scores = [float(score) for score in column(table, 1)]
            assert scores == sorted(scores, reverse=is_turned)
        standing = column(table, 5)
        assert all("track" in one.lower() or "risk" in one.lower() for one in standing)


def test_somebody_of_the_team_leads_to_their_goals(console: Console, browser: Browser) -> None:
    with console.signed_in(browser, "manager", place="#/team") as seen:
        link = part(seen.page, SCORECARD).locator("tbody a").first
        name = link.inner_text()
        link.click()
        expect(seen.page.get_by_role("heading", level=1)).to_have_text(f"Goals of {name}")


def test_a_head_chooses_among_the_departments_below(console: Console, browser: Browser) -> None:
    """All that the head leads at first; then one of them, which the leaderboard follows."""
    with console.signed_in(browser, "head", place="#/team") as seen:
        page = seen.page
        expect(part(page, "Departments below").locator("tbody tr")).to_have_count(4)
        everybody = len(column(part(page, SCORECARD).locator("table"), 0))
        page.get_by_label("People of").select_option(label="\u2003家居店运营部")
        expect(part(page, "Departments below")).to_have_count(0)
        settle(page)
        names = column(part(page, SCORECARD).locator("table"), 0)
        assert 0 < len(names) < everybody
        assert all(name.startswith("家居店运营部") for name in names)
        assert set(column(part(page, LEADERBOARD).locator("table"), 1)) == set(names)


def test_the_leaderboard_is_also_by_a_metric(console: Console, browser: Browser) -> None:
    """CULT-2: by the attainment of the metric, best first; the ranks are in words too."""
    with console.signed_in(browser, "executive", language="zh", place="#/team") as seen:
        board = part(seen.page, "龙虎榜")
        board.get_by_label("排名依据").select_option("gmv")
        expect(board.locator("th", has_text="达成率")).to_be_visible()
        table = board.locator("table")
        assert column(table, 0)[0] == "1"
        attained = [float(text.split("%")[0]) for text in column(table, 2)]
        assert attained == sorted(attained, reverse=True)


def test_whoever_falls_behind_is_named_with_who_has_not_reported(console: Console, browser: Browser) -> None:
    with console.signed_in(browser, "manager", place="#/team", size=PHONE) as seen:
        help_needed = part(seen.page, "Who needs help")
        expect(help_needed.get_by_role("listitem").first).to_contain_text("Off track")
        help_needed.locator("summary", has_text="have not reported yet").click()
        expect(help_needed.locator(".names a").first).to_be_visible()


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_praise_is_shown_to_all_as_soon_as_it_is_given(
    console: Console, browser: Browser, size: dict[str, int]
) -> None:
    """CULT-2: a case, never a bare word."""
    case = f"主动跟进补发 {size['width']}"
    with console.signed_in(browser, "manager", place="#/team", size=size) as seen:
        page = seen.page
        page.get_by_role("button", name="Give praise").click()
        dialog = page.get_by_role("dialog", name="Give praise")
        dialog.get_by_label("To", exact=True).select_option(label="旗舰店运营部02 · 旗舰店运营部")
        dialog.get_by_label("What they did").fill(case)
        seen.assert_accessible()
        dialog.get_by_role("button", name="Give praise").click()
        expect(dialog).to_be_visible()  # the browser wants to know what came of it
        dialog.get_by_label("What came of it").fill("无一差评")
        dialog.get_by_role("button", name="Give praise").click()
        expect(dialog).to_have_count(0)
        expect(part(page, "Recent recognition")).to_contain_text(case)
        expect(page.get_by_role("status").filter(has_text="Saved.")).to_have_count(1)


def test_feedback_that_is_refused_says_why_at_its_field(console: Console, browser: Browser) -> None:
    """CULT-1: not of a day before they were hired."""
    with console.signed_in(browser, "manager", place="#/team") as seen:
        page = seen.page
        page.get_by_role("button", name="Give feedback").click()
        dialog = page.get_by_role("dialog", name="Give feedback")
        dialog.get_by_label("To", exact=True).select_option(label="旗舰店运营部02 · 旗舰店运营部")
        dialog.get_by_label("What they did").fill("两次周报未附转化数据")
        dialog.get_by_label("What came of it").fill("投放调整晚了一周")
        dialog.get_by_label("When").fill("1999-01-01")
        dialog.get_by_role("button", name="Give feedback").click()
        expect(dialog.get_by_label("When")).to_have_attribute("aria-invalid", "true")
        dialog.get_by_label("When").fill("2026-11-02")
        dialog.get_by_role("button", name="Give feedback").click()
        expect(dialog).to_have_count(0)


def test_staff_have_no_team(console: Console, browser: Browser) -> None:
    with console.signed_in(browser, "employee", place="#/goals") as seen:
        expect(seen.page.get_by_role("navigation").get_by_role("link", name="My team")).to_have_count(0)
        go_to(seen.page, "#/team")
        expect(seen.page.get_by_role("heading", level=1)).to_have_text("My goals")
