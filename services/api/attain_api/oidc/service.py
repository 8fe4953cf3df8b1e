"""Single sign-on by OpenID Connect (SEC-1): code flow with PKCE, state and nonce, each good once and for ten minutes.

The browser's state finds what must fit; only its hash is kept. Nothing is asked of the provider inside a transaction.
"""

import hashlib
import secrets
from datetime import timedelta
from uuid import UUID

from attain_api.access import service as access
from attain_api.access.client import Client
from attain_api.oidc import repository
from attain_api.oidc.provider import Identity, OidcProvider, refused
from attain_api.sessions import service as sessions
from attain_api.state import ApiState
from attain_api.throttling import service as throttling
from attain_shared.access.models import OidcSignIn
from attain_shared.access.schemas import TokenRead
from attain_shared.clock import utc_now
from attain_shared.db.session import UnitOfWork, transaction
from attain_shared.errors import Invalid, NotFound

LIVES = timedelta(minutes=10)


async def start(state: ApiState, *, redirect_uri: str, scope: str, client: Client) -> str:
    """The provider's address for a browser to go to."""
    provider = _provider(state)
    if redirect_uri not in provider.settings.redirect_uris:
        raise Invalid.field("/redirect_uri", "unknown-redirect", "Browsers may not be sent back there.")
    await throttling.count(state, *throttling.address_of(client, kind="oidc"))
    secret, nonce, code_verifier = (secrets.token_urlsafe(32) for _ in range(3))
    url = await provider.authorization_url(
        redirect_uri=redirect_uri, state=secret, nonce=nonce, code_verifier=code_verifier
    )
    async with transaction(state.sessions, state.doorbell) as uow:
        uow.session.add(
            OidcSignIn(
                state_hash=_hash(secret),
                nonce=nonce,
                code_verifier=code_verifier,
                redirect_uri=redirect_uri,
                scope=scope,
                expires_at=utc_now() + LIVES,
            )
        )
    return url


async def finish(state: ApiState, *, secret: str, code: str, client: Client) -> TokenRead:
    """Tokens for whom the provider has signed in, in the company that was named at the start."""
    provider = _provider(state)
    address = throttling.address_of(client)
    await throttling.count(state, *address)
    async with transaction(state.sessions, state.doorbell) as uow:
        begun = await repository.take_sign_in(uow.session, state_hash=_hash(secret), now=utc_now())
    if begun is None:
        raise refused()
    identity = await provider.identify(
        code=code, redirect_uri=begun.redirect_uri, nonce=begun.nonce, code_verifier=begun.code_verifier
    )
    async with transaction(state.sessions, state.doorbell) as uow:
        known = await repository.find_linked(uow.session, issuer=identity.issuer, subject=identity.subject)
    no_password = None if known else await state.passwords.hashed(secrets.token_urlsafe(32))
    async with transaction(state.sessions, state.doorbell) as uow:
        account_id = known or await _link(uow, identity=identity)
        if no_password is not None:
            # who chose the password so far need not be whom the provider vouches for
            await repository.set_password_hash(uow.session, account_id=account_id, password_hash=no_password)
            await sessions.end_sessions_of_account(uow, account_id=account_id)
        tokens = await access.begin_session(uow, state=state, account_id=account_id, scope=begun.scope, client=client)
        if no_password is not None:
            # in the company signed in to, whose person is the author by now
            uow.record(resource_type="membership", resource_id=uow.author.id, changes={}, action="link_identity")
    await throttling.succeed(state, address)
    return tokens


async def _link(uow: UnitOfWork, *, identity: Identity) -> UUID:
    """The account of an identity's verified e-mail, which is the identity's from now on.

    No account is made: that takes an invitation (ORG-0).
    """
    found = await repository.hold_account(uow.session, email=identity.email) if identity.email else None
    if found is None:
        raise refused()
    await repository.link(uow.session, issuer=identity.issuer, subject=identity.subject, account_id=found, at=utc_now())
    return found


def _provider(state: ApiState) -> OidcProvider:
    if state.oidc is None:
        raise NotFound("This installation has no single sign-on.", code="oidc-not-configured")
    return state.oidc


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
