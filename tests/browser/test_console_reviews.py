"""Reviews in the console: the form of the step that it is whose turn, and who sees what of a judgement (REV-2a to REV-7)."""

import re
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect

from deploy.local.calls import Body
from tests.support.console import Console, settle


@dataclass(frozen=True, slots=True)
class Turn:
    """A review, and who may act in it."""

    review_id: str
    subject: str
    manager: str

    @property
    def place(self) -> str:
        """Its page."""
        return f"#/reviews/{self.review_id}"


def turns(console: Console, step: str) -> list[Turn]:
    """The reviews at a step, by what HR sees."""
    with console.asked_by("hr") as api:
        emails = {person["id"]: person["email"] for person in api.items("/v1/people")}
        found = [
            Turn(review["id"], emails[review["person_id"]], emails[review["manager_id"]])
            for review in api.items("/v1/reviews", step=step)
        ]
    assert found, step
    return found


def value(page: Page, name: str) -> None:
    """Meet a value as expected: two levels in full, one in part."""
    group = page.get_by_role("group", name=name, exact=True)
    for place, level in enumerate(("full", "full", "partial", "none", "none")):
        group.locator("select").nth(place).select_option(level)


def is_at(page: Page, step: str) -> None:
    """The page shows the step as the one it is at."""
    expect(page.locator(".way [aria-current=step]")).to_contain_text(step)


def test_an_employee_hears_what_is_missing_and_then_submits(console: Console, browser: Browser) -> None:
    turn = turns(console, "self_assessment")[0]
    with console.signed_in(browser, turn.subject, place="#/reviews") as seen:
        page = seen.page
        waiting = page.get_by_role("region", name="Waiting for me")
        waiting.get_by_role("row").nth(1).get_by_role("link").click()
        settle(page)
        page.get_by_role("group", name="Customer first", exact=True).locator("select").first.select_option("full")
        page.get_by_role("button", name="Save and submit").click()
        faulty = page.get_by_role("group", name="Customer first", exact=True)
        expect(faulty.locator(".fault")).to_have_count(1)
        expect(faulty.locator("select").first).to_be_focused()
        seen.assert_accessible()

        for name in ("Customer first", "Teamwork"):
            value(page, name)
        page.get_by_label("Overall comment").fill("The quarter went as planned.")
        page.get_by_role("button", name="Save draft").click()
        expect(page.get_by_role("region", name="Self-assessment")).to_contain_text("Draft")
        is_at(page, "Self-assessment")
        page.get_by_role("button", name="Save and submit").click()
        is_at(page, "Manager's assessment")
        expect(page.get_by_role("button", name="Save and submit")).to_have_count(0)
        expect(page.get_by_text("What was judged is shown from the interview on.")).to_be_visible()


def test_what_somebody_has_written_outlives_a_change_by_another(console: Console, browser: Browser) -> None:
    turn = turns(console, "self_assessment")[-1]
    with console.signed_in(browser, turn.subject, place=turn.place) as seen:
        page = seen.page
        page.get_by_label("Overall comment").fill("Mine")
        with console.asked_by(turn.subject) as api:
            path = f"/v1/reviews/{turn.review_id}"
            _, etag = api.exchange("GET", path)
            api.exchange("PUT", f"{path}/self-assessment", {"comment": "Of another window"}, etag=etag)
        page.get_by_role("button", name="Save draft").click()
        expect(page.get_by_role("alert").filter(has_text="Somebody has changed this review meanwhile")).to_be_visible()
        expect(page.get_by_label("Overall comment")).to_have_value("Mine")
        expect(page.get_by_role("region", name="Self-assessment").last).to_contain_text("Of another window")
        page.get_by_role("button", name="Save draft").click()
        expect(page.get_by_role("region", name="Self-assessment").last).to_contain_text("Mine")


@pytest.fixture
def judged(console: Console) -> Turn:
    """Somebody whose manager is to assess them."""
    return turns(console, "manager_assessment")[0]


def test_a_manager_says_why_a_score_is_not_the_computed_one(console: Console, browser: Browser, judged: Turn) -> None:
    with console.signed_in(browser, judged.manager, language="zh", place=judged.place) as seen:
        page = seen.page
        goal = page.locator("fieldset.group").first
        goal.get_by_label("得分", exact=True).select_option("5")
        for name in ("客户第一", "团队合作"):
            value(page, name)
        page.get_by_role("button", name="保存并提交").click()
        reason = goal.get_by_label("与系统得分不同的原因")
        expect(reason).to_have_attribute("aria-invalid", "true")
        expect(reason).to_be_focused()
        reason.fill("大促期间临时接手另一店铺")
        page.get_by_role("button", name="保存并提交").click()
        is_at(page, "隔级审核")
        expect(page.get_by_role("region", name="考核结果")).to_contain_text("建议评级")


def test_a_manager_returns_a_review_with_a_reason(console: Console, browser: Browser) -> None:
    turn = turns(console, "manager_assessment")[-1]
    with console.signed_in(browser, turn.manager, place=turn.place) as seen:
        page = seen.page
        page.get_by_role("button", name="Return", exact=True).click()
        dialog = page.get_by_role("dialog", name="Return")
        dialog.get_by_label("Why").fill("The second goal lacks its grounds.")
        seen.assert_accessible()
        dialog.get_by_role("button", name="Return", exact=True).click()
        is_at(page, "Self-assessment")
        page.locator("summary", has_text="Record").click()
        expect(page.get_by_role("cell", name="The second goal lacks its grounds.")).to_be_visible()


def test_hr_delegates_a_step(console: Console, browser: Browser) -> None:
    turn = turns(console, "second_level")[0]
    with console.signed_in(browser, "hr", place=turn.place) as seen:
        page = seen.page
        page.get_by_role("button", name="Delegate the step").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("To whom").select_option(label="秦雨")
        dialog.get_by_label("Why").fill("On leave")
        dialog.get_by_role("button", name="Delegate the step").click()
        expect(dialog).to_have_count(0)
        page.locator("summary", has_text="Record").click()
        expect(page.get_by_role("row").filter(has_text="Delegate the step")).to_contain_text("On leave")


def test_hr_approves_and_the_review_comes_to_calibration(console: Console, browser: Browser) -> None:
    turn = turns(console, "hr")[0]
    with console.signed_in(browser, "hr", place=turn.place) as seen:
        page = seen.page
        page.get_by_role("button", name="Approve").click()
        is_at(page, "Calibration")
        page.get_by_role("link", name="Set the rating in the calibration").click()
        expect(page).to_have_url(re.compile("#/calibration/"))


def test_an_employee_sees_nothing_of_what_is_judged_before_the_interview(console: Console, browser: Browser) -> None:
    with console.asked_by("employee") as api:
        own: Body = next(iter(api.items("/v1/reviews", step="calibration")))
    with console.signed_in(browser, "employee", place=f"#/reviews/{own['id']}") as seen:
        figures = seen.page.get_by_role("region", name="What it comes to")
        expect(figures).to_contain_text("What was judged is shown from the interview on.")
        expect(seen.page.get_by_role("region", name="Manager's assessment")).to_have_count(0)


def test_a_step_that_somebody_leads_on_shows_at_once(console: Console, browser: Browser) -> None:
    turn = turns(console, "hr")[-1]
    with console.signed_in(browser, "hr", place=turn.place) as seen, console.asked_by("hr") as api:
        is_at(seen.page, "HR")
        api.act(f"/v1/reviews/{turn.review_id}", "approve", {})
        is_at(seen.page, "Calibration")
