"""`/v1/goal-checks`: what to look at again in an owner's goals before they are confirmed (GOAL-14)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Response

from attain_api.deps import CurrentActor, Uow, allow
from attain_api.goal_checks import service
from attain_api.goals.owners import OwnerKey
from attain_api.messages import Language, preferred
from attain_api.problems import problems
from attain_shared.errors import Invalid, NotFound
from attain_shared.goals.check_schemas import GoalCheckRead
from attain_shared.wire import Input

router = APIRouter(
    prefix="/v1/goal-checks",
    tags=["Goals"],
    dependencies=[allow("admin", "hr", "executive", "employee")],
    responses=problems(NotFound, Invalid),
)


class GoalCheckQuery(Input):
    """Of which cycle."""

    cycle_id: UUID
    """The cycle."""


async def _language(
    response: Response, accept_language: Annotated[str | None, Header(include_in_schema=False)] = None
) -> Language:
    """The caller's language, which the answer is in."""
    language = preferred(accept_language)
    response.headers["Content-Language"] = language
    response.headers["Vary"] = "Accept-Language"
    return language


Spoken = Annotated[Language, Depends(_language)]
Checked = Annotated[GoalCheckQuery, Query()]


@router.get("/company", summary="Check the company's goals")
async def check_company_goals(*, uow: Uow, actor: CurrentActor, language: Spoken, query: Checked) -> GoalCheckRead:
    """Warnings about the company's own goals of a cycle."""
    return await service.check_goals(uow, actor=actor, owner=OwnerKey(), cycle_id=query.cycle_id, language=language)


@router.get("/departments/{department_id}", summary="Check a department's goals")
async def check_department_goals(
    *, uow: Uow, actor: CurrentActor, language: Spoken, department_id: UUID, query: Checked
) -> GoalCheckRead:
    """Warnings about a department's goals of a cycle."""
    owner = OwnerKey(department_id=department_id)
    return await service.check_goals(uow, actor=actor, owner=owner, cycle_id=query.cycle_id, language=language)


@router.get("/people/{person_id}", summary="Check a person's goals")
async def check_person_goals(
    *, uow: Uow, actor: CurrentActor, language: Spoken, person_id: UUID, query: Checked
) -> GoalCheckRead:
    """Warnings about a person's goals of a cycle."""
    owner = OwnerKey(person_id=person_id)
    return await service.check_goals(uow, actor=actor, owner=owner, cycle_id=query.cycle_id, language=language)
