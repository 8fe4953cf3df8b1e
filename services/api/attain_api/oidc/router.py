"""`/v1/auth/oidc`: single sign-on."""

from fastapi import APIRouter, Response

from attain_api.access.client import CurrentClient
from attain_api.deps import State, public
from attain_api.oidc import service
from attain_api.problems import problems
from attain_shared.access.schemas import OidcFinish, OidcStart, OidcStarted, TokenRead
from attain_shared.errors import Conflict, NotAllowed, NotFound, TooManyRequests, Unauthenticated

router = APIRouter(prefix="/v1/auth/oidc", tags=["Access"])


@router.post(
    "/start",
    summary="Begin a single sign-on",
    dependencies=[public],
    responses=problems(NotFound, TooManyRequests),
)
async def start_oidc(*, state: State, client: CurrentClient, body: OidcStart) -> OidcStarted:
    """Where to send the browser; `404 oidc-not-configured` where the installation has no single sign-on."""
    url = await service.start(state, redirect_uri=body.redirect_uri, scope=body.scope, client=client)
    return OidcStarted(authorization_url=url)


@router.post(
    "/finish",
    summary="Finish a single sign-on",
    dependencies=[public],
    responses=problems(Unauthenticated, NotAllowed, NotFound, Conflict, TooManyRequests),
)
async def finish_oidc(*, state: State, client: CurrentClient, response: Response, body: OidcFinish) -> TokenRead:
    """Tokens, once, for the `state` and `code` that the browser came back with."""
    response.headers["Cache-Control"] = "no-store"
    with state.counters.sign_in():
        return await service.finish(state, secret=body.state, code=body.code, client=client)
