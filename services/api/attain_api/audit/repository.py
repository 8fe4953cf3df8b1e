"""Statements on the audit trail."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from attain_api.access.actor import Actor
from attain_api.paging import PageQuery, paginate
from attain_shared.audit.models import AuditEntry

OF_PEOPLE = ("person", "person_event", "successor", "membership", "one_time_link", "session", "account")
"""Resources that HR reads the trail of, beside reviews (SEC-3)."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which entries somebody asks for."""

    resource_type: str | None = None
    resource_id: UUID | None = None
    actor_id: UUID | None = None
    action: str | None = None
    since: datetime | None = None
    until: datetime | None = None


async def list_entries(
    session: AsyncSession, *, visible_to: Actor, wanted: Wanted, query: PageQuery
) -> tuple[list[AuditEntry], str | None]:
    """A part of the company's trail."""
    statement = select(AuditEntry).where(AuditEntry.company_id == visible_to.company_id, seen_by(visible_to))
    same = (
        (AuditEntry.resource_type, wanted.resource_type),
        (AuditEntry.resource_id, wanted.resource_id),
        (AuditEntry.actor_id, wanted.actor_id),
        (AuditEntry.action, wanted.action),
    )
    for column, value in same:
        if value is not None:
            statement = statement.where(column == value)
    if wanted.since is not None:
        statement = statement.where(AuditEntry.occurred_at >= wanted.since)
    if wanted.until is not None:
        statement = statement.where(AuditEntry.occurred_at < wanted.until)
    columns = {"sequence": AuditEntry.sequence}
    return await paginate(session, statement, query=query, columns=columns, id_column=AuditEntry.id)


def seen_by(actor: Actor) -> ColumnElement[bool]:
    """The last column of SEC-3's table: a role adds to what the others see."""
    if "executive" in actor.roles:
        return true()
    of_reviews = AuditEntry.resource_type.startswith("review")
    seen = []
    if "admin" in actor.roles:
        seen.append(or_(~of_reviews, AuditEntry.resource_type == "review_cycle"))
    if "hr" in actor.roles:
        seen.append(or_(of_reviews, AuditEntry.resource_type.in_(OF_PEOPLE)))
    return or_(*seen)
