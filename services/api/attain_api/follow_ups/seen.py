"""Action items and improvement plans as whoever asks finds them: what is followed up is seen and changed alike (REV-10)."""

from collections.abc import Mapping
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import Row, Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from attain_api.access.actor import Actor
from attain_api.access.visibility import View
from attain_api.follow_ups.visibility import is_managed, is_of_hr, is_seen
from attain_api.paging import PageQuery, paginate_columns
from attain_shared.clock import business_day
from attain_shared.reviews.follow_up_models import ActionItem, ImprovementPlan

Followed = TypeVar("Followed", ActionItem, ImprovementPlan)


class Seen(NamedTuple, Generic[Followed]):
    """What is in the caller's view, and whether they may change it."""

    row: Followed
    is_theirs: bool


def _select_seen(model: type[Followed], view: View) -> Select[tuple[Followed, bool]]:
    owns = model.owner_id == view.actor.person_id
    may = or_(owns, is_managed(view, model), is_of_hr(view, model)).label("may")
    return select(model, may, model.due_on, model.created_at, model.id).where(  # type: ignore[return-value]  # what it is sorted by comes along
        model.company_id == view.actor.company_id, is_seen(view, model)
    )


def _seen(row: Row[*tuple[Any, ...]]) -> Seen[Followed]:
    return Seen(row[0], row[1])


async def find_seen(
    session: AsyncSession, model: type[Followed], *, visible_to: Actor, row_id: UUID, lock: bool = False
) -> Seen[Followed] | None:
    """One in the caller's view; held until the transaction ends where it is to be changed."""
    statement = _select_seen(model, View(visible_to)).where(model.id == row_id)
    if lock:
        statement = statement.with_for_update(of=model)
    row = (await session.execute(statement)).one_or_none()
    return None if row is None else _seen(row)


async def list_seen(
    session: AsyncSession,
    model: type[Followed],
    *,
    visible_to: Actor,
    query: PageQuery,
    filters: Mapping[str, object],
    is_overdue: bool,
) -> tuple[list[Seen[Followed]], str | None]:
    """A part of those that the caller sees."""
    statement = _select_seen(model, View(visible_to))
    for name, value in filters.items():
        statement = statement.where(getattr(model, name) == value)
    if is_overdue:
        statement = statement.where(model.due_on < business_day(), model.state == "open")
    columns = {"due_on": model.due_on, "created_at": model.created_at}
    rows, cursor = await paginate_columns(session, statement, query=query, columns=columns, id_column=model.id)
    return [_seen(row) for row in rows], cursor
