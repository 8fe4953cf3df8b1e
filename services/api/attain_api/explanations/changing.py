"""Why an attainment changed between two instants: business went on, or figures were restated (GOAL-8, MET-7)."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from attain_api.explanations.tracing import Known, RowKey, key_of, periods_of, trace
from attain_shared.clock import business_day
from attain_shared.goals.evaluation import Evaluation, IndicatorEvaluation, evaluate
from attain_shared.goals.explain_schemas import ChangeRead, IndicatorChangeRead, RestatementRead, SplitRead
from attain_shared.goals.inputs import Inputs
from attain_shared.goals.models import Goal, Indicator
from attain_shared.rules.changes import Restatement, restated_only, restatements, split
from attain_shared.rules.interval import Interval
from attain_shared.rules.rubric import Scored


class Steps(NamedTuple):
    """What a goal had come to, what it would have with nothing but the restatements since, and what it has."""

    first: Evaluation
    restated: Evaluation
    last: Evaluation


def explain_change(
    goal: Goal,
    indicators: Sequence[Indicator],
    *,
    then: Known,
    now: Known,
    until: datetime,
    visible: Collection[UUID],
    limit: int,
) -> ChangeRead:
    """A goal's change between two instants, each figure's in two parts that add up to it exactly.

    `visible` are the shops whose rows the caller sees.
    """
    if then.as_of is None:
        raise ValueError("the first instant is none of the past")
    day_then = business_day(then.as_of)
    cells_then, cells_now = ([row.cell for row in known.rows.values()] for known in (then, now))
    between = then.with_cells(restated_only(cells_then, cells_now, day_then=day_then))
    steps = Steps(*(evaluate(goal, indicators, inputs) for inputs in (then.inputs, between, now.inputs)))
    restated = {key_of(one.before): one for one in restatements(cells_then, cells_now, day_then=day_then)}
    opened = _Opened(
        goal, then, now, between, {key: one for key, one in restated.items() if key.unit.shop_id in visible}
    )
    return ChangeRead(
        since=then.as_of,
        until=until,
        **_splits("score", *(_score_bounds(step.scored) for step in steps)),
        indicators=[
            _indicator_change(list(opened.of(indicator)), limit, *evaluated)
            for indicator, *evaluated in zip(indicators, *(step.indicators for step in steps), strict=True)
        ],
    )


class _Opened(NamedTuple):
    """The rows restated, by what they entered."""

    goal: Goal
    then: Known
    now: Known
    between: Inputs
    restated: dict[RowKey, Restatement]

    def of(self, indicator: Indicator) -> Iterator[RestatementRead]:
        """Those that an indicator's figures were read from, before or after, in their order."""
        for name, question in periods_of(self.goal, indicator, self.then.inputs):
            read = (trace(self.goal, indicator, question, inputs) for inputs in (self.then.inputs, self.between))
            keys = {key_of(cell) for traced in read for cell in traced.cells}
            for key in sorted(keys & self.restated.keys()):
                before, after = self.restated[key]
                yield RestatementRead(
                    period=name,
                    shop_id=key.unit.shop_id,
                    metric=key.metric,
                    dimension=key.unit.dimension,
                    grain=key.grain,
                    bucket=key.bucket,
                    before=before.value,
                    after=after.value,
                    batch_before=self.then.rows[key].batch_id,
                    batch_after=self.now.rows[key].batch_id,
                )


def _indicator_change(
    restated: Sequence[RestatementRead],
    limit: int,
    first: IndicatorEvaluation,
    between: IndicatorEvaluation,
    last: IndicatorEvaluation,
) -> IndicatorChangeRead:
    steps = first, between, last
    return IndicatorChangeRead(
        indicator_id=first.indicator.id,
        **_splits("actual", *(step.reading.bounds for step in steps)),
        **_splits("attainment", *(step.attainment for step in steps)),
        restatements=restated[:limit],
        restatements_total=len(restated),
    )


def _score_bounds(scored: Scored) -> Interval | None:
    if scored.score is not None:
        return Interval.point(scored.score)
    if scored.score_low is None or scored.score_high is None:
        return None
    return Interval(scored.score_low, scored.score_high)


def _splits(
    name: str, first: Interval | None, restated: Interval | None, last: Interval | None
) -> dict[str, SplitRead | None]:
    """The change of a figure: of points one, of intervals one of each end."""
    steps = first, restated, last
    lows, highs = (
        [None if one is None else one.low for one in steps],
        [None if one is None else one.high for one in steps],
    )
    if all(one is None or one.is_point for one in steps):
        return {name: _split(*lows), f"{name}_low": None, f"{name}_high": None}
    return {name: None, f"{name}_low": _split(*lows), f"{name}_high": _split(*highs)}


def _split(first: Decimal | None, restated: Decimal | None, last: Decimal | None) -> SplitRead:
    parts = split(first, restated, last)
    return SplitRead(first=first, last=last, change=parts.change, business=parts.business, restated=parts.restated)
