"""The page of the API's documentation over a real process: signing in and asking under its own policy."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from tests.support.browsing import visit
from tests.support.servers import redis_server
from tests.support.stack import ADMIN_EMAIL, ADMIN_PASSWORD, Stack, running_stack


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, postgres_url: str) -> Iterator[Stack]:
    with (
        redis_server() as redis_url,
        running_stack(postgres_url, redis_url, tmp_path_factory.mktemp("stack")) as running,
    ):
        yield running


def test_a_person_signs_in_and_tries_an_operation_out(stack: Stack, browser: Browser) -> None:
    with visit(browser) as seen:
        page = seen.page
        page.goto(f"{stack.base_url}/docs")
        page.get_by_role("button", name="Authorize").first.click()
        dialog = page.locator(".dialog-ux")
        form = dialog.locator(".auth-container", has_text="OAuth2, password")
        form.locator("#oauth_username").fill(ADMIN_EMAIL)
        form.locator("#oauth_password").fill(ADMIN_PASSWORD)
        form.locator("button.authorize").click()
        expect(dialog.locator(".auth-container h6", has_text="Authorized").first).to_be_visible()
        page.locator(".close-modal").click()

        page.locator("#operations-tag-Access").click()
        page.locator("#operations-Access-get_me .opblock-summary-control").click()
        page.get_by_role("button", name="Try it out").click()
        page.get_by_role("button", name="Execute").click()
        answer = page.locator(".live-responses-table tr.response .response-col_status")
        expect(answer).to_contain_text("200")
        expect(page.locator(".live-responses-table")).to_contain_text(ADMIN_EMAIL)
        seen.keep("docs-desktop")
        seen.assert_quiet(host=urlsplit(stack.base_url).netloc)
