"""The page of the API's documentation as it is served."""

import re

from httpx import AsyncClient

from attain_api.reference.page import PAGE


async def test_it_loads_its_own_files_only(api: AsyncClient) -> None:
    page = await api.get("/docs")
    assert (page.status_code, page.headers["Cache-Control"]) == (200, "no-cache")
    addresses = re.findall(r'(?:link[^>]* href|src)="([^"]+)"', page.text)
    assert {address.removeprefix(f"/docs/{PAGE.edition}/") for address in addresses} == set(PAGE.assets)
    for address in addresses:
        assert (await api.get(address)).headers["Cache-Control"] == "public, max-age=31536000, immutable"


async def test_its_policy_lets_nothing_in_from_elsewhere(api: AsyncClient) -> None:
    policy = dict(
        part.strip().split(" ", 1) for part in (await api.get("/docs")).headers["Content-Security-Policy"].split(";")
    )
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert (policy["img-src"], policy["default-src"]) == ("'self' data:", "'none'")


async def test_what_it_shows_is_the_document_that_is_served(api: AsyncClient) -> None:
    address = re.search(r'url: "([^"]+)"', PAGE.assets["main.js"].content.decode())
    assert address is not None
    document = await api.get(address[1])
    assert (document.status_code, document.json()["info"]["title"]) == (200, "Attain")
