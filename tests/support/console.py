"""The console in a real browser: a company in the middle of its work, and somebody signed in to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

import httpx
from playwright.sync_api import Browser, Page, expect

from deploy.local.calls import Api
from deploy.local.showcase.run import Showcase, make_showcase
from tests.support.browsing import DESKTOP, Visit, visit
from tests.support.stack import ADMIN_EMAIL, ADMIN_PASSWORD, Stack

Language = Literal["en", "zh"]
LOCALES: dict[Language, str] = {"en": "en-GB", "zh": "zh-CN"}
SIZE = 40
"""As few people as leave every department its head and three of its people."""


@dataclass(frozen=True, slots=True)
class Console:
    """Where it is, and who may sign in to it by what they are: `employee`, `manager`, `head`, `hr`, `executive`."""

    base_url: str
    showcase: Showcase

    @property
    def host(self) -> str:
        """The only one that it may ask."""
        return urlsplit(self.base_url).netloc

    def address(self, place: str = "") -> str:
        """Of a place in it, such as `#/goals`."""
        return f"{self.base_url}/console{place}"

    def email(self, who: str) -> str:
        """Of a role; an e-mail is one."""
        return self.showcase.emails.get(who, who)

    @contextmanager
    def asked_by(self, who: str) -> Iterator[Api]:
        """The API as whoever has that role or e-mail."""
        with httpx.Client(base_url=self.base_url, timeout=30, trust_env=False) as http:
            yield Api.sign_in(http, email=self.email(who), password=self.showcase.password)

    @contextmanager
    def signed_in(
        self, browser: Browser, who: str, *, language: Language = "en", size: dict[str, int] = DESKTOP, place: str = ""
    ) -> Iterator[Visit]:
        """Whoever has that role or e-mail, at a place; then nothing asked another host and nothing complained."""
        with visit(browser, size=size, locale=LOCALES[language]) as seen:
            seen.page.goto(self.address(place))
            self.sign_in(seen.page, who)
            yield seen
            seen.assert_quiet(host=self.host)

    def sign_in(self, page: Page, who: str) -> None:
        """By the form."""
        page.locator("input[name=email]").fill(self.email(who))
        page.locator("input[name=password]").fill(self.showcase.password)
        page.locator("button[type=submit]").click()
        expect(page.locator("nav.pages")).to_be_visible()
        settle(page)


def make_console(stack: Stack) -> Console:
    """Fill a fresh stack."""
    return Console(stack.base_url, make_showcase(stack.base_url, ADMIN_EMAIL, ADMIN_PASSWORD, size=SIZE))


def go_to(page: Page, place: str) -> None:
    """Another place of it, `#/team`, once it is shown."""
    page.evaluate("place => { location.hash = place }", place)
    settle(page)


def settle(page: Page) -> None:
    """Wait until the page has its heading and loads no more."""
    expect(page.locator("main h1")).to_be_visible()
    expect(page.locator(".loading")).to_have_count(0)
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
