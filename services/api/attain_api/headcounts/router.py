"""`/v1/departments/stats` and `/v1/departments/{id}/stats`."""

from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from attain_api.conditional import Tag, content_tag
from attain_api.deps import CurrentActor, LaggingUow, allow
from attain_api.headcounts import service
from attain_api.standby import LaggingRoute
from attain_shared.clock import business_day
from attain_shared.departments.figures_schemas import AllStats, DepartmentStats
from attain_shared.rules.periods import Window
from attain_shared.wire import Day, Input

router = APIRouter(prefix="/v1/departments", tags=["Departments"], route_class=LaggingRoute)

READ = ("admin", "hr", "executive", "employee")
MAX_SPAN_DAYS = 3700
"""Ten years and a bit."""


class PeriodQuery(Input):
    """The days asked for, both inclusive; the current month up to today by default."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True, validate_by_name=True)

    from_: Day | None = Field(default=None, alias="from")
    """The first day; by default the first of the last day's month."""
    to: Day | None = Field(default=None)
    """The last day; today by default."""

    @model_validator(mode="after")
    def _is_a_window(self) -> Self:
        first, last = self._ends()
        if not 0 <= (last - first).days <= MAX_SPAN_DAYS:
            raise PydanticCustomError("window", "`from` must not lie after `to`, nor ten years before it")
        return self

    def _ends(self) -> tuple[Day, Day]:
        last = self.to or business_day()
        return self.from_ or last.replace(day=1), last

    def window(self) -> Window:
        """The same, for the service."""
        return Window(*self._ends())


@router.get("/stats", summary="Get the figures of all departments", dependencies=[allow(*READ)])
async def list_department_stats(
    *, uow: LaggingUow, actor: CurrentActor, query: Annotated[PeriodQuery, Query()]
) -> AllStats:
    """Of all for `admin`, `hr` and `executive`; else of those the caller leads, and all below them."""
    window = query.window()
    items = await service.list_stats(uow, actor=actor, window=window)
    return AllStats.model_validate({"from": window.starts_on, "to": window.ends_on, "items": items})


@router.get("/{department_id}/stats", summary="Get the figures of a department", dependencies=[allow(*READ)])
async def get_department_stats(
    *, uow: LaggingUow, actor: CurrentActor, tag: Tag, department_id: UUID, query: Annotated[PeriodQuery, Query()]
) -> DepartmentStats:
    """Headcount against plan, span, joiners, leavers, transfers and turnover, alone and with everything below it."""
    window = query.window()
    figures = await service.get_stats(uow, actor=actor, department_id=department_id, window=window)
    stats = DepartmentStats.model_validate({"from": window.starts_on, "to": window.ends_on} | figures)
    tag.show(content_tag(stats))
    return stats
