"""What handlers ask for: the transaction, the caller, and who may call."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Request
from fastapi.params import Depends as DependsMarker
from fastapi.security import OAuth2PasswordBearer

from attain_api.access.actor import Actor
from attain_api.access.authentication import authenticate
from attain_api.parameters import refuse_unknown
from attain_api.problems import REQUEST_ID
from attain_api.standby import lagging
from attain_api.state import ApiState, state_of
from attain_shared.audit.trail import Author
from attain_shared.db.session import UnitOfWork, reading, transaction
from attain_shared.errors import NotAllowed, Unauthenticated

__all__ = [
    "Actor",
    "Credential",
    "CurrentActor",
    "IfMatch",
    "LaggingUow",
    "PublicPolicy",
    "RolePolicy",
    "State",
    "Uow",
    "allow",
    "public",
]

_READS = frozenset({"GET", "HEAD"})

_bearer = OAuth2PasswordBearer(
    tokenUrl="/v1/auth/token",
    auto_error=False,
    scheme_name="bearer",
    description="An access token of a person, or the API key (`att_…`) of a connector.",
)


async def _state(request: Request) -> ApiState:
    return state_of(request)


State = Annotated[ApiState, Depends(_state)]


async def unit_of_work(request: Request, state: State) -> AsyncIterator[UnitOfWork]:
    """The request's transaction: committed before the answer leaves, rolled back by any error; a `GET` needs none."""
    if request.method in _READS:
        async with reading(state.sessions) as uow:
            yield uow
    else:
        async with transaction(state.sessions, state.doorbell) as uow:
            yield uow


Uow = Annotated[UnitOfWork, Depends(unit_of_work, scope="function")]


async def lagging_unit_of_work(request: Request, state: State, uow: Uow) -> AsyncIterator[UnitOfWork]:
    """For data alone, of a route that is a `LaggingRoute`; who the caller is is read from the primary, before."""
    async with lagging(request, state.standby, uow) as lagged:
        if lagged is not uow:  # the policy has run: while a standby hangs, no connection to the primary waits with it
            await uow.session.close()
        yield lagged


LaggingUow = Annotated[UnitOfWork, Depends(lagging_unit_of_work, scope="function")]


async def _credential(bearer: Annotated[str | None, Depends(_bearer)]) -> str:
    if not bearer:
        raise Unauthenticated("Sign in first: this needs `Authorization: Bearer …`.")
    return bearer


Credential = Annotated[str, Depends(_credential)]


async def current_actor(request: Request, credential: Credential, uow: Uow, state: State) -> Actor:
    """Whoever the credential stands for, read in the request's own transaction; the author of what it changes."""
    actor = await authenticate(
        uow.session, credential=credential, secret_key=state.settings.secret_key.get_secret_value()
    )
    uow.author = author_of(actor, request)
    return actor


def author_of(actor: Actor, request: Request) -> Author:
    """The caller of an operation, for the audit trail (SEC-5)."""
    return Author(
        kind=actor.kind,
        id=actor.principal_id,
        company_id=actor.company_id,
        action=request.scope["route"].name,
        request_id=request.scope.get(REQUEST_ID, ""),
    )


CurrentActor = Annotated[Actor, Depends(current_actor)]

IfMatch = Annotated[
    str | None,
    Header(alias="If-Match", max_length=2000, description="The ETag of the version to change; `412` when stale."),
]


@dataclass(frozen=True)
class RolePolicy:
    """Lets in whoever holds one of the roles (SEC-2)."""

    roles: frozenset[str]

    async def __call__(self, request: Request, actor: CurrentActor) -> None:
        """Refuse everybody else, and what the route does not know."""
        self.check(actor)
        refuse_unknown(request)

    def check(self, actor: Actor) -> None:
        """The same, for an actor at hand."""
        if self.roles.isdisjoint(actor.roles):
            raise NotAllowed("Your roles do not allow this.")


@dataclass(frozen=True)
class PublicPolicy:
    """Marks a route that everybody may call; a route without any policy fails a test."""

    async def __call__(self, request: Request) -> None:
        """Let in, but for what the route does not know."""
        refuse_unknown(request)


def allow(*roles: str) -> DependsMarker:
    """Say in `dependencies=[…]` who may call a route."""
    policy: DependsMarker = Depends(RolePolicy(frozenset(roles)))
    return policy


public: DependsMarker = Depends(PublicPolicy())
"""Say in `dependencies=[…]` that everybody may call a route."""
