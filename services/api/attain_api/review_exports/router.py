"""`/v1/review-cycles/{id}/export` and `/v1/reviews/{id}/page`: reviews out of the system."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Response
from fastapi.responses import HTMLResponse

from attain_api.conditional import Tag, content_tag
from attain_api.deps import CurrentActor, Uow, allow
from attain_api.messages import preferred
from attain_api.problems import problems
from attain_api.review_exports import service
from attain_api.review_exports.download import EXPORTED, PEOPLE, Download, read_round
from attain_api.standby import LaggingRoute
from attain_shared.errors import NotFound

router = APIRouter(tags=["Reviews"], route_class=LaggingRoute)

PAGE_HEADERS = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'", "Vary": "Accept-Language"}
"""The page runs nothing and loads nothing."""


@router.get(
    "/v1/review-cycles/{review_cycle_id}/export",
    response_class=Response,
    summary="Export the reviews of a round to a spreadsheet",
    responses=EXPORTED | problems(NotFound),
)
async def export_review_cycle(
    *,
    download: Annotated[Download, Depends(read_round)],
    uow: Uow,
    _allowed: Annotated[None, Depends(PEOPLE)],
    review_cycle_id: UUID,
) -> Response:
    """One line a review that the caller sees, with what they may see of it; recorded in the audit trail.

    HR sees all, managers and heads those below; one's own is in it once it is published.
    """
    service.record_export(uow, review_cycle_id=review_cycle_id, count=download.count)
    return download.response()


@router.get(
    "/v1/reviews/{review_id}/page",
    response_class=HTMLResponse,
    summary="One review as a page to print",
    dependencies=[allow("hr", "executive", "employee")],
    responses=problems(NotFound),
)
async def print_review(
    *,
    uow: Uow,
    actor: CurrentActor,
    review_id: UUID,
    tag: Tag,
    accept_language: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> Response:
    """What `GET /v1/reviews/{id}` shows the caller, in Chinese or English as `Accept-Language` has it."""
    language = preferred(accept_language)
    page = await service.print_review(uow, actor=actor, review_id=review_id, language=language)
    etag = content_tag(page)
    tag.show(etag)
    return HTMLResponse(page, headers=PAGE_HEADERS | {"ETag": etag, "Content-Language": language})
