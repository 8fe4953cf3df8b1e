"""The statements of the watch that rules keep: the rules, what is told already, and what they look at (CULT-5)."""

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from attain_shared.alerts.schemas import AlertKind

LATEST_WITHIN = 7
"""Days: a figure that is older says nothing of today, and leaves things as they are."""


class StoredRule(NamedTuple):
    """A rule as it is stored."""

    id: UUID
    kind: str
    condition: dict[str, Any]
    severity: str
    owner_id: UUID | None


class Subject(NamedTuple):
    """A rule, and one of the things that it looks at; the rule alone is about the company."""

    rule_id: UUID
    shop_id: UUID | None = None
    goal_id: UUID | None = None
    department_id: UUID | None = None


class GoalStanding(NamedTuple):
    """Where a goal stands whose window runs."""

    goal_id: UUID
    status: str
    business_day: date
    department_id: UUID | None
    """The owner's: itself, or where the person is today."""
    person_id: UUID | None
    manager_id: UUID | None


class Place(NamedTuple):
    """A department in the tree of today."""

    parent_id: UUID | None
    head_id: UUID | None


class ShopDays(NamedTuple):
    """A shop's complete days by its own clocks."""

    today: date
    by_metric: dict[str, dict[date, Decimal]]


_TRY_LOCK = text("SELECT pg_try_advisory_xact_lock(hashtextextended('alerts ' || :company_id, 0))")

_RULES = text("""
    SELECT id, kind, condition, severity, owner_id FROM alert_rules
    WHERE company_id = :company_id AND is_active AND kind <> :silent ORDER BY id FOR KEY SHARE
""").bindparams(silent=AlertKind.SILENT_CONNECTOR.value)

_OPEN = text("""
    SELECT id, rule_id, shop_id, goal_id, department_id FROM alerts
    WHERE company_id = :company_id AND cleared_at IS NULL AND kind <> :silent
""").bindparams(silent=AlertKind.SILENT_CONNECTOR.value)

# complete days alone: final, or read once the day was over by the shop's own clocks; the outer bounds say to the
# planner which partitions there are to look into
_DAYS = text("""
    SELECT shop.id AS shop_id, local.today, wanted.metric, series.days, series.figures
    FROM shops shop
    CROSS JOIN unnest(CAST(:metrics AS text[]), CAST(:lengths AS int[])) AS wanted (metric, days)
    CROSS JOIN LATERAL (SELECT CAST(CAST(:now AS timestamptz) AT TIME ZONE shop.timezone AS date) AS today) AS local
    CROSS JOIN LATERAL (
        SELECT array_agg(o.bucket ORDER BY o.bucket) AS days, array_agg(o.value ORDER BY o.bucket) AS figures
        FROM observations o
        WHERE o.company_id = :company_id AND o.shop_id = shop.id AND o.metric = wanted.metric
          AND o.dimension = '' AND o.grain = 'day' AND o.bucket BETWEEN :first AND :last
          AND o.bucket >= local.today - wanted.days AND o.bucket < local.today
          AND (o.is_final OR o.observed_at >= CAST(o.bucket + 1 AS timestamp) AT TIME ZONE shop.timezone)
    ) AS series
    WHERE shop.company_id = :company_id
    ORDER BY shop.id
""")

_GOALS = text("""
    SELECT goal.id, attainment.status, attainment.business_day,
           COALESCE(goal.department_id, spell.department_id) AS department_id, goal.person_id, spell.manager_id
    FROM goals goal
    JOIN attainments attainment ON attainment.company_id = :company_id AND attainment.goal_id = goal.id
    LEFT JOIN person_spells spell ON spell.company_id = :company_id AND spell.person_id = goal.person_id
         AND spell.starts_on <= :today AND spell.ends_on > :today
    WHERE goal.company_id = :company_id AND goal.state = 'confirmed' AND :today BETWEEN goal.starts_on AND goal.ends_on
      AND (attainment.status = 'off_track' OR goal.id = ANY(CAST(:told AS uuid[])))
    ORDER BY goal.id
""")

_DEPARTMENTS = text("""
    SELECT id, parent_id, head_id FROM departments WHERE company_id = :company_id AND closed_on IS NULL
""")


async def try_lock_company(session: AsyncSession, *, company_id: UUID) -> bool:
    """Let one worker at a time keep the watch over a company: two would do the same."""
    return bool(await session.scalar(_TRY_LOCK, {"company_id": str(company_id)}))


async def load_rules(session: AsyncSession, *, company_id: UUID) -> list[StoredRule]:
    """The rules that are to be kept, none of which is deleted until the transaction ends."""
    return [StoredRule(*row) for row in await session.execute(_RULES, {"company_id": company_id})]


async def list_open(session: AsyncSession, *, company_id: UUID) -> dict[UUID, Subject]:
    """What is told already, by the alert; without a rule where that was deleted."""
    return {row[0]: Subject(*row[1:]) for row in await session.execute(_OPEN, {"company_id": company_id})}


async def load_days(
    session: AsyncSession, *, company_id: UUID, metrics: Mapping[str, int], now: datetime
) -> dict[UUID, ShopDays]:
    """Of every shop the figures of its complete days: of as many as may be the latest, and so many before it."""
    lengths = [days + LATEST_WITHIN for days in metrics.values()]
    found: dict[UUID, ShopDays] = {}
    rows = await session.execute(
        _DAYS,
        {
            "company_id": company_id,
            "now": now,
            "metrics": list(metrics),
            "lengths": lengths,
            "first": now.date() - timedelta(days=max(lengths) + 1),
            "last": now.date() + timedelta(days=1),
        },
    )
    for row in rows:
        days = dict(zip(row.days or (), row.figures or (), strict=True))
        found.setdefault(row.shop_id, ShopDays(row.today, {})).by_metric[row.metric] = days
    return found


async def list_goals(
    session: AsyncSession, *, company_id: UUID, told: Collection[UUID], today: date
) -> list[GoalStanding]:
    """The goals off track whose window runs, and where those stand that are told already."""
    rows = await session.execute(_GOALS, {"company_id": company_id, "told": sorted(told), "today": today})
    return [GoalStanding(*row) for row in rows]


async def load_departments(session: AsyncSession, *, company_id: UUID) -> dict[UUID, Place]:
    """The tree of departments as it is today."""
    rows = await session.execute(_DEPARTMENTS, {"company_id": company_id})
    return {row.id: Place(row.parent_id, row.head_id) for row in rows}
