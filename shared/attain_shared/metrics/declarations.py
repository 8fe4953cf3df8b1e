"""The catalogue as a company has it: what ships, and its own metrics (MET-4)."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, case, select, text, tuple_
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from attain_shared.metrics.catalogue import ENTRIES, METRICS, CatalogueEntry
from attain_shared.metrics.models import CompanyMetric
from attain_shared.rules.algebra import Aggregate, Algebra, Better, Metric, OverShops, parse_expression

_HOLD = text("SELECT pg_advisory_xact_lock_shared(hashtextextended('metrics ' || :company_id, 0))")
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('metrics ' || :company_id, 0))")


async def load_entries(
    session: AsyncSession, *, company_id: UUID, as_of: datetime | None = None
) -> Mapping[str, CatalogueEntry]:
    """Every metric of a company by its code, the shipped ones first: one statement.

    As declared now, or as at an instant (MET-7); at one before a metric was declared, as it was declared first. A code
    that a later build ships keeps the company's meaning: its facts were pushed under that.
    """
    version = CompanyMetric.version
    order: list[ColumnElement[Any]] = [version.desc()]
    if as_of is not None:
        was_declared = CompanyMetric.created_at <= as_of
        order = [was_declared.desc(), case((was_declared, -version), else_=version)]
    rows = await session.scalars(
        select(CompanyMetric)
        .where(CompanyMetric.company_id == company_id)
        .ext(distinct_on(CompanyMetric.code))
        .order_by(CompanyMetric.code, *order)
    )
    own = {row.code: entry_of(row) for row in rows}
    return {**ENTRIES, **own} if own else ENTRIES


async def load_metrics(
    session: AsyncSession, *, company_id: UUID, as_of: datetime | None = None
) -> Mapping[str, Metric]:
    """The declarations alone, as the rules want them: one statement."""
    return metrics_of(await load_entries(session, company_id=company_id, as_of=as_of))


async def load_versions(
    session: AsyncSession, *, company_id: UUID, versions: Collection[tuple[str, int]]
) -> Mapping[tuple[str, int | None], Metric]:
    """Some versions of a company's metrics, by code and version."""
    rows = await session.scalars(
        select(CompanyMetric).where(
            CompanyMetric.company_id == company_id,
            tuple_(CompanyMetric.code, CompanyMetric.version).in_(sorted(versions)),
        )
    )
    return {(row.code, row.version): entry_of(row).metric for row in rows}


def metrics_of(entries: Mapping[str, CatalogueEntry]) -> Mapping[str, Metric]:
    """The declarations of a catalogue."""
    return METRICS if entries is ENTRIES else {code: entry.metric for code, entry in entries.items()}


async def hold_metrics(session: AsyncSession, *, company_id: UUID) -> None:
    """Let a company's declarations stay as they are until the transaction ends.

    What is derived from one and stored would be missed by a change of it on its way.
    """
    await session.execute(_HOLD, {"company_id": str(company_id)})


async def lock_metrics(session: AsyncSession, *, company_id: UUID) -> None:
    """Let one change of a company's declarations happen at a time: names and components are those of all of them."""
    await session.execute(_LOCK, {"company_id": str(company_id)})


def entry_of(row: CompanyMetric) -> CatalogueEntry:
    """A version of a company's metric as the catalogue has it."""
    metric = Metric(
        code=row.code,
        unit=row.unit,
        algebra=Algebra(row.algebra),
        over_shops=OverShops(row.over_shops),
        over_shops_weight=row.over_shops_weight,
        numerator=parse_expression(row.numerator),
        denominator=parse_expression(row.denominator),
        default_aggregate=Aggregate(row.default_aggregate),
        better=Better(row.better),
    )
    return CatalogueEntry(metric=metric, zh=row.zh, en=row.en, aliases=tuple(row.aliases), version=row.version)
