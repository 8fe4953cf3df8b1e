"""Somebody who stays signed in for as long as a load plays."""

import asyncio

import httpx

from deploy.local.load.company import Login

EARLY = 60.0
"""Seconds before its end that a token is renewed, where it lasts long enough."""


class Account:
    """Renews its access token by the refresh token, and signs in again where that is refused."""

    def __init__(self, http: httpx.AsyncClient, login: Login) -> None:
        self._http = http
        self._login = login
        self._access, self._refresh = "", ""
        self._good_until = 0.0
        self._lock = asyncio.Lock()
        self.sign_ins = self.refreshes = 0

    async def token(self) -> str:
        """A token that is good for a while.

        Raises:
            httpx.HTTPStatusError: the sign-in was answered, but with no token.
            httpx.TransportError: it was not answered.
        """
        async with self._lock:
            if asyncio.get_running_loop().time() >= self._good_until:
                await self._renew()
            return self._access

    def refused(self, token: str) -> None:
        """The token was not taken: the next request gets another."""
        if token == self._access:
            self._good_until = 0.0

    async def _renew(self) -> None:
        asked_at, reply = asyncio.get_running_loop().time(), None
        if self._refresh:
            # good once: whatever comes of it, it is spent
            spent, self._refresh = self._refresh, ""
            reply = await self._http.post("/v1/auth/refresh", json={"refresh_token": spent})
        if reply is not None and reply.is_success:
            self.refreshes += 1
        else:
            form = {"username": self._login.email, "password": self._login.password}
            reply = await self._http.post("/v1/auth/token", data=form)
            reply.raise_for_status()
            self.sign_ins += 1
        tokens = reply.json()
        self._access, self._refresh = tokens["access_token"], tokens["refresh_token"]
        lifetime = tokens["expires_in"]
        self._good_until = asked_at + lifetime - min(EARLY, lifetime / 4)
