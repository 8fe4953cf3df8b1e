"""The statements of the watch over connectors: who is silent, and what is told about it."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from attain_shared.alerts.schemas import AlertKind
from attain_shared.identifiers import new_id


class Change(NamedTuple):
    """A connector that has fallen silent on a shop, or is so no longer; in the order in which alerts are written."""

    connector_id: UUID
    shop_id: UUID
    alert_id: UUID | None
    """The alert to clear; empty where one is to be raised."""
    expected_day: date | None
    """The last business day whose figures are due."""
    due_at: datetime | None
    latest_day: date | None
    """The last one that was brought; empty where none ever was."""


class Told(NamedTuple):
    """An alert that was raised or cleared."""

    alert_id: UUID
    connector_id: UUID
    shop_id: UUID


# The last time of day at which figures were due lies today or yesterday, in the shop's own zone. A connector that has
# brought nothing yet gets a whole day from when it and the shop were there.
_CHANGES = text("""
    WITH silent AS (
        SELECT connector.id AS connector_id, shop.id AS shop_id, due.day - 1 AS expected_day, due.at AS due_at,
               delivery.latest_day
        FROM connectors connector
        JOIN shops shop ON shop.company_id = :company_id AND shop.id = ANY(connector.shop_ids)
        CROSS JOIN LATERAL (
            SELECT day::date AS day, (day + connector.expected_by) AT TIME ZONE shop.timezone AS at
            FROM generate_series(date_trunc('day', CAST(:now AS timestamptz) AT TIME ZONE shop.timezone)
                                     - INTERVAL '1 day',
                                 CAST(:now AS timestamptz) AT TIME ZONE shop.timezone, INTERVAL '1 day') AS day
            WHERE (day + connector.expected_by) AT TIME ZONE shop.timezone <= :now
            ORDER BY day DESC LIMIT 1
        ) AS due
        LEFT JOIN connector_deliveries delivery ON delivery.company_id = :company_id
             AND delivery.connector_id = connector.id AND delivery.shop_id = shop.id
        WHERE connector.company_id = :company_id AND connector.revoked_at IS NULL
          AND (connector.expires_at IS NULL OR connector.expires_at > :now)
          AND CASE WHEN delivery.latest_day IS NULL
                   THEN GREATEST(connector.created_at, shop.created_at) < due.at - INTERVAL '1 day'
                   ELSE delivery.latest_day < due.day - 1 END
    ), told AS (
        SELECT id, connector_id, shop_id FROM alerts
        WHERE company_id = :company_id AND kind = :kind AND cleared_at IS NULL
    )
    SELECT COALESCE(silent.connector_id, told.connector_id) AS connector_id,
           COALESCE(silent.shop_id, told.shop_id) AS shop_id,
           told.id AS alert_id, silent.expected_day, silent.due_at, silent.latest_day
    FROM silent FULL JOIN told ON told.connector_id = silent.connector_id AND told.shop_id = silent.shop_id
    WHERE silent.connector_id IS NULL OR told.id IS NULL
    ORDER BY 1, 2
""").bindparams(kind=AlertKind.SILENT_CONNECTOR.value)

_RAISE = text("""
    INSERT INTO alerts (company_id, id, kind, connector_id, shop_id, details, raised_at, version)
    SELECT :company_id, row.id, :kind, row.connector_id, row.shop_id, row.details, :now, 1
    FROM unnest(CAST(:ids AS uuid[]), CAST(:connectors AS uuid[]), CAST(:shops AS uuid[]), CAST(:details AS jsonb[]))
         AS row (id, connector_id, shop_id, details)
    ON CONFLICT (company_id, kind, connector_id, shop_id) WHERE cleared_at IS NULL DO NOTHING
    RETURNING id, connector_id, shop_id
""").bindparams(kind=AlertKind.SILENT_CONNECTOR.value)

_CLEAR = text("""
    WITH held AS MATERIALIZED (
        SELECT id FROM alerts WHERE company_id = :company_id AND id = ANY(CAST(:ids AS uuid[])) AND cleared_at IS NULL
        ORDER BY id FOR UPDATE
    )
    UPDATE alerts alert SET cleared_at = :now, version = alert.version + 1 FROM held
    WHERE alert.company_id = :company_id AND alert.id = held.id
    RETURNING alert.id, alert.connector_id, alert.shop_id
""")


async def list_changes(session: AsyncSession, *, company_id: UUID, now: datetime) -> list[Change]:
    """What is not told yet, and what is told and over (MET-8); nothing where all is as it was."""
    rows = await session.execute(_CHANGES, {"company_id": company_id, "now": now})
    return [Change(*row) for row in rows]


async def raise_alerts(
    session: AsyncSession, *, company_id: UUID, changes: Sequence[Change], now: datetime
) -> list[Told]:
    """Tell of silent connectors; what another worker has told meanwhile is left out."""
    rows = await session.execute(
        _RAISE,
        {
            "company_id": company_id,
            "now": now,
            "ids": [new_id() for _ in changes],
            "connectors": [change.connector_id for change in changes],
            "shops": [change.shop_id for change in changes],
            "details": [json.dumps(_details(change)) for change in changes],
        },
    )
    return [Told(*row) for row in rows]


async def clear_alerts(session: AsyncSession, *, company_id: UUID, ids: Sequence[UUID], now: datetime) -> list[Told]:
    """Say that trouble is over; what another worker has cleared meanwhile is left out."""
    rows = await session.execute(_CLEAR, {"company_id": company_id, "ids": ids, "now": now})
    return [Told(*row) for row in rows]


def _details(change: Change) -> dict[str, str | None]:
    values = {"expected_day": change.expected_day, "due_at": change.due_at, "latest_day": change.latest_day}
    return {name: value.isoformat() if value else None for name, value in values.items()}
