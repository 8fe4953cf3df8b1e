"""Pages in a real browser, Debian's Chromium: `make test-browser`."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.support.browsing import a_browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for a file; each visit has a profile of its own."""
    with a_browser() as running:
        yield running
