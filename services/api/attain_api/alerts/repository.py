"""Statements on alerts."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from attain_api.paging import PageQuery, paginate
from attain_shared.alerts.models import Alert
from attain_shared.alerts.schemas import AlertKind


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which alerts; None is any."""

    state: Literal["open", "cleared"] | None
    kind: AlertKind | None
    shop_id: UUID | None
    connector_id: UUID | None


async def find_alert(session: AsyncSession, *, company_id: UUID, alert_id: UUID) -> Alert | None:
    """An alert of the company."""
    statement = select(Alert).where(Alert.company_id == company_id, Alert.id == alert_id)
    found: Alert | None = await session.scalar(statement)
    return found


async def list_alerts(
    session: AsyncSession, *, company_id: UUID, wanted: Wanted, query: PageQuery
) -> tuple[list[Alert], str | None]:
    """A part of the company's alerts."""
    statement = select(Alert).where(Alert.company_id == company_id)
    for column, value in (
        (Alert.kind, wanted.kind),
        (Alert.shop_id, wanted.shop_id),
        (Alert.connector_id, wanted.connector_id),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if wanted.state is not None:
        is_open = Alert.cleared_at.is_(None)
        statement = statement.where(is_open if wanted.state == "open" else ~is_open)
    columns = {"raised_at": Alert.raised_at}
    return await paginate(session, statement, query=query, columns=columns, id_column=Alert.id)
