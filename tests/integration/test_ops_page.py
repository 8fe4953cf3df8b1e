"""The operations page as it is served: its headers, its files, and that it needs nobody else's."""

import re

import pytest
from httpx import AsyncClient

from attain_api.ops.page import PAGE
from attain_api.pages import Asset, digest
from tests.support.http import problem

ASSETS, EDITION, FOLDER = PAGE.assets, PAGE.edition, PAGE.folder
OWN = sorted(path for path in FOLDER.glob("*") if path.is_file())
NAMESPACE = 'xmlns="http://www.w3.org/2000/svg"'
"""A name, and not an address."""


def as_text(name: str) -> str:
    return (FOLDER / name).read_text("utf-8")


async def test_the_page_is_for_everybody_and_asked_for_anew_each_time(api: AsyncClient) -> None:
    page = await api.get("/ops")
    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert page.headers["Cache-Control"] == "no-cache"
    again = await api.get("/ops", headers={"If-None-Match": page.headers["ETag"]})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", page.headers["ETag"])


@pytest.mark.parametrize("path", ["/ops", f"/ops/{EDITION}/main.js", f"/ops/{EDITION}/uplot/uPlot.min.css"])
async def test_nothing_may_be_loaded_from_elsewhere_or_run_inline(api: AsyncClient, path: str) -> None:
    headers = (await api.get(path)).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    own = dict.fromkeys(("script-src", "style-src", "connect-src", "img-src"), "'self'")
    none = dict.fromkeys(("default-src", "base-uri", "form-action", "frame-ancestors"), "'none'")
    assert policy == own | none
    assert (headers["X-Content-Type-Options"], headers["Referrer-Policy"]) == ("nosniff", "no-referrer")


async def test_all_that_the_page_names_is_there_and_kept_for_good(api: AsyncClient) -> None:
    addresses = set(re.findall(r'(?:href|src)="([^"#]+)"', (await api.get("/ops")).text))
    modules = {found for name in ASSETS for found in re.findall(r'from "\./([^"]+)"', ASSETS[name].content.decode())}
    assert all(address.startswith(f"/ops/{EDITION}/") for address in addresses)
    assert {address.removeprefix(f"/ops/{EDITION}/") for address in addresses} | modules == set(ASSETS)
    for name in ASSETS:
        asset = await api.get(f"/ops/{EDITION}/{name}")
        assert (asset.status_code, asset.content) == (200, ASSETS[name].content)
        assert asset.headers["Content-Type"].split(";")[0] == ASSETS[name].media_type
        assert asset.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        again = await api.get(f"/ops/{EDITION}/{name}", headers={"If-None-Match": asset.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")


async def test_files_are_packed_only_for_who_can_unpack_them(api: AsyncClient) -> None:
    address = f"/ops/{EDITION}/uplot/uPlot.iife.min.js"
    plain = await api.get(address, headers={"Accept-Encoding": "identity"})
    packed = await api.get(address, headers={"Accept-Encoding": "br, gzip"})
    assert (plain.headers.get("Content-Encoding"), packed.headers["Content-Encoding"]) == (None, "gzip")
    assert int(packed.headers["Content-Length"]) < int(plain.headers["Content-Length"]) / 2
    assert (packed.content, plain.headers["Vary"]) == (plain.content, "Accept-Encoding")
    assert packed.headers["ETag"] != plain.headers["ETag"]


async def test_a_page_of_another_release_gets_the_files_of_this_one_and_keeps_none(api: AsyncClient) -> None:
    asset = await api.get("/ops/of-another-release/main.js")
    assert (asset.content, asset.headers["Cache-Control"]) == (ASSETS["main.js"].content, "no-cache")


@pytest.mark.parametrize("name", ["nothing.js", "index.html", "LICENSE", "provenance.json", "..%2Fpage.py"])
async def test_nothing_else_is_served(api: AsyncClient, name: str) -> None:
    problem(await api.get(f"/ops/{EDITION}/{name}"), status=404, code="not-found")


def script(content: bytes) -> Asset:
    return Asset.of(content, "text/javascript")


def test_an_edition_is_told_from_another_by_its_files() -> None:
    one = {"a.js": script(b"1"), "b.js": script(b"2")}
    assert digest(one) == digest(dict(one))
    assert digest(one) != digest(one | {"b.js": script(b"3")})
    assert digest(one) != digest({"a.js": script(b"12"), "b.js": script(b"")})


def test_no_file_of_the_page_names_another_host() -> None:
    for path in OWN:
        assert "http" not in path.read_text("utf-8").replace(NAMESPACE, ""), path.name
        assert not re.search(r"""["'(]//""", path.read_text("utf-8")), path.name
    script = ASSETS["uplot/uPlot.iife.min.js"].content.decode().split("\n", 1)
    assert script[0].startswith("/*!"), "its licence comment names where it comes from"
    assert "http" not in script[1] + ASSETS["uplot/uPlot.min.css"].content.decode()


def test_nothing_is_inline() -> None:
    page = as_text("index.html")
    assert re.findall(r"<script[^>]*>(?!</script>)", page) == []
    assert re.findall(r"<style|\sstyle=|\son\w+=|javascript:", page) == []
    scripts = "".join(path.read_text("utf-8") for path in OWN if path.suffix == ".js")
    assert re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|Function\(", scripts) == []
