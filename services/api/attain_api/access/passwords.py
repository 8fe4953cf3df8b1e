"""Password hashing, away from the event loop and never with a connection in hand (SEC-1)."""

import asyncio
from dataclasses import dataclass, field

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

HASHES_AT_ONCE = 2
"""Each takes a core and 19 MiB; more at once would only wait for each other."""


@dataclass(slots=True)
class Passwords:
    """argon2id with OWASP's parameters; every check costs the same, whether the account exists or not."""

    _hasher: PasswordHash = field(
        default_factory=lambda: PasswordHash((Argon2Hasher(time_cost=2, memory_cost=19_456, parallelism=1),))
    )
    _slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(HASHES_AT_ONCE))
    _dummy: str | None = None

    async def hashed(self, password: str) -> str:
        """The hash to store."""
        async with self._slots:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def matches(self, password: str, stored: str | None) -> bool:
        """Whether a password fits the stored hash; without one the same work is done for nothing."""
        if stored is None and self._dummy is None:
            self._dummy = await self.hashed("nobody signs in with this")
        async with self._slots:
            fits = await asyncio.to_thread(self._hasher.verify, password, stored or self._dummy or "")
        return fits and stored is not None
