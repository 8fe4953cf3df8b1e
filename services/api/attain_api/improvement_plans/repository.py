"""The statements of improvement plans."""

from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from attain_api.access.actor import Actor
from attain_api.access.visibility import View
from attain_api.follow_ups.visibility import is_managed, is_of_hr, is_seen
from attain_api.paging import PageQuery, paginate_columns
from attain_shared.clock import business_day
from attain_shared.reviews.follow_up_models import ImprovementPlan


class SeenPlan(NamedTuple):
    """An improvement plan in the caller's view, and whether they may change it."""

    plan: ImprovementPlan
    is_theirs: bool


def _select_seen(view: View) -> Select[*tuple[Any, ...]]:
    owns = ImprovementPlan.owner_id == view.actor.person_id
    may = or_(owns, is_managed(view, ImprovementPlan), is_of_hr(view, ImprovementPlan)).label("may")
    return select(ImprovementPlan, may, ImprovementPlan.due_on, ImprovementPlan.created_at, ImprovementPlan.id).where(
        ImprovementPlan.company_id == view.actor.company_id, is_seen(view, ImprovementPlan)
    )


def _seen(row: Row[*tuple[Any, ...]]) -> SeenPlan:
    return SeenPlan(row.ImprovementPlan, row.may)


async def find_improvement_plan(
    session: AsyncSession, *, visible_to: Actor, plan_id: UUID, lock: bool = False
) -> SeenPlan | None:
    """An improvement plan in the caller's view; held until the transaction ends where it is to be changed."""
    statement = _select_seen(View(visible_to)).where(ImprovementPlan.id == plan_id)
    if lock:
        statement = statement.with_for_update(of=ImprovementPlan)
    row = (await session.execute(statement)).one_or_none()
    return None if row is None else _seen(row)


async def list_improvement_plans(
    session: AsyncSession, *, visible_to: Actor, query: PageQuery, filters: Mapping[str, object], is_overdue: bool
) -> tuple[list[SeenPlan], str | None]:
    """A part of the improvement plans that the caller sees."""
    statement = _select_seen(View(visible_to))
    for name, value in filters.items():
        statement = statement.where(getattr(ImprovementPlan, name) == value)
    if is_overdue:
        statement = statement.where(ImprovementPlan.due_on < business_day(), ImprovementPlan.state == "open")
    columns = {"due_on": ImprovementPlan.due_on, "created_at": ImprovementPlan.created_at}
    rows, cursor = await paginate_columns(
        session, statement, query=query, columns=columns, id_column=ImprovementPlan.id
    )
    return [_seen(row) for row in rows], cursor
