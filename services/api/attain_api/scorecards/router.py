"""`/v1/scorecards`: what the company, a department or a person has reached in a cycle."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from attain_api.deps import CurrentActor, Uow, allow
from attain_api.goals.owners import OwnerKey
from attain_api.problems import problems
from attain_api.scorecards import service
from attain_shared.errors import Invalid, NotFound
from attain_shared.goals.scorecard_schemas import ScorecardRead
from attain_shared.wire import Input

router = APIRouter(
    prefix="/v1/scorecards",
    tags=["Scorecards"],
    dependencies=[allow("admin", "hr", "executive", "employee")],
    responses=problems(NotFound, Invalid),
)


class ScorecardQuery(Input):
    """Of which cycle."""

    cycle_id: UUID
    """The cycle."""


class SubtreeQuery(ScorecardQuery):
    """Of which cycle, and whether with everybody below."""

    subtree: bool = False
    """Also the performance of the departments and people below that the caller sees."""


@router.get("/company", summary="The company's scorecard")
async def get_company_scorecard(
    *, uow: Uow, actor: CurrentActor, query: Annotated[SubtreeQuery, Query()]
) -> ScorecardRead:
    """The company's own goals and their performance."""
    return await service.get_scorecard(
        uow, actor=actor, owner=OwnerKey(), cycle_id=query.cycle_id, with_below=query.subtree
    )


@router.get("/departments/{department_id}", summary="A department's scorecard")
async def get_department_scorecard(
    *, uow: Uow, actor: CurrentActor, department_id: UUID, query: Annotated[SubtreeQuery, Query()]
) -> ScorecardRead:
    """A department's goals and their performance."""
    owner = OwnerKey(department_id=department_id)
    return await service.get_scorecard(uow, actor=actor, owner=owner, cycle_id=query.cycle_id, with_below=query.subtree)


@router.get("/people/{person_id}", summary="A person's scorecard")
async def get_person_scorecard(
    *, uow: Uow, actor: CurrentActor, person_id: UUID, query: Annotated[ScorecardQuery, Query()]
) -> ScorecardRead:
    """A person's goals and their performance (REV-2)."""
    owner = OwnerKey(person_id=person_id)
    return await service.get_scorecard(uow, actor=actor, owner=owner, cycle_id=query.cycle_id)
