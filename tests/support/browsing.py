"""A browser looking at a page: what it asked for, what it complained about, what it looks like."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

PROGRAM = "chromium"
SCREENSHOTS = "ATTAIN_TEST_SCREENSHOTS"
"""Names the folder that they go to."""
PATIENCE_MS = 20_000
"""The page asks every five seconds, and seldomer after a failure."""
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
NO_ANSWER = "Failed to load resource"
"""What Chromium itself says of a request that was answered with an error: not the page's."""

_TELL_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy violated: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));
"""


@dataclass
class Visit:
    """A page, and all that it did."""

    page: Page = field(repr=False)
    hosts: set[str] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)

    def watch(self) -> None:
        """Note whatever it does from now on."""
        self.page.add_init_script(_TELL_VIOLATIONS)
        self.page.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._note)
        self.page.on("requestfailed", lambda request: print("no answer:", request.url, request.failure))

    def assert_quiet(self, *, host: str) -> None:
        """Nothing was asked of another host, no error was shown in the console and no policy violated."""
        assert (self.hosts, self.complaints) == ({host}, [])

    def assert_accessible(self) -> None:
        """axe-core finds nothing, in the light and in the dark."""
        for scheme in ("light", "dark"):
            self.show_in(scheme)
            found = Axe().run(self.page)
            assert found.violations_count == 0, f"{scheme}: {found.generate_report()}"
        self.show_in("light")

    def show_in(self, scheme: Any) -> None:
        """Light or dark; what is animated has come to its end."""
        self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")

    def keep(self, name: str) -> Path:
        """A screenshot of the whole page."""
        path = _folder() / f"{name}.png"
        self.page.screenshot(path=path, full_page=True)
        return path

    def is_narrower_than_its_window(self) -> bool:
        """Whether nobody has to scroll sideways."""
        return bool(self.page.evaluate("document.documentElement.scrollWidth <= innerWidth"))

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not message.text.startswith(NO_ANSWER):
            self.complaints.append(message.text)


@contextmanager
def a_browser() -> Iterator[Browser]:
    """The system's Chromium, without a window."""
    program = shutil.which(PROGRAM)
    assert program, f"{PROGRAM} is not installed (on Debian: apt-get install chromium)"
    # its sandbox does not work as root
    flags = ["--no-sandbox"] if os.geteuid() == 0 else []
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=flags)
        yield browser
        browser.close()


@contextmanager
def visit(browser: Browser, *, size: dict[str, int] = DESKTOP, locale: str = "en-GB") -> Iterator[Visit]:
    """A page in a profile of its own."""
    context = browser.new_context(
        viewport={"width": size["width"], "height": size["height"]},
        locale=locale,
        timezone_id="Asia/Shanghai",
        has_touch=size is PHONE,
        is_mobile=size is PHONE,
        reduced_motion="reduce",
    )
    context.set_default_timeout(PATIENCE_MS)
    seen = Visit(context.new_page())
    seen.watch()
    yield seen
    context.close()


def _folder() -> Path:
    folder = Path(os.environ.get(SCREENSHOTS) or Path(tempfile.gettempdir()) / "attain-screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder
