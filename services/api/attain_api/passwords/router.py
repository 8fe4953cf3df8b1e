"""`/v1/auth/password`: the caller's own; and one-time links for others."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from attain_api.access.authentication import authenticate
from attain_api.access.client import CurrentClient
from attain_api.deps import Credential, CurrentActor, RolePolicy, State, Uow, allow, public
from attain_api.idempotency import Creation
from attain_api.passwords import service
from attain_api.passwords.service import NewPassword
from attain_api.problems import problems
from attain_shared.access.schemas import LinkCreated, PasswordChange, PasswordReset
from attain_shared.db.session import transaction
from attain_shared.errors import Conflict, TooManyRequests

router = APIRouter(prefix="/v1", tags=["Access"])

PEOPLE = ("admin", "hr", "executive", "employee", "platform", "ops")


async def _new_password(
    *, credential: Credential, state: State, client: CurrentClient, body: PasswordChange
) -> NewPassword:
    """Before the request's transaction begins: see `companies`."""
    async with transaction(state.sessions, state.doorbell) as uow:
        secret_key = state.settings.secret_key.get_secret_value()
        actor = await authenticate(uow.session, credential=credential, secret_key=secret_key)
    RolePolicy(frozenset(PEOPLE)).check(actor)
    return await service.prepare_change(
        state,
        actor=actor,
        current_password=body.current_password,
        new_password=body.new_password,
        client=client,
    )


CheckedPassword = Annotated[NewPassword, Depends(_new_password)]


@router.post(
    "/auth/password",
    status_code=204,
    summary="Change my password",
    dependencies=[Depends(_new_password), allow(*PEOPLE)],
    responses=problems(TooManyRequests),
)
async def change_password(*, uow: Uow, actor: CurrentActor, password: CheckedPassword, body: PasswordChange) -> None:  # noqa: ARG001  # read by the dependency
    """All other sessions of the account end, in every company it belongs to."""
    await service.change_password(uow, actor=actor, password=password)


@router.post(
    "/auth/password/reset",
    status_code=204,
    summary="Set a new password by a one-time link",
    dependencies=[public],
    responses=problems(TooManyRequests),
)
async def complete_password_reset(*, state: State, client: CurrentClient, body: PasswordReset) -> None:
    """All sessions of the account end. A link that does not reach the whole account changes nothing, and answers alike."""
    await service.complete_reset(state, token=body.token, password=body.password, client=client)


@router.post(
    "/people/{person_id}/password-reset",
    status_code=201,
    response_model=LinkCreated,
    summary="Make a link for a new password",
    dependencies=[allow("admin", "hr")],
    responses=problems(Conflict),
)
async def create_password_reset(*, uow: Uow, creation: Creation, person_id: UUID) -> Response:
    """A one-time token, good for a day; hand it to the person. It replaces the one before."""
    return await creation.answer(
        uow,
        lambda: service.create_reset(uow, actor=creation.actor, person_id=person_id),
        LinkCreated,
        location=None,
    )
