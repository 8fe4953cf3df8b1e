"""`/v1/metric-findings`."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from attain_api.conditional import Tag, content_tag
from attain_api.deps import CurrentActor, Uow, allow
from attain_api.findings import service
from attain_api.findings.repository import Wanted
from attain_api.paging import PageQuery, page_of
from attain_api.problems import problems
from attain_shared.errors import NotFound
from attain_shared.metrics.finding_schemas import FindingRead
from attain_shared.rules.findings import FindingKind
from attain_shared.wire import Code, Day, Page

router = APIRouter(prefix="/v1/metric-findings", tags=["Metrics"])

READ = ("admin", "hr", "executive", "employee", "connector")


class FindingQuery(PageQuery):
    """Which findings, and in which order."""

    sort: Literal["id", "-id"] = "-id"
    """Ids grow with time: `-id` is the newest first."""
    shop_id: UUID | None = None
    """Only those on this shop."""
    metric: Code | None = None
    """Only those on figures of this metric."""
    kind: FindingKind | None = None
    """Only those of this kind."""
    state: Literal["open", "resolved"] | None = None
    """Only those in this state."""
    batch_id: UUID | None = None
    """Only those on figures that came in this batch."""
    from_: Day | None = Field(default=None, alias="from")
    """Only those on buckets that start on this day or later."""
    to: Day | None = None
    """Only those on buckets that start on this day or earlier."""


@router.get("", summary="List findings", dependencies=[allow(*READ)])
async def list_metric_findings(
    *, uow: Uow, actor: CurrentActor, query: Annotated[FindingQuery, Query()]
) -> Page[FindingRead]:
    """Figures that do not go together, of the shops whose values the caller sees; newest first.

    They are looked for once nothing is left to take in, so some seconds after the push.
    """
    wanted = Wanted(
        shop_id=query.shop_id,
        metric=query.metric,
        kind=query.kind,
        state=query.state,
        batch_id=query.batch_id,
        first=query.from_,
        last=query.to,
    )
    found = await service.list_findings(uow, actor=actor, wanted=wanted, query=query)
    return Page[FindingRead].model_validate(page_of(*found))


@router.get("/{finding_id}", summary="Get a finding", dependencies=[allow(*READ)], responses=problems(NotFound))
async def get_metric_finding(*, uow: Uow, actor: CurrentActor, tag: Tag, finding_id: UUID) -> FindingRead:
    """One finding."""
    finding = await service.get_finding(uow, actor=actor, finding_id=finding_id)
    tag.show(content_tag(finding))
    return finding
