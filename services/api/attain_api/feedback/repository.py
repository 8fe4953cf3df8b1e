"""The statements of feedback."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from attain_api.access.actor import Actor
from attain_api.access.visibility import View
from attain_api.paging import PageQuery, paginate
from attain_shared.reviews.follow_up_models import Feedback


def _select_seen(view: View) -> Select[Feedback]:
    """Seen by whom it is to, by its author, by those above whom it is to, and by HR."""
    statement = select(Feedback).where(Feedback.company_id == view.actor.company_id)
    if "hr" in view.actor.roles:
        return statement
    me = view.actor.person_id
    return statement.where(or_(Feedback.person_id == me, Feedback.author_id == me, Feedback.person_id.in_(view.below)))


async def find_feedback(session: AsyncSession, *, visible_to: Actor, feedback_id: UUID) -> Feedback | None:
    """Feedback in the caller's view."""
    found: Feedback | None = await session.scalar(_select_seen(View(visible_to)).where(Feedback.id == feedback_id))
    return found


async def list_feedback(
    session: AsyncSession, *, visible_to: Actor, query: PageQuery, filters: Mapping[str, object]
) -> tuple[list[Feedback], str | None]:
    """A part of the feedback that the caller sees."""
    statement = _select_seen(View(visible_to))
    for name, value in filters.items():
        statement = statement.where(getattr(Feedback, name) == value)
    columns = {"on": Feedback.on_day, "created_at": Feedback.created_at}
    return await paginate(session, statement, query=query, columns=columns, id_column=Feedback.id)
