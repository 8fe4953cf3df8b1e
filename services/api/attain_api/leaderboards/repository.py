"""Reading what people's confirmed goals have come to, as far as the caller sees them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, and_, cast, func, select
from sqlalchemy.dialects.postgresql import JSONB, JSONPATH
from sqlalchemy.ext.asyncio import AsyncSession

from attain_api.access.actor import Actor
from attain_api.access.subtrees import departments_in, people_in
from attain_api.access.visibility import View
from attain_shared.goals.attainment_models import Attainment
from attain_shared.goals.models import Goal, Indicator
from attain_shared.people.models import Person

COUNTED = ("confirmed", "closed")
"""The states of goals that count (REV-2)."""

Rows = Sequence[Row[*tuple[Any, ...]]]


async def list_scores(session: AsyncSession, *, visible_to: Actor, cycle_id: UUID, department_id: UUID | None) -> Rows:
    """Weight and score of every goal of every person that the caller sees; those of a person together, by name."""
    statement = _of_people(
        select(
            Goal.person_id, Person.name, Goal.weight, Attainment.score, Attainment.score_low, Attainment.score_high
        ).outerjoin_from(
            Goal, Attainment, and_(Attainment.company_id == Goal.company_id, Attainment.goal_id == Goal.id)
        ),
        visible_to=visible_to,
        cycle_id=cycle_id,
        department_id=department_id,
    )
    return (await session.execute(statement)).all()


async def list_figures(
    session: AsyncSession, *, visible_to: Actor, cycle_id: UUID, department_id: UUID | None, metric: str
) -> Rows:
    """The figures of every indicator of a metric, as their attainments have them: in `figures`, null without any."""
    named = func.jsonb_build_object("id", Indicator.id)
    figures = func.jsonb_path_query_first(
        Attainment.indicators, cast("$[*] ? (@.indicator_id == $id)", JSONPATH), named, type_=JSONB
    )
    statement = _of_people(
        select(Goal.person_id, Person.name, figures.label("figures"))
        .select_from(Goal)
        .join(
            Indicator,
            and_(
                Indicator.company_id == visible_to.company_id,
                Indicator.goal_id == Goal.id,
                Indicator.kind == "metric",
                Indicator.metric == metric,
            ),
        )
        .outerjoin(Attainment, and_(Attainment.company_id == visible_to.company_id, Attainment.goal_id == Goal.id)),
        visible_to=visible_to,
        cycle_id=cycle_id,
        department_id=department_id,
    )
    return (await session.execute(statement)).all()


def _of_people(
    statement: Select[*tuple[Any, ...]], *, visible_to: Actor, cycle_id: UUID, department_id: UUID | None
) -> Select[*tuple[Any, ...]]:
    company_id = visible_to.company_id
    statement = statement.join(Person, and_(Person.company_id == company_id, Person.id == Goal.person_id)).where(
        Goal.company_id == company_id, Goal.cycle_id == cycle_id, Goal.state.in_(COUNTED), View(visible_to).goal()
    )
    if department_id is not None:
        departments = departments_in(department_id, company_id=company_id)
        statement = statement.where(Goal.person_id.in_(people_in(departments, company_id=company_id)))
    return statement.order_by(Person.name, Person.id, Goal.id)
