"""Reading what owners' confirmed goals have come to."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, func, literal, literal_column, or_, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from attain_api.access.actor import Actor
from attain_api.access.subtrees import departments_in, people_in
from attain_api.access.visibility import View
from attain_api.goals.owners import OwnerKey
from attain_shared.departments.models import Department
from attain_shared.goals.attainment_models import Attainment
from attain_shared.goals.models import Goal
from attain_shared.people.models import Person

COUNTED = ("confirmed", "closed")
"""The states of goals that make an owner's performance (REV-2)."""

_ATTAINMENTS = func.jsonb_path_query_array(
    Attainment.indicators, literal_column("'$[*].attainment'::jsonpath"), type_=JSONB
)

_SCORECARD = text("""
    SELECT goal.id AS goal_id, goal.title, goal.weight, attainment.score, attainment.score_low, attainment.score_high,
           attainment.score_forecast, attainment.rule, COALESCE(attainment.status, 'no_data') AS status,
           COALESCE(attainment.indicators, '[]') AS indicators
    FROM goals goal
    LEFT JOIN attainments attainment ON attainment.company_id = goal.company_id AND attainment.goal_id = goal.id
    WHERE goal.company_id = :company_id AND goal.cycle_id = :cycle_id AND goal.state IN ('confirmed', 'closed')
      AND goal.department_id IS NOT DISTINCT FROM CAST(:department_id AS uuid)
      AND goal.person_id IS NOT DISTINCT FROM CAST(:person_id AS uuid)
    ORDER BY goal.id
""")


async def list_scored_goals(
    session: AsyncSession, *, company_id: UUID, cycle_id: UUID, owner: OwnerKey
) -> Sequence[Row[Any]]:
    """An owner's confirmed goals in a cycle, with what they have come to."""
    rows = await session.execute(
        _SCORECARD,
        {
            "company_id": company_id,
            "cycle_id": cycle_id,
            "department_id": owner.department_id,
            "person_id": owner.person_id,
        },
    )
    return rows.all()


async def list_scores_below(
    session: AsyncSession, *, visible_to: Actor, cycle_id: UUID, owner: OwnerKey
) -> Sequence[Row[*tuple[Any, ...]]]:
    """How the confirmed goals stand of everybody below an owner that the caller sees in full: one statement.

    Those of an owner stand together: departments first, each by name.
    """
    company_id = visible_to.company_id
    rows = await session.execute(
        select(
            Goal.department_id,
            Goal.person_id,
            func.coalesce(Department.name, Person.name).label("name"),
            Goal.id.label("goal_id"),
            Goal.weight,
            Attainment.score,
            Attainment.score_low,
            Attainment.score_high,
            Attainment.score_forecast,
            func.coalesce(Attainment.status, "no_data").label("status"),
            func.coalesce(_ATTAINMENTS, literal([], JSONB)).label("attainments"),
        )
        .outerjoin(Attainment, and_(Attainment.company_id == company_id, Attainment.goal_id == Goal.id))
        .outerjoin(Department, and_(Department.company_id == company_id, Department.id == Goal.department_id))
        .outerjoin(Person, and_(Person.company_id == company_id, Person.id == Goal.person_id))
        .where(
            Goal.company_id == company_id,
            Goal.cycle_id == cycle_id,
            Goal.state.in_(COUNTED),
            _is_below(owner, company_id=company_id),
            View(visible_to).goal(),
        )
        .order_by(Goal.person_id.is_not(None), "name", Goal.department_id, Goal.person_id, Goal.id)
    )
    return rows.all()


def _is_below(owner: OwnerKey, *, company_id: UUID) -> ColumnElement[bool]:
    """Goals of the departments below a department, and of the people in it and in those; below the company, of all."""
    if owner.department_id is None:
        return or_(Goal.department_id.is_not(None), Goal.person_id.is_not(None))
    departments = departments_in(owner.department_id, company_id=company_id)
    people = people_in(departments, company_id=company_id)
    is_department = and_(Goal.department_id.in_(departments), Goal.department_id != owner.department_id)
    return or_(is_department, Goal.person_id.in_(people))
