"""Statements on single sign-ons."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from attain_shared.access.models import Account, AccountIdentity, OidcSignIn


async def take_sign_in(session: AsyncSession, *, state_hash: bytes, now: datetime) -> OidcSignIn | None:
    """The sign-in under way of this state, which is good once."""
    statement = (
        delete(OidcSignIn)
        .where(OidcSignIn.state_hash == state_hash, OidcSignIn.expires_at > now)
        .returning(OidcSignIn)
        .execution_options(synchronize_session=False)
    )
    found = await session.scalars(statement)
    return found.one_or_none()


async def find_linked(session: AsyncSession, *, issuer: str, subject: str) -> UUID | None:
    """The account that belongs to an identity."""
    return await session.scalar(
        select(AccountIdentity.account_id).where(AccountIdentity.issuer == issuer, AccountIdentity.subject == subject)
    )


async def hold_account(session: AsyncSession, *, email: str) -> UUID | None:
    """The account of an e-mail; nobody signs in to it by its password before the transaction ends."""
    return await session.scalar(select(Account.id).where(Account.email == email).with_for_update())


async def link(session: AsyncSession, *, issuer: str, subject: str, account_id: UUID, at: datetime) -> None:
    """Note whom an identity stands for; the first time counts."""
    statement = insert(AccountIdentity).values(issuer=issuer, subject=subject, account_id=account_id, created_at=at)
    await session.execute(statement.on_conflict_do_nothing())


async def set_password_hash(session: AsyncSession, *, account_id: UUID, password_hash: str) -> None:
    """Replace an account's password."""
    await session.execute(update(Account).where(Account.id == account_id).values(password_hash=password_hash))
