"""Reading a push's body off the wire, bounded before and after it is unpacked."""

import gzip
import zlib
from collections.abc import Callable

from fastapi import Request

from attain_api.middleware import allow_body
from attain_shared.errors import AttainError, BadRequest, TooLarge

MAX_BYTES = 8 * 1024 * 1024
"""Of a body, unpacked."""
LARGE, LARGE_PACKED = 128 * 1024, 16 * 1024
"""Of a body as it came: about 1,500 rows, a millisecond's work."""
GZIP_WINDOW = 31


class UnsupportedEncoding(AttainError):
    """A Content-Encoding that is not taken."""

    status, code, title = 415, "unsupported-encoding", "Encoding not supported"


class PushedBody:
    """A body as it came, and how it is packed."""

    def __init__(self, raw: bytes, *, is_gzip: bool) -> None:
        """Nothing is unpacked yet: that waits until the caller is known."""
        self._raw = raw
        self._is_gzip = is_gzip
        self._check: Callable[[bytes], None] | None = None

    @property
    def is_large(self) -> bool:
        """Whether reading it may take longer than others can wait."""
        return len(self._raw) > (LARGE_PACKED if self._is_gzip else LARGE)

    def pass_through(self, check: Callable[[bytes], None] | None) -> None:
        """Nobody gets to see the JSON before it has passed the check."""
        self._check = check

    def unpack(self) -> bytes:
        """The JSON, at most 8 MiB of it.

        Raises:
            TooLarge: more than that is hidden in it.
            BadRequest: it is not gzip.
            AttainError: whatever the check raises.
        """
        content = self._unpacked()
        if self._check is not None:
            self._check(content)
        return content

    def _unpacked(self) -> bytes:
        if not self._is_gzip:
            return self._raw
        member = zlib.decompressobj(GZIP_WINDOW)
        try:
            unpacked = member.decompress(self._raw, MAX_BYTES + 1)
        except zlib.error:
            raise BadRequest("the body is not gzip", code="malformed-gzip") from None
        if len(unpacked) > MAX_BYTES:
            raise _too_large()
        # a million empty members would take minutes to go through
        if not member.eof or member.unused_data:
            raise BadRequest("the gzip data must be one whole member", code="malformed-gzip")
        return unpacked

    def packed(self) -> bytes:
        """The gzip that is stored: as received, or made here, quickly."""
        return self._raw if self._is_gzip else gzip.compress(self._raw, compresslevel=1, mtime=0)


async def read_body(request: Request) -> PushedBody:
    """Read the body before anything else: a slow sender must not hold a database connection.

    Raises:
        UnsupportedEncoding: neither gzip nor plain.
    """
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in {"identity", "gzip", ""}:
        raise UnsupportedEncoding("Content-Encoding may be gzip or left out")
    allow_body(request, MAX_BYTES)
    return PushedBody(await request.body(), is_gzip=encoding == "gzip")


def _too_large() -> TooLarge:
    return TooLarge(f"a push holds at most {MAX_BYTES} bytes of JSON, unpacked")
