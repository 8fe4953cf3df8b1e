"""The calibration board: a group against its limits, ratings set together, and publishing it to its interviews (REV-8, REV-10)."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from deploy.local.calls import Body
from tests.support.browsing import PHONE, Visit
from tests.support.console import Console, settle


def groups(console: Console) -> list[Body]:
    """Those of the round, as HR sees them, each with its round."""
    with console.asked_by("hr") as api:
        (round_,) = api.items("/v1/review-cycles")
        path = f"/v1/review-cycles/{round_['id']}/calibration"
        return [group | {"round_id": round_["id"]} for group in api.items(path)]


def place_of(group: Body) -> str:
    """Its board."""
    return f"#/calibration/{group['round_id']}/{group['group_id']}"


@pytest.fixture
def breaking(console: Console, browser: Browser) -> Iterator[Visit]:
    """HR at the board of a group that breaks its limits."""
    group = next(one for one in groups(console) if one["violations"] and one["proposal"])
    with console.signed_in(browser, "hr", place=place_of(group)) as seen:
        yield seen


def limits(page: Page) -> str:
    """What is said of them."""
    return page.get_by_role("table", name="Limits").inner_text()


def test_a_group_that_breaks_its_limits_is_mended_by_the_proposal(breaking: Visit) -> None:
    page = breaking.page
    before = limits(page)
    assert "too many" in before or "too few" in before
    page.get_by_role("button", name="Take it over into the ratings").click()
    expect(page.get_by_text("changed, not stored yet")).to_be_visible()
    expect(page.get_by_role("button", name="Lock the group")).to_be_disabled()
    page.get_by_role("button", name="What would come of it").click()
    expect(page.get_by_text("nothing is stored yet")).to_be_visible()
    assert "too" not in limits(page)
    breaking.assert_accessible()

    page.get_by_role("button", name="Store the ratings").click()
    expect(page.get_by_role("button", name="Store the ratings")).to_have_count(0)
    expect(page.get_by_role("table", name="Limits")).not_to_contain_text("too")


def test_a_rating_is_changed_by_the_keyboard_and_needs_a_reason(console: Console, browser: Browser) -> None:
    group = next(one for one in groups(console) if one["in_calibration"] > 5)
    with console.signed_in(browser, "hr", size=PHONE, place=place_of(group)) as seen:
        page = seen.page
        rating = page.get_by_role("combobox", name="Rating of").first
        rating.focus()
        counted = rating.input_value()
        page.keyboard.press("ArrowDown" if counted == "2.5" else "ArrowUp")
        assert rating.input_value() != counted
        page.get_by_role("button", name="Store the ratings").press("Enter")
        reason = page.get_by_role("textbox", name="Why the rating of").first
        expect(reason).to_have_attribute("aria-invalid", "true")
        reason.focus()
        page.keyboard.type("Compared with the others")
        page.get_by_role("button", name="Store the ratings").press("Enter")
        expect(page.get_by_role("button", name="Store the ratings")).to_have_count(0)
        assert seen.is_narrower_than_its_window()
        seen.assert_accessible()


def test_a_group_is_locked_and_published_and_its_reviews_go_on_to_their_end(console: Console, browser: Browser) -> None:
    group = next(one for one in groups(console) if one["missing"] and one["name"] == "客服中心")
    with console.signed_in(browser, "hr", place=place_of(group)) as seen:
        settle_group(seen.page)
        seen.keep("console-calibration-published")
    with console.asked_by("hr") as api:
        emails = {person["id"]: person["email"] for person in api.items("/v1/people")}
        review = next(iter(api.items("/v1/reviews", step="interview")))
    place = f"#/reviews/{review['id']}"
    with console.signed_in(browser, emails[review["manager_id"]], place=place) as seen:
        record_interview(seen.page)
    with console.signed_in(browser, emails[review["person_id"]], place=place) as seen:
        page = seen.page
        expect(page.get_by_role("region", name="What it comes to")).to_contain_text("Rating")
        expect(page.get_by_role("region", name="Interview")).to_contain_text("Helped out at the peak")
        page.get_by_role("button", name="Acknowledge").click()
        expect(page.locator(".way [aria-current=step]")).to_contain_text("Closed")
        seen.keep("console-review-closed")


def settle_group(page: Page) -> None:
    """Lock it, by an exception if its limits ask for one, and publish it without those who are missing."""
    exception = page.get_by_role("dialog").get_by_label("Exception")
    page.get_by_role("button", name="Lock the group").click()
    publish = page.get_by_role("button", name="Publish")
    expect(publish.or_(exception).first).to_be_visible()
    if exception.is_visible():
        exception.fill("A small group")
        page.get_by_role("dialog").get_by_role("button", name="Lock the group").click()
    publish.click()
    exception.fill("They follow later")
    page.get_by_role("dialog").get_by_role("button", name="Publish").click()
    expect(page.locator(".page-head")).to_contain_text("Published")
    settle(page)


def record_interview(page: Page) -> None:
    """As the manager held it."""
    form = page.locator("main form").first
    form.get_by_label("What was done").fill("Helped out at the peak")
    form.get_by_label("What came of it").fill("Nothing was left over")
    page.get_by_role("button", name="Record the interview").click()
    expect(page.locator(".way [aria-current=step]")).to_contain_text("Acknowledgement")
