"""The statements of cycles."""

from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from attain_shared.goals.models import Cycle


def select_cycles(*, company_id: UUID) -> Select[Cycle]:
    """The cycles of a company."""
    return select(Cycle).where(Cycle.company_id == company_id)


async def find_cycle(session: AsyncSession, *, company_id: UUID, cycle_id: UUID, lock: bool = False) -> Cycle | None:
    """One cycle; locked where it is to be changed."""
    statement = select_cycles(company_id=company_id).where(Cycle.id == cycle_id)
    cycle: Cycle | None = await session.scalar(statement.with_for_update(key_share=True) if lock else statement)
    return cycle
