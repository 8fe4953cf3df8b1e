"""Statements on accounts and memberships that invitations make."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from attain_shared.access.models import Account, Membership
from attain_shared.identifiers import new_id


async def find_account(session: AsyncSession, *, email: str) -> Account | None:
    """The account of an e-mail."""
    return await session.scalar(select(Account).where(Account.email == email))


async def add_account(session: AsyncSession, *, email: str, password_hash: str, at: datetime) -> UUID | None:
    """A new account; None where somebody was faster."""
    return await session.scalar(
        insert(Account)
        .values(id=new_id(), email=email, password_hash=password_hash, is_platform=False, is_ops=False, created_at=at)
        .on_conflict_do_nothing(index_elements=["email"])
        .returning(Account.id)
    )


async def find_membership(session: AsyncSession, *, company_id: UUID, person_id: UUID) -> Membership | None:
    """The place of a person's account in the company, taken up or not; held until the transaction ends."""
    return await session.scalar(
        select(Membership)
        .where(Membership.company_id == company_id, Membership.person_id == person_id)
        .with_for_update()
    )


async def is_taken(session: AsyncSession, *, company_id: UUID, account_id: UUID) -> bool:
    """Whether an account is somebody in the company already."""
    found = await session.scalar(
        select(Membership.person_id).where(Membership.company_id == company_id, Membership.account_id == account_id)
    )
    return found is not None
