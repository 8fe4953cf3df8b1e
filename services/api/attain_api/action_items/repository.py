"""The statements of action items."""

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
from attain_shared.reviews.follow_up_models import ActionItem


class SeenItem(NamedTuple):
    """An action item in the caller's view, and whether they may change it."""

    item: ActionItem
    is_theirs: bool


def _select_seen(view: View) -> Select[*tuple[Any, ...]]:
    owns = ActionItem.owner_id == view.actor.person_id
    may = or_(owns, is_managed(view, ActionItem), is_of_hr(view, ActionItem)).label("may")
    return select(ActionItem, may, ActionItem.due_on, ActionItem.created_at, ActionItem.id).where(
        ActionItem.company_id == view.actor.company_id, is_seen(view, ActionItem)
    )


def _seen(row: Row[*tuple[Any, ...]]) -> SeenItem:
    return SeenItem(row.ActionItem, row.may)


async def find_action_item(
    session: AsyncSession, *, visible_to: Actor, item_id: UUID, lock: bool = False
) -> SeenItem | None:
    """An action item in the caller's view; held until the transaction ends where it is to be changed."""
    statement = _select_seen(View(visible_to)).where(ActionItem.id == item_id)
    if lock:
        statement = statement.with_for_update(of=ActionItem)
    row = (await session.execute(statement)).one_or_none()
    return None if row is None else _seen(row)


async def list_action_items(
    session: AsyncSession, *, visible_to: Actor, query: PageQuery, filters: Mapping[str, object], is_overdue: bool
) -> tuple[list[SeenItem], str | None]:
    """A part of the action items that the caller sees."""
    statement = _select_seen(View(visible_to))
    for name, value in filters.items():
        statement = statement.where(getattr(ActionItem, name) == value)
    if is_overdue:
        statement = statement.where(ActionItem.due_on < business_day(), ActionItem.state == "open")
    columns = {"due_on": ActionItem.due_on, "created_at": ActionItem.created_at}
    rows, cursor = await paginate_columns(session, statement, query=query, columns=columns, id_column=ActionItem.id)
    return [_seen(row) for row in rows], cursor
