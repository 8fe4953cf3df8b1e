"""Whether a push is signed as it has to be (ING-7, Standard Webhooks)."""

from collections.abc import Callable, Mapping
from functools import partial

from attain_api.access.actor import Actor
from attain_api.access.tokens import signing_secret
from attain_shared.clock import utc_now
from attain_shared.errors import BadRequest, Unauthenticated
from attain_shared.signatures import HEADERS, ID_HEADER, SignatureInvalid, verify


class SignatureRefused(Unauthenticated):
    """A push whose signature is missing or does not hold; `fault` in the problem says which, as a stable code."""

    code, title = "invalid-signature", "Signature not valid"

    def __init__(self, fault: str, detail: str) -> None:
        super().__init__(detail)
        self.extra["fault"] = fault


def signature_check(
    headers: Mapping[str, str], *, actor: Actor, key: str, secret_key: str
) -> Callable[[bytes], None] | None:
    """What the unpacked body has to pass; None where the push is not signed and need not be.

    Args:
        headers: of the request, found in whatever case.
        actor: who pushes.
        key: the Idempotency-Key.
        secret_key: the installation's own, which signing secrets are derived from.

    Raises:
        SignatureRefused: the caller has nothing to sign with.
        BadRequest: the signature is of another Idempotency-Key.
    """
    given = {name: headers[name] for name in HEADERS if name in headers}
    if not (given or actor.must_sign):
        return None
    if actor.api_key_id is None:
        raise SignatureRefused("no-secret", "only pushes with an API key are signed")
    if given.get(ID_HEADER, key) != key:
        raise BadRequest("webhook-id must be the Idempotency-Key", code="webhook-id-mismatch")
    return partial(_check, signing_secret(actor.api_key_id, key=secret_key), given)


def _check(secret: str, given: Mapping[str, str], content: bytes) -> None:
    try:
        verify([secret], given, content, utc_now().timestamp())
    except SignatureInvalid as error:
        raise SignatureRefused(error.fault, f"the push is not signed as it must be: {error}") from None
