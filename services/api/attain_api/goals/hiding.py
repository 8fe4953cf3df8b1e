"""Figures of goals that bring the sight of no shop yet: shown as far as their reader sees the shops (SEC-3).

A draft is its owner's word alone. What it is measured over may have gone to somebody else, or have been chosen by whoever
gave it to them: until it is submitted, it opens nobody's books.
"""

from collections.abc import Collection, Mapping
from typing import Any, TypeVar
from uuid import UUID

from attain_api.access.actor import Actor
from attain_api.goals import repository
from attain_shared.db.session import UnitOfWork
from attain_shared.goals.attainment_schemas import IndicatorAttainmentRead
from attain_shared.metrics.schemas import CoverageRead

Read = TypeVar("Read", bound=IndicatorAttainmentRead)

NO_SCORE: Mapping[str, Any] = {
    "score": None,
    "score_low": None,
    "score_high": None,
    "rule": None,
    "status": "no_data",
}
"""What a goal comes to for whoever does not see all of it."""
_NO_FIGURES: Mapping[str, Any] = {
    "actual": None,
    "actual_low": None,
    "actual_high": None,
    "exact": False,
    "estimated": False,
    "estimate": None,
    "attainment": None,
    "attainment_low": None,
    "attainment_high": None,
    "verdict": "no_data",
    "status": "no_data",
    "coverage": CoverageRead(expected=0, present=0, provisional=0),
    "pace": None,
}


async def find_hidden(uow: UnitOfWork, *, actor: Actor, goal_ids: Collection[UUID]) -> frozenset[UUID]:
    """The indicators of goals whose figures the caller is not to see: one statement, however many goals."""
    return await repository.find_hidden(uow.session, hidden_from=actor, goal_ids=goal_ids)


def hide(indicators: Collection[Read], hidden: Collection[UUID]) -> list[Read]:
    """Indicators as their reader sees them: what is hidden has a target, and no figures."""
    return [one.model_copy(update=_NO_FIGURES) if one.indicator_id in hidden else one for one in indicators]
