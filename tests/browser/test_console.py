"""The whole console, page by page, as whoever may see it: what is in its way is looked at, also of pages made later."""

import re
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browsing import DESKTOP, PHONE, Visit, visit
from tests.support.console import Console, Language, go_to, settle

MOST_SCRIPT = 200_000
ROLES = ("employee", "manager", "head", "hr")
SIZES = {"desktop": DESKTOP, "phone": PHONE}
_LOADED = """() => performance.getEntriesByType("resource").map((one) => [
  new URL(one.name).pathname, one.decodedBodySize, one.transferSize])"""


def places(page: Page) -> list[str]:
    """Where the way between pages leads."""
    found = page.locator("nav.pages a").evaluate_all("links => links.map((link) => link.getAttribute('href'))")
    assert found
    return [str(place) for place in found]


def first_within(page: Page, place: str) -> str | None:
    """The first subject that a page leads to within itself, such as one goal of the goals."""
    links = page.locator(f'main a[href^="{place}/"]')
    return links.first.get_attribute("href") if links.count() else None


def look_at(seen: Visit, name: str) -> None:
    """It fits its window, axe-core finds nothing, and a screenshot is kept."""
    settle(seen.page)
    assert seen.is_narrower_than_its_window(), f"{name} is to be scrolled sideways"
    seen.assert_accessible()
    seen.keep(name)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("role", ROLES)
def test_every_page_is_quiet_accessible_and_fits(
    console: Console, browser: Browser, role: str, language: Language, size: str
) -> None:
    with console.signed_in(browser, role, language=language, size=SIZES[size]) as seen:
        page = seen.page
        expect(page.locator("html")).to_have_attribute("lang", "zh-CN" if language == "zh" else "en")
        for place in places(page):
            go_to(page, place)
            name = place.removeprefix("#/")
            look_at(seen, f"console-{name}-{role}-{language}-{size}")
            within = first_within(page, place)
            if within is not None:
                go_to(page, within)
                look_at(seen, f"console-{name}-one-{role}-{language}-{size}")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_sign_in_is_quiet_accessible_and_fits(console: Console, browser: Browser, language: Language) -> None:
    for size, window in SIZES.items():
        with visit(browser, size=window, locale={"en": "en-GB", "zh": "zh-CN"}[language]) as seen:
            seen.page.goto(console.address())
            look_at(seen, f"console-sign-in-{language}-{size}")
            seen.assert_quiet(host=console.host)


@dataclass(frozen=True, slots=True)
class FirstLoad:
    """What a page costs whoever comes to it for the first time."""

    place: str
    script: int
    """Bytes of script."""
    whole: int
    """Bytes of everything that it asked for."""
    transferred: int
    """Of these over the wire, with their headers."""
    milliseconds: int
    """Until its content is there."""


def first_load(page: Page, place: str) -> FirstLoad:
    """Come to a page with nothing kept from before but who is signed in."""
    page.evaluate("place => { location.hash = place }", place)
    page.reload(wait_until="commit")
    settle(page)
    milliseconds = round(page.evaluate("performance.now()"))
    loaded = page.evaluate(_LOADED)
    script = sum(size for name, size, _ in loaded if name.endswith(".js"))
    return FirstLoad(place, script, sum(size for _, size, _ in loaded), sum(sent for *_, sent in loaded), milliseconds)


@pytest.mark.parametrize("role", ["employee", "hr"])
def test_no_page_loads_more_script_than_it_may(console: Console, browser: Browser, role: str) -> None:
    with console.signed_in(browser, role, language="zh") as seen:
        page = seen.page
        network = page.context.new_cdp_session(page)
        network.send("Network.enable")
        network.send("Network.setCacheDisabled", {"cacheDisabled": True})
        for place in places(page):
            cost = first_load(page, place)
            print(
                f"{role} {place}: {cost.script / 1000:.1f} kB of script, {cost.whole / 1000:.1f} kB in all, "
                f"{cost.transferred / 1000:.1f} kB transferred, {cost.milliseconds} ms to its content"
            )
            assert 0 < cost.script <= MOST_SCRIPT, cost


def press_until(page: Page, selector: str, key: str = "Tab", *, most: int = 60) -> None:
    """Press a key until the focus is on something."""
    for _ in range(most):
        if page.locator(f":focus:is({selector})").count():
            return
        page.keyboard.press(key)
    raise AssertionError(f"{most} times {key} do not lead to {selector}")


def test_the_keyboard_alone_signs_in_and_opens_a_goal(console: Console, browser: Browser) -> None:
    with visit(browser) as seen:
        page = seen.page
        page.goto(console.address())
        expect(page.locator("input[name=email]")).to_be_visible()
        press_until(page, "input[name=email]")
        page.keyboard.type(console.email("employee"))
        page.keyboard.press("Tab")
        page.keyboard.type(console.showcase.password)
        page.keyboard.press("Enter")
        expect(page.locator("nav.pages")).to_be_visible()
        settle(page)
        press_until(page, 'nav.pages a[href="#/goals"]')
        page.keyboard.press("Enter")
        settle(page)
        press_until(page, 'main a[href^="#/goals/"]')
        title = page.locator(":focus").inner_text()
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile(r"#/goals/[0-9a-f-]{36}"))
        expect(page.locator("main h1")).to_have_text(title)
        expect(page.locator("main h1")).to_be_focused()
        seen.assert_quiet(host=console.host)


def test_an_address_that_somebody_mistyped_says_so_and_leaves_the_way_to_the_pages(
    console: Console, browser: Browser
) -> None:
    with console.signed_in(browser, "employee", place="#/goals/%") as seen:
        expect(seen.page.locator("main [role=alert]")).not_to_be_empty()
        seen.page.locator("nav.pages a").first.click()
        expect(seen.page.locator("main h1")).to_be_visible()


def test_a_page_that_cannot_be_drawn_says_so_and_is_tried_again(console: Console, browser: Browser) -> None:
    with visit(browser) as seen:
        page = seen.page
        page.goto(console.address("#/company"))
        console.sign_in(page, "employee")
        page.route("**/v1/goals?*", lambda route: route.fulfill(json={"items": [None], "next_cursor": None}))
        page.locator('nav.pages a[href="#/goals"]').click()
        expect(page.locator("main .problem")).to_contain_text("This page did not load.")
        page.unroute("**/v1/goals?*")
        page.get_by_role("button", name="Try again").click()
        expect(page.locator("main h1")).to_be_visible()
        expect(page.locator("main .problem")).to_have_count(0)


def test_whoever_signs_out_is_signed_out_in_every_tab(console: Console, browser: Browser) -> None:
    with console.signed_in(browser, "employee") as seen:
        other = seen.page.context.new_page()
        other.goto(console.address())
        console.sign_in(other, "employee")
        seen.page.get_by_role("button", name="Sign out").click()
        expect(other.locator("input[name=email]")).to_be_visible()
        assert other.evaluate("sessionStorage.length") == 0


def test_a_tab_that_nobody_looks_at_does_not_hold_the_stream_and_takes_it_up_again(
    console: Console, browser: Browser
) -> None:
    turn = """isHidden => {
      Object.defineProperty(document, "hidden", { configurable: true, get: () => isHidden });
      document.dispatchEvent(new Event("visibilitychange"));
    }"""
    with console.signed_in(browser, "employee") as seen:
        page = seen.page
        with page.expect_event("requestfailed", lambda request: request.url.endswith("/v1/events")):
            page.evaluate(turn, True)
        with page.expect_request("**/v1/events") as asked:
            page.evaluate(turn, False)
        assert asked.value.headers["last-event-id"]
