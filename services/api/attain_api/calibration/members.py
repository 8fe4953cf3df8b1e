"""What calibration knows of a review, and which group it is in (REV-8)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from attain_shared.reviews.joining import joined_groups
from attain_shared.reviews.models import ReviewCycle
from attain_shared.rules.distribution import pools
from attain_shared.rules.overall import FAILED_RATING, nearest_step
from attain_shared.rules.review_flow import OPEN_STEPS, Step

MISSING_STEPS = frozenset(OPEN_STEPS[: OPEN_STEPS.index(Step.CALIBRATION)])
"""Where reviews are not yet calibrated."""
_STEPS = {step.value: step for step in Step}


class Member(NamedTuple):
    """A review that is in a group: one that is not cancelled. A tuple, as a round has ten thousand of them."""

    review_id: UUID
    person_id: UUID
    department_id: UUID | None
    manager_id: UUID
    assessed_by: UUID | None
    step: Step
    group_id: UUID | None
    """Once the round's groups are set, and the review was there."""
    score: Decimal | None
    """What the round is judged on; like all of the judgement, none before calibration."""
    suggested_rating: Decimal | None
    rating: Decimal | None
    counted_rating: Decimal | None
    values_failed: bool | None

    @classmethod
    def of(cls, row: Any, *, cycle: ReviewCycle) -> "Member":  # noqa: ANN401  # of `repository.list_members`
        """Out of a row of the round."""
        step = _STEPS[row.step]
        own = (row.id, row.person_id, row.department_id, row.manager_id, row.assessed_by, step, row.group_id)
        if step in MISSING_STEPS:
            return cls(*own, None, None, None, None, None)
        is_by_performance = cycle.settings["judged_on"] == "performance"
        score = row.performance if is_by_performance else row.overall
        counted = None
        if not cycle.is_values_only:
            suggested = nearest_step(score) if is_by_performance and score is not None else row.suggested_rating
            counted = counted_rating(row.rating, suggested, has_failed=bool(row.values_failed))
        return cls(*own, score, row.suggested_rating, row.rating, counted, row.values_failed)

    @property
    def assessors(self) -> tuple[UUID | None, ...]:
        """Who assesses, and who assessed."""
        return self.manager_id, self.assessed_by

    @property
    def waits(self) -> bool:
        """Whether it is at calibration now."""
        return self.step is Step.CALIBRATION


def counted_rating(rating: Decimal | None, suggested: Decimal | None, *, has_failed: bool) -> Decimal | None:
    """What counts in the distribution: the rating as it was set, else 2.5 with failed values (REV-4), else the suggestion."""
    if rating is not None:
        return rating
    return FAILED_RATING if has_failed else suggested


def groups_of(
    members: Sequence[Member],
    *,
    departments: Mapping[UUID, UUID | None],
    fixed: Mapping[UUID, UUID | None],
    round_id: UUID,
) -> dict[UUID, UUID]:
    """The group of each review of a round (REV-8).

    Departments map to their parents. Until the round's groups are set (`fixed`, by their ids, each with its department)
    they are those of `rules.distribution.pools`; from then on whoever has joined since is where `joined_groups` has them.
    """
    if not fixed:
        pooling = pools(departments, Counter(member.department_id for member in members))
        return {member.review_id: pooling.groups[member.department_id] or round_id for member in members}
    placed = Counter((member.department_id, member.group_id) for member in members if member.group_id is not None)
    late = {member.department_id for member in members if member.group_id is None}
    joined = joined_groups(late, departments=departments, fixed=fixed, placed=placed)
    return {member.review_id: member.group_id or joined[member.department_id] for member in members}
