"""The statements of the watch over connectors: who is silent, and whom it concerns."""

from collections.abc import Collection
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from attain_shared.alerts.schemas import AlertKind


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


class SilenceRule(NamedTuple):
    """Who sees to silent connectors, and how soon."""

    id: UUID
    severity: str
    owner_id: UUID | None


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

_SILENCE_RULE = text("""
    SELECT id, severity, owner_id FROM alert_rules
    WHERE company_id = :company_id AND kind = :kind AND is_active FOR KEY SHARE
""").bindparams(kind=AlertKind.SILENT_CONNECTOR.value)

_SHOP_OWNERS = text("""
    SELECT DISTINCT ON (owner.shop_id) owner.shop_id, COALESCE(owner.person_id, department.head_id) AS person_id
    FROM shop_owners owner
    LEFT JOIN departments department ON department.company_id = :company_id AND department.id = owner.department_id
    WHERE owner.company_id = :company_id AND owner.shop_id = ANY(CAST(:shop_ids AS uuid[]))
      AND owner.starts_on <= :today AND owner.ends_on > :today
    ORDER BY owner.shop_id, owner.share DESC, owner.id
""")


async def list_changes(session: AsyncSession, *, company_id: UUID, now: datetime) -> list[Change]:
    """What is not told yet, and what is told and over (MET-8); nothing where all is as it was."""
    rows = await session.execute(_CHANGES, {"company_id": company_id, "now": now})
    return [Change(*row) for row in rows]


async def find_silence_rule(session: AsyncSession, *, company_id: UUID) -> SilenceRule | None:
    """What the company says of silent connectors, kept as it is until the transaction ends."""
    row = (await session.execute(_SILENCE_RULE, {"company_id": company_id})).one_or_none()
    return None if row is None else SilenceRule(*row)


async def list_shop_owners(
    session: AsyncSession, *, company_id: UUID, shop_ids: Collection[UUID], today: date
) -> dict[UUID, UUID | None]:
    """Who owns most of each of these shops today; of a department its head."""
    given = {"company_id": company_id, "shop_ids": sorted(shop_ids), "today": today}
    return {row.shop_id: row.person_id for row in await session.execute(_SHOP_OWNERS, given)}
