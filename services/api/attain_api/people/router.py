"""`/v1/people`."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import Field

from attain_api.conditional import ChangeTag, Tag, version_tag
from attain_api.deps import CurrentActor, IfMatch, Uow, allow
from attain_api.idempotency import Creation
from attain_api.paging import PageQuery
from attain_api.people import service
from attain_api.people.service import read_person
from attain_api.problems import problems
from attain_shared.errors import Conflict
from attain_shared.people.schemas import PersonCreate, PersonRead, PersonUpdate
from attain_shared.wire import Email, Name, Page

router = APIRouter(prefix="/v1/people", tags=["people"])

READ = ("admin", "hr", "executive")
WRITE = ("admin", "hr")


class PersonQuery(PageQuery):
    """How to list people."""

    sort: Literal["name", "-name", "hired_on", "-hired_on", "created_at", "-created_at"] = "name"
    department_id: UUID | None = Field(default=None)
    """Only those directly in this department."""
    manager_id: UUID | None = Field(default=None)
    """Only those who report to this person."""
    name: Name | None = Field(default=None)
    """Only those of exactly this name."""
    email: Email | None = Field(default=None)
    """Only the one with this e-mail."""


@router.post("", status_code=201, response_model=PersonRead, summary="Create a person", dependencies=[allow(*WRITE)])
async def create_person(*, uow: Uow, creation: Creation, body: PersonCreate) -> Response:
    """A person of the caller's company; `409 email-taken` where somebody has the e-mail."""
    return await creation.answer(
        uow,
        lambda: service.create_person(uow, actor=creation.actor, data=body),
        read_person,
        location="/v1/people/{id}",
    )


@router.get("", summary="List people", dependencies=[allow(*READ)])
async def list_people(*, uow: Uow, actor: CurrentActor, query: Annotated[PersonQuery, Query()]) -> Page[PersonRead]:
    """The company's people."""
    rows, next_cursor = await service.list_people(
        uow,
        actor=actor,
        department_id=query.department_id,
        manager_id=query.manager_id,
        name=query.name,
        email=query.email,
        query=query,
    )
    return Page[PersonRead](items=[read_person(row) for row in rows], next_cursor=next_cursor)


@router.get("/{person_id}", summary="Get a person", dependencies=[allow(*READ)])
async def get_person(*, uow: Uow, actor: CurrentActor, tag: Tag, person_id: UUID) -> PersonRead:
    """One person."""
    person = await service.get_person(uow, actor=actor, person_id=person_id)
    tag.show(version_tag(person.version))
    return read_person(person)


@router.patch("/{person_id}", summary="Change a person", dependencies=[allow(*WRITE)], responses=problems(Conflict))
async def update_person(
    *, uow: Uow, actor: CurrentActor, tag: ChangeTag, person_id: UUID, body: PersonUpdate, if_match: IfMatch = None
) -> PersonRead:
    """Roles hold from the person's next request on; `409 manager-cycle` where the line would close a circle."""
    person = await service.update_person(uow, actor=actor, person_id=person_id, data=body, if_match=if_match)
    tag.set(version_tag(person.version))
    return read_person(person)
