"""`/v1/values`: the company's values (价值观) and their levels."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response

from attain_api.company_values import service
from attain_api.company_values.service import LastValue, ValueTaken
from attain_api.conditional import ChangeTag, Tag, version_tag
from attain_api.deps import CurrentActor, IfMatch, Uow, allow
from attain_api.idempotency import Creation
from attain_api.paging import PageQuery, page_of
from attain_api.problems import problems
from attain_shared.reviews.value_schemas import ValueCreate, ValueRead, ValueUpdate
from attain_shared.wire import Page

router = APIRouter(prefix="/v1/values", tags=["Reviews"])

READERS = allow("admin", "hr", "executive", "employee")
WRITERS = allow("hr")


class ValueQuery(PageQuery):
    """Which values, and in which order."""

    sort: Literal["position", "-position", "code", "-code"] = "position"
    """By default in the order in which they are assessed."""
    is_active: bool | None = None
    """Only those that rounds opened from now on assess, or only the others."""


@router.post(
    "",
    status_code=201,
    response_model=ValueRead,
    summary="Make a value",
    dependencies=[WRITERS],
    responses=problems(ValueTaken),
)
async def create_value(*, uow: Uow, creation: Creation, body: ValueCreate) -> Response:
    """A value that rounds opened from now on assess; its code is the company's only one."""
    return await creation.answer(
        uow,
        lambda: service.create_value(uow, actor=creation.actor, data=body),
        ValueRead,
        location="/v1/values/{id}",
    )


@router.get("", summary="List values", dependencies=[READERS])
async def list_values(*, uow: Uow, actor: CurrentActor, query: Annotated[ValueQuery, Query()]) -> Page[ValueRead]:
    """The company's values: those that ship, as it has changed them, and its own."""
    found = await service.list_values(uow, actor=actor, is_active=query.is_active, query=query)
    return Page[ValueRead].model_validate(page_of(*found))


@router.get("/{value_id}", summary="Get a value", dependencies=[READERS])
async def get_value(*, uow: Uow, actor: CurrentActor, tag: Tag, value_id: UUID) -> ValueRead:
    """One value and its five levels."""
    value = await service.get_value(uow, actor=actor, value_id=value_id)
    tag.show(version_tag(value.version))
    return ValueRead.model_validate(value)


@router.patch("/{value_id}", summary="Change a value", dependencies=[WRITERS], responses=problems(LastValue))
async def update_value(
    *, uow: Uow, actor: CurrentActor, tag: ChangeTag, value_id: UUID, body: ValueUpdate, if_match: IfMatch = None
) -> ValueRead:
    """Its words, its place, or whether it is assessed; rounds that are open keep it as it was."""
    value = await service.update_value(uow, actor=actor, value_id=value_id, data=body, if_match=if_match)
    tag.set(version_tag(value.version))
    return ValueRead.model_validate(value)
