"""`/v1/goals/{id}/explain`, `/what-if`, `/gap`: attainments opened up (GOAL-8)."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Header, Query
from pydantic import Field

from attain_api.deps import CurrentActor, Uow, allow
from attain_api.explanations import gap, service, supposing
from attain_api.explanations.service import Wanted
from attain_api.messages import preferred
from attain_api.paging import PageQuery, page_of
from attain_api.problems import problems
from attain_shared.errors import Conflict, Invalid, NotAllowed, NotFound
from attain_shared.goals.explain_schemas import GoalExplanation, SourceRow, WhatIf, WhatIfRead
from attain_shared.goals.gap_schemas import GoalGapRead
from attain_shared.rules.growth import Against
from attain_shared.wire import Input, Instant, Page

router = APIRouter(prefix="/v1/goals", tags=["Goals"], responses=problems(NotAllowed, NotFound, Invalid))

PEOPLE = allow("admin", "hr", "executive", "employee")
"""Whose goals they see in full is a matter of who they are to the owner (SEC-3)."""


class ExplainQuery(Input):
    """As known when, and how far."""

    as_of: Instant | None = None
    """As known at this instant (MET-7); by default now."""
    since: Instant | None = None
    """Also say why it changed since this instant."""
    limit: int = Field(default=200, ge=1, le=1000)
    """The most of each list; `…_total` says how long it is."""


class RowsQuery(PageQuery):
    """The rows of which indicator, as known when."""

    sort: Literal["rows"] = "rows"
    """By figure, shop, metric and day."""
    indicator_id: UUID
    """One of the goal's."""
    as_of: Instant | None = None
    """As known at this instant: so nothing moves between the parts."""


class GapQuery(Input):
    """Against what."""

    against: Against | None = None
    """The window before, or the same one a year before; by default what the indicator's growth is against, else
    the window before."""
    indicator_id: UUID | None = None
    """One that measures GMV; by default the first that does."""


@router.get("/{goal_id}/explain", summary="Open a goal's attainment", dependencies=[PEOPLE])
async def explain_goal(
    *,
    uow: Uow,
    actor: CurrentActor,
    goal_id: UUID,
    query: Annotated[ExplainQuery, Query()],
    accept_language: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> GoalExplanation:
    """What it was made of: rubric, formulas, shops, rows, batches and findings; for whoever sees the goal in full.

    With `since` every change is split in what business did and what was restated, which add up to it exactly.
    """
    wanted = Wanted(as_of=query.as_of, since=query.since, limit=query.limit, language=preferred(accept_language))
    return await service.explain_goal(uow, actor=actor, goal_id=goal_id, wanted=wanted)


@router.get("/{goal_id}/explain/rows", summary="The rows behind an indicator", dependencies=[PEOPLE])
async def list_explained_rows(
    *, uow: Uow, actor: CurrentActor, goal_id: UUID, query: Annotated[RowsQuery, Query()]
) -> Page[SourceRow]:
    """Every row that an indicator's figures were read from, of the shops whose values the caller sees."""
    found = await service.list_rows(
        uow,
        actor=actor,
        goal_id=goal_id,
        indicator_id=query.indicator_id,
        as_of=query.as_of,
        limit=query.limit,
        cursor=query.cursor,
    )
    return Page[SourceRow].model_validate(page_of(*found))


@router.post("/{goal_id}/what-if", summary="What a goal would come to", dependencies=[PEOPLE])
async def suppose_goal(*, uow: Uow, actor: CurrentActor, goal_id: UUID, body: WhatIf) -> WhatIfRead:
    """Score, rule and verdicts if its window ended with these figures; nothing is stored."""
    return await supposing.what_if(uow, actor=actor, goal_id=goal_id, data=body)


@router.get(
    "/{goal_id}/gap", summary="Why a goal's GMV has changed", dependencies=[PEOPLE], responses=problems(Conflict)
)
async def get_goal_gap(
    *, uow: Uow, actor: CurrentActor, goal_id: UUID, query: Annotated[GapQuery, Query()]
) -> GoalGapRead:
    """Its GMV against an earlier window's, taken apart into visitors, conversion and 客单价 shop by shop."""
    return await gap.explain_gap(
        uow, actor=actor, goal_id=goal_id, indicator_id=query.indicator_id, against=query.against
    )
