"""Raising and clearing alerts, and what is said of one to whoever is told."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from attain_shared.alerts.schemas import AlertKind, Severity
from attain_shared.clock import business_day
from attain_shared.events.queries import Happening, tell
from attain_shared.events.schemas import EventKind
from attain_shared.identifiers import new_id


class Trouble(NamedTuple):
    """An alert before it is raised."""

    kind: AlertKind
    severity: Severity
    rule_id: UUID | None
    owner_id: UUID | None
    details: dict[str, str | None]
    connector_id: UUID | None = None
    shop_id: UUID | None = None
    goal_id: UUID | None = None
    department_id: UUID | None = None


class Told(NamedTuple):
    """An alert that was raised or cleared."""

    alert_id: UUID
    kind: str
    connector_id: UUID | None
    shop_id: UUID | None
    goal_id: UUID | None
    department_id: UUID | None

    @property
    def ids(self) -> dict[str, str]:
        """For the log: the alert, and what it is about."""
        named = self._asdict()
        return {name: str(value) for name, value in named.items() if value is not None and name != "kind"}


class AlertText(NamedTuple):
    """What an alert says to those who may not ask the API: names and figures, but no person whose goal it is."""

    kind: AlertKind
    severity: Severity
    details: dict[str, Any]
    """As `AlertRead.details`."""
    raised_at: datetime
    cleared_at: datetime | None
    rule_name: str | None
    playbook: str | None
    shop_name: str | None
    connector_name: str | None
    department_name: str | None
    """Of turnover; of a goal where it is a department's."""
    goal_title: str | None
    """Of the company's goals and of departments'; a person's goal is theirs."""
    owner_name: str | None
    """Who sees to it; none where that would tell whose goal it is."""


# what is raised already, by another worker meanwhile, is left out: the indexes of open alerts know; whoever has left
# sees to nothing
_RAISE = text("""
    INSERT INTO alerts (company_id, id, kind, severity, rule_id, owner_id, connector_id, shop_id, goal_id,
                        department_id, details, raised_at, version)
    SELECT :company_id, row.id, row.kind, row.severity, row.rule_id, spell.person_id, row.connector_id, row.shop_id,
           row.goal_id, row.department_id, row.details, :now, 1
    FROM unnest(CAST(:ids AS uuid[]), CAST(:kinds AS text[]), CAST(:severities AS text[]), CAST(:rules AS uuid[]),
                CAST(:owners AS uuid[]), CAST(:connectors AS uuid[]), CAST(:shops AS uuid[]), CAST(:goals AS uuid[]),
                CAST(:departments AS uuid[]), CAST(:details AS jsonb[]))
         AS row (id, kind, severity, rule_id, owner_id, connector_id, shop_id, goal_id, department_id, details)
    LEFT JOIN person_spells spell ON spell.company_id = :company_id AND spell.person_id = row.owner_id
         AND spell.starts_on <= :today AND spell.ends_on > :today AND spell.status = 'employed'
    ON CONFLICT DO NOTHING
    RETURNING id, kind, connector_id, shop_id, goal_id, department_id
""")

_CLEAR = text("""
    WITH held AS MATERIALIZED (
        SELECT id FROM alerts WHERE company_id = :company_id AND id = ANY(CAST(:ids AS uuid[])) AND cleared_at IS NULL
        ORDER BY id FOR UPDATE
    )
    UPDATE alerts alert SET cleared_at = :now, version = alert.version + 1 FROM held
    WHERE alert.company_id = :company_id AND alert.id = held.id
    RETURNING alert.id, alert.kind, alert.connector_id, alert.shop_id, alert.goal_id, alert.department_id
""")

_DESCRIBE = text("""
    SELECT alert.kind, alert.severity, alert.details, alert.raised_at, alert.cleared_at, rule.name, rule.playbook,
           shop.name, connector.name, department.name,
           CASE WHEN goal.person_id IS NULL THEN goal.title END,
           CASE WHEN goal.person_id IS NULL THEN owner.name END
    FROM alerts alert
    LEFT JOIN alert_rules rule ON rule.company_id = :company_id AND rule.id = alert.rule_id
    LEFT JOIN shops shop ON shop.company_id = :company_id AND shop.id = alert.shop_id
    LEFT JOIN connectors connector ON connector.company_id = :company_id AND connector.id = alert.connector_id
    LEFT JOIN goals goal ON goal.company_id = :company_id AND goal.id = alert.goal_id
    LEFT JOIN departments department ON department.company_id = :company_id
         AND department.id = COALESCE(alert.department_id, goal.department_id)
    LEFT JOIN people owner ON owner.company_id = :company_id AND owner.id = alert.owner_id
    WHERE alert.company_id = :company_id AND alert.id = :alert_id
""")


async def raise_alerts(
    session: AsyncSession, *, company_id: UUID, troubles: Sequence[Trouble], now: datetime
) -> list[Told]:
    """Raise alerts, each with its event; all who do it give them in one order."""
    if not troubles:
        return []
    columns: list[tuple[Any, ...]] = list(zip(*troubles, strict=True))
    kinds, severities, rules, owners, details, connectors, shops, goals, departments = columns
    rows = await session.execute(
        _RAISE,
        {
            "company_id": company_id,
            "now": now,
            "today": business_day(now),
            "ids": [new_id() for _ in troubles],
            "kinds": [kind.value for kind in kinds],
            "severities": [severity.value for severity in severities],
            "rules": list(rules),
            "owners": list(owners),
            "connectors": list(connectors),
            "shops": list(shops),
            "goals": list(goals),
            "departments": list(departments),
            "details": [json.dumps(one) for one in details],
        },
    )
    return await _tell(session, company_id=company_id, kind=EventKind.ALERT_RAISED, told=[Told(*row) for row in rows])


async def clear_alerts(session: AsyncSession, *, company_id: UUID, ids: Sequence[UUID], now: datetime) -> list[Told]:
    """Say that trouble is over, each time with its event; what another worker has cleared meanwhile is left out."""
    if not ids:
        return []
    rows = await session.execute(_CLEAR, {"company_id": company_id, "ids": sorted(ids), "now": now})
    return await _tell(session, company_id=company_id, kind=EventKind.ALERT_CLEARED, told=[Told(*row) for row in rows])


async def describe_alert(session: AsyncSession, *, company_id: UUID, alert_id: UUID) -> AlertText | None:
    """What an alert says to a group chat, as things are called now; None where there is none."""
    row = (await session.execute(_DESCRIBE, {"company_id": company_id, "alert_id": alert_id})).one_or_none()
    return None if row is None else AlertText(AlertKind(row[0]), Severity(row[1]), *row[2:])


async def _tell(session: AsyncSession, *, company_id: UUID, kind: EventKind, told: list[Told]) -> list[Told]:
    happenings = [Happening(one.alert_id, {"alert_id": str(one.alert_id), "kind": one.kind}) for one in told]
    await tell(session, company_id=company_id, kind=kind, happenings=happenings)
    return told
