"""Which goals wait for a curve: kept in memory, since the next evaluation finds out again what is lacking (GOAL-7)."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import islice
from uuid import UUID

from attain_shared.goals.curves import ExpectedShare, Paced
from attain_shared.goals.inputs import Formulas, Inputs, each_of, is_owned, is_paced, paced_of, question_of
from attain_shared.goals.sources import MEASURED, Measured

FRESH = timedelta(days=7)
"""How long a curve is gone by; the days it is made of are corrected now and then."""
FRESH_UNTESTED = timedelta(days=1)
"""The same of a curve without a past to be tested in: that may be pushed yet."""
MOST_GOALS = 200_000
"""How many goals are remembered, 30 MB of them; the others are found again on the next day."""


def paced_in(goals: Measured, formulas: Formulas, today: date) -> Iterator[tuple[UUID, Paced]]:
    """What is paced by a curve in goals, each with its goal; where only the owner's share counts, days weigh the same."""
    for goal, indicator in each_of(goals, *MEASURED):
        question = question_of(goal, indicator, formulas.of(indicator))
        if is_paced(goal, indicator, question, today) and not is_owned(goal, indicator):
            yield goal.id, paced_of(indicator, question)


def is_lacking(share: ExpectedShare | None, today: date) -> bool:
    """Whether a curve is not there, or no longer fresh."""
    return share is None or today - share.computed_on >= (FRESH_UNTESTED if share.error is None else FRESH)


def goals_lacking(inputs: Inputs) -> set[UUID]:
    """The goals that were evaluated without a curve, or with an old one."""
    lacking = (
        goal_ids for curve, goal_ids in inputs.paced.items() if is_lacking(inputs.shares.get(curve), inputs.today)
    )
    return set().union(*lacking)


class WantedCurves:
    """The goals that wait for a curve, by company, the first first."""

    def __init__(self, *, most_goals: int = MOST_GOALS) -> None:
        """`most_goals` bounds all companies together."""
        self._most = most_goals
        self._count = 0
        self._goals: dict[UUID, dict[UUID, None]] = {}

    @property
    def companies(self) -> Sequence[UUID]:
        """The companies that have such goals."""
        return list(self._goals)

    def add(self, company_id: UUID, goal_ids: Iterable[UUID]) -> None:
        """Remember goals, as many as there is room for."""
        known = self._goals.get(company_id, {})
        new = [goal_id for goal_id in goal_ids if goal_id not in known][: max(self._most - self._count, 0)]
        if new:
            self._goals.setdefault(company_id, {}).update(dict.fromkeys(new))
            self._count += len(new)

    def first(self, company_id: UUID, goals: int) -> Sequence[UUID]:
        """The goals that have waited longest."""
        return list(islice(self._goals.get(company_id, ()), goals))

    def drop(self, company_id: UUID, goal_ids: Iterable[UUID]) -> None:
        """Forget goals."""
        known = self._goals.get(company_id, {})
        for goal_id in goal_ids:
            if goal_id in known:
                del known[goal_id]
                self._count -= 1
        if not known:
            self._goals.pop(company_id, None)
