"""`/v1/reviews/{id}/raters` and `/v1/rater-invitations`: 360 (REV-11)."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response

from attain_api.conditional import ChangeTag, Tag, content_tag
from attain_api.deps import CurrentActor, IfMatch, Uow, allow
from attain_api.idempotency import Creation
from attain_api.paging import PageQuery, page_of
from attain_api.problems import problems
from attain_api.raters import service
from attain_shared.errors import Conflict, Invalid, NotAllowed, NotFound, Stale
from attain_shared.reviews.rater_schemas import (
    RaterAnswerCreate,
    RaterDecline,
    RaterInvitation,
    RaterNomination,
    RaterRead,
    RaterResult,
)
from attain_shared.wire import Page

router = APIRouter(prefix="/v1", tags=["Reviews"])

PEOPLE = allow("hr", "executive", "employee")
"""Who names, who decides and who reads is a matter of who they are to the person (REV-11)."""


class RaterQuery(PageQuery):
    """In which order."""

    sort: Literal["created_at", "-created_at"] = "created_at"
    """By default the first named first."""


class InvitationQuery(RaterQuery):
    """Which invitations, and in which order."""

    has_answered: bool | None = None
    """Only those that the caller has answered, or has not."""


@router.get("/rater-invitations", summary="List what I am asked about others", dependencies=[PEOPLE])
async def list_rater_invitations(
    *, uow: Uow, actor: CurrentActor, query: Annotated[InvitationQuery, Query()]
) -> Page[RaterInvitation]:
    """Whom the caller is asked about, in which round and until when: of those reviews nothing else."""
    found = await service.list_invitations(uow, actor=actor, has_answered=query.has_answered, query=query)
    return Page[RaterInvitation].model_validate(page_of(*found))


@router.post(
    "/reviews/{review_id}/raters", status_code=201, summary="Name a rater", response_model=RaterRead,
    dependencies=[PEOPLE], responses=problems(NotFound, NotAllowed, Conflict, Invalid),
)  # fmt: skip
async def nominate_rater(*, uow: Uow, creation: Creation, review_id: UUID, body: RaterNomination) -> Response:
    """By the employee, whose raters the manager or HR approves; those of the manager and HR are approved at once."""
    return await creation.answer(
        uow,
        lambda: service.nominate(uow, actor=creation.actor, review_id=review_id, data=body),
        RaterRead,
        location=None,
        etag=content_tag,
    )


@router.get("/reviews/{review_id}/raters", summary="List the raters of a review", dependencies=[PEOPLE])
async def list_raters(
    *, uow: Uow, actor: CurrentActor, review_id: UUID, query: Annotated[RaterQuery, Query()]
) -> Page[RaterRead]:
    """For the employee, the manager, the 1 over 1 and HR. Who has answered is told to nobody."""
    found = await service.list_raters(uow, actor=actor, review_id=review_id, query=query)
    return Page[RaterRead].model_validate(page_of(*found))


@router.get(
    "/reviews/{review_id}/raters/result", summary="What the raters say together", dependencies=[PEOPLE],
    responses=problems(NotFound, NotAllowed, Conflict),
)  # fmt: skip
async def get_rater_result(*, uow: Uow, actor: CurrentActor, review_id: UUID, tag: Tag) -> RaterResult:
    """From three raters up, once they are closed (`409 raters-open` before); for the employee from the interview on."""
    result = await service.get_result(uow, actor=actor, review_id=review_id)
    tag.show(content_tag(result))
    return result


@router.post(
    "/reviews/{review_id}/raters/actions/close", summary="Close the raters of a review", dependencies=[PEOPLE],
    responses=problems(NotFound, NotAllowed, Conflict),
)  # fmt: skip
async def close_raters(*, uow: Uow, actor: CurrentActor, review_id: UUID, tag: ChangeTag) -> RaterResult:
    """By the manager or HR, for good; the manager's submitting closes them, too. Answers what they say together."""
    result = await service.close(uow, actor=actor, review_id=review_id)
    tag.set(content_tag(result))
    return result


@router.post(
    "/reviews/{review_id}/raters/{rater_id}/actions/approve", summary="Approve a rater", dependencies=[PEOPLE],
    responses=problems(NotFound, NotAllowed, Conflict, Stale),
)  # fmt: skip
async def approve_rater(
    *, uow: Uow, actor: CurrentActor, review_id: UUID, rater_id: UUID, tag: ChangeTag, if_match: IfMatch = None
) -> RaterRead:
    """By the manager or HR, of whom the employee named: from then on they are asked."""
    rater = await service.decide(
        uow, actor=actor, review_id=review_id, rater_id=rater_id, decision="approved", reason=None, if_match=if_match
    )
    tag.set(content_tag(rater))
    return rater


@router.post(
    "/reviews/{review_id}/raters/{rater_id}/actions/decline", summary="Decline a rater", dependencies=[PEOPLE],
    responses=problems(NotFound, NotAllowed, Conflict, Stale, Invalid),
)  # fmt: skip
async def decline_rater(
    *,
    uow: Uow,
    actor: CurrentActor,
    review_id: UUID,
    rater_id: UUID,
    body: RaterDecline,
    tag: ChangeTag,
    if_match: IfMatch = None,
) -> RaterRead:
    """By the manager or HR, of whom the employee named; whoever is approved can only decline by themselves."""
    rater = await service.decide(
        uow,
        actor=actor,
        review_id=review_id,
        rater_id=rater_id,
        decision="declined",
        reason=body.reason,
        if_match=if_match,
    )
    tag.set(content_tag(rater))
    return rater


@router.put(
    "/reviews/{review_id}/raters/{rater_id}/answer", summary="Answer as a rater", dependencies=[PEOPLE],
    responses=problems(NotFound, NotAllowed, Conflict, Stale, Invalid),
)  # fmt: skip
async def answer_as_rater(
    *,
    uow: Uow,
    actor: CurrentActor,
    review_id: UUID,
    rater_id: UUID,
    body: RaterAnswerCreate,
    tag: ChangeTag,
    if_match: IfMatch = None,
) -> RaterInvitation:
    """By whoever is asked, once. It is kept without their name and shown only together with what others say."""
    invitation = await service.answer(
        uow, actor=actor, review_id=review_id, rater_id=rater_id, data=body, if_match=if_match
    )
    tag.set(content_tag(invitation))
    return invitation


@router.post(
    "/rater-invitations/{rater_id}/actions/decline", summary="Decline an invitation", dependencies=[PEOPLE],
    responses=problems(NotFound, Conflict, Stale, Invalid),
)  # fmt: skip
async def decline_rater_invitation(
    *, uow: Uow, actor: CurrentActor, rater_id: UUID, body: RaterDecline, tag: ChangeTag, if_match: IfMatch = None
) -> RaterInvitation:
    """By whoever is asked; the employee does not read why."""
    invitation = await service.decline_invitation(
        uow, actor=actor, rater_id=rater_id, reason=body.reason, if_match=if_match
    )
    tag.set(content_tag(invitation))
    return invitation
