"""`/v1/goals/{id}/attainment`: what a goal has come to, at once or after a push."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import ConfigDict, Field

from attain_api.access.actor import Actor
from attain_api.access.authentication import authenticate
from attain_api.attainments import service
from attain_api.deps import Credential, CurrentActor, RolePolicy, State, Uow, allow
from attain_api.problems import problems
from attain_shared.clock import business_day
from attain_shared.db.session import reading, transaction
from attain_shared.errors import Invalid, NotFound
from attain_shared.goals.attainment_schemas import AttainmentHistoryRead, AttainmentRead
from attain_shared.wire import Day, Input, Instant

router = APIRouter(prefix="/v1/goals", tags=["Goals"])


class BriefRolePolicy(RolePolicy):
    """Checks the caller in a transaction of its own, so that a request that waits holds no connection."""

    async def __call__(self, credential: Credential, state: State) -> Actor:  # type: ignore[override]
        """The caller, if they may."""
        async with reading(state.sessions) as uow:
            secret = state.settings.secret_key.get_secret_value()
            actor = await authenticate(uow.session, credential=credential, secret_key=secret)
        self.check(actor)
        return actor


BriefReader = Annotated[Actor, Depends(BriefRolePolicy(frozenset({"admin", "hr", "executive", "employee"})))]


class AttainmentQuery(Input):
    """As known when, or after which push."""

    as_of: Instant | None = None
    """As known at this instant (MET-7)."""
    wait_for_batch: UUID | None = None
    """Answer once this batch is reflected, or when the time is up."""
    timeout: float = Field(default=5, ge=0, le=30)
    """Seconds to wait at most."""


class HistoryQuery(Input):
    """The days asked for, both inclusive."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True, validate_by_name=True)

    from_: Day = Field(default=date(1900, 1, 1), alias="from")
    """The first day; by default from the beginning."""
    to: Day | None = None
    """The last day; by default today."""


@router.get("/{goal_id}/attainment", summary="What a goal has come to", responses=problems(NotFound, Invalid))
async def get_goal_attainment(
    *, state: State, actor: BriefReader, goal_id: UUID, query: Annotated[AttainmentQuery, Query()]
) -> AttainmentRead:
    """Score, rule and figures as the facts have them.

    With `wait_for_batch` the answer comes as soon as that push is reflected; when the time is up first,
    `includes_batches_up_to` says how far it is.
    """
    if query.as_of is not None and query.wait_for_batch is not None:
        raise Invalid.field("/query/wait_for_batch", "not-with-as-of", "a past instant waits for nothing")
    if query.wait_for_batch is not None:
        await service.wait_for_batch(
            state, actor=actor, goal_id=goal_id, batch_id=query.wait_for_batch, seconds=query.timeout
        )
    async with transaction(state.sessions, state.doorbell) as uow:
        return await service.get_attainment(uow, actor=actor, goal_id=goal_id, as_of=query.as_of)


@router.get(
    "/{goal_id}/attainment/history", summary="How a goal got where it is",
    dependencies=[allow("admin", "hr", "executive", "employee")], responses=problems(NotFound, Invalid),
)  # fmt: skip
async def get_goal_attainment_history(
    *, uow: Uow, actor: CurrentActor, goal_id: UUID, query: Annotated[HistoryQuery, Query()]
) -> AttainmentHistoryRead:
    """What it had come to at the end of each business day, and today so far; a day not listed was like the one before.

    A goal is followed from the day on which it was first computed; what was restated later does not change its history.
    """
    last = query.to or business_day()
    if last < query.from_:
        raise Invalid.field("/query/to", "window", "`from` must not lie after `to`")
    return await service.get_history(uow, actor=actor, goal_id=goal_id, first=query.from_, last=last)
