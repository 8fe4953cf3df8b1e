"""Whose uploaded file is read next: each takes a processor for seconds, and much memory."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager

from attain_shared.errors import Conflict, Unavailable

MAX_FILES = 8
"""In a process, with the one that is being read."""
RETRY_SECONDS = 5


class TooManyFiles(Unavailable):
    """More uploads than are let wait."""

    code, title = "too-many-files", "Too many files"


class FileQueue:
    """One file at a time, the others wait."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(1)
        self._files = 0
        self._keys: set[Hashable] = set()

    @asynccontextmanager
    async def turn(self, key: Hashable | None = None) -> AsyncIterator[None]:
        """Wait for one's turn, and have it; a request that is sent again with its key does not wait beside the first.

        Raises:
            TooManyFiles: too many wait already.
            Conflict: the first request with this key does.
        """
        if key is not None and key in self._keys:
            raise Conflict("The first request with this key is still running.", code="request-in-progress")
        if self._files == MAX_FILES:
            # by chance up to twice as long: those who are sent away together must not come back together
            wait = RETRY_SECONDS + secrets.randbelow(RETRY_SECONDS + 1)
            raise TooManyFiles("too many files wait to be read; try again", retry_after=wait)
        self._files += 1
        if key is not None:
            self._keys.add(key)
        try:
            async with self._turn:
                yield
        finally:
            self._files -= 1
            self._keys.discard(key)
