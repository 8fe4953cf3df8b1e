"""`/v1/metric-imports`."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from attain_api.batches.limits import limited
from attain_api.conditional import Tag, content_tag
from attain_api.deps import CurrentActor, State, Uow, allow
from attain_api.idempotency import CreationRequest
from attain_api.messages import preferred
from attain_api.metric_imports import service
from attain_api.metric_imports.upload import IMPORTERS, REQUEST_BODY, ImportRequest, read_import
from attain_api.paging import PageQuery, page_of
from attain_api.problems import problems
from attain_shared.errors import BadRequest, Conflict, Invalid, NotFound, TooLarge, TooManyRequests
from attain_shared.metrics.import_schemas import MetricImportPreview, MetricImportRead, MetricImportSummary
from attain_shared.metrics.models import MetricImport
from attain_shared.wire import Page

router = APIRouter(prefix="/v1/metric-imports", tags=["Metric imports"])

READ = ("admin", "executive", "hr")
DRY_RUN: dict[int | str, dict[str, Any]] = {
    200: {"model": MetricImportPreview, "description": "What a dry run has found"}
}
"""For OpenAPI."""


class MetricImportQuery(PageQuery):
    """How to list imports."""

    sort: Literal["created_at", "-created_at"] = "-created_at"
    shop_id: UUID | None = None
    """Only those of this shop."""


@router.post(
    "",
    status_code=201,
    response_model=MetricImportRead,
    summary="Import a seller's report",
    responses=DRY_RUN | problems(BadRequest, Conflict, TooLarge, Invalid, TooManyRequests),
    openapi_extra={"requestBody": REQUEST_BODY},
)
async def create_metric_import(
    *,
    wanted: Annotated[ImportRequest, Depends(read_import)],
    request: Request,
    state: State,
    uow: Uow,
    actor: CurrentActor,
    _allowed: Annotated[None, Depends(IMPORTERS)],
    response: Response,
) -> Response:
    """A shop or product report of 生意参谋, as downloaded; its figures take the way of every push.

    A cell that cannot be understood is a `422` with a pointer like `/file/rows/7/D`, unless `on_error` says to skip it.
    The batches in the answer tell what became of the figures. An import counts as one push, however many batches it is.
    """
    if wanted.options.dry_run:
        preview = await service.preview_file(uow, actor=actor, wanted=wanted)
        return Response(preview.model_dump_json(), media_type="application/json")

    async def create() -> MetricImport:
        # its batches have keys of their own, so none of them can be stored already
        async with limited(state, uow, actor=actor, key="", response=response) as admit:
            await admit(wanted.options.lane)
            return await service.import_file(uow, actor=actor, wanted=wanted)

    def show(made: MetricImport) -> MetricImportRead:
        return service.read_new_import(made, language=wanted.language)

    creation = CreationRequest(
        actor=actor, key=wanted.key, route=f"{request.method} {request.url.path}", body_hash=wanted.body_hash
    )
    answer = await creation.answer(
        uow,
        create,
        show,
        location="/v1/metric-imports/{id}",
        etag=lambda made: content_tag(show(made)),
    )
    answer.headers.update(response.headers)
    return answer


@router.get("", summary="List imports", dependencies=[allow(*READ)])
async def list_metric_imports(
    *, uow: Uow, actor: CurrentActor, query: Annotated[MetricImportQuery, Query()]
) -> Page[MetricImportSummary]:
    """The files that were taken in, the newest first, without their reports."""
    found = await service.list_imports(uow, actor=actor, shop_id=query.shop_id, query=query)
    return Page[MetricImportSummary].model_validate(page_of(*found))


@router.get("/{import_id}", summary="Get an import", dependencies=[allow(*READ)], responses=problems(NotFound))
async def get_metric_import(
    *,
    uow: Uow,
    actor: CurrentActor,
    tag: Tag,
    import_id: UUID,
    accept_language: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> MetricImportRead:
    """How a file was understood, and what became of its figures."""
    found = await service.get_import(uow, actor=actor, import_id=import_id, language=preferred(accept_language))
    tag.show(content_tag(found))
    return found
