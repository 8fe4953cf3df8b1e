"""Which companies there are, and which have work: statements of the installation."""

from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from attain_shared.access.models import Company
from attain_shared.work.models import CompanyWork

_FORGET_IDLE = text("""
    DELETE FROM company_work WHERE company_id = :company_id
    AND NOT EXISTS (SELECT FROM metric_batches batch WHERE batch.company_id = :company_id AND batch.state = 'stored')
    AND NOT EXISTS (SELECT FROM goal_marks mark WHERE mark.company_id = :company_id)
    AND NOT EXISTS (SELECT FROM shop_checks mark WHERE mark.company_id = :company_id)
""")


async def list_companies(session: AsyncSession) -> list[UUID]:
    """Every company there is."""
    return list(await session.scalars(select(Company.id).order_by(Company.id)))


async def list_companies_with_work(session: AsyncSession) -> set[UUID]:
    """The companies that may have something to do."""
    return set(await session.scalars(select(CompanyWork.company_id)))


async def forget_idle_company(session: AsyncSession, *, company_id: UUID) -> None:
    """Take a company off the list, unless something is to be done there after all."""
    await session.execute(_FORGET_IDLE, {"company_id": company_id})
