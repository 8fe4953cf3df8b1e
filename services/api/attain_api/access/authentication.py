"""From a credential to the actor, in one statement."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from attain_api.access import member_repository, repository
from attain_api.access.actor import Actor
from attain_api.access.tokens import API_KEY_PREFIX, read_access_token, read_opaque
from attain_shared.clock import utc_now
from attain_shared.errors import Unauthenticated


async def authenticate(session: AsyncSession, *, credential: str, secret_key: str) -> Actor:
    """Whoever holds this access token or API key."""
    if credential.startswith(API_KEY_PREFIX):
        return await _connector(session, key_text=credential.removeprefix(API_KEY_PREFIX))
    claims = read_access_token(credential, key=secret_key)
    member = await member_repository.find_member(session, claims=claims)
    if member is None:
        raise Unauthenticated("The sign-in has ended, or its owner no longer belongs there.", code="invalid-token")
    installation = {role for role, held in (("platform", member.is_platform), ("ops", member.is_ops)) if held}
    return Actor(
        company_id=member.company_id,
        principal_id=member.person_id,
        kind="person",
        person_id=member.person_id,
        account_id=member.account_id,
        session_id=claims.session_id,
        roles=frozenset(member.roles) | installation,
    )


async def roles_of(session: AsyncSession, *, session_ids: Sequence[UUID]) -> dict[UUID, frozenset[str]]:
    """Today's roles in their company of those who are still signed in, by sign-in."""
    return await member_repository.list_roles(session, session_ids=session_ids)


async def _connector(session: AsyncSession, *, key_text: str) -> Actor:
    shown = read_opaque(key_text)
    holder = await repository.find_key_holder(session, key_id=shown.id) if shown else None
    # why a key does not work is told only to those who hold it
    if shown is None or holder is None or not shown.matches(holder.secret_hash):
        raise Unauthenticated("The API key is not valid.", code="invalid-token")
    if holder.revoked_at is not None and holder.revoked_at <= utc_now():
        raise Unauthenticated("The API key has been revoked.", code="api-key-revoked")
    if holder.expires_at is not None and holder.expires_at <= utc_now():
        raise Unauthenticated("The API key has expired.", code="api-key-expired")
    return Actor(
        company_id=holder.company_id,
        principal_id=holder.connector_id,
        kind="connector",
        roles=frozenset({"connector"}),
        scopes=frozenset(holder.scopes),
        shop_ids=frozenset(holder.shop_ids),
        api_key_id=shown.id,
        must_sign=holder.require_signature,
    )
