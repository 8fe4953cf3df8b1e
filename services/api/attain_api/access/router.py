"""`/v1/auth` and `/v1/me`."""

from typing import Annotated

from fastapi import APIRouter, Form, Response
from pydantic import BaseModel, ConfigDict, Field

from attain_api.access import service
from attain_api.access.client import CurrentClient
from attain_api.deps import CurrentActor, State, Uow, allow, public
from attain_api.problems import problems
from attain_shared.access.schemas import CompanyRead, MeRead, RefreshTokenBody, TokenRead
from attain_shared.errors import Conflict, NotAllowed, TooManyRequests, Unauthenticated
from attain_shared.wire import Line

router = APIRouter(prefix="/v1", tags=["Access"])

EVERYBODY = ("admin", "hr", "executive", "employee", "connector", "platform", "ops")


class TokenForm(BaseModel):
    """OAuth2's password form."""

    model_config = ConfigDict(
        use_attribute_docstrings=True,
        json_schema_extra={"examples": [{"username": "lin@example.com", "password": "correct horse battery"}]},
    )

    username: Line
    """The account's e-mail."""
    password: str = Field(max_length=200)
    """Its password."""
    scope: Line = ""
    """`company:<code>` where the account belongs to several companies."""
    grant_type: str = Field(default="password", pattern="^(password)?$")
    """As OAuth2 wants it."""


@router.post(
    "/auth/token",
    summary="Sign in with e-mail and password",
    dependencies=[public],
    responses=problems(Unauthenticated, NotAllowed, Conflict, TooManyRequests),
)
async def create_token(
    *, state: State, client: CurrentClient, response: Response, form: Annotated[TokenForm, Form()]
) -> TokenRead:
    """Tokens for one company; with several and no scope, `409 company-required` lists the caller's own."""
    response.headers["Cache-Control"] = "no-store"
    with state.counters.sign_in():
        tokens, told = await service.sign_in(
            state, email=form.username, password=form.password, scope=form.scope, client=client
        )
    response.headers.update(told)
    return tokens


@router.post(
    "/auth/refresh",
    summary="Get new tokens for a refresh token",
    dependencies=[public],
    responses=problems(Unauthenticated),
)
async def refresh_token(
    *, state: State, client: CurrentClient, response: Response, body: RefreshTokenBody
) -> TokenRead:
    """Each refresh token is good once; a second use ends every token of that sign-in."""
    response.headers["Cache-Control"] = "no-store"
    with state.counters.sign_in(refused_as="refresh"):
        return await service.refresh(state, refresh_token=body.refresh_token, client=client)


@router.post("/auth/logout", status_code=204, summary="End a sign-in", dependencies=[public])
async def logout(*, uow: Uow, body: RefreshTokenBody) -> None:
    """End that sign-in: its access and refresh tokens are refused from the next request on."""
    await service.sign_out(uow, refresh_token=body.refresh_token)


@router.get("/me", summary="Who am I", dependencies=[allow(*EVERYBODY)])
async def get_me(*, uow: Uow, actor: CurrentActor) -> MeRead:
    """The caller, its company and its roles."""
    profile = await service.get_profile(uow, actor=actor)
    return MeRead(
        account_id=actor.account_id,
        person_id=actor.person_id,
        connector_id=None if actor.person_id else actor.principal_id,
        name=profile.name,
        email=profile.email,
        company=CompanyRead(id=profile.company_id, code=profile.company_code, name=profile.company_name),
        roles=sorted(actor.roles),
        shop_ids=sorted(actor.shop_ids),
    )
