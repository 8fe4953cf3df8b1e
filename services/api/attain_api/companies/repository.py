"""Statements on companies and on the accounts of their first administrators."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from attain_api.paging import PageQuery, paginate
from attain_shared.access.models import Account, Company
from attain_shared.identifiers import new_id


async def list_companies(session: AsyncSession, *, query: PageQuery) -> tuple[list[Company], str | None]:
    """A part of the installation's companies."""
    columns = {"name": Company.name, "created_at": Company.created_at}
    return await paginate(session, select(Company), query=query, columns=columns, id_column=Company.id)


async def add_account(session: AsyncSession, *, email: str, password_hash: str) -> tuple[UUID, bool]:
    """The account of an e-mail, and whether it is new: one that exists keeps its password."""
    statement = (
        insert(Account)
        .values(id=new_id(), email=email, password_hash=password_hash)
        .on_conflict_do_nothing(index_elements=["email"])
        .returning(Account.id)
    )
    made = await session.scalar(statement)
    if made is not None:
        return made, True
    found = await session.execute(select(Account.id).where(Account.email == email))
    return found.scalar_one(), False


async def get_account(session: AsyncSession, *, account_id: UUID) -> Account:
    """An account that is known to exist."""
    return await session.get_one(Account, account_id)


async def find_account(session: AsyncSession, *, email: str) -> Account | None:
    """The account that signs in with this e-mail; held until the transaction ends."""
    account: Account | None = await session.scalar(select(Account).where(Account.email == email).with_for_update())
    return account


async def account_exists(session: AsyncSession, *, email: str) -> bool:
    """Whether somebody signs in with this e-mail."""
    return await session.scalar(select(Account.id).where(Account.email == email)) is not None


async def wait_for_lock(session: AsyncSession, *, name: str) -> None:
    """Take a named lock until the transaction ends."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))
