"""`/v1/auth/sessions`: where somebody is signed in, and how that ends."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query

from attain_api.deps import CurrentActor, Uow, allow
from attain_api.paging import PageQuery, page_of
from attain_api.sessions import service
from attain_shared.access.schemas import SessionRead
from attain_shared.wire import Page

router = APIRouter(prefix="/v1", tags=["Access"])

PEOPLE = ("admin", "hr", "executive", "employee", "platform", "ops")


class SessionQuery(PageQuery):
    """How to list sessions."""

    sort: Literal["created_at", "-created_at", "last_used_at", "-last_used_at"] = "-last_used_at"


@router.get("/auth/sessions", summary="List my sessions", dependencies=[allow(*PEOPLE)])
async def list_sessions(*, uow: Uow, actor: CurrentActor, query: Annotated[SessionQuery, Query()]) -> Page[SessionRead]:
    """The caller's own sign-ins to this company that have not ended."""
    return Page[SessionRead].model_validate(page_of(*await service.list_sessions(uow, actor=actor, query=query)))


@router.delete(
    "/auth/sessions/{session_id}", status_code=204, summary="End one of my sessions", dependencies=[allow(*PEOPLE)]
)
async def revoke_session(*, uow: Uow, actor: CurrentActor, session_id: UUID) -> None:
    """Its tokens are refused from the next request on; another person's session answers 404."""
    await service.revoke_session(uow, actor=actor, session_id=session_id)


@router.post(
    "/auth/sessions/actions/revoke-others",
    status_code=204,
    summary="End my other sessions",
    dependencies=[allow(*PEOPLE)],
)
async def revoke_other_sessions(*, uow: Uow, actor: CurrentActor) -> None:
    """All of the caller's sign-ins to this company but this one."""
    await service.revoke_others(uow, actor=actor)


@router.post(
    "/people/{person_id}/sign-out",
    status_code=204,
    summary="End all sessions of a person",
    dependencies=[allow("admin", "hr")],
)
async def sign_out_person(*, uow: Uow, actor: CurrentActor, person_id: UUID) -> None:
    """In this company; they may sign in again with their password."""
    await service.sign_out_person(uow, actor=actor, person_id=person_id)
