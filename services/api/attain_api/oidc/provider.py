"""The identity provider: what is asked of it over the network, and how its answer is checked (OpenID Connect Core)."""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any

from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from attain_api.settings import OidcSettings
from attain_shared.errors import Unauthenticated, Unavailable

try:
    from authlib.common.errors import AuthlibBaseError
    from authlib.integrations.httpx_client import AsyncOAuth2Client
    from authlib.oidc.core import CodeIDToken
    from httpx import AsyncClient, HTTPError
except ImportError:  # the extra is not installed: the settings say so where they ask for it
    IS_INSTALLED = False
else:
    IS_INSTALLED = True

ALGORITHMS = ["RS256", "PS256", "ES256"]
"""Of ID tokens. None that takes no key, or a key that both sides know."""
LEEWAY = 30
"""Seconds by which the provider's clock may differ."""
TIMEOUT = 5.0
KEPT_SECONDS = 3600.0
"""How long what the provider says of itself is believed."""
LEAST_SECONDS = 30.0
"""Between two looks at its keys, however many tokens name one that is not among them."""
_KEEP = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom the provider has signed in."""

    issuer: str
    subject: str
    email: str | None
    """Only where the provider has verified it."""


@dataclass(slots=True)
class OidcProvider:
    """One provider, known by its settings; its metadata and keys are fetched when needed and kept."""

    settings: OidcSettings
    _metadata: dict[str, Any] = field(default_factory=dict)
    _metadata_at: float = 0
    _keys: KeySet | None = None
    _keys_at: float = 0
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def authorization_url(self, *, redirect_uri: str, state: str, nonce: str, code_verifier: str) -> str:
        """Where to send the browser: code flow with PKCE (S256)."""
        endpoint = (await self._read_metadata())["authorization_endpoint"]
        async with self._client(redirect_uri) as client:
            url, _ = client.create_authorization_url(endpoint, state=state, nonce=nonce, code_verifier=code_verifier)
        return str(url)

    async def identify(self, *, code: str, redirect_uri: str, nonce: str, code_verifier: str) -> Identity:
        """Exchange a code, and check the ID token that comes for it."""
        endpoint = (await self._read_metadata())["token_endpoint"]
        try:
            async with self._client(redirect_uri) as client:
                answer = await client.fetch_token(
                    endpoint, grant_type="authorization_code", code=code, code_verifier=code_verifier
                )
        except AuthlibBaseError as error:
            raise refused() from error
        except (HTTPError, ValueError) as error:
            raise _away() from error
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise refused()
        try:
            return read_id_token(token, settings=self.settings, keys=await self._read_keys(), nonce=nonce)
        except UnknownKey:
            keys = await self._read_keys(anew=True)
        try:
            return read_id_token(token, settings=self.settings, keys=keys, nonce=nonce)
        except UnknownKey as error:
            raise refused() from error

    def _client(self, redirect_uri: str) -> "AsyncOAuth2Client":
        return AsyncOAuth2Client(
            client_id=self.settings.client_id,
            client_secret=self.settings.client_secret.get_secret_value(),
            scope="openid email",
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
            timeout=TIMEOUT,
        )

    async def _read_metadata(self) -> dict[str, Any]:
        async with self._lock:
            if not self._metadata or time.monotonic() - self._metadata_at > KEPT_SECONDS:
                url = self.settings.issuer.rstrip("/") + "/.well-known/openid-configuration"
                found = await _fetch(url)
                if found.get("issuer") != self.settings.issuer or not all(
                    isinstance(found.get(name), str) for name in _KEEP
                ):
                    raise _away()
                self._metadata = {name: found[name] for name in _KEEP}
                self._metadata_at = time.monotonic()
        return self._metadata

    async def _read_keys(self, *, anew: bool = False) -> KeySet:
        url = (await self._read_metadata())["jwks_uri"]
        async with self._lock:
            age = time.monotonic() - self._keys_at
            if self._keys is None or age > (LEAST_SECONDS if anew else KEPT_SECONDS):
                found = await _fetch(url)
                try:
                    self._keys = KeySet.import_key_set(found)  # type: ignore[arg-type]  # checked by it
                except (JoseError, ValueError, KeyError, TypeError) as error:
                    raise _away() from error
                self._keys_at = time.monotonic()
            return self._keys


class UnknownKey(Exception):
    """The token names a key that is not among the provider's, as far as they are known."""


def read_id_token(token: str, *, settings: OidcSettings, keys: KeySet, nonce: str) -> Identity:
    """Check signature, algorithm, issuer, audience, time and nonce.

    Raises:
        UnknownKey: the provider may have a new one.
        Unauthenticated: anything else is wrong with it.
    """
    try:
        read = jwt.decode(token, keys, algorithms=ALGORITHMS)
        claims = CodeIDToken(
            read.claims,
            read.header,
            {
                "iss": {"essential": True, "value": settings.issuer},
                "aud": {"essential": True, "value": settings.client_id},
            },
            {"nonce": nonce, "client_id": settings.client_id},
        )
        claims.validate(leeway=LEEWAY)
    except InvalidKeyIdError as error:
        raise UnknownKey from error
    except (JoseError, AuthlibBaseError, ValueError, KeyError, TypeError) as error:
        raise refused() from error
    email = claims.get("email") if claims.get("email_verified") is True else None
    subject = claims["sub"]
    if not isinstance(subject, str) or not 0 < len(subject) <= 255:
        raise refused()
    return Identity(settings.issuer, subject, email.strip().lower() if isinstance(email, str) else None)


def refused() -> Unauthenticated:
    """Whatever is wrong with a single sign-on; which part of it, nobody learns."""
    return Unauthenticated("The sign-in at the identity provider does not hold here.", code="oidc-refused")


def _away() -> Unavailable:
    return Unavailable("The identity provider does not answer as it should.")


async def _fetch(url: str) -> dict[str, Any]:
    try:
        async with AsyncClient(timeout=TIMEOUT) as client:
            answer = await client.get(url)
            answer.raise_for_status()
            found = answer.json()
    except (HTTPError, ValueError) as error:
        raise _away() from error
    if not isinstance(found, dict):
        raise _away()
    return found
