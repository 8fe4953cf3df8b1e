"""`/v1/rubrics`: how attainments become scores (GOAL-6)."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response

from attain_api.conditional import ChangeTag, Tag, content_tag, version_tag
from attain_api.deps import CurrentActor, IfMatch, Uow, allow
from attain_api.idempotency import Creation
from attain_api.paging import PageQuery
from attain_api.problems import problems
from attain_api.rubrics import service
from attain_api.rubrics.service import RubricTaken, read_rubric, read_version
from attain_shared.goals.rubric_schemas import (
    DefaultRubricRead,
    RubricCreate,
    RubricRead,
    RubricUpdate,
    RubricVersionRead,
)
from attain_shared.rules.rubric import DEFAULT_RUBRIC
from attain_shared.wire import MAX_INTEGER, Name, Page

router = APIRouter(prefix="/v1/rubrics", tags=["Rubrics"])

READ = ("admin", "hr", "executive", "employee")
WRITE = ("admin", "hr")


class RubricQuery(PageQuery):
    """How to list rubrics."""

    sort: Literal["name", "-name", "created_at", "-created_at"] = "name"
    name: Name | None = None
    """Only the one of exactly this name."""


@router.post(
    "",
    status_code=201,
    response_model=RubricRead,
    summary="Create a rubric",
    dependencies=[allow(*WRITE)],
    responses=problems(RubricTaken),
)
async def create_rubric(*, uow: Uow, creation: Creation, body: RubricCreate) -> Response:
    """Accepted only in the form that makes it monotone: a better attainment never scores less."""
    return await creation.answer(
        uow,
        lambda: service.create_rubric(uow, actor=creation.actor, data=body),
        read_rubric,
        location="/v1/rubrics/{id}",
        etag=lambda kept: version_tag(kept.rubric.version),
    )


@router.get("", summary="List rubrics", dependencies=[allow(*READ)])
async def list_rubrics(*, uow: Uow, actor: CurrentActor, query: Annotated[RubricQuery, Query()]) -> Page[RubricRead]:
    """The company's own; the one of goals that bring none is at `/v1/rubrics/default`."""
    items, cursor = await service.list_rubrics(uow, actor=actor, name=query.name, query=query)
    return Page[RubricRead](items=items, next_cursor=cursor)


@router.get("/default", summary="Get the default rubric", dependencies=[allow(*READ)])
async def get_default_rubric(*, tag: Tag) -> DefaultRubricRead:
    """What goals are scored by that bring no rubric."""
    shown = DefaultRubricRead.model_validate(DEFAULT_RUBRIC)
    tag.show(content_tag(shown))
    return shown


@router.get("/{rubric_id}", summary="Get a rubric", dependencies=[allow(*READ)])
async def get_rubric(*, uow: Uow, actor: CurrentActor, tag: Tag, rubric_id: UUID) -> RubricRead:
    """One rubric with its present rules."""
    kept = await service.get_rubric(uow, actor=actor, rubric_id=rubric_id)
    tag.show(version_tag(kept.rubric.version))
    return read_rubric(kept)


@router.patch("/{rubric_id}", summary="Change a rubric", dependencies=[allow(*WRITE)], responses=problems(RubricTaken))
async def update_rubric(
    *, uow: Uow, actor: CurrentActor, tag: ChangeTag, rubric_id: UUID, body: RubricUpdate, if_match: IfMatch = None
) -> RubricRead:
    """Other rules are a new version; goals that took an earlier one keep it."""
    kept = await service.update_rubric(uow, actor=actor, rubric_id=rubric_id, data=body, if_match=if_match)
    tag.set(version_tag(kept.rubric.version))
    return read_rubric(kept)


@router.get("/{rubric_id}/versions/{rules_version}", summary="Get a version of a rubric", dependencies=[allow(*READ)])
async def get_rubric_version(
    *,
    uow: Uow,
    actor: CurrentActor,
    tag: Tag,
    rubric_id: UUID,
    rules_version: Annotated[int, Path(ge=1, le=MAX_INTEGER)],
) -> RubricVersionRead:
    """The rules that an attainment names (GOAL-6): as they were set once, for good."""
    version = await service.get_version(uow, actor=actor, rubric_id=rubric_id, rules_version=rules_version)
    tag.show(version_tag(version.rules_version))
    return read_version(version)
