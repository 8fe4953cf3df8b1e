"""How an evaluation is written down: the same JSON in the attainment row and in the API's answer (api.md)."""

from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from attain_shared.goals.evaluation import IndicatorEvaluation, target_of
from attain_shared.goals.models import Goal
from attain_shared.rules.attainment import Direction
from attain_shared.rules.interval import Interval
from attain_shared.rules.pace import Pace
from attain_shared.rules.rubric import DEFAULT_RUBRIC_VERSION


def plain(value: Decimal | None) -> str | None:
    """A decimal as clients get it: never in exponent form."""
    return None if value is None else format(value, "f")


class RubricKey(NamedTuple):
    """Which rules made a score, as the attainment row has it: neither, of the default ones."""

    id: UUID | None
    version: int | None


def rubric_key(goal: Goal) -> RubricKey:
    """The rules that a goal is scored by."""
    return RubricKey(None, None) if goal.rubric is None else RubricKey(goal.rubric_id, goal.rubric_version)


def rubric_figures(key: RubricKey) -> dict[str, Any]:
    """The same as clients get it."""
    if key.version is None:
        return {"source": "default", "id": None, "version": DEFAULT_RUBRIC_VERSION}
    return {"source": "goal" if key.id is None else "company", "id": key.id, "version": key.version}


def indicator_figures(one: IndicatorEvaluation) -> dict[str, Any]:
    """An indicator's figures; a point has its value, an interval its two ends, no data nothing."""
    target, reading = target_of(one.indicator), one.reading
    band = {"low": plain(target.band_low), "high": plain(target.band_high)}
    return {
        "indicator_id": str(one.indicator.id),
        "kind": one.indicator.kind,
        "metric": one.indicator.metric,
        "actual": plain(reading.value),
        "actual_low": plain(reading.low),
        "actual_high": plain(reading.high),
        "exact": reading.exact,
        "estimated": reading.estimated,
        "estimate": plain(reading.estimate),
        "target": plain(target.target),
        "band": band if target.direction is Direction.BAND else None,
        **_interval("attainment", one.attainment),
        "verdict": one.verdict.value,
        "status": one.status.value,
        "coverage": {
            "expected": reading.coverage.expected,
            "present": reading.coverage.present,
            "provisional": reading.coverage.provisional,
        },
        "pace": _pace(one.pace),
    }


def _interval(name: str, figure: Interval | None) -> dict[str, str | None]:
    if figure is None:
        return {name: None, f"{name}_low": None, f"{name}_high": None}
    if figure.is_point:
        return {name: plain(figure.low), f"{name}_low": None, f"{name}_high": None}
    return {name: None, f"{name}_low": plain(figure.low), f"{name}_high": plain(figure.high)}


def _pace(pace: Pace | None) -> dict[str, str | None] | None:
    if pace is None:
        return None
    return {
        "expected": plain(pace.expected),
        "gap": plain(pace.gap),
        "required_per_day": plain(pace.required_per_day),
        "forecast": plain(pace.forecast),
        "method": pace.method,
        "backtest_error": plain(pace.backtest_error),
    }
