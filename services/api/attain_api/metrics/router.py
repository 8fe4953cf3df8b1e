"""`/v1/metrics`, `/v1/metric-values`, `/v1/observations`: what is measured, and what came of it."""

from typing import Annotated, Literal, Self
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from attain_api.conditional import ChangeTag, Tag, content_tag
from attain_api.deps import CurrentActor, IfMatch, Uow, allow
from attain_api.idempotency import Creation
from attain_api.metrics import declaring, service
from attain_api.metrics.declaring import MetricExists
from attain_api.metrics.repository import HistoryKey
from attain_api.metrics.service import Question
from attain_api.paging import PageQuery, page_of
from attain_api.problems import problems
from attain_shared.errors import Invalid, NotAllowed, NotFound, Stale
from attain_shared.metrics.schemas import (
    HistoryRead,
    MetricCreate,
    MetricList,
    MetricRead,
    MetricTotalRead,
    MetricUpdate,
    MetricValueList,
    MetricVersionRead,
)
from attain_shared.rules.algebra import Aggregate
from attain_shared.rules.periods import Grain, Window, is_bucket
from attain_shared.wire import Code, Day, Input, Instant, Page

router = APIRouter(prefix="/v1", tags=["Metrics"])

READERS = ("admin", "hr", "executive", "employee", "connector")
WRITERS = ("admin",)
MAX_SPAN_DAYS = 3700
"""Ten years and a bit."""


class WindowQuery(Input):
    """The days asked for, both inclusive."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True, validate_by_name=True)

    shop_id: list[UUID] = Field(min_length=1, max_length=200)
    """The shops; repeat the parameter for several."""
    from_: Day = Field(alias="from")
    """The first day."""
    to: Day
    """The last day, inclusive."""
    dimension: str = Field(default="", max_length=130, pattern=r"^[^\x00-\x1f\x7f]*$")
    """Empty for the whole shop."""
    as_of: Instant | None = None
    """As known at this instant: later corrections are left out (MET-7)."""

    @model_validator(mode="after")
    def _is_a_window(self) -> Self:
        if not 0 <= (self.to - self.from_).days <= MAX_SPAN_DAYS:
            raise PydanticCustomError("window", "`from` must not lie after `to`, nor ten years before it")
        return self

    def question(self) -> Question:
        """The same, for the service."""
        return Question(
            shop_ids=list(dict.fromkeys(self.shop_id)),
            window=Window(self.from_, self.to),
            dimension=self.dimension,
            as_of=self.as_of,
        )


class ValuesQuery(WindowQuery):
    """Which values."""

    metric: str = Field(min_length=1, max_length=2000, examples=["gmv,uv"])
    """Metric codes, separated by commas."""
    grain: Grain = Grain.DAY
    """The length of a bucket."""


class TotalQuery(WindowQuery):
    """Which total."""

    metric: Code
    """One metric."""
    aggregate: Aggregate | None = None
    """How the period is formed; by default as the catalogue says (MET-5a)."""


class HistoryQuery(Input):
    """Which key's history."""

    shop_id: UUID
    """The shop."""
    metric: Code
    """The metric's code."""
    grain: Grain
    """The bucket's length."""
    bucket: Day
    """The bucket's first day."""
    dimension: str = Field(default="", max_length=130, pattern=r"^[^\x00-\x1f\x7f]*$")
    """Empty for the whole shop."""
    limit: int = Field(default=50, ge=1, le=200)
    """How many at most."""
    cursor: str | None = Field(default=None, max_length=2000)
    """The `next_cursor` of the part before."""
    sort: Literal["batch"] = "batch"
    """In the order of their batches."""


class VersionQuery(PageQuery):
    """How to list the versions of a metric."""

    sort: Literal["version", "-version"] = "-version"


@router.get("/metrics", summary="The metric catalogue", dependencies=[allow(*READERS)])
async def list_metrics(*, uow: Uow, actor: CurrentActor) -> MetricList:
    """Every metric, shipped or the company's own, with its labels, its unit and what its algebra allows."""
    return MetricList(items=await declaring.list_metrics(uow, actor=actor), next_cursor=None)


@router.post(
    "/metrics",
    status_code=201,
    response_model=MetricRead,
    summary="Declare a metric",
    dependencies=[allow(*WRITERS)],
    responses=problems(MetricExists, Invalid),
)
async def create_metric(*, uow: Uow, creation: Creation, body: MetricCreate) -> Response:
    """A metric of the company's own (MET-4); rows of it that were rejected can be replayed."""
    return await creation.answer(
        uow,
        lambda: declaring.create_metric(uow, actor=creation.actor, data=body),
        declaring.read_version,
        location=f"/v1/metrics/{body.code}",
        etag=lambda made: content_tag(declaring.read_version(made)),
    )


@router.get(
    "/metrics/{metric_code}", summary="Get a metric", dependencies=[allow(*READERS)], responses=problems(NotFound)
)
async def get_metric(*, uow: Uow, actor: CurrentActor, tag: Tag, metric_code: str) -> MetricRead:
    """One metric, as it is declared now."""
    metric = await declaring.get_metric(uow, actor=actor, code=metric_code)
    tag.show(content_tag(metric))
    return metric


@router.get(
    "/metrics/{metric_code}/versions",
    summary="List the versions of a metric",
    dependencies=[allow(*READERS)],
    responses=problems(NotFound),
)
async def list_metric_versions(
    *, uow: Uow, actor: CurrentActor, metric_code: str, query: Annotated[VersionQuery, Query()]
) -> Page[MetricVersionRead]:
    """How a metric of the company's own was declared, the latest first; nothing for one that ships."""
    found = await declaring.list_versions(uow, actor=actor, code=metric_code, query=query)
    return Page[MetricVersionRead].model_validate(page_of(*found))


@router.patch(
    "/metrics/{metric_code}",
    summary="Change a metric",
    dependencies=[allow(*WRITERS)],
    responses=problems(NotFound, NotAllowed, Stale, Invalid),
)
async def update_metric(
    *,
    uow: Uow,
    actor: CurrentActor,
    tag: ChangeTag,
    metric_code: str,
    body: MetricUpdate,
    if_match: IfMatch = None,
) -> MetricRead:
    """The next version of a metric of the company's own; `403` for one that ships."""
    metric = await declaring.update_metric(uow, actor=actor, code=metric_code, data=body, if_match=if_match)
    tag.set(content_tag(metric))
    return metric


@router.get(
    "/metric-values",
    summary="Values by bucket",
    dependencies=[allow(*READERS)],
    responses=problems(NotFound, Invalid),
)
async def list_metric_values(
    *, uow: Uow, actor: CurrentActor, query: Annotated[ValuesQuery, Query()]
) -> MetricValueList:
    """The values of some metrics, bucket by bucket; a bucket without data has nulls."""
    codes = list(dict.fromkeys(query.metric.split(",")))
    values = await service.list_values(uow, actor=actor, question=query.question(), metrics=codes, grain=query.grain)
    return MetricValueList(items=values, next_cursor=None)


@router.get(
    "/metric-values/total",
    summary="A total over days and shops",
    dependencies=[allow(*READERS)],
    responses=problems(NotFound, Invalid),
)
async def get_metric_total(*, uow: Uow, actor: CurrentActor, query: Annotated[TotalQuery, Query()]) -> MetricTotalRead:
    """One metric over a period and some shops; what its algebra forbids is refused, never guessed."""
    return await service.get_total(
        uow, actor=actor, question=query.question(), metric=query.metric, aggregate=query.aggregate
    )


@router.get(
    "/observations/history",
    summary="Every row received for a key",
    dependencies=[allow(*READERS)],
    responses=problems(NotFound, Invalid),
)
async def list_observation_history(
    *, uow: Uow, actor: CurrentActor, query: Annotated[HistoryQuery, Query()]
) -> Page[HistoryRead]:
    """Every value a source has ever sent for a bucket, and what became of each (MET-7)."""
    if not is_bucket(query.bucket, query.grain):
        raise Invalid.field("/query/bucket", "not-first-day", f"not the first day of a {query.grain}")
    rows, cursor = await service.list_history(
        uow,
        actor=actor,
        key=HistoryKey(query.shop_id, query.metric, query.dimension, query.grain, query.bucket),
        cursor=query.cursor,
        limit=query.limit,
    )
    return Page[HistoryRead](items=rows, next_cursor=cursor)
