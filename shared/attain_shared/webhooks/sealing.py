"""What sending needs and nobody may read: sealed with a key that the database does not hold (ADR 48).

Addresses and vendors' secrets are given, so they are stored, encrypted; signing secrets are derived, so nothing is (ADR 27).
"""

import hmac
import secrets
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from attain_shared.signatures import write_secret

_NONCE_BYTES = 12
_SEALING = b"attain webhook sealing"
_SIGNING = b"attain webhook signing\n"
"""Set the two uses of the key apart."""


class SealBroken(Exception):
    """What was sealed with another key, or for another owner; nothing of it is shown."""


class DeliveryKey:
    """The key of what goes out, `ATTAIN_DELIVERY_KEY`."""

    def __init__(self, text: str) -> None:
        """The text itself is not kept."""
        self._cipher = AESGCM(hmac.digest(text.encode(), _SEALING, "sha256"))
        self._signing = hmac.digest(text.encode(), _SIGNING, "sha256")

    def seal(self, text: str, *, owner: UUID) -> bytes:
        """Encrypt it for this row: in another one it does not open."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, text.encode(), owner.bytes)

    def unseal(self, sealed: bytes, *, owner: UUID) -> str:
        """The reverse of `seal`.

        Raises:
            SealBroken: another key has sealed it.
        """
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], owner.bytes).decode()
        except (InvalidTag, ValueError):
            raise SealBroken("another key has sealed it") from None

    def signing_secret(self, webhook_id: UUID, *, generation: int) -> str:
        """What a webhook's deliveries are signed with, `whsec_…`; each rotation is a generation."""
        named = webhook_id.bytes + generation.to_bytes(4)
        return write_secret(hmac.digest(self._signing, named, "sha256"))
