"""Statements on the audit trail."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, CompoundSelect, or_, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from attain_api.access.actor import Actor
from attain_api.paging import PageQuery, paginate
from attain_shared.audit.models import AuditEntry
from attain_shared.audit.resources import OF_REVIEWS, UNREAD
from attain_shared.reviews.follow_up_models import ActionItem, Decision, ImprovementPlan
from attain_shared.reviews.models import Review

OF_PEOPLE = frozenset({"person", "person_event", "successor", "membership", "one_time_link", "session", "account"})
READ_BY_HR = OF_PEOPLE | OF_REVIEWS | {"review_cycle", "company_value", "recognition", "recognition_person"}
"""Resources that HR reads the trail of (SEC-3)."""


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
    """The last column of SEC-3's table: a role adds to what the others see.

    Of reviews HR reads all but what is about the reader: nobody learns here what REV-7 keeps from them.
    """
    seen: list[ColumnElement[bool]] = []
    if not actor.roles.isdisjoint({"executive", "admin"}):
        seen.append(AuditEntry.resource_type.not_in(OF_REVIEWS))
    if "hr" in actor.roles:
        of_reviews = AuditEntry.resource_type.in_(OF_REVIEWS)
        of_own = of_reviews & AuditEntry.resource_id.is_not(None) & AuditEntry.resource_id.in_(_own_reviews(actor))
        seen.append(AuditEntry.resource_type.in_(READ_BY_HR - UNREAD) & ~of_own)
    return or_(*seen)


def _own_reviews(actor: Actor) -> CompoundSelect[UUID]:
    """The ids of the reader's own reviews, of what came of them, and of the groups that they were calibrated in.

    Why a group was locked, and in spite of what, tells its members of each other and so of themselves.
    """
    columns = (Review.id, Review.group_id, ActionItem.id, ImprovementPlan.id, Decision.id)
    return union_all(*(
        select(column).where(
            column.class_.company_id == actor.company_id,
            column.class_.person_id == actor.person_id,
            column.is_not(None),
        )
        for column in columns
    ))  # fmt: skip
