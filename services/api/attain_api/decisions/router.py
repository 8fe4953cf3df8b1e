"""`/v1/decisions`, and what they follow from: the year of a review (REV-12)."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response

from attain_api.conditional import ChangeTag, Tag, content_tag
from attain_api.decisions import service
from attain_api.deps import CurrentActor, IfMatch, Uow, allow
from attain_api.idempotency import Creation
from attain_api.paging import PageQuery
from attain_api.problems import problems
from attain_shared.errors import Conflict, Invalid, NotFound, Stale
from attain_shared.reviews.decision_schemas import (
    DecisionApproval,
    DecisionCreate,
    DecisionRead,
    DecisionRejection,
    DecisionsPropose,
    DecisionsProposed,
    DecisionUpdate,
    YearRead,
)
from attain_shared.rules.year import DecisionKind
from attain_shared.wire import Page

router = APIRouter(prefix="/v1", tags=["Decisions"])

PEOPLE = allow("hr", "executive", "employee")
"""Which they see is a matter of who they are to the person (SEC-3, SEC-4)."""
DECIDES = allow("hr", "executive")

_SAYING_NOTHING = DecisionApproval()


class DecisionQuery(PageQuery):
    """Which decisions, and in which order."""

    sort: Literal["created_at", "-created_at"] = "created_at"
    """By default the oldest first."""
    review_cycle_id: UUID | None = None
    """Only those out of this round."""
    review_id: UUID | None = None
    """Only those out of this review."""
    person_id: UUID | None = None
    """Only those about this person."""
    kind: DecisionKind | None = None
    """Only those of this kind."""
    state: Literal["proposed", "approved", "rejected"] | None = None
    """Only those in this state."""


@router.get("/decisions", summary="List decisions", dependencies=[PEOPLE])
async def list_decisions(
    *, uow: Uow, actor: CurrentActor, query: Annotated[DecisionQuery, Query()]
) -> Page[DecisionRead]:
    """Those about people below the caller, and the caller's own once they are approved; HR sees all of others."""
    filters = query.model_dump(include={"review_id", "person_id", "kind", "state"}, exclude_none=True)
    decisions, cursor = await service.list_decisions(
        uow, actor=actor, query=query, review_cycle_id=query.review_cycle_id, filters=filters
    )
    return Page[DecisionRead](items=decisions, next_cursor=cursor)


@router.get(
    "/reviews/{review_id}/year", summary="What the review of a year rests on", dependencies=[PEOPLE],
    responses=problems(NotFound),
)  # fmt: skip
async def get_review_year(*, uow: Uow, actor: CurrentActor, review_id: UUID, tag: Tag) -> YearRead:
    """The year's closed reviews, V of its quarters with the trend, and what the year's performance came of."""
    year = await service.get_year(uow, actor=actor, review_id=review_id)
    tag.show(content_tag(year))
    return year


@router.post(
    "/review-cycles/{review_cycle_id}/decisions/propose", summary="Propose the decisions of a year",
    dependencies=[allow("hr")], responses=problems(NotFound, Conflict, Invalid),
)  # fmt: skip
async def propose_decisions(
    *, uow: Uow, actor: CurrentActor, review_cycle_id: UUID, body: DecisionsPropose
) -> DecisionsProposed:
    """By rule, for every closed review of a yearly round; done again it takes in those closed since, and changes none."""
    return await service.propose_decisions(uow, actor=actor, review_cycle_id=review_cycle_id, factors=body.factors)


@router.post(
    "/decisions", status_code=201, summary="Propose a decision", response_model=DecisionRead,
    dependencies=[allow("hr")], responses=problems(Conflict, Invalid),
)  # fmt: skip
async def create_decision(*, uow: Uow, creation: Creation, body: DecisionCreate) -> Response:
    """By hand: another than whoever proposes it approves it; `409 decision-taken` where there is one of its kind."""
    return await creation.answer(
        uow,
        lambda: service.create_decision(uow, actor=creation.actor, data=body),
        lambda decision: decision.body,
        location="/v1/decisions/{id}",
        etag=lambda decision: decision.tag,
    )


@router.get("/decisions/{decision_id}", summary="One decision", dependencies=[PEOPLE], responses=problems(NotFound))
async def get_decision(*, uow: Uow, actor: CurrentActor, decision_id: UUID, tag: Tag) -> DecisionRead:
    """A decision as the caller may see it."""
    decision = await service.get_decision(uow, actor=actor, decision_id=decision_id)
    tag.show(decision.tag)
    return decision.body


@router.patch(
    "/decisions/{decision_id}", summary="Change a decision", dependencies=[allow("hr")],
    responses=problems(NotFound, Conflict, Stale, Invalid),
)  # fmt: skip
async def update_decision(
    *,
    uow: Uow,
    actor: CurrentActor,
    decision_id: UUID,
    body: DecisionUpdate,
    tag: ChangeTag,
    if_match: IfMatch = None,
) -> DecisionRead:
    """Another value, with a reason, until it is approved; what was rejected is put forward again by that."""
    decision = await service.update_decision(uow, actor=actor, decision_id=decision_id, data=body, if_match=if_match)
    tag.set(decision.tag)
    return decision.body


@router.post(
    "/decisions/{decision_id}/actions/approve", summary="Approve a decision", dependencies=[DECIDES],
    responses=problems(NotFound, Conflict, Stale, Invalid),
)  # fmt: skip
async def approve_decision(
    *,
    uow: Uow,
    actor: CurrentActor,
    decision_id: UUID,
    tag: ChangeTag,
    body: DecisionApproval = _SAYING_NOTHING,
    if_match: IfMatch = None,
) -> DecisionRead:
    """By an executive above the person, or by HR other than who proposed it; never one's own."""
    decision = await service.decide(
        uow, actor=actor, decision_id=decision_id, action="approve", reason=body.reason, if_match=if_match
    )
    tag.set(decision.tag)
    return decision.body


@router.post(
    "/decisions/{decision_id}/actions/reject", summary="Reject a decision", dependencies=[DECIDES],
    responses=problems(NotFound, Conflict, Stale, Invalid),
)  # fmt: skip
async def reject_decision(
    *,
    uow: Uow,
    actor: CurrentActor,
    decision_id: UUID,
    tag: ChangeTag,
    body: DecisionRejection,
    if_match: IfMatch = None,
) -> DecisionRead:
    """By the same, with a reason; it stays on record."""
    decision = await service.decide(
        uow, actor=actor, decision_id=decision_id, action="reject", reason=body.reason, if_match=if_match
    )
    tag.set(decision.tag)
    return decision.body
