"""Signed bodies as Standard Webhooks defines them (ING-7): HMAC-SHA256 over `id.timestamp.body`.

Only the standard library: connectors sign with this, the API verifies with it.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from typing import Literal

SECRET_PREFIX = "whsec_"  # noqa: S105  # what a secret begins with
ID_HEADER, TIMESTAMP_HEADER, SIGNATURE_HEADER = "webhook-id", "webhook-timestamp", "webhook-signature"
HEADERS = (ID_HEADER, TIMESTAMP_HEADER, SIGNATURE_HEADER)
TOLERANCE_SECONDS = 300
"""By how much the clocks of signer and verifier may differ, either way."""
_VERSION = "v1,"
_MAX_TIMESTAMP_DIGITS = 12

Fault = Literal["header-missing", "timestamp-malformed", "timestamp-outside-tolerance", "no-signature-matches"]


class SignatureInvalid(Exception):
    """A signature that does not hold; `fault` says why."""

    def __init__(self, fault: Fault, detail: str) -> None:
        super().__init__(detail)
        self.fault: Fault = fault


def write_secret(key: bytes) -> str:
    """A signing key as its owner keeps it: `whsec_` and base64."""
    return SECRET_PREFIX + base64.b64encode(key).decode()


def read_secret(text: str) -> bytes:
    """The key of a secret as `write_secret` gave it.

    Raises:
        ValueError: it is none; what was given is not repeated.
    """
    try:
        key = base64.b64decode(text.strip().removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not key:
        raise ValueError("a signing secret is written whsec_ and base64")
    return key


def sign(secret: str, body: bytes, *, message_id: str, timestamp: int) -> dict[str, str]:
    """The three headers of a body; `timestamp` is in Unix seconds.

    Raises:
        ValueError: the secret is none.
    """
    signature = base64.b64encode(_digest(read_secret(secret), message_id, str(timestamp), body)).decode()
    return {ID_HEADER: message_id, TIMESTAMP_HEADER: str(timestamp), SIGNATURE_HEADER: _VERSION + signature}


def verify(
    secrets: Iterable[str],
    headers: Mapping[str, str],
    body: bytes,
    now: float,
    tolerance: int = TOLERANCE_SECONDS,
) -> None:
    """Accept a body that any of the secrets has signed in any of its signatures: both may be several in a rotation.

    Args:
        secrets: as `write_secret` writes them.
        headers: of the request, names in whatever case.
        body: the JSON, unpacked.
        now: Unix seconds.
        tolerance: seconds the timestamp may lie before or after `now`.

    Raises:
        SignatureInvalid: with the fault.
        ValueError: a secret is none.
    """
    given = {name.lower(): value for name, value in headers.items()}
    if missing := [name for name in HEADERS if not given.get(name)]:
        raise SignatureInvalid("header-missing", f"missing: {', '.join(missing)}")
    timestamp = given[TIMESTAMP_HEADER]
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= _MAX_TIMESTAMP_DIGITS):
        raise SignatureInvalid("timestamp-malformed", f"{TIMESTAMP_HEADER} is not a number of Unix seconds")
    if abs(now - int(timestamp)) > tolerance:
        raise SignatureInvalid(
            "timestamp-outside-tolerance", f"{TIMESTAMP_HEADER} is more than {tolerance} seconds from this clock"
        )
    shown = [text.removeprefix(_VERSION) for text in given[SIGNATURE_HEADER].split() if text.startswith(_VERSION)]
    for secret in secrets:
        expected = base64.b64encode(_digest(read_secret(secret), given[ID_HEADER], timestamp, body))
        # as bytes: text that is not ASCII would be an error, not a difference
        if any(hmac.compare_digest(expected, signature.encode()) for signature in shown):
            return
    raise SignatureInvalid("no-signature-matches", "no signature matches this body and this key's secret")


def _digest(key: bytes, message_id: str, timestamp: str, body: bytes) -> bytes:
    return hmac.new(key, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
