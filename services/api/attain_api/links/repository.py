"""Statements on one-time links."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from attain_api.paging import PageQuery, paginate
from attain_shared.access.models import OneTimeLink


async def find_link(session: AsyncSession, *, link_id: UUID, for_update: bool = False) -> OneTimeLink | None:
    """A link by what its secret names, before its company is known."""
    statement = select(OneTimeLink).where(OneTimeLink.id == link_id)
    return await session.scalar(statement.with_for_update() if for_update else statement)


async def find_link_of_company(
    session: AsyncSession, *, company_id: UUID, kind: str, link_id: UUID
) -> OneTimeLink | None:
    """A link that was made in a company, held until the transaction ends."""
    return await session.scalar(
        select(OneTimeLink)
        .where(OneTimeLink.company_id == company_id, OneTimeLink.kind == kind, OneTimeLink.id == link_id)
        .with_for_update()
    )


async def list_open(
    session: AsyncSession, *, company_id: UUID, person_id: UUID, kind: str, now: datetime
) -> list[OneTimeLink]:
    """A person's links that can be used still."""
    return list(
        await session.scalars(
            select(OneTimeLink)
            .where(
                OneTimeLink.company_id == company_id,
                OneTimeLink.person_id == person_id,
                OneTimeLink.kind == kind,
                OneTimeLink.used_at.is_(None),
                OneTimeLink.revoked_at.is_(None),
                OneTimeLink.expires_at > now,
            )
            .order_by(OneTimeLink.id)
            .with_for_update()
        )
    )


async def list_links(
    session: AsyncSession, *, company_id: UUID, kind: str, person_id: UUID | None, query: PageQuery
) -> tuple[list[OneTimeLink], str | None]:
    """A part of a company's links."""
    statement = select(OneTimeLink).where(OneTimeLink.company_id == company_id, OneTimeLink.kind == kind)
    if person_id is not None:
        statement = statement.where(OneTimeLink.person_id == person_id)
    columns = {"created_at": OneTimeLink.created_at, "expires_at": OneTimeLink.expires_at}
    return await paginate(session, statement, query=query, columns=columns, id_column=OneTimeLink.id)
