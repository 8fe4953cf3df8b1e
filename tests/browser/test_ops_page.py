"""The operations page over real processes, while the database is there and while it is not."""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browsing import DESKTOP, PHONE, Visit, a_browser, visit
from tests.support.killable import Killable, own_postgres
from tests.support.servers import redis_server
from tests.support.stack import ADMIN_EMAIL, ADMIN_PASSWORD, Stack, running_stack, wait_until
from tests.support.story import PASSWORD, make_company

SIZES = pytest.mark.parametrize(("name", "size"), [("desktop", DESKTOP), ("phone", PHONE)])


@dataclass
class Installation:
    """A stack, and the PostgreSQL that it alone has."""

    stack: Stack
    postgres: Killable


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """API and worker; what was pushed is taken in, and two samples are there to draw a line between."""
    with own_postgres(durable=True) as postgres, redis_server() as redis_url:
        folder = tmp_path_factory.mktemp("stack")
        with running_stack(postgres.url, redis_url, folder) as stack:
            push_some_days(stack)
            with stack.database() as database:
                wait_until(lambda: database.value("SELECT count(*) FROM installation_samples") > 2, what="samples")
            yield Installation(stack, postgres)


@pytest.fixture(scope="module")
def browser(installation: Installation) -> Iterator[Browser]:
    """Started after the stack and ended before it: Playwright has the thread's event loop until then."""
    with a_browser() as running:
        yield running


def push_some_days(stack: Stack) -> None:
    company = make_company(stack.base_url)
    with company.admin, company.make_connector([company.make_shop("shop-1")]) as connector:
        for month in range(1, 7):
            rows = [{"metric": "gmv", "bucket": f"2025-{month:02}-{day:02}", "value": str(day)} for day in range(1, 29)]
            connector.push(rows, shop="tmall:shop-1")
        company.wait_until_done()


@pytest.fixture
def ops(browser: Browser, installation: Installation) -> Iterator[Visit]:
    """The page on a desktop, before signing in; it asks nothing of any other host and breaks no rule."""
    with visit(browser) as seen:
        yield from opened(seen, installation.stack)


def opened(seen: Visit, stack: Stack) -> Iterator[Visit]:
    seen.page.goto(f"{stack.base_url}/ops")
    yield seen
    seen.assert_quiet(host=urlsplit(stack.base_url).netloc)


def sign_in(page: Page, *, email: str = ADMIN_EMAIL, password: str = ADMIN_PASSWORD) -> None:
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


@SIZES
def test_it_shows_the_installation_as_it_is(
    browser: Browser, installation: Installation, name: str, size: dict[str, int]
) -> None:
    with visit(browser, size=size) as visited:
        for seen in opened(visited, installation.stack):
            page = seen.page
            expect(page.locator("#state-word")).to_have_text("OK")
            seen.assert_accessible()
            seen.keep(f"ops-sign-in-{name}")
            sign_in(page)
            expect(page.locator("#charts figure")).to_have_count(8)
            expect(page.locator("#workers tr")).to_have_count(1)
            expect(page.locator("#workers tr")).to_contain_text("alive")
            expect(page.locator("#figures")).to_contain_text("Inbox, live")
            expect(page.locator("#footer")).to_contain_text("Version 0.1.0")
            seen.assert_accessible()
            assert seen.is_narrower_than_its_window()
            seen.keep(f"ops-live-{name}")
            seen.show_in("dark")
            seen.keep(f"ops-live-{name}-dark")


@SIZES
def test_without_its_database_it_says_so_and_keeps_what_it_had(
    browser: Browser, installation: Installation, name: str, size: dict[str, int]
) -> None:
    with visit(browser, size=size) as visited:
        for seen in opened(visited, installation.stack):
            page = seen.page
            sign_in(page)
            expect(page.locator("#charts figure")).to_have_count(8)
            workers = page.locator("#workers th").all_inner_texts()
            installation.postgres.stop_immediately()
            try:
                expect(page.locator("#banner")).to_contain_text("The database (PostgreSQL) is away.")
                expect(page.locator("#banner")).to_contain_text("The figures are those of ")
                expect(page.locator("#state-word")).to_have_text("Unavailable")
                expect(page.locator("#findings")).to_contain_text("AttainDatabaseDown")
                assert page.locator("#workers th").all_inner_texts() == workers
                seen.assert_accessible()
                assert seen.is_narrower_than_its_window()
                seen.keep(f"ops-down-{name}")
                seen.show_in("dark")
                seen.keep(f"ops-down-{name}-dark")
            finally:
                installation.postgres.start()
            expect(page.locator("#banner")).to_be_hidden(timeout=60_000)
            expect(page.locator("#board")).to_be_visible()
            expect(page.locator("#dependencies .badge[data-state=ok]")).to_have_count(4, timeout=60_000)
            expect(page.locator("#state-word")).not_to_have_text("Unavailable")


def test_who_signs_in_while_the_database_is_away_is_told(ops: Visit, installation: Installation) -> None:
    installation.postgres.stop_immediately()
    try:
        sign_in(ops.page)
        expect(ops.page.locator("#sign-in-failure")).to_contain_text("nobody can sign in")
        expect(ops.page.locator("#findings")).to_contain_text("AttainDatabaseDown")
        ops.assert_accessible()
    finally:
        installation.postgres.start()
    wait_until(installation.stack.is_ready, what="the API")


def test_only_operators_see_figures(ops: Visit, installation: Installation) -> None:
    company = make_company(installation.stack.base_url, admin_email="lin@example.com")
    company.admin.http.close()
    sign_in(ops.page, email="lin@example.com", password="a wrong password")
    expect(ops.page.locator("#sign-in-failure")).not_to_be_empty()
    sign_in(ops.page, email="lin@example.com", password=PASSWORD)
    expect(ops.page.locator("#sign-in-failure")).to_contain_text("does not have the role ops")
    expect(ops.page.locator("#board")).to_be_hidden()
