"""Statements on the passwords of accounts."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from attain_api.access.visibility import on_day
from attain_shared.access.models import Account, Membership
from attain_shared.clock import business_day
from attain_shared.people.models import PersonSpell
from attain_shared.people.timeline import Status


async def get_account(session: AsyncSession, *, account_id: UUID) -> Account:
    """An account that is known to exist, as it is now; held until the transaction ends."""
    found = await session.scalars(
        select(Account).where(Account.id == account_id).with_for_update().execution_options(populate_existing=True)
    )
    return found.one()


async def find_place(session: AsyncSession, *, email: str) -> tuple[UUID, UUID] | None:
    """A company and the person that the account of an e-mail is there, rather one that its owner has taken up."""
    found = await session.execute(
        select(Membership.company_id, Membership.person_id)
        .join(Account, Account.id == Membership.account_id)
        .join(
            PersonSpell,
            (PersonSpell.company_id == Membership.company_id) & (PersonSpell.person_id == Membership.person_id),
        )
        .where(
            Account.email == email,
            on_day(business_day()),
            PersonSpell.status != Status.LEFT,
        )
        .order_by(Membership.accepted_at.nulls_last())
        .limit(1)
    )
    row = found.one_or_none()
    return (row.company_id, row.person_id) if row else None
