"""What the closed reviews of a year came to, person by person (REV-12): for the API, and for freezing a year's figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, any_, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from attain_shared.goals.models import Cycle
from attain_shared.reviews.judging import YearSoFar
from attain_shared.reviews.models import Review, ReviewCycle
from attain_shared.rules import year as rules
from attain_shared.rules.review_flow import Step
from attain_shared.rules.values import values_score

WITHIN_A_YEAR = ("quarter", "half_year")
"""The rounds that a year is made of: staff's performance is of the quarters, that of seniors of the half-years (REV-1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class YearReview:
    """A closed review of a year."""

    review_id: UUID
    review_cycle_id: UUID
    name: str
    """Of the round."""
    cadence: str
    starts_on: date
    ends_on: date
    quarter: int | None
    """Which of the year, where it is a quarter's."""
    performance: Decimal | None
    """None where the values alone were assessed, or nothing was measured."""
    values: Decimal | None
    values_failed: bool | None
    rating: Decimal | None


@dataclass(frozen=True, slots=True)
class QuarterValues:
    """V of a quarter."""

    quarter: int
    values: Decimal


@dataclass(frozen=True, slots=True)
class YearFigures:
    """A person's closed reviews of a year, in the order of time, and what they make."""

    reviews: Sequence[YearReview] = ()

    @property
    def performances(self) -> list[Decimal]:
        """Of the reviews that have one."""
        return [review.performance for review in self.reviews if review.performance is not None]

    @property
    def quarters(self) -> list[QuarterValues]:
        """V of each quarter that has one."""
        return [
            QuarterValues(review.quarter, review.values)
            for review in self.reviews
            if review.quarter is not None and review.values is not None
        ]

    @property
    def so_far(self) -> YearSoFar:
        """What the judgement of the year takes from it."""
        return YearSoFar(self.performances, [one.values for one in self.quarters])

    @property
    def values_mean(self) -> Decimal | None:
        """The year's V: the mean of the quarters', two decimals half up (REV-12)."""
        return values_score(one.values for one in self.quarters)

    @property
    def trend(self) -> rules.Trend | None:
        """Where V goes over the quarters (REV-12)."""
        return rules.trend([(one.quarter, one.values) for one in self.quarters])


async def load_year(
    session: AsyncSession,
    *,
    company_id: UUID,
    person_id: UUID,
    cycle: ReviewCycle,
    only: ColumnElement[bool] | None = None,
) -> YearFigures:
    """What a person's closed reviews in the year of a yearly round came to; `only` those of which that holds."""
    statement = _select_closed(company_id, person_ids=[person_id], cycle=cycle)
    if only is not None:
        statement = statement.where(only)
    return YearFigures([_read(row) for row in await session.execute(statement)])


async def load_years(
    session: AsyncSession, *, company_id: UUID, person_ids: Sequence[UUID], cycle: ReviewCycle
) -> dict[UUID, YearFigures]:
    """The same for many people, by person, in one statement."""
    found: dict[UUID, list[YearReview]] = {person_id: [] for person_id in person_ids}
    for row in await session.execute(_select_closed(company_id, person_ids=person_ids, cycle=cycle)):
        found[row.person_id].append(_read(row))
    return {person_id: YearFigures(reviews) for person_id, reviews in found.items()}


def _select_closed(company_id: UUID, *, person_ids: Sequence[UUID], cycle: ReviewCycle) -> Select[*tuple[Any, ...]]:
    """Cancelled reviews are none; those not yet closed may still change."""
    year = aliased(Cycle, name="year")
    lies_within = and_(
        year.company_id == company_id,
        year.id == cycle.cycle_id,
        Cycle.starts_on >= year.starts_on,
        Cycle.ends_on <= year.ends_on,
    )
    return (
        select(
            Review.person_id,
            Review.id,
            Review.review_cycle_id,
            ReviewCycle.name,
            ReviewCycle.cadence,
            Cycle.starts_on,
            Cycle.ends_on,
            year.starts_on.label("year_starts_on"),
            Review.performance,
            Review.values_score,
            Review.values_failed,
            Review.rating,
        )
        .join(ReviewCycle, and_(ReviewCycle.company_id == company_id, ReviewCycle.id == Review.review_cycle_id))
        .join(Cycle, and_(Cycle.company_id == company_id, Cycle.id == ReviewCycle.cycle_id))
        .join(year, lies_within)
        .where(
            Review.company_id == company_id,
            Review.person_id == any_(literal(list(person_ids), ARRAY(PG_UUID))),
            Review.step == Step.CLOSED.value,
            ReviewCycle.cadence.in_(WITHIN_A_YEAR),
        )
        .order_by(Cycle.starts_on, Cycle.ends_on, Review.id)
    )


def _read(row: Row[*tuple[Any, ...]]) -> YearReview:
    quarter = None
    if row.cadence == "quarter":
        months = 12 * (row.starts_on.year - row.year_starts_on.year) + row.starts_on.month - row.year_starts_on.month
        quarter = months // 3 + 1
    return YearReview(
        review_id=row.id,
        review_cycle_id=row.review_cycle_id,
        name=row.name,
        cadence=row.cadence,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        quarter=quarter,
        performance=row.performance,
        values=row.values_score,
        values_failed=row.values_failed,
        rating=row.rating,
    )
