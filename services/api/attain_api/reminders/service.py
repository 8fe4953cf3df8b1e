"""Reminders of what somebody has to do; who is asked to answer as a rater is told to nobody else (REV-1, REV-11)."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row

from attain_api.access.actor import Actor
from attain_api.paging import PageQuery
from attain_api.reminders import repository
from attain_api.reminders.repository import Addressee
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import NotFound

Rows = list[Row[*tuple[Any, ...]]]


def _whose(actor: Actor) -> Addressee:
    return Addressee(actor.company_id, actor.principal_id)


async def list_reminders(
    uow: UnitOfWork, *, actor: Actor, is_seen: bool | None, query: PageQuery
) -> tuple[Rows, str | None]:
    """A part of the caller's reminders."""
    return await repository.list_reminders(uow.session, whose=_whose(actor), is_seen=is_seen, query=query)


async def see_reminder(uow: UnitOfWork, *, actor: Actor, reminder_id: UUID) -> Row[*tuple[Any, ...]]:
    """Note that the caller has seen one of their reminders.

    Raises:
        NotFound: they have no such one.
    """
    await repository.mark_seen(uow.session, whose=_whose(actor), reminder_id=reminder_id)
    reminder = await repository.find_reminder(uow.session, whose=_whose(actor), reminder_id=reminder_id)
    if reminder is None:
        raise NotFound("There is no such reminder.")
    return reminder
