"""Statements on a company's values."""

from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from attain_api.paging import PageQuery, paginate
from attain_shared.access.models import Company
from attain_shared.reviews.models import CompanyValue

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('attain:values:' || :company_id, 0))")


async def lock_values(session: AsyncSession, *, company_id: UUID) -> None:
    """Let one change of a company's values happen at a time: which is the last active one depends on all of them."""
    await session.execute(_LOCK, {"company_id": str(company_id)})


async def find_value(session: AsyncSession, *, company_id: UUID, value_id: UUID) -> CompanyValue | None:
    """A value of the company's."""
    found: CompanyValue | None = await session.scalar(
        select(CompanyValue)
        .where(CompanyValue.company_id == company_id, CompanyValue.id == value_id)
        .execution_options(populate_existing=True)
    )
    return found


async def list_values(
    session: AsyncSession, *, company_id: UUID, is_active: bool | None, query: PageQuery
) -> tuple[list[CompanyValue], str | None]:
    """A part of the company's values."""
    statement = select(CompanyValue).where(CompanyValue.company_id == company_id)
    if is_active is not None:
        statement = statement.where(CompanyValue.is_active.is_(is_active))
    columns = {"position": CompanyValue.position, "code": CompanyValue.code}
    return await paginate(session, statement, query=query, columns=columns, id_column=CompanyValue.id)


async def load_active_values(session: AsyncSession, *, company_id: UUID) -> list[CompanyValue]:
    """The values that are assessed, in their order."""
    found = await session.scalars(
        select(CompanyValue)
        .where(CompanyValue.company_id == company_id, CompanyValue.is_active)
        .order_by(CompanyValue.position, CompanyValue.id)
    )
    return list(found)


async def next_position(session: AsyncSession, *, company_id: UUID) -> int:
    """The place after all values."""
    last = select(func.max(CompanyValue.position)).where(CompanyValue.company_id == company_id)
    found = await session.scalar(last)
    return 0 if found is None else int(found) + 1


async def list_companies_without(session: AsyncSession) -> list[UUID]:
    """The companies that have no value at all."""
    has_one = select(CompanyValue.id).where(CompanyValue.company_id == Company.id).exists()
    return list(await session.scalars(select(Company.id).where(~has_one).order_by(Company.id)))
