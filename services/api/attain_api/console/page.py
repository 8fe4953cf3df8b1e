"""`/console`: goals, teams, reviews and shops in a browser. It asks the public API, as any other client."""

from pathlib import Path

from attain_api.pages import Page

PAGE = Page("/console", Path(__file__).parent / "page", vendored=("htm", "uplot"))
router = PAGE.router("console_page", summary="The console")
