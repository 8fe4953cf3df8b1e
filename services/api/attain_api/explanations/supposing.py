"""What a goal would come to with other figures; nothing is stored (GOAL-8)."""

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from uuid import UUID

from attain_api.access.actor import Actor
from attain_api.access.visibility import MEASURING
from attain_api.goals.hiding import NO_SCORE, find_hidden, hide
from attain_api.goals.record import check_in_full
from attain_shared.clock import business_day
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import FieldError, Invalid
from attain_shared.goals.evaluation import evaluate_goals, suppose, together
from attain_shared.goals.explain_schemas import SupposedIndicator, WhatIf, WhatIfRead
from attain_shared.goals.figures import indicator_figures, rubric_figures, rubric_key
from attain_shared.goals.models import Indicator
from attain_shared.goals.queries import load_goals


async def what_if(uow: UnitOfWork, *, actor: Actor, goal_id: UUID, data: WhatIf) -> WhatIfRead:
    """What a goal would come to if its window ended with these figures, and what is not named stood as it stands.

    Raises:
        NotFound: the goal is not in the caller's view.
        NotAllowed: they see its public part alone (SEC-3).
        Invalid: an indicator is not of this goal, or named twice.
    """
    seen = await check_in_full(uow, actor=actor, goal_id=goal_id)
    ((goal, indicators),) = goals = await load_goals(uow.session, company_id=actor.company_id, goal_ids=[goal_id])
    supposed = _supposed(data, indicators)
    evaluations, inputs = await evaluate_goals(
        uow.session, company_id=actor.company_id, goals=goals, today=business_day()
    )
    evaluated = [
        suppose(goal, one.indicator, supposed[one.indicator.id], inputs) if one.indicator.id in supposed else one
        for one in evaluations[goal_id].indicators
    ]
    evaluation = together(goal, evaluated)
    hidden: Collection[UUID] = ()
    if seen.goal.state not in MEASURING:
        hidden = await find_hidden(uow, actor=actor, goal_ids=[goal_id]) - supposed.keys()
    supposition = WhatIfRead.model_validate(
        {
            "goal_id": goal_id,
            "score": evaluation.scored.score,
            "score_low": evaluation.scored.score_low,
            "score_high": evaluation.scored.score_high,
            "rule": evaluation.scored.rule,
            "rubric": rubric_figures(rubric_key(goal)),
            "status": evaluation.status.value,
            "indicators": [
                SupposedIndicator.model_validate(indicator_figures(one) | {"supposed": one.indicator.id in supposed})
                for one in evaluated
            ],
        }
    )
    return (
        supposition.model_copy(update={**NO_SCORE, "indicators": hide(supposition.indicators, hidden)})
        if hidden
        else supposition
    )


def _supposed(data: WhatIf, indicators: Sequence[Indicator]) -> Mapping[UUID, Decimal]:
    """The figures given, by indicator."""
    known = {one.id for one in indicators}
    given: dict[UUID, Decimal] = {}
    errors = []
    for place, one in enumerate(data.indicators):
        pointer = f"/indicators/{place}/indicator_id"
        if one.indicator_id not in known:
            errors.append(FieldError(pointer, "indicator-not-in-goal", "the goal has no such indicator"))
        elif one.indicator_id in given:
            errors.append(FieldError(pointer, "duplicate", "an indicator has one figure"))
        given[one.indicator_id] = one.actual
    if errors:
        raise Invalid("Name indicators of the goal, each once.", errors=errors)
    return given
