"""The statements of reminders: everybody's own, and nobody else's."""

from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, Select, and_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from attain_api.paging import PageQuery, paginate_columns
from attain_shared.reviews.follow_up_models import Reminder
from attain_shared.reviews.models import Review


class Addressee(NamedTuple):
    """Whose reminders."""

    company_id: UUID
    person_id: UUID


def _select_own(whose: Addressee) -> Select[*tuple[Any, ...]]:
    columns = ("id", "review_id", "subject", "subject_id", "kind", "due_on", "is_seen", "created_at")
    return (
        select(*(getattr(Reminder, name) for name in columns), Review.person_id.label("about_id"))
        .join(Review, and_(Review.company_id == Reminder.company_id, Review.id == Reminder.review_id))
        .where(Reminder.company_id == whose.company_id, Reminder.person_id == whose.person_id)
    )


async def list_reminders(
    session: AsyncSession, *, whose: Addressee, is_seen: bool | None, query: PageQuery
) -> tuple[list[Row[*tuple[Any, ...]]], str | None]:
    """A part of somebody's reminders; with `is_seen` only those that they have seen, or have not."""
    statement = _select_own(whose)
    if is_seen is not None:
        statement = statement.where(Reminder.is_seen.is_(is_seen))
    columns = {"created_at": Reminder.created_at, "due_on": Reminder.due_on}
    return await paginate_columns(session, statement, query=query, columns=columns, id_column=Reminder.id)


async def find_reminder(session: AsyncSession, *, whose: Addressee, reminder_id: UUID) -> Row[*tuple[Any, ...]] | None:
    """One of somebody's reminders."""
    return (await session.execute(_select_own(whose).where(Reminder.id == reminder_id))).one_or_none()


async def mark_seen(session: AsyncSession, *, whose: Addressee, reminder_id: UUID) -> None:
    """Note that somebody has seen one of their reminders.

    Past the session, and so past the audit trail: that would tell others who is still asked to answer as a rater
    (REV-11).
    """
    await session.execute(
        update(Reminder)
        .where(
            Reminder.company_id == whose.company_id,
            Reminder.person_id == whose.person_id,
            Reminder.id == reminder_id,
            Reminder.is_seen.is_(False),
        )
        .values(is_seen=True)
    )
