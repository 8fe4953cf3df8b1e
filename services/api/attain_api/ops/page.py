"""`/ops`: the page for whoever is called at night. A shell without any data; what it shows it asks `/v1/ops` for."""

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter, Response

from attain_api.conditional import Tag, content_tag
from attain_api.deps import public
from attain_shared.errors import NotFound

router = APIRouter(tags=["operations"], include_in_schema=False)

FOLDER = Path(__file__).parent / "page"
MEDIA_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {"Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer"}
"""Beside `X-Content-Type-Options`, which every answer has."""


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that the page loads."""

    content: bytes
    media_type: str


ASSETS = {
    path.name: Asset(path.read_bytes(), MEDIA_TYPES[path.suffix])
    for path in sorted(FOLDER.rglob("*"))
    if path.suffix in MEDIA_TYPES
}
"""By name: the page's own and those of uPlot."""


def digest(assets: dict[str, Asset]) -> str:
    """One name for all that the page loads, another one when any of it changes: scripts load each other by name."""
    whole = hashlib.sha256()
    for name, asset in assets.items():
        whole.update(f"{name} {len(asset.content)}\n".encode() + asset.content)
    return base64.urlsafe_b64encode(whole.digest()[:12]).decode()


EDITION = digest(ASSETS)
PAGE = (FOLDER / "index.html").read_text("utf-8").replace("{{assets}}", f"/ops/{EDITION}").encode()


@router.get("/ops", summary="The operations page", dependencies=[public])
async def get_ops_page(*, tag: Tag) -> Response:
    """The shell; asked for anew each time, so that a new release shows at once."""
    return _file(PAGE, media_type="text/html", cache="no-cache", tag=tag)


@router.get("/ops/{edition}/{name}", summary="A file of the operations page", dependencies=[public])
async def get_ops_asset(*, tag: Tag, edition: str, name: str) -> Response:
    """Kept for good under the edition that it belongs to.

    Another edition is of a page that another release served while one replaces the other: it gets what there is here.
    """
    asset = ASSETS.get(name)
    if asset is None:
        raise NotFound("There is no such resource.")
    cache = "public, max-age=31536000, immutable" if edition == EDITION else "no-cache"
    return _file(asset.content, media_type=asset.media_type, cache=cache, tag=tag)


def _file(content: bytes, *, media_type: str, cache: str, tag: Tag) -> Response:
    etag = content_tag(content)
    tag.show(etag)
    headers = {"ETag": etag, "Cache-Control": cache, **HEADERS}
    return Response(content, media_type=media_type, headers=headers)
