"""Pages in a real browser, Debian's Chromium: `make test-browser`."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.support.browsing import a_browser
from tests.support.console import Console, make_console
from tests.support.servers import redis_server
from tests.support.stack import running_stack


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for a file; each visit has a profile of its own."""
    with a_browser() as running:
        yield running


@pytest.fixture(scope="session")
def console(tmp_path_factory: pytest.TempPathFactory, postgres_url: str) -> Iterator[Console]:
    """One company for all files: whoever changes something leaves the others what they look at."""
    folder = tmp_path_factory.mktemp("console")
    with redis_server() as redis_url, running_stack(postgres_url, redis_url, folder) as stack:
        yield make_console(stack)
