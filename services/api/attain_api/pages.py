"""Pages for browsers: a shell without any data, and the files that it loads; all data it asks the public API for."""

import base64
import gzip
import hashlib
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Header, Response

from attain_api.conditional import Tag, content_tag
from attain_api.deps import public
from attain_shared.errors import NotFound

VENDORED = Path(__file__).parent / "vendored"
"""What others wrote, one folder each, with its licence and where it comes from."""
MEDIA_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
IMPORTED = re.compile(r'(?:from|import)\s*"(\.[^"]+)"')
"""What a module cannot begin without; what it loads later, by `import(…)`, is not meant."""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that a page loads."""

    content: bytes
    media_type: str
    packed: bytes
    """The same by gzip: a browser far away waits for bytes."""

    @classmethod
    def of(cls, content: bytes, media_type: str) -> "Asset":
        """Pack it, the same way in every process."""
        return cls(content, media_type, gzip.compress(content, mtime=0))


def digest(assets: Mapping[str, Asset]) -> str:
    """One name for all that a page loads, another one when any of it changes: scripts load each other by name."""
    whole = hashlib.sha256()
    for name, asset in assets.items():
        whole.update(f"{name} {len(asset.content)}\n".encode() + asset.content)
    return base64.urlsafe_b64encode(whole.digest()[:12]).decode()


def modules_of(assets: Mapping[str, Asset], first: str) -> list[str]:
    """All modules that one cannot begin without, itself first: those that it imports, those that they do, and so on."""
    found = [first]
    for name in found:
        imports = IMPORTED.findall(assets[name].content.decode())
        nearby = (posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) for path in imports)
        found += [one for one in dict.fromkeys(nearby) if one not in found]
    return found


class Page:
    """A page at an address: `index.html` of its folder, and its files below the name of their edition."""

    def __init__(self, address: str, folder: Path, *, vendored: tuple[str, ...] = (), policy: str = POLICY) -> None:
        """Read it all: the files of the folder and of those below it, and of what it takes from the vendored ones."""
        self.address = address
        self.folder = folder
        self.assets = dict(_assets(folder, "")) | {
            name: asset for package in vendored for name, asset in _assets(VENDORED / package, f"{package}/")
        }
        self.edition = digest(self.assets)
        shell = (folder / "index.html").read_text("utf-8")
        if "{{modules}}" in shell:
            shell = shell.replace("{{modules}}", self._preloads("main.js"))
        shell = shell.replace("{{assets}}", f"{address}/{self.edition}")
        self.shell = Asset.of(shell.encode(), "text/html")
        # beside `X-Content-Type-Options`, which every answer has
        self.headers = {"Content-Security-Policy": policy, "Referrer-Policy": "no-referrer", "Vary": "Accept-Encoding"}

    def router(self, name: str, *, summary: str) -> APIRouter:
        """The routes `get_<name>` and `get_<name>_asset`."""
        router = APIRouter(include_in_schema=False, dependencies=[public])

        @router.get(self.address, name=f"get_{name}", summary=summary)
        async def get_shell(*, tag: Tag, accept_encoding: Annotated[str, Header()] = "") -> Response:
            """The shell; asked for anew each time, so that a new release shows at once."""
            return self._file(self.shell, cache="no-cache", tag=tag, encodings=accept_encoding)

        @router.get(self.address + "/{edition}/{file:path}", name=f"get_{name}_asset", summary=f"A file of: {summary}")
        async def get_asset(
            *, tag: Tag, edition: str, file: str, accept_encoding: Annotated[str, Header()] = ""
        ) -> Response:
            """Kept for good under the edition that it belongs to.

            Another edition is of a page that another release served while one replaces the other: it gets what there is
            here.
            """
            asset = self.assets.get(file)
            if asset is None:
                raise NotFound("There is no such resource.")
            cache = "public, max-age=31536000, immutable" if edition == self.edition else "no-cache"
            return self._file(asset, cache=cache, tag=tag, encodings=accept_encoding)

        return router

    def _preloads(self, first: str) -> str:
        """Links that have all modules asked for at once: a browser finds out by itself one import after another."""
        names = modules_of(self.assets, first)[1:]
        return "\n".join(f'<link rel="modulepreload" href="{{{{assets}}}}/{name}">' for name in names)

    def _file(self, asset: Asset, *, cache: str, tag: Tag, encodings: str) -> Response:
        packed = "gzip" in {encoding.strip() for encoding in encodings.split(",")}
        content = asset.packed if packed else asset.content
        etag = content_tag(content)
        tag.show(etag)
        encoding = {"Content-Encoding": "gzip"} if packed else {}
        headers = {"ETag": etag, "Cache-Control": cache, **encoding, **self.headers}
        return Response(content, media_type=asset.media_type, headers=headers)


def _assets(folder: Path, prefix: str) -> Iterator[tuple[str, Asset]]:
    for path in sorted(folder.rglob("*")):
        if path.suffix in MEDIA_TYPES:
            name = prefix + path.relative_to(folder).as_posix()
            yield name, Asset.of(path.read_bytes(), MEDIA_TYPES[path.suffix])
