"""Saying that a company has something to do."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from attain_shared.clock import utc_now

WANT_WORK = "INSERT INTO company_work (company_id, wanted_at) VALUES (:company_id, :now) ON CONFLICT DO NOTHING"
"""Writes nothing, and waits for nobody, where the company is listed already."""


async def want_work(session: AsyncSession, *, company_id: UUID) -> None:
    """List a company for the workers to look at."""
    await session.execute(text(WANT_WORK), {"company_id": company_id, "now": utc_now()})
