"""`/v1/companies`: the platform operator's."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Response

from attain_api.access.authentication import authenticate
from attain_api.companies import service
from attain_api.deps import Credential, RolePolicy, State, Uow, allow
from attain_api.idempotency import Creation
from attain_api.paging import PageQuery, page_of
from attain_shared.access.schemas import CompanyCreate, CompanyRead
from attain_shared.db.session import transaction
from attain_shared.wire import Page

router = APIRouter(prefix="/v1/companies", tags=["Companies"])


class CompanyQuery(PageQuery):
    """How to list companies."""

    sort: Literal["name", "-name", "created_at", "-created_at"] = "name"


async def _hashed_password(*, credential: Credential, state: State, body: CompanyCreate) -> str:
    """Hash before the request's transaction begins, for callers who may: a hash takes long and holds no connection."""
    async with transaction(state.sessions, state.doorbell) as uow:
        secret_key = state.settings.secret_key.get_secret_value()
        actor = await authenticate(uow.session, credential=credential, secret_key=secret_key)
    RolePolicy(frozenset({"platform"})).check(actor)
    return await state.passwords.hashed(body.admin_password)


HashedPassword = Annotated[str, Depends(_hashed_password)]


@router.post(
    "",
    status_code=201,
    response_model=CompanyRead,
    summary="Create a company",
    dependencies=[Depends(_hashed_password), allow("platform")],
)
async def create_company(
    *, uow: Uow, creation: Creation, password_hash: HashedPassword, body: CompanyCreate
) -> Response:
    """A company with its first administrator; an e-mail that has an account keeps its own password."""
    return await creation.answer(
        uow,
        lambda: service.create_company(uow, name=body.name, admin_email=body.admin_email, password_hash=password_hash),
        CompanyRead,
        location=None,
    )


@router.get("", summary="List companies", dependencies=[allow("platform")])
async def list_companies(*, uow: Uow, query: Annotated[CompanyQuery, Query()]) -> Page[CompanyRead]:
    """The companies of this installation."""
    return Page[CompanyRead].model_validate(page_of(*await service.list_companies(uow, query=query)))
