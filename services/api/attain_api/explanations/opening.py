"""An indicator's figures opened to the shops, rows and people they were made of (GOAL-8)."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from attain_api.explanations.tracing import Known, Period, Traced, key_of, periods_of, trace, trace_units
from attain_api.explanations.wording import formula_of
from attain_api.messages import Language
from attain_shared.goals.evaluation import IndicatorEvaluation, holdings_of, rubric_of
from attain_shared.goals.explain_schemas import (
    EntryUsed,
    ExplainedIndicator,
    ExplainedRubric,
    ExplainedRule,
    HoldingRead,
    PartRead,
    PeriodRead,
    SourceRow,
    StepRead,
    TeamRead,
    UnitRead,
)
from attain_shared.goals.facts import Question
from attain_shared.goals.figures import indicator_figures, rubric_figures, rubric_key
from attain_shared.goals.inputs import Inputs, is_owned, team_of
from attain_shared.goals.models import Goal, Indicator, IndicatorEntry, Milestone
from attain_shared.goals.sources import Unit
from attain_shared.metrics.schemas import CoverageRead
from attain_shared.rules.aggregation import read
from attain_shared.rules.algebra import Aggregate, components
from attain_shared.rules.attribution import Holding
from attain_shared.rules.interval import Interval
from attain_shared.rules.periods import Window
from attain_shared.rules.tiling import Cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """How much of a goal is opened to whom."""

    visible: Collection[UUID]
    """The shops whose values the caller sees."""
    limit: int
    """The most of each list."""
    language: Language


class PeopleMade(NamedTuple):
    """What people entered, and the milestones with the days on which they were done."""

    entries: Sequence[IndicatorEntry]
    steps: Sequence[tuple[Milestone, date | None]]


def open_indicator(
    goal: Goal,
    one: IndicatorEvaluation,
    rows: Sequence[SourceRow],
    *,
    known: Known,
    people: PeopleMade,
    sight: Sight,
) -> ExplainedIndicator:
    """An indicator's figures, and what they were made of."""
    indicator = one.indicator
    periods = periods_of(goal, indicator, known.inputs)
    steps = people.steps if indicator.kind == "milestones" else ()
    entries = [entry for entry in people.entries if entry.indicator_id == indicator.id]
    return ExplainedIndicator.model_validate(
        {
            **indicator_figures(one),
            "formula": formula_of(indicator, periods[0].question if periods else None, sight.language),
            "periods": [_open_period(goal, indicator, period, known.inputs, sight) for period in periods],
            "rows": rows[: sight.limit],
            "rows_total": len(rows),
            "hidden_shops": len(set(indicator.shop_ids) - set(sight.visible)),
            "team": _open_team(goal, indicator, known.inputs),
            "entries": [_open_entry(entry, counted=not place) for place, entry in enumerate(entries[: sight.limit])],
            "milestones": [
                StepRead(id=step.id, title=step.title, due_on=step.due_on, done_on=done_on) for step, done_on in steps
            ],
        }
    )


def rows_of(goal: Goal, indicator: Indicator, known: Known, visible: Collection[UUID]) -> list[SourceRow]:
    """The rows that an indicator's figures were read from, of the shops seen, sorted by `order_of`."""
    rows = []
    for name, question in periods_of(goal, indicator, known.inputs):
        for credited in trace(goal, indicator, question, known.inputs).cells:
            key = key_of(credited)
            if key.unit.shop_id not in visible:
                continue
            cell, observed_at, received_at, batch_id = known.rows[key]
            rows.append(
                SourceRow(
                    period=name,
                    shop_id=key.unit.shop_id,
                    metric=cell.metric,
                    dimension=key.unit.dimension,
                    grain=cell.grain,
                    bucket=cell.bucket,
                    value=cell.value,
                    finality=cell.finality,
                    through=cell.through,
                    observed_at=observed_at,
                    received_at=received_at,
                    batch_id=batch_id,
                )
            )
    return sorted(rows, key=order_of)


def order_of(row: SourceRow) -> str:
    """What rows are sorted by: the figure, the shop, the metric, the day; no two rows of an indicator alike."""
    return f"{row.period}|{row.shop_id}|{row.dimension}|{row.metric}|{row.bucket}|{row.grain}"


def open_rubric(goal: Goal, matched: str | None, *, name: str | None) -> ExplainedRubric:
    """The rules that made a score, and the one that matched (GOAL-6)."""
    rubric = rubric_of(goal.rubric)
    texts = [str(rule) for rule in rubric.rules]
    place = texts.index(matched) if matched in texts else None
    return ExplainedRubric.model_validate(
        {
            **rubric_figures(rubric_key(goal)),
            "name": name,
            "rules": [
                ExplainedRule(
                    test=rule.test,
                    op=rule.op,
                    threshold=rule.threshold,
                    score=rule.score,
                    rule=texts[index],
                    matched=index == place,
                )
                for index, rule in enumerate(rubric.rules)
            ],
            "otherwise": rubric.otherwise,
        }
    )


def _open_period(goal: Goal, indicator: Indicator, period: Period, inputs: Inputs, sight: Sight) -> PeriodRead:
    name, question = period
    reading = trace(goal, indicator, question, inputs).reading
    seen = question._replace(
        units=tuple(unit for unit in question.units if unit.shop_id in sight.visible)[: sight.limit]
    )
    held = holdings_of(goal, seen, inputs) if is_owned(goal, indicator) else {}
    return PeriodRead(
        period=name,
        starts_on=question.window.starts_on,
        ends_on=question.window.ends_on,
        value=reading.value,
        low=reading.low,
        high=reading.high,
        exact=reading.exact,
        estimated=reading.estimated,
        coverage=CoverageRead.model_validate(reading.coverage),
        units=[
            _open_unit(unit, traced, seen, inputs, held.get(unit))
            for unit, traced in trace_units(goal, indicator, seen, inputs).items()
        ],
        units_total=len(question.units),
    )


def _open_unit(
    unit: Unit, traced: Traced, question: Question, inputs: Inputs, held: Sequence[Holding] | None
) -> UnitRead:
    return UnitRead(
        shop_id=unit.shop_id,
        dimension=unit.dimension,
        value=traced.reading.value,
        low=traced.reading.low,
        high=traced.reading.high,
        coverage=CoverageRead.model_validate(traced.reading.coverage),
        parts=_open_parts(unit, traced.cells, question, inputs),
        holdings=None if held is None else list(_open_holdings(held, question.window)),
    )


def _open_parts(unit: Unit, cells: Iterable[Cell], question: Question, inputs: Inputs) -> list[PartRead]:
    """What entered a unit's figure, by metric; a metric that is none but itself has no parts."""
    by_code: dict[str, list[Cell]] = defaultdict(list)
    for cell in cells:
        by_code[cell.metric].append(cell)
    if set(by_code) <= {question.metric.code}:
        return []
    parts = ((code, by_code[code]) for code in components(question.metric) if code in by_code)
    return [_open_part(code, rows, unit, question, inputs) for code, rows in parts]


def _open_part(code: str, cells: Sequence[Cell], unit: Unit, question: Question, inputs: Inputs) -> PartRead:
    catalogue = inputs.formulas.catalogue
    if question.aggregate is Aggregate.DAILY_POOLED and code != question.metric.code:
        figure: Interval | None = Interval.point(sum((cell.value for cell in cells), Decimal(0)))
    else:
        figure = read(catalogue[code], catalogue, cells, question.window, [unit], Aggregate.DEDUPLICATED).bounds
    is_point = figure is None or figure.is_point
    return PartRead(
        metric=code,
        value=figure.low if figure is not None and is_point else None,
        low=None if figure is None or is_point else figure.low,
        high=None if figure is None or is_point else figure.high,
    )


def _open_holdings(held: Iterable[Holding], window: Window) -> Iterable[HoldingRead]:
    for one in held:
        first, last = max(one.starts_on, window.starts_on), min(one.ends_on, window.ends_on)
        if first <= last:
            yield HoldingRead(starts_on=first, ends_on=last, days=(last - first).days + 1, share=one.share)


def _open_team(goal: Goal, indicator: Indicator, inputs: Inputs) -> TeamRead | None:
    team = team_of(goal, indicator, inputs.today) if indicator.kind == "people" else None
    if team is None:
        return None
    count = inputs.teams[team]
    others = count.team - {goal.person_id} if indicator.metric == "staff_growth" else count.team
    return TeamRead(
        department_id=team.department_id,
        starts_on=team.window.starts_on,
        ends_on=team.window.ends_on,
        person_days=count.person_days,
        leavers=count.leavers,
        team=len(others),
        grown=len(count.grown & others),
    )


def _open_entry(entry: IndicatorEntry, *, counted: bool) -> EntryUsed:
    if entry.decided_at is None:
        raise ValueError("an entry that was accepted says when")
    return EntryUsed(id=entry.id, value=entry.value, on=entry.on_day, decided_at=entry.decided_at, counted=counted)
