"""The console's check-ins and feedback: a draft of one's own, submitted, read and answered by the manager (CULT-1)."""

from playwright.sync_api import Browser, expect

from tests.support.console import Console, settle

DONE, NOTE, ANSWER = "主图改版上线", "只给自己看", "摄影已协调,周四可用"


def test_a_report_is_kept_as_a_draft_submitted_and_answered_by_the_manager(console: Console, browser: Browser) -> None:
    with console.signed_in(browser, "employee", place="#/checkins") as seen:
        page = seen.page
        week = page.get_by_role("region", name="This week")
        week.get_by_label("Confidence").first.select_option("at_risk")
        week.get_by_label("What was done").fill(DONE)
        week.get_by_label("Note to yourself").fill(NOTE)
        seen.assert_accessible()
        week.get_by_role("button", name="Save the draft").click()
        expect(week.get_by_text("nobody else sees it until you submit it")).to_be_visible()
        page.reload()
        settle(page)
        expect(week.get_by_label("What was done")).to_have_value(DONE)
        expect(week.get_by_label("Confidence").first).to_have_value("at_risk")
        week.get_by_role("button", name="Submit").click()
        week.get_by_role("link", name="Read it").click()
        settle(page)
        expect(page.get_by_text(NOTE)).to_be_visible()
        place = page.evaluate("location.hash")
    with console.signed_in(browser, "manager", place="#/checkins") as seen:
        page = seen.page
        page.get_by_role("region", name="Check-ins shared with me").locator(f"a[href='{place}']").click()
        settle(page)
        expect(page.get_by_text(DONE)).to_be_visible()
        expect(page.get_by_text(NOTE)).to_have_count(0)
        page.get_by_label("Your comment").fill(ANSWER)
        page.get_by_role("button", name="Comment").click()
        expect(page.get_by_role("region", name="Comments").locator("li")).to_contain_text(ANSWER)
        expect(page.get_by_label("Your comment")).to_have_value("")
        seen.assert_accessible()


def test_praise_and_feedback_are_given_with_a_case(console: Console, browser: Browser) -> None:
    with console.signed_in(browser, "employee", place="#/checkins") as seen:
        page = seen.page
        page.get_by_role("button", name="Give feedback").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("To", exact=True).select_option(index=1)
        dialog.get_by_label("What they did").fill("周报附上了转化数据")
        dialog.get_by_label("What came of it").fill("投放当周就调整了")
        seen.assert_accessible()
        dialog.get_by_role("button", name="Give feedback").click()
        expect(dialog).to_have_count(0)
        expect(page.get_by_role("region", name="Feedback")).to_contain_text("投放当周就调整了")
