"""`/v1/review-cycles/{id}/calibration` and `…/rater-statistics`: ratings side by side, and how managers rate."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query

from attain_api.calibration import rating, service, settling
from attain_api.conditional import Tag, content_tag
from attain_api.deps import CurrentActor, Uow, allow
from attain_api.paging import PageQuery, page_of
from attain_api.problems import problems
from attain_shared.errors import Conflict, Invalid, NotFound
from attain_shared.reviews.calibration_schemas import (
    CalibrationGroupRead,
    GivenRatings,
    GroupAction,
    GroupUnlock,
    RaterStatisticsRead,
    RatingChangeRead,
)
from attain_shared.wire import Page

router = APIRouter(tags=["Calibration"], dependencies=[allow("hr", "executive", "employee")])

CALIBRATION = "/v1/review-cycles/{review_cycle_id}/calibration"


class CalibrationQuery(PageQuery):
    """Which groups."""

    sort: Literal["name", "-name"] = "name"
    """By default from the first name on; people without a department come after those who have one."""
    group_id: UUID | None = None
    """Only this one, with its members."""


class RatingChangeQuery(PageQuery):
    """In which order."""

    sort: Literal["at", "-at"] = "at"
    """By default the first first."""


@router.get(CALIBRATION, summary="The calibration groups of a review cycle", responses=problems(NotFound))
async def list_calibration_groups(
    *, uow: Uow, actor: CurrentActor, review_cycle_id: UUID, query: Annotated[CalibrationQuery, Query()]
) -> Page[CalibrationGroupRead]:
    """The groups after pooling, for HR and for heads of departments that have people in them.

    Without `group_id` they come without their members. Once a group of the round has been locked they stay as they are.
    """
    found = await service.list_groups(
        uow, actor=actor, review_cycle_id=review_cycle_id, group_id=query.group_id, query=query
    )
    return Page[CalibrationGroupRead].model_validate(page_of(*found))


@router.post(
    f"{CALIBRATION}/preview",
    summary="What would come of ratings",
    responses=problems(NotFound, Conflict, Invalid),
)
async def preview_ratings(
    *, uow: Uow, actor: CurrentActor, review_cycle_id: UUID, body: GivenRatings
) -> Page[CalibrationGroupRead]:
    """The groups of these reviews as they would be; what would be refused is refused, and nothing is stored."""
    found = await rating.preview_ratings(uow, actor=actor, review_cycle_id=review_cycle_id, given=body.root)
    return Page[CalibrationGroupRead](items=found, next_cursor=None)


@router.put(
    f"{CALIBRATION}/ratings",
    summary="Set ratings",
    responses=problems(NotFound, Conflict, Invalid),
)
async def set_ratings(
    *, uow: Uow, actor: CurrentActor, review_cycle_id: UUID, body: GivenRatings
) -> Page[CalibrationGroupRead]:
    """All of them or none, each on record; answers the groups that they are in."""
    found = await rating.set_ratings(uow, actor=actor, review_cycle_id=review_cycle_id, given=body.root)
    return Page[CalibrationGroupRead](items=found, next_cursor=None)


@router.post(f"{CALIBRATION}/lock", summary="Lock a calibration group", responses=problems(NotFound, Conflict, Invalid))
async def lock_calibration_group(
    *, uow: Uow, actor: CurrentActor, review_cycle_id: UUID, body: GroupAction
) -> CalibrationGroupRead:
    """Its ratings stay as they are from here on; `409 distribution-violated` where they break the limits.

    A stated exception lets it pass, on record. Locking a locked group changes nothing.
    """
    return await settling.lock_group(uow, actor=actor, review_cycle_id=review_cycle_id, data=body)


@router.post(
    f"{CALIBRATION}/unlock", summary="Unlock a calibration group", responses=problems(NotFound, Conflict, Invalid)
)
async def unlock_calibration_group(
    *, uow: Uow, actor: CurrentActor, review_cycle_id: UUID, body: GroupUnlock
) -> CalibrationGroupRead:
    """As long as there is something of it to be published; what is published stays."""
    return await settling.unlock_group(uow, actor=actor, review_cycle_id=review_cycle_id, data=body)


@router.post(
    f"{CALIBRATION}/publish",
    summary="Publish a calibration group",
    responses=problems(NotFound, Conflict, Invalid),
)
async def publish_calibration_group(
    *, uow: Uow, actor: CurrentActor, review_cycle_id: UUID, body: GroupAction
) -> CalibrationGroupRead:
    """What counts becomes the rating, and the interviews are next.

    `409 members-missing` lists members that have not come to calibration; a stated exception publishes without them,
    on record, and they are published by doing it again.
    """
    return await settling.publish_group(uow, actor=actor, review_cycle_id=review_cycle_id, data=body)


@router.get("/v1/reviews/{review_id}/rating-changes", summary="How a rating came about", responses=problems(NotFound))
async def list_rating_changes(
    *, uow: Uow, actor: CurrentActor, review_id: UUID, query: Annotated[RatingChangeQuery, Query()]
) -> Page[RatingChangeRead]:
    """Each change with what counted before; whom it is about finds it once it is published."""
    found = await service.list_rating_changes(uow, actor=actor, review_id=review_id, query=query)
    return Page[RatingChangeRead].model_validate(page_of(*found))


@router.get(
    "/v1/review-cycles/{review_cycle_id}/rater-statistics",
    summary="How the managers of a review cycle rate",
    responses=problems(NotFound),
)
async def get_rater_statistics(
    *, uow: Uow, actor: CurrentActor, review_cycle_id: UUID, tag: Tag
) -> RaterStatisticsRead:
    """Leniency and spread of each manager against the company; for HR, and for others of the managers below them.

    One answer has all of them, a line for each manager: they are compared with each other.
    """
    shown = await service.get_rater_statistics(uow, actor=actor, review_cycle_id=review_cycle_id)
    tag.show(content_tag(shown))
    return shown
