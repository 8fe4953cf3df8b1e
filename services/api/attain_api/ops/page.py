"""`/ops`: the page for whoever is called at night. What it shows it asks `/v1/ops` for."""

from pathlib import Path

from attain_api.pages import Page

PAGE = Page("/ops", Path(__file__).parent / "page", vendored=("uplot",))
router = PAGE.router("ops_page", summary="The operations page")
