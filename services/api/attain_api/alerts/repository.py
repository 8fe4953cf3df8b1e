"""Statements on alerts."""

from collections.abc import Collection, Mapping
from typing import Any, Literal, NamedTuple
from uuid import UUID

from sqlalchemy import Row, Select, and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from attain_api.access.actor import Actor
from attain_api.access.visibility import View
from attain_api.alerts.visibility import alert_is_seen
from attain_api.paging import PageQuery, paginate_columns
from attain_shared.alerts.models import Alert, AlertRule


class SeenAlert(NamedTuple):
    """An alert in the caller's view, with what its rule says now."""

    alert: Alert
    rule_name: str | None
    playbook: str | None


def _select_seen(visible_to: Actor) -> Select[*tuple[Any, ...]]:
    of_rule = and_(
        AlertRule.company_id == Alert.company_id,
        AlertRule.company_id == visible_to.company_id,
        AlertRule.id == Alert.rule_id,
    )
    return (
        select(Alert, AlertRule.name, AlertRule.playbook, Alert.raised_at, Alert.id)
        .outerjoin(AlertRule, of_rule)
        .where(Alert.company_id == visible_to.company_id, alert_is_seen(View(visible_to)))
    )


def _seen(row: Row[*tuple[Any, ...]]) -> SeenAlert:
    return SeenAlert(row[0], row[1], row[2])


async def find_alert(
    session: AsyncSession, *, visible_to: Actor, alert_id: UUID, for_update: bool = False
) -> SeenAlert | None:
    """An alert in the caller's view; held until the transaction ends where somebody takes it on."""
    statement = _select_seen(visible_to).where(Alert.id == alert_id)
    if for_update:
        statement = statement.with_for_update(of=Alert)
    row = (await session.execute(statement)).one_or_none()
    return None if row is None else _seen(row)


async def list_alerts(
    session: AsyncSession,
    *,
    visible_to: Actor,
    state: Literal["open", "cleared"] | None,
    filters: Mapping[str, object],
    query: PageQuery,
) -> tuple[list[SeenAlert], str | None]:
    """A part of the alerts that the caller sees; `filters` are columns and what they must be."""
    statement = _select_seen(visible_to)
    for name, value in filters.items():
        statement = statement.where(getattr(Alert, name) == value)
    if state is not None:
        is_open = Alert.cleared_at.is_(None)
        statement = statement.where(is_open if state == "open" else ~is_open)
    columns = {"raised_at": Alert.raised_at}
    rows, cursor = await paginate_columns(session, statement, query=query, columns=columns, id_column=Alert.id)
    return [_seen(row) for row in rows], cursor


async def list_seen(session: AsyncSession, *, visible_to: Actor, alert_ids: Collection[UUID]) -> set[UUID]:
    """Those of these alerts that the caller sees."""
    statement = select(Alert.id).where(
        Alert.company_id == visible_to.company_id, Alert.id.in_(alert_ids), alert_is_seen(View(visible_to))
    )
    return set(await session.scalars(statement))
