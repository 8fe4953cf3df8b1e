"""A goal evaluated from rows that are known by where they came from, so that each figure opens to its own (GOAL-8)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from attain_api.explanations import repository
from attain_api.explanations.repository import Asked
from attain_shared.clock import business_day
from attain_shared.goals.evaluation import holdings_of
from attain_shared.goals.facts import Facts, Question
from attain_shared.goals.inputs import Inputs, earlier_question, is_owned, load_inputs, question_of
from attain_shared.goals.models import Goal, Indicator
from attain_shared.goals.sources import MEASURED, Measured, Unit
from attain_shared.rules.aggregation import read
from attain_shared.rules.attribution import credit
from attain_shared.rules.corrections import Finality
from attain_shared.rules.lineage import rows_read
from attain_shared.rules.periods import Grain
from attain_shared.rules.reading import Coverage, Reading
from attain_shared.rules.tiling import Cell

PeriodName = Literal["current", "earlier"]


class RowKey(NamedTuple):
    """What makes rows versions of one (MET-2)."""

    unit: Unit
    metric: str
    grain: Grain
    bucket: date


class TracedRow(NamedTuple):
    """A row and where it came from; its shop is the unit."""

    cell: Cell
    observed_at: datetime
    received_at: datetime
    batch_id: UUID


class Period(NamedTuple):
    """A figure that an indicator is made of: that of its window, and the one that growth is against."""

    name: PeriodName
    question: Question


@dataclass(frozen=True, slots=True)
class Known:
    """What was known of a goal at an instant: enough to evaluate it, and to say from what."""

    as_of: datetime | None
    """None: what is known now."""
    inputs: Inputs
    rows: Mapping[RowKey, TracedRow]

    def with_cells(self, rows: Iterable[Cell]) -> Inputs:
        """The same inputs with other rows for facts."""
        facts = Facts(self.inputs.formulas.catalogue)
        facts.rows = {key: [] for key in self.inputs.facts.rows}
        for cell in rows:
            facts.rows[cell.metric, cell.shop_id].append(cell)
        return replace(self.inputs, facts=facts)


def cell_of(row: Row[Any]) -> Cell:
    """A row loaded, as the rules know it: its shop is the unit."""
    finality = Finality.FINAL if row.is_final else Finality.REALTIME
    unit = Unit(row.shop_id, row.dimension)
    return Cell(unit, row.metric, Grain(row.grain), row.bucket, row.value, finality, row.through)


def key_of(cell: Cell) -> RowKey:
    """The key of a row of a unit."""
    if not isinstance(cell.shop_id, Unit):
        raise TypeError("the row is of no unit")
    return RowKey(cell.shop_id, cell.metric, cell.grain, cell.bucket)


def periods_of(goal: Goal, indicator: Indicator, inputs: Inputs) -> list[Period]:
    """The figures that an indicator is made of; none of what is not measured by pushed rows."""
    if indicator.kind not in MEASURED:
        return []
    question = question_of(goal, indicator, inputs.formulas.of(indicator))
    earlier = earlier_question(goal, indicator, question)
    return [Period("current", question), *([] if earlier is None else [Period("earlier", earlier)])]


async def know(session: AsyncSession, *, goal: Goal, indicators: Sequence[Indicator], as_of: datetime | None) -> Known:
    """Load what is known of a goal, or was at an instant (MET-7), row by row.

    A figure comes out of the very rows that explain it: as many statements for one shop as for all.
    """
    return await know_all(session, company_id=goal.company_id, goals=[(goal, indicators)], as_of=as_of)


async def know_all(session: AsyncSession, *, company_id: UUID, goals: Measured, as_of: datetime | None) -> Known:
    """The same of several goals, in as many statements as of one."""
    inputs = await load_inputs(
        session,
        company_id=company_id,
        goals=goals,
        today=business_day(as_of),
        as_of=as_of,
        with_facts=False,
    )
    asked = asked_of(
        period for goal, indicators in goals for one in indicators for period in periods_of(goal, one, inputs)
    )
    found = await repository.load_rows(session, company_id=company_id, asked=asked, as_of=as_of)
    facts = Facts(inputs.formulas.catalogue)
    facts.rows = {(one.series.metric, Unit(one.series.shop_id, one.series.dimension)): [] for one in asked}
    rows: dict[RowKey, TracedRow] = {}
    for row in found:
        cell = cell_of(row)
        rows[key_of(cell)] = TracedRow(cell, row.observed_at, row.received_at, row.batch_id)
    for traced in rows.values():
        facts.rows[traced.cell.metric, traced.cell.shop_id].append(traced.cell)
    return Known(as_of, replace(inputs, facts=facts), rows)


def asked_of(periods: Iterable[Period]) -> set[Asked]:
    """The series and days that figures are read from."""
    return {Asked(series, period.question.window) for period in periods for series in period.question.series}


class Traced(NamedTuple):
    """A figure, and the rows that it was read from."""

    reading: Reading
    cells: Sequence[Cell]


def trace(goal: Goal, indicator: Indicator, question: Question, inputs: Inputs) -> Traced:
    """The figure of all units of a question, or of what the goal's owner is credited with."""
    return _trace(goal, indicator, question, inputs, inputs.facts.cells(question) or [])


def trace_units(goal: Goal, indicator: Indicator, question: Question, inputs: Inputs) -> dict[Unit, Traced]:
    """The figure of each unit by itself."""
    by_unit: dict[Unit, list[Cell]] = defaultdict(list)
    for cell in inputs.facts.cells(question) or []:
        by_unit[key_of(cell).unit].append(cell)
    return {
        unit: _trace(goal, indicator, question._replace(units=(unit,)), inputs, by_unit[unit])
        for unit in question.units
    }


def _trace(goal: Goal, indicator: Indicator, question: Question, inputs: Inputs, cells: Sequence[Cell]) -> Traced:
    metric, window, units, aggregate = question
    catalogue = inputs.formulas.catalogue
    if not is_owned(goal, indicator):
        reading = read(metric, catalogue, cells, window, units, aggregate)
        return Traced(reading, rows_read(metric, catalogue, cells, window, units, aggregate))
    credited = credit(metric, cells, window, holdings_of(goal, question, inputs), units)
    if credited is None:
        return Traced(Reading.of(None, Coverage(0, 0, 0)), [])
    counted = credited.rows, credited.window, credited.shops
    reading = read(metric, catalogue, *counted, aggregate)
    coverage = replace(reading.coverage, expected=credited.days)
    return Traced(replace(reading, coverage=coverage), rows_read(metric, catalogue, *counted, aggregate))
