"""The facts that goals are measured by: summed months where they tell a figure, and the rows where they do not (MET-5a)."""

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from attain_shared.goals.sources import Unit
from attain_shared.metrics.months import SummedMonth, load_months
from attain_shared.metrics.queries import MonthPart, Series, load_cells, load_day_sums, load_month
from attain_shared.rules import aggregation
from attain_shared.rules.algebra import Aggregate, Algebra, Metric, components
from attain_shared.rules.months import Month, summarise, without
from attain_shared.rules.months import Series as MonthSeries
from attain_shared.rules.periods import Grain, Window, bucket_end, buckets
from attain_shared.rules.reading import Coverage, Reading
from attain_shared.rules.rollup import SeriesOf, read_months
from attain_shared.rules.tiling import Cell

Key = tuple[str, Hashable]
"""A metric's code and the unit it is measured over: what the rules know a series by."""


class Question(NamedTuple):
    """A figure to be read: a metric over a window and some units."""

    metric: Metric
    window: Window
    units: tuple[Unit, ...]
    aggregate: Aggregate

    @property
    def series(self) -> Iterable[Series]:
        """What it is read from."""
        for code in components(self.metric):
            for unit in self.units:
                yield Series(unit.shop_id, code, unit.dimension)

    @property
    def is_by_day(self) -> bool:
        """Whether months tell nothing of it: who was counted in two shops on one day bounds that day alone (MET-5)."""
        is_distinct = self.metric.algebra is Algebra.DISTINCT
        return is_distinct and self.aggregate is Aggregate.DAILY_MEAN and len(self.units) > 1


def _key(series: Series) -> Key:
    return series.metric, Unit(series.shop_id, series.dimension)


@dataclass(slots=True)
class Facts:
    """What has been loaded; every question asked of it twice is answered from memory.

    What cannot be told without rows that are not there is noted in `lacking`, and answered with no data meanwhile.
    """

    catalogue: Mapping[str, Metric]
    months: dict[Key, list[Month]] = field(default_factory=lambda: defaultdict(list))
    coarser: dict[Key, list[Cell]] = field(default_factory=lambda: defaultdict(list))
    days: dict[Key, list[Cell]] = field(default_factory=lambda: defaultdict(list))
    """Day rows of months that are not taken as a whole."""
    later: dict[Key, list[Cell]] = field(default_factory=lambda: defaultdict(list))
    """Day rows behind a window that ends within a month: what adds up is told without them."""
    rows: dict[Key, list[Cell]] = field(default_factory=dict)
    """Every row of the series that were loaded row by row."""
    spans: dict[Series, Window] = field(default_factory=dict)
    """What has been asked of each series, from the first day to the last."""
    lacking: set[Series] = field(default_factory=set)
    unanswered: int = 0
    """How often something was lacking."""
    _series: dict[Window, dict[Key, MonthSeries]] = field(default_factory=dict)
    answers: dict[Question, Reading] = field(default_factory=dict)

    def read(self, question: Question) -> Reading:
        """The figure, as `rules.aggregation.read` has it."""
        answer = self.answers.get(question)
        if answer is None:
            before = self.unanswered
            answer = self._read(question)
            if self.unanswered == before:
                self.answers[question] = answer
        return answer

    def cells(self, question: Question) -> list[Cell] | None:
        """The rows that a figure is read from; none where not all of them are loaded."""
        keys = [_key(one) for one in question.series]
        if any(key not in self.rows for key in keys):
            self._lack(question)
            return None
        return [cell for key in keys for cell in self.rows[key] if cell.bucket in question.window]

    def _read(self, question: Question) -> Reading:
        metric, window, units, aggregate = question
        keys: list[Key] = [(code, unit) for code in components(metric) for unit in units]
        if self.rows and all(key in self.rows for key in keys):
            cells = (cell for key in keys for cell in self.rows[key])
            return aggregation.read(metric, self.catalogue, cells, window, units, aggregate)
        reading = read_months(metric, self.catalogue, self._series_in(window), window, units, aggregate)
        if reading is None:
            self._lack(question)
            return Reading.of(None, Coverage(window.days * len(units), 0, 0))
        return reading

    def _series_in(self, window: Window) -> SeriesOf:
        known = self._series.setdefault(window, {})

        def find(code: str, unit: Hashable) -> MonthSeries:
            key = code, unit
            found = known.get(key)
            if found is None:
                found = known[key] = MonthSeries.within(window, self._months_in(key, window), self.coarser.get(key, ()))
            return found

        return find

    def _months_in(self, key: Key, window: Window) -> Sequence[Month]:
        whole: Sequence[Month] = self.months.get(key, ())
        last = window.ends_on.replace(day=1)
        later = [
            cell
            for cell in self.later.get(key, ())
            if cell.bucket > window.ends_on and cell.bucket.replace(day=1) == last
        ]
        if later:
            whole = [without(month, later) if month.first == last else month for month in whole]
        days = self.days.get(key)
        if not days:
            return whole
        by_month: dict[date, list[Cell]] = defaultdict(list)
        for cell in days:
            if cell.bucket in window:
                by_month[cell.bucket.replace(day=1)].append(cell)
        return [*whole, *(summarise(month, cells) for month, cells in by_month.items())]

    def _lack(self, question: Question) -> None:
        self.unanswered += 1
        self.lacking.update(one for one in question.series if _key(one) not in self.rows)


def _hull(windows: Iterable[Window]) -> Window:
    every = list(windows)
    return Window(min(one.starts_on for one in every), max(one.ends_on for one in every))


async def load_facts(
    session: AsyncSession,
    *,
    company_id: UUID,
    catalogue: Mapping[str, Metric],
    questions: Collection[Question],
    by_rows: Collection[Question] = (),
    as_of: datetime | None = None,
) -> Facts:
    """What these questions are answered from: as it stands, or as it was known at an instant (MET-7).

    One statement for the months, and one for each month that some rows are wanted of; one more for what is asked by
    rows; of an instant one for all rows.
    """
    facts = Facts(catalogue)
    if as_of is None:
        await _load_days(session, facts, company_id=company_id, questions=[one for one in questions if one.is_by_day])
    asked = _windows_of(one for one in questions if one not in facts.answers)
    # what is asked by rows is read by months as well, where it is a part of something else
    rows = asked if as_of is not None else {}
    rows = {**rows, **_windows_of(by_rows)}
    for series in asked.keys() | rows.keys():
        windows = (*asked.get(series, ()), *rows.get(series, ()))
        facts.spans[series] = _hull(window for window, _ in windows)
    await load_rows(session, facts, company_id=company_id, series=sorted(rows), as_of=as_of)
    if as_of is None:
        await _load_months(session, facts, company_id=company_id, asked=asked)
    return facts


def _windows_of(questions: Iterable[Question]) -> dict[Series, set[tuple[Window, bool]]]:
    """The windows that each series is asked for in, and whether what is asked adds up."""
    asked: dict[Series, set[tuple[Window, bool]]] = defaultdict(set)
    for question in questions:
        adds_up = question.metric.algebra is Algebra.ADDITIVE and question.aggregate is Aggregate.DEDUPLICATED
        for series in question.series:
            asked[series].add((question.window, adds_up))
    return asked


async def _load_months(
    session: AsyncSession, facts: Facts, *, company_id: UUID, asked: Mapping[Series, Iterable[tuple[Window, bool]]]
) -> None:
    if not asked:
        return
    kept = await load_months(session, company_id=company_id, spans={series: facts.spans[series] for series in asked})
    wanted: dict[date, set[MonthPart]] = defaultdict(set)
    for series, windows in asked.items():
        _plan(facts, series, windows, kept.get(series, {}), wanted)
    for month in sorted(wanted):
        for part, cell in await load_month(session, company_id=company_id, month=month, parts=wanted[month]):
            _put(facts, part, cell)


async def _load_days(session: AsyncSession, facts: Facts, *, company_id: UUID, questions: Sequence[Question]) -> None:
    if not questions:
        return
    asked = [(one.window, list(one.series)) for one in questions]
    for one, sums in zip(questions, await load_day_sums(session, company_id=company_id, questions=asked), strict=True):
        facts.answers[one] = aggregation.mean_of_days(sums, shop_days=one.window.days * len(one.units))


def _put(facts: Facts, part: MonthPart, cell: Cell) -> None:
    key = _key(part.series)
    ours = cell._replace(shop_id=key[1])
    is_whole = part.first.day == 1
    if cell.grain is not Grain.DAY:
        if is_whole:
            facts.coarser[key].append(ours)
    else:
        (facts.days if is_whole else facts.later)[key].append(ours)


def _plan(
    facts: Facts,
    series: Series,
    asked: Iterable[tuple[Window, bool]],
    kept: Mapping[date, SummedMonth],
    wanted: dict[date, set[MonthPart]],
) -> None:
    """Which months of a series are taken as they are summed, and of which some rows are wanted."""
    key = _key(series)
    for month, cut in _cuts(asked).items():
        known = kept.get(month)
        if known is None or (cut == month and known.month is not None):
            wanted[month].add(MonthPart(series, month, is_coarser=False))
            continue
        if known.month is not None:
            facts.months[key].append(known.month)
            if cut is not None:
                wanted[month].add(MonthPart(series, cut, is_coarser=False))
        if known.has_coarser:
            wanted[month].add(MonthPart(series, month, is_coarser=True))


def _cuts(asked: Iterable[tuple[Window, bool]]) -> dict[date, date | None]:
    """The months that windows touch; with the day from which on rows are wanted, where a month is not taken as a whole.

    Where all that is asked adds up and only the end of the window lies within the month, the days behind it are enough.
    """
    cuts: dict[date, date | None] = {}
    for window, adds_up in asked:
        for month in buckets(window, Grain.MONTH):
            cut = None
            if month < window.starts_on:
                cut = month
            elif window.ends_on < bucket_end(month, Grain.MONTH):
                cut = window.ends_on + timedelta(days=1) if adds_up else month
            known = cuts.get(month)
            cuts[month] = cut if known is None else known if cut is None else min(cut, known)
    return cuts


async def load_rows(
    session: AsyncSession,
    facts: Facts,
    *,
    company_id: UUID,
    series: Iterable[Series],
    as_of: datetime | None = None,
) -> None:
    """Load every row of some series in the days asked about, so that nothing of them is lacking: one statement."""
    wanted = list(series)
    if not wanted:
        return
    window = _hull(facts.spans[one] for one in wanted)
    cells = await load_cells(session, company_id=company_id, series=wanted, window=window, as_of=as_of)
    for one in wanted:
        key = _key(one)
        found = cells.get((one.dimension, one.shop_id, one.metric), ())
        facts.rows[key] = [cell._replace(shop_id=key[1]) for cell in found]
    facts.lacking.difference_update(wanted)
