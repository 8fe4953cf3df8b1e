"""What a review is judged on, as it is measured now (REV-2, REV-12)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from attain_api.attainments.service import OwnedAttainment, list_attainments
from attain_shared.db.session import UnitOfWork
from attain_shared.reviews.assessment_schemas import Assessment
from attain_shared.reviews.judging import JudgedGoal, Performance, YearSoFar, judge_performance
from attain_shared.reviews.models import Review, ReviewCycle
from attain_shared.reviews.settings import settings_of
from attain_shared.reviews.year import load_year


@dataclass(frozen=True, slots=True)
class Measured:
    """The goals of a person, those of their team where it has a share, and in a yearly round the year's reviews."""

    goals: Sequence[OwnedAttainment]
    team: Sequence[OwnedAttainment]
    year: YearSoFar | None

    @property
    def quarters(self) -> Sequence[Decimal]:
        """V of the year's quarters; of other rounds none."""
        return self.year.quarters if self.year is not None else ()

    @property
    def computed(self) -> dict[UUID, Decimal | None]:
        """By goal, the proposal: None without data, and where only bounds are known."""
        return {one.attainment.goal_id: one.attainment.score for one in self.goals}


async def measure(uow: UnitOfWork, *, review: Review, cycle: ReviewCycle) -> Measured:
    """Measure what a review is judged on: one statement where all is up to date, of a year two; of values alone none."""
    if cycle.is_values_only:
        return Measured((), (), None)
    has_team = bool(settings_of(cycle.settings).team_share)
    found = await list_attainments(
        uow,
        company_id=review.company_id,
        cycle_id=cycle.cycle_id,
        person_id=review.person_id,
        department_id=review.department_id if has_team else None,
    )
    year = None
    if cycle.cadence == "year":
        closed = await load_year(uow.session, company_id=review.company_id, person_id=review.person_id, cycle=cycle)
        year = closed.so_far
    own = [one for one in found if one.person_id is not None]
    return Measured(own, [one for one in found if one.person_id is None], year)


def scores_given(written: Assessment) -> dict[UUID, Decimal]:
    """By goal, the scores that somebody gave."""
    return {one.goal_id: one.score for one in written.goals if one.score is not None}


def performance_now(
    measured: Measured, cycle: ReviewCycle, *, given: Mapping[UUID, Decimal], competency: Decimal | None
) -> Performance:
    """The performance that the figures make now, with the scores that the manager gave."""
    return judge_performance(
        settings_of(cycle.settings),
        goals=[_judged(one, given) for one in measured.goals],
        team=[_judged(one, {}) for one in measured.team],
        competency=competency,
        year=measured.year,
    )


def _judged(one: OwnedAttainment, given: Mapping[UUID, Decimal]) -> JudgedGoal:
    return JudgedGoal(one.weight, one.attainment.score, given.get(one.attainment.goal_id))
