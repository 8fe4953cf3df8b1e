"""What is followed up after a review goes to the next manager of whom it is about (REV-10)."""

from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, or_, select

from attain_shared.clock import business_day
from attain_shared.db.session import UnitOfWork
from attain_shared.reviews.follow_up_models import ActionItem, ImprovementPlan
from attain_shared.reviews.lines import lines

_Table = type[ActionItem] | type[ImprovementPlan]


async def follow_owners(uow: UnitOfWork, *, company_id: UUID, person_id: UUID | None = None) -> int:
    """Let today's managers own the open action items and plans of those before them; how many changed hands.

    Only what a person owns or is about, where one is named. What somebody else sees to (the employee, a colleague, whom
    HR named to assess) stays theirs. As many statements for many as for one; doing it again changes nothing.
    """
    moved = 0
    for table in (ActionItem, ImprovementPlan):
        statement = _select_left_behind(table, company_id)
        if person_id is not None:
            statement = statement.where(or_(table.person_id == person_id, table.owner_id == person_id))
        for row, manager_id in (await uow.session.execute(statement)).all():
            row.owner_id = manager_id
            row.version += 1
            moved += 1
    await uow.session.flush()
    return moved


def _select_left_behind(table: _Table, company_id: UUID) -> Select[*tuple[Any, ...]]:
    """What a manager before today's owns, and today's; locked in the order of the ids."""
    own = lines(company_id, today=business_day(), name="own")
    return (
        select(table, own.c.manager_id)
        .join(own, and_(own.c.person_id == table.person_id, own.c.manager_id != table.owner_id))
        .where(table.company_id == company_id, table.state == "open", table.is_managers)
        .order_by(table.id)
        .with_for_update(of=table)
        .execution_options(populate_existing=True)
    )
