"""`/v1/invitations`."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import Field

from attain_api.access.client import CurrentClient
from attain_api.deps import CurrentActor, State, Uow, allow, public
from attain_api.idempotency import Creation
from attain_api.invitations import service
from attain_api.paging import PageQuery, page_of
from attain_api.problems import problems
from attain_shared.access.schemas import InvitationAccept, InvitationCreate, InvitationRead, LinkCreated
from attain_shared.errors import Conflict, NotFound, TooManyRequests
from attain_shared.wire import Page

router = APIRouter(prefix="/v1/invitations", tags=["Access"])

MANAGE = ("admin", "hr")


class InvitationQuery(PageQuery):
    """How to list invitations."""

    sort: Literal["created_at", "-created_at", "expires_at", "-expires_at"] = "-created_at"
    person_id: UUID | None = Field(default=None)
    """Only those of this person."""


@router.post(
    "",
    status_code=201,
    response_model=LinkCreated,
    summary="Invite a person",
    dependencies=[allow(*MANAGE)],
    responses=problems(NotFound, Conflict),
)
async def create_invitation(*, uow: Uow, creation: Creation, body: InvitationCreate) -> Response:
    """A one-time token, good for seven days; hand it to the person. It replaces the one before."""
    return await creation.answer(
        uow,
        lambda: service.create_invitation(uow, actor=creation.actor, person_id=body.person_id),
        LinkCreated,
        location=None,
    )


@router.get("", summary="List invitations", dependencies=[allow(*MANAGE)])
async def list_invitations(
    *, uow: Uow, actor: CurrentActor, query: Annotated[InvitationQuery, Query()]
) -> Page[InvitationRead]:
    """The company's invitations, without their tokens."""
    found = await service.list_invitations(uow, actor=actor, person_id=query.person_id, query=query)
    return Page[InvitationRead].model_validate(page_of(*found))


@router.delete(
    "/{invitation_id}",
    status_code=204,
    summary="Revoke an invitation",
    dependencies=[allow(*MANAGE)],
    responses=problems(Conflict),
)
async def revoke_invitation(*, uow: Uow, actor: CurrentActor, invitation_id: UUID) -> None:
    """Its token is good no more; `409 already-a-member` where it was accepted."""
    await service.revoke_invitation(uow, actor=actor, invitation_id=invitation_id)


@router.post(
    "/accept",
    status_code=204,
    summary="Accept an invitation",
    dependencies=[public],
    responses=problems(TooManyRequests),
)
async def accept_invitation(*, state: State, client: CurrentClient, body: InvitationAccept) -> None:
    """Sets the password of a new account. An e-mail that has one joins with its own password; the answer is the same."""
    await service.accept_invitation(state, token=body.token, password=body.password, client=client)
