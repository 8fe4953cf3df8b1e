"""Statements on whom an event concerns."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from attain_api.access.visibility import MEASURING, owner_has_account
from attain_shared.clock import business_day
from attain_shared.goals.models import Goal

# `View.people_below`, `departments_led` and `mentees` from below: for one subject all its viewers at once
_ABOVE = text("""
    WITH RECURSIVE spell AS MATERIALIZED (
        SELECT person_id, manager_id, mentor_id, department_id, status FROM person_spells
        WHERE company_id = :company_id AND starts_on <= :today AND ends_on > :today
          AND person_id = ANY(CAST(:people AS uuid[]))
    ), line AS (
        SELECT person_id AS subject_id, manager_id AS viewer_id FROM spell WHERE manager_id IS NOT NULL
        UNION
        SELECT line.subject_id, above.manager_id FROM line
        JOIN person_spells above ON above.company_id = :company_id AND above.person_id = line.viewer_id
             AND above.starts_on <= :today AND above.ends_on > :today
        WHERE above.manager_id IS NOT NULL
    ), heads AS (
        SELECT id AS subject_id, head_id, parent_id FROM departments
        WHERE company_id = :company_id
          AND (id = ANY(CAST(:departments AS uuid[])) OR id IN (SELECT department_id FROM spell))
        UNION
        SELECT heads.subject_id, above.head_id, above.parent_id FROM heads
        JOIN departments above ON above.company_id = :company_id AND above.id = heads.parent_id
    )
    SELECT 'above' AS relation, subject_id, viewer_id FROM line
    UNION SELECT 'above', spell.person_id, heads.head_id FROM spell
        JOIN heads ON heads.subject_id = spell.department_id WHERE heads.head_id <> spell.person_id
    UNION SELECT 'mentor', person_id, mentor_id FROM spell WHERE mentor_id IS NOT NULL AND status <> 'left'
    UNION SELECT 'head', subject_id, head_id FROM heads WHERE head_id IS NOT NULL
""")

_GOALS = text("""
    SELECT id, person_id, department_id, person_id IS NULL AND state IN ('confirmed', 'closed') AS is_public
    FROM goals WHERE company_id = :company_id AND id = ANY(CAST(:ids AS uuid[]))
""")

_REVIEWS = text("""
    SELECT review.id, review.person_id, review.manager_id, review.second_level_id, review.department_id,
           ARRAY(SELECT delegation.person_id FROM review_delegations delegation
                 WHERE delegation.company_id = :company_id AND delegation.review_id = review.id) AS delegates
    FROM reviews review WHERE review.company_id = :company_id AND review.id = ANY(CAST(:ids AS uuid[]))
""")

# whoever owns what an alert is about, or has it in a goal, and whom it was given to: as `View.shop` and `View.goal` have it
_ALERTED = text("""
    WITH alert AS MATERIALIZED (
        SELECT owner_id, shop_id, goal_id, department_id FROM alerts
        WHERE company_id = :company_id AND id = ANY(CAST(:ids AS uuid[]))
    )
    SELECT owner_id AS person_id, department_id FROM alert
    UNION SELECT goal.person_id, goal.department_id FROM alert
        JOIN goals goal ON goal.company_id = :company_id AND goal.id = alert.goal_id
    UNION SELECT owner.person_id, owner.department_id FROM alert
        JOIN shop_owners owner ON owner.company_id = :company_id AND owner.shop_id = alert.shop_id
             AND owner.starts_on <= :today AND owner.ends_on > :today
    UNION SELECT goal.person_id, goal.department_id FROM alert
        JOIN indicator_sources source ON source.company_id = :company_id AND source.shop_id = alert.shop_id
        JOIN goals goal ON goal.company_id = :company_id AND goal.id = source.goal_id
             AND goal.state = ANY(CAST(:measuring AS text[]))
""")


@dataclass(frozen=True, slots=True)
class Owned:
    """Whose a goal is, and whether everybody sees it."""

    person_id: UUID | None
    department_id: UUID | None
    is_public: bool


@dataclass(frozen=True, slots=True)
class Judged:
    """Whom a review is about, and who has a part in it."""

    person_id: UUID
    manager_id: UUID | None
    second_level_id: UUID | None
    department_id: UUID | None
    delegates: list[UUID]


@dataclass(frozen=True, slots=True)
class Above:
    """Who is above people and departments, today; for each of those asked about."""

    people: dict[UUID, set[UUID]]
    """Managers and heads, at any height."""
    mentors: dict[UUID, set[UUID]]
    departments: dict[UUID, set[UUID]]
    """Heads of the department, and of those above it."""


async def find_above(
    session: AsyncSession, *, company_id: UUID, people: Collection[UUID], departments: Collection[UUID]
) -> Above:
    """Everybody whom `View` gives the sight of these people and departments."""
    found = Above(defaultdict(set), defaultdict(set), defaultdict(set))
    by_relation = {"above": found.people, "mentor": found.mentors, "head": found.departments}
    values = {"company_id": company_id, "today": business_day(), "people": people, "departments": departments}
    for relation, subject_id, viewer_id in await session.execute(_ABOVE, values):
        by_relation[relation][subject_id].add(viewer_id)
    return found


async def find_owned(session: AsyncSession, *, company_id: UUID, goal_ids: Collection[UUID]) -> dict[UUID, Owned]:
    """Whose these goals are."""
    rows = await session.execute(_GOALS, {"company_id": company_id, "ids": goal_ids})
    return {row[0]: Owned(*row[1:]) for row in rows}


async def find_goals_of_nobody(session: AsyncSession, *, company_id: UUID, goal_ids: Collection[UUID]) -> set[UUID]:
    """Those of these goals for whose owner nobody can sign in: administrators see them (SEC-3)."""
    statement = select(Goal.id).where(
        Goal.company_id == company_id, Goal.id.in_(goal_ids), ~owner_has_account(company_id)
    )
    return set(await session.scalars(statement))


async def find_judged(session: AsyncSession, *, company_id: UUID, review_ids: Collection[UUID]) -> dict[UUID, Judged]:
    """Whom these reviews concern."""
    rows = await session.execute(_REVIEWS, {"company_id": company_id, "ids": review_ids})
    return {row[0]: Judged(*row[1:]) for row in rows}


async def find_alerted(
    session: AsyncSession, *, company_id: UUID, alert_ids: Collection[UUID]
) -> tuple[set[UUID], set[UUID]]:
    """The people and the departments whom these alerts may concern, without those above them."""
    values = {"company_id": company_id, "ids": alert_ids, "today": business_day(), "measuring": list(MEASURING)}
    rows = (await session.execute(_ALERTED, values)).all()
    return {row.person_id for row in rows} - {None}, {row.department_id for row in rows} - {None}
