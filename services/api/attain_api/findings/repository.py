"""Statements on findings."""

from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from attain_api.access.actor import Actor
from attain_api.access.visibility import View
from attain_api.paging import PageQuery, paginate
from attain_shared.metrics.models import MetricFinding
from attain_shared.rules.findings import FindingKind


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which findings; None is any."""

    shop_id: UUID | None
    metric: str | None
    kind: FindingKind | None
    state: Literal["open", "resolved"] | None
    batch_id: UUID | None
    first: date | None
    """The first bucket."""
    last: date | None
    """The last bucket, inclusive."""


def _select_seen(visible_to: Actor) -> Select[MetricFinding]:
    """The findings on the shops that the caller sees."""
    return select(MetricFinding).where(
        MetricFinding.company_id == visible_to.company_id, View(visible_to).shop(MetricFinding.shop_id)
    )


async def find_finding(session: AsyncSession, *, visible_to: Actor, finding_id: UUID) -> MetricFinding | None:
    """A finding in the caller's view."""
    statement = _select_seen(visible_to).where(MetricFinding.id == finding_id)
    found: MetricFinding | None = await session.scalar(statement)
    return found


async def list_findings(
    session: AsyncSession, *, visible_to: Actor, wanted: Wanted, query: PageQuery
) -> tuple[list[MetricFinding], str | None]:
    """A part of the findings that the caller sees."""
    statement = _select_seen(visible_to)
    for column, value in (
        (MetricFinding.shop_id, wanted.shop_id),
        (MetricFinding.metric, wanted.metric),
        (MetricFinding.kind, wanted.kind),
        (MetricFinding.batch_id, wanted.batch_id),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if wanted.state is not None:
        is_open = MetricFinding.resolved_at.is_(None)
        statement = statement.where(is_open if wanted.state == "open" else ~is_open)
    if wanted.first is not None:
        statement = statement.where(MetricFinding.bucket >= wanted.first)
    if wanted.last is not None:
        statement = statement.where(MetricFinding.bucket <= wanted.last)
    columns = {"id": MetricFinding.id}
    return await paginate(session, statement, query=query, columns=columns, id_column=MetricFinding.id)
