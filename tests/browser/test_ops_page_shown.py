"""What the operations page makes of answers that a test would have to wait long for; nothing else is made up."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from attain_api.ops.page import PAGE
from tests.support.browsing import DESKTOP, PHONE, Visit, visit
from tests.support.ops_answers import readiness, samples, status, worker

HOST = "attain.test"
TOKENS = {"access_token": "a", "refresh_token": "r", "token_type": "bearer", "expires_in": 900}
SIZES = pytest.mark.parametrize(("name", "size"), [("desktop", DESKTOP), ("phone", PHONE)])


@dataclass
class Api:
    """An API that answers as it is told, by path."""

    answers: dict[str, tuple[int, Any]] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Path and body."""

    def say(self, path: str, body: Any, *, code: int = 200) -> None:
        """Answer so from now on."""
        self.answers[path] = (code, body)

    def fail(self, path: str, code: int) -> None:
        """Answer with a problem from now on; with 0 not at all."""
        self.say(path, {"code": "some", "detail": "No."}, code=code)

    def serve(self, route: Route) -> None:
        """Answer one request."""
        path = urlsplit(route.request.url).path
        self.asked.append((path, route.request.post_data or ""))
        if path == "/ops":
            route.fulfill(body=PAGE.shell.content, content_type="text/html; charset=utf-8", headers=PAGE.headers)
        elif path.startswith("/ops/"):
            asset = PAGE.assets[path.removeprefix(f"/ops/{PAGE.edition}/")]
            route.fulfill(body=asset.content, content_type=asset.media_type, headers=PAGE.headers)
        elif self.answers[path][0] == 0:
            route.abort("connectionrefused")
        else:
            code, body = self.answers[path]
            route.fulfill(status=code, body=json.dumps(body), content_type="application/json")


@pytest.fixture
def api() -> Api:
    """All is well."""
    told = Api()
    told.say("/readyz", readiness())
    told.say("/v1/auth/token", TOKENS)
    told.say("/v1/auth/refresh", TOKENS)
    told.say("/v1/auth/logout", None, code=204)
    told.say("/v1/ops/status", status())
    told.say("/v1/ops/samples", samples())
    return told


Look = Callable[..., Any]


@pytest.fixture
def look(browser: Browser, api: Api) -> Look:
    """Open the page over that API, and check afterwards that it kept to the rules."""

    @contextmanager
    def looking(**options: Any) -> Iterator[Visit]:
        with visit(browser, **options) as seen:
            seen.page.route("**/*", api.serve)
            seen.page.goto(f"https://{HOST}/ops")
            yield seen
            seen.assert_quiet(host=HOST)

    return looking


def sign_in(page: Page) -> None:
    page.get_by_label(re.compile("E-mail|邮箱")).fill("ops@example.com")
    page.get_by_label(re.compile("Password|密码")).fill("correct horse battery staple")
    page.locator("#sign-in-form button").click()


def finding(page: Page, text: str) -> Any:
    return page.locator("#findings li").filter(has_text=text)


@SIZES
def test_a_quiet_installation(look: Look, name: str, size: dict[str, int]) -> None:
    with look(size=size) as seen:
        sign_in(seen.page)
        expect(seen.page.locator("#state-word")).to_have_text("OK")
        expect(seen.page.locator("#charts figure")).to_have_count(8)
        expect(seen.page.locator("#findings-section")).to_be_hidden()
        expect(seen.page.locator("#footer")).to_contain_text("Version 0.1.0 (6c17123ab90d), up for 1 d 6 h")
        seen.assert_accessible()
        assert seen.is_narrower_than_its_window()
        seen.keep(f"ops-quiet-{name}")
        seen.show_in("dark")
        seen.keep(f"ops-quiet-{name}-dark")


@SIZES
def test_what_is_wrong_comes_first_and_names_its_runbook(api: Api, look: Look, name: str, size: dict[str, int]) -> None:
    api.say("/readyz", readiness(queue="away", worker="away"))
    api.say("/v1/ops/samples", samples(stuck_for=13, gap=range(100, 130)))
    api.say(
        "/v1/ops/status",
        status(
            workers=[worker("attain-worker-1", beat_ago=195, is_alive=False, jobs_failed=3)],
            inbox={"live": 524, "oldest_seconds": 195.0, "failed": 2},
            marks={"oldest_seconds": 700.0},
            database={"oldest_transaction_seconds": 4210.0, "synchronous_standbys": 0},
            ingestion_lag_seconds=None,
            silent_connectors=1,
        ),
    )
    with look(size=size) as seen:
        sign_in(seen.page)
        expect(finding(seen.page, "No worker is alive")).to_contain_text("AttainNoWorker")
        expect(finding(seen.page, "has waited 3 min 15 s, and none is taken in")).to_contain_text("AttainInboxStuck")
        expect(finding(seen.page, "2 batches have failed")).to_contain_text("AttainBatchesFailed")
        expect(finding(seen.page, "1 connector is silent")).to_contain_text("AttainSilentConnector")
        expect(finding(seen.page, "open for 1 h 10 min")).to_contain_text("AttainLongTransaction")
        expect(finding(seen.page, "The queue is away")).to_contain_text("AttainQueueDown")
        severities = seen.page.locator("#findings .badge").all_inner_texts()
        assert severities == sorted(severities), severities
        assert severities[0] == "Critical"
        expect(seen.page.locator("#state-word")).to_have_text("Degraded")
        expect(seen.page.locator("#workers tr")).to_contain_text(["attain-worker-1"])
        seen.assert_accessible()
        assert seen.is_narrower_than_its_window()
        seen.keep(f"ops-trouble-{name}")


def test_a_backfill_that_is_worked_off_is_no_trouble(api: Api, look: Look) -> None:
    api.say("/v1/ops/status", status(inbox={"backfill": 400, "oldest_seconds": 600.0}))
    with look() as seen:
        sign_in(seen.page)
        expect(seen.page.locator("#charts figure")).to_have_count(8)
        expect(seen.page.locator("#findings-section")).to_be_hidden()


@SIZES
def test_figures_are_kept_while_the_database_is_away_and_come_back(
    api: Api, look: Look, name: str, size: dict[str, int]
) -> None:
    with look(size=size) as seen:
        sign_in(seen.page)
        expect(seen.page.locator("#charts figure")).to_have_count(8)
        api.say("/readyz", readiness(database="away", schema="unknown", worker="unknown"), code=503)
        for path in ("/v1/ops/status", "/v1/ops/samples", "/v1/auth/refresh"):
            api.fail(path, 503)
        banner = seen.page.locator("#banner")
        expect(banner).to_contain_text(re.compile(r"database \(PostgreSQL\) is away.*those of \d\d:\d\d:\d\d"))
        expect(seen.page.locator("#state-word")).to_have_text("Unavailable")
        expect(seen.page.locator("#figures")).to_contain_text("Goals to compute")
        seen.assert_accessible()
        seen.keep(f"ops-database-away-{name}")
        api.say("/readyz", readiness())
        api.say("/v1/ops/status", status())
        expect(banner).to_be_hidden()
        expect(seen.page.locator("#state-word")).to_have_text("OK")


def test_an_api_that_cannot_be_reached_is_said_to_be(api: Api, look: Look) -> None:
    with look() as seen:
        sign_in(seen.page)
        expect(seen.page.locator("#board")).to_be_visible()
        for path in list(api.answers):
            api.fail(path, 0)
        expect(seen.page.locator("#banner")).to_contain_text("The API cannot be reached.")
        expect(finding(seen.page, "cannot be reached")).to_contain_text("AttainNoApi")
        expect(seen.page.locator("#board")).to_be_visible()


def test_an_account_without_the_role_is_told_so(api: Api, look: Look) -> None:
    api.fail("/v1/ops/status", 403)
    api.fail("/v1/ops/samples", 403)
    with look() as seen:
        sign_in(seen.page)
        expect(seen.page.locator("#sign-in-failure")).to_contain_text("does not have the role ops")
        expect(seen.page.locator("#board")).to_be_hidden()
        assert seen.page.evaluate("sessionStorage.length") == 0
        assert ("/v1/auth/logout", '{"refresh_token":"r"}') in api.asked
        seen.assert_accessible()


def test_an_account_of_several_companies_chooses_one(api: Api, look: Look) -> None:
    api.say("/v1/auth/token", {"code": "company-required", "companies": ["lin", "wu"]}, code=409)
    with look() as seen:
        sign_in(seen.page)
        expect(seen.page.locator("#sign-in-failure")).to_contain_text("choose one")
        seen.assert_accessible()
        api.say("/v1/auth/token", TOKENS)
        seen.page.get_by_label("Company").select_option("wu")
        seen.page.get_by_role("button", name="Sign in").click()
        expect(seen.page.locator("#board")).to_be_visible()
        assert "scope=company%3Awu" in next(body for path, body in reversed(api.asked) if path == "/v1/auth/token")


def test_a_session_is_renewed_once_for_all_who_ask_and_its_end_is_told(api: Api, look: Look) -> None:
    api.say("/v1/auth/token", TOKENS | {"expires_in": 5})
    with look() as seen:
        sign_in(seen.page)
        expect(seen.page.locator("#charts figure")).to_have_count(8)
        assert [path for path, _ in api.asked].count("/v1/auth/refresh") == 1
        for path in ("/v1/ops/status", "/v1/ops/samples", "/v1/auth/refresh"):
            api.fail(path, 401)
        expect(seen.page.locator("#sign-in-failure")).to_contain_text("The session has ended")
        expect(seen.page.locator("#board")).to_be_hidden()


def test_the_session_outlives_a_reload_and_not_signing_out(look: Look) -> None:
    with look() as seen:
        sign_in(seen.page)
        expect(seen.page.locator("#board")).to_be_visible()
        seen.page.reload()
        expect(seen.page.locator("#board")).to_be_visible()
        seen.page.get_by_role("button", name="Sign out").click()
        expect(seen.page.locator("#sign-in")).to_be_visible()
        assert seen.page.evaluate("[sessionStorage.length, localStorage.length, document.cookie]") == [0, 0, ""]


@SIZES
def test_in_chinese(look: Look, name: str, size: dict[str, int]) -> None:
    with look(size=size, locale="zh-CN") as seen:
        expect(seen.page.get_by_role("heading", name="登录")).to_be_visible()
        seen.assert_accessible()
        seen.keep(f"ops-sign-in-{name}-zh")
        sign_in(seen.page)
        expect(seen.page.locator("#state-word")).to_have_text("正常")
        expect(seen.page.locator("#charts figure")).to_have_count(8)
        expect(seen.page.locator("html")).to_have_attribute("lang", "zh-CN")
        seen.assert_accessible()
        seen.keep(f"ops-quiet-{name}-zh")


def test_the_two_dictionaries_say_the_same_things(look: Look) -> None:
    shape = """async (locale) => {
      const script = document.querySelector("script[type=module]").src.replace("main.js", "words.js");
      const keys = (value, at) => typeof value === "object"
        ? Object.entries(value).flatMap(([key, below]) => keys(below, `${at}.${key}`)) : [at];
      return keys((await import(script)).words, "");
    }"""
    found = []
    for locale in ("en-GB", "zh-CN"):
        with look(locale=locale) as seen:
            found.append(seen.page.evaluate(shape))
    assert found[0] == found[1]
    assert len(found[0]) > 100


def test_by_keyboard_alone(look: Look) -> None:
    with look() as seen:
        expect(seen.page.locator("#email")).to_be_visible()
        seen.page.keyboard.press("Tab")
        expect(seen.page.locator(".skip")).to_be_focused()
        seen.page.keyboard.press("Tab")
        seen.page.keyboard.type("ops@example.com")
        seen.page.keyboard.press("Tab")
        seen.page.keyboard.type("correct horse battery staple")
        seen.page.keyboard.press("Enter")
        expect(seen.page.locator("#board")).to_be_visible()
        expect(seen.page.locator("#main")).to_be_focused()


def test_pointing_at_a_chart_tells_what_every_chart_shows_there(look: Look) -> None:
    with look() as seen:
        sign_in(seen.page)
        readouts = seen.page.locator(".readout")
        expect(readouts).to_have_text([""] * 8)
        seen.page.locator("#charts .u-over").first.hover()
        expect(readouts.first).to_have_text(re.compile(r"\d\d:\d\d:\d\d  [\d.]+ · [\d.]+ · [\d.]+"))
        expect(readouts.last).to_have_text(re.compile(r"\d\d:\d\d:\d\d  \d+"))


def test_before_the_first_sample_it_says_that_there_is_none(api: Api, look: Look) -> None:
    api.say("/v1/ops/samples", {"slot_seconds": 15, "samples": []})
    with look() as seen:
        sign_in(seen.page)
        expect(seen.page.locator("#charts")).to_have_text("No sample yet: one is taken every 15 seconds.")
        seen.assert_accessible()
