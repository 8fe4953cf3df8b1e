"""Which companies there are, and which have work: statements of the installation."""

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from attain_shared.access.models import Company
from attain_shared.identifiers import CLOCKS_DIFFER, id_ahead
from attain_shared.work.models import CompanyWork

_FORGET_IDLE = text("""
    DELETE FROM company_work WHERE company_id = :company_id
    AND NOT EXISTS (SELECT FROM metric_batches batch WHERE batch.company_id = :company_id AND batch.state = 'stored')
    AND NOT EXISTS (SELECT FROM goal_marks mark WHERE mark.company_id = :company_id)
    AND NOT EXISTS (SELECT FROM shop_checks mark WHERE mark.company_id = :company_id)
""")


# ids above `until` are not made yet: it keeps the look out of the partitions made ahead
_FIND_WORK = text("""
    SELECT company_id, has_batches, has_marks, has_checks
    FROM unnest(CAST(:company_ids AS uuid[])) AS company (company_id)
    CROSS JOIN LATERAL (SELECT
        EXISTS (SELECT FROM metric_batches batch
                WHERE batch.company_id = company.company_id AND batch.state = 'stored' AND batch.id < :until) AS has_batches,
        EXISTS (SELECT FROM goal_marks mark WHERE mark.company_id = company.company_id) AS has_marks,
        EXISTS (SELECT FROM shop_checks mark WHERE mark.company_id = company.company_id) AS has_checks
    ) AS work
    WHERE has_batches OR has_marks OR has_checks ORDER BY company_id
""")


class Work(NamedTuple):
    """What a company has to do."""

    company_id: UUID
    has_batches: bool
    has_marks: bool
    has_checks: bool


async def list_companies(session: AsyncSession) -> list[UUID]:
    """Every company there is."""
    return list(await session.scalars(select(Company.id).order_by(Company.id)))


async def list_companies_with_work(session: AsyncSession) -> set[UUID]:
    """The companies that may have something to do."""
    return set(await session.scalars(select(CompanyWork.company_id)))


async def find_work(session: AsyncSession, *, company_ids: Iterable[UUID]) -> list[Work]:
    """What is to be done where: only companies that have something to do."""
    rows = await session.execute(_FIND_WORK, {"company_ids": sorted(company_ids), "until": id_ahead(CLOCKS_DIFFER)})
    return [Work(*row) for row in rows]


async def forget_idle_company(session: AsyncSession, *, company_id: UUID) -> None:
    """Take a company off the list, unless something is to be done there after all."""
    await session.execute(_FORGET_IDLE, {"company_id": company_id})
