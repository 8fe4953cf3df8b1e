"""Statements on connectors and their keys."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from attain_api.paging import PageQuery, paginate
from attain_shared.access.models import ApiKey, Connector


async def find_connector(
    session: AsyncSession, *, company_id: UUID, connector_id: UUID, for_update: bool = False
) -> Connector | None:
    """A connector of the company; held until the transaction ends where it is to be changed."""
    statement = select(Connector).where(Connector.company_id == company_id, Connector.id == connector_id)
    return await session.scalar(statement.with_for_update() if for_update else statement)


async def list_connectors(
    session: AsyncSession, *, company_id: UUID, name: str | None, query: PageQuery
) -> tuple[list[Connector], str | None]:
    """A part of the company's connectors."""
    statement = select(Connector).where(Connector.company_id == company_id)
    if name is not None:
        statement = statement.where(Connector.name == name)
    columns = {"name": Connector.name, "created_at": Connector.created_at}
    return await paginate(session, statement, query=query, columns=columns, id_column=Connector.id)


async def list_keys(session: AsyncSession, *, company_id: UUID, connector_id: UUID) -> Sequence[ApiKey]:
    """The keys of a connector, to be changed."""
    statement = select(ApiKey).where(ApiKey.company_id == company_id, ApiKey.connector_id == connector_id)
    return (await session.scalars(statement.order_by(ApiKey.id).with_for_update())).all()
