"""Access tokens (JWT) and the opaque secrets: refresh tokens and API keys."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from joserfc.jwt import JWTClaimsRegistry

from attain_shared.errors import Unauthenticated
from attain_shared.identifiers import new_id
from attain_shared.signatures import write_secret

ISSUER = "attain"
AUDIENCE = "attain-api"
LEEWAY = 30
"""Seconds by which clocks of two hosts may differ."""
TOKEN_TYPE = "at+jwt"  # noqa: S105  # a kind, not a token
"""No other signed thing of ours passes for an access token (RFC 9068)."""
API_KEY_PREFIX = "att_"
_SIGNING_SECRET = b"attain signing secret\n"
"""Sets what is derived for this use apart from all others."""
_NOT_VALID = "The access token is not valid, or no longer."


@dataclass(frozen=True, slots=True)
class Claims:
    """What an access token says: whose it is, in which company, and out of which sign-in."""

    account_id: UUID
    company_id: UUID
    session_id: UUID


@dataclass(frozen=True, slots=True)
class Opaque:
    """A secret of ours: its id finds the row, its hash is compared."""

    id: UUID
    secret: str

    @property
    def secret_hash(self) -> bytes:
        """What is stored; a fast hash will do for 256 random bits."""
        return hashlib.sha256(self.secret.encode()).digest()

    def matches(self, stored: bytes) -> bool:
        """Compare without telling by time how far they agree."""
        return hmac.compare_digest(self.secret_hash, stored)

    @property
    def text(self) -> str:
        """As its owner keeps it."""
        return f"{self.id.hex}_{self.secret}"


def new_opaque() -> Opaque:
    """A fresh id and secret."""
    return Opaque(new_id(), secrets.token_urlsafe(32))


def read_opaque(text: str) -> Opaque | None:
    """The reverse of `Opaque.text`; None for anything else."""
    identifier, separator, secret = text.partition("_")
    if not (separator and len(identifier) == 32 and secret.isascii() and len(secret) <= 64):
        return None
    try:
        return Opaque(UUID(hex=identifier), secret)
    except ValueError:
        return None


def signing_secret(key_id: UUID, *, key: str) -> str:
    """What pushes with an API key are signed with (ING-7): derived, so that no copy of it is stored anywhere.

    It holds as long as the installation's own key does.
    """
    return write_secret(hmac.digest(key.encode(), _SIGNING_SECRET + key_id.bytes, "sha256"))


def sign_access_token(claims: Claims, *, key: str, now: datetime, seconds: int) -> str:
    """A short-lived token for one company."""
    return jwt.encode(
        {"alg": "HS256", "typ": TOKEN_TYPE},
        {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(claims.account_id),
            "company": str(claims.company_id),
            "sid": str(claims.session_id),
            "iat": int(now.timestamp()),
            "exp": int((now + timedelta(seconds=seconds)).timestamp()),
            "jti": new_id().hex,
        },
        OctKey.import_key(key),
    )


def read_access_token(token: str, *, key: str) -> Claims:
    """Check signature, kind, issuer, audience and time; anything wrong is the same 401.

    So is a token without a session, from before there were any: its client refreshes.
    """
    registry = JWTClaimsRegistry(
        leeway=LEEWAY,
        iss={"essential": True, "value": ISSUER},
        aud={"essential": True, "value": AUDIENCE},
        exp={"essential": True},
        sub={"essential": True},
    )
    try:
        read = jwt.decode(token, OctKey.import_key(key), algorithms=["HS256"])
        registry.validate(read.claims)
        claims = Claims(UUID(read.claims["sub"]), UUID(read.claims["company"]), UUID(read.claims["sid"]))
    except (JoseError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unauthenticated(_NOT_VALID, code="invalid-token") from error
    if read.header.get("typ") != TOKEN_TYPE:
        raise Unauthenticated(_NOT_VALID, code="invalid-token")
    return claims
