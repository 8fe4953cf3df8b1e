"""`/v1/kpi-templates`: what goals start from, and giving one to many people (GOAL-9, GOAL-13)."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response

from attain_api.conditional import ChangeTag, Tag, version_tag
from attain_api.deps import CurrentActor, IfMatch, Uow, allow
from attain_api.goals.writing import CycleClosed
from attain_api.idempotency import Creation
from attain_api.kpi_templates import assigning, drafting, service
from attain_api.kpi_templates.service import TemplateInUse, TemplateTaken, read_template
from attain_api.paging import PageQuery, page_of
from attain_api.problems import problems
from attain_shared.departments.schemas import DepartmentFunction
from attain_shared.goals.assignment_schemas import Assignment, AssignmentReport
from attain_shared.goals.template_schemas import (
    KpiTemplateCreate,
    KpiTemplateRead,
    KpiTemplateUpdate,
    ShippedTemplateRead,
    ShippedWording,
)
from attain_shared.goals.templates import SHIPPED, ShippedTemplate, Wording
from attain_shared.wire import Code, Name, Page

router = APIRouter(prefix="/v1/kpi-templates", tags=["KPI templates"])

READ = ("admin", "hr", "executive", "employee")
WRITE = ("admin", "hr")


class KpiTemplateQuery(PageQuery):
    """How to list KPI templates."""

    sort: Literal["name", "-name", "created_at", "-created_at"] = "name"
    name: Name | None = None
    """Only the one of exactly this name."""
    position_id: UUID | None = None
    """Only those for this position."""
    function: DepartmentFunction | None = None
    """Only those for this function."""
    origin: Code | None = None
    """Only the company's copy of this shipped one."""


@router.post(
    "",
    status_code=201,
    response_model=KpiTemplateRead,
    summary="Create a KPI template",
    dependencies=[allow(*WRITE)],
    responses=problems(TemplateTaken),
)
async def create_kpi_template(*, uow: Uow, creation: Creation, body: KpiTemplateCreate) -> Response:
    """A goal to start from: indicators as in a goal, but without shops, and with or without targets."""
    return await creation.answer(
        uow,
        lambda: service.create_template(uow, actor=creation.actor, data=body),
        read_template,
        location="/v1/kpi-templates/{id}",
    )


@router.get("", summary="List KPI templates", dependencies=[allow(*READ)])
async def list_kpi_templates(
    *, uow: Uow, actor: CurrentActor, query: Annotated[KpiTemplateQuery, Query()]
) -> Page[KpiTemplateRead]:
    """The company's own copies of those that ship, and those it made."""
    filters = query.model_dump(include={"name", "position_id", "function", "origin"}, exclude_none=True)
    items, cursor = await service.list_templates(uow, actor=actor, filters=filters, query=query)
    return Page[KpiTemplateRead](items=items, next_cursor=cursor)


@router.get("/shipped", summary="Read the KPI templates that ship", dependencies=[allow(*READ)])
async def list_shipped_kpi_templates() -> Page[ShippedTemplateRead]:
    """As they were before a company changed its copies, in Chinese and in English (GOAL-9)."""
    return Page[ShippedTemplateRead].model_validate(page_of([_read_shipped(one) for one in SHIPPED.values()], None))


def _read_shipped(shipped: ShippedTemplate) -> ShippedTemplateRead:
    given = {name: getattr(shipped, name) for name in ("origin", "function", "weight")}
    return ShippedTemplateRead.model_validate(
        given | {"zh": _read_wording(shipped.zh), "en": _read_wording(shipped.en)}
    )


def _read_wording(words: Wording) -> ShippedWording:
    given = {name: getattr(words, name) for name in ("name", "title", "behaviours", "standards")}
    return ShippedWording.model_validate(given | {"indicators": drafting.read_indicators(words.indicators)})


@router.get("/{template_id}", summary="Get a KPI template", dependencies=[allow(*READ)])
async def get_kpi_template(*, uow: Uow, actor: CurrentActor, tag: Tag, template_id: UUID) -> KpiTemplateRead:
    """One template."""
    template = await service.get_template(uow, actor=actor, template_id=template_id)
    tag.show(version_tag(template.version))
    return read_template(template)


@router.patch(
    "/{template_id}",
    summary="Change a KPI template",
    dependencies=[allow(*WRITE)],
    responses=problems(TemplateTaken),
)
async def update_kpi_template(
    *,
    uow: Uow,
    actor: CurrentActor,
    tag: ChangeTag,
    template_id: UUID,
    body: KpiTemplateUpdate,
    if_match: IfMatch = None,
) -> KpiTemplateRead:
    """Goals made of it stay as they are; of a shipped one the company's copy changes."""
    template = await service.update_template(uow, actor=actor, template_id=template_id, data=body, if_match=if_match)
    tag.set(version_tag(template.version))
    return read_template(template)


@router.delete(
    "/{template_id}",
    status_code=204,
    summary="Delete a KPI template",
    dependencies=[allow(*WRITE)],
    responses=problems(TemplateInUse),
)
async def delete_kpi_template(*, uow: Uow, actor: CurrentActor, template_id: UUID, if_match: IfMatch = None) -> None:
    """Only one that no goal came of."""
    await service.delete_template(uow, actor=actor, template_id=template_id, if_match=if_match)


@router.post(
    "/{template_id}/assign",
    response_model=AssignmentReport,
    summary="Give a KPI template to people",
    dependencies=[allow(*READ)],
    responses=problems(CycleClosed),
)
async def assign_kpi_template(*, uow: Uow, creation: Creation, template_id: UUID, body: Assignment) -> Response:
    """A draft for everybody addressed, once in a cycle: doing it again changes nothing (GOAL-13).

    HR gives to everybody, managers and heads to the people below them, administrators to people without an account.
    """
    return await creation.answer(
        uow,
        lambda: assigning.assign_template(uow, actor=creation.actor, template_id=template_id, data=body),
        AssignmentReport,
        location=None,
        status=200,
    )
