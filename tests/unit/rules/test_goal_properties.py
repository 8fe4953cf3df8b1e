"""What holds of every goal whatever its figures, from rows over attainments to scorecards (GOAL-5, GOAL-6, MET-5, REV-2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from attain_shared.rules.aggregation import read
from attain_shared.rules.algebra import Aggregate, Metric
from attain_shared.rules.attainment import Direction, Target, attainment, attainment_interval, growth_index
from attain_shared.rules.growth import growth_target
from attain_shared.rules.interval import Interval
from attain_shared.rules.periods import Window
from attain_shared.rules.reading import Reading
from attain_shared.rules.rounding import settled
from attain_shared.rules.rubric import DEFAULT_RUBRIC, Rubric, Scored, score, score_interval
from attain_shared.rules.scorecard import Performance, performance
from attain_shared.rules.tiling import Cell
from attain_shared.rules.verdicts import IndicatorVerdict, verdict
from tests.unit.rules.support import (
    AOV,
    BUYERS,
    CATALOGUE,
    CONVERSION,
    DSR,
    GMV,
    JULY,
    MEMBERS,
    OTHER,
    REVIEWS,
    SHOP,
    UV,
    D,
    accepted_rubrics,
    daily,
    july,
    monthly,
)

HIGHER, LOWER, BAND = Direction
SHOPS = (SHOP, OTHER)
MEASURED = (UV, BUYERS, CONVERSION, AOV, GMV)
"""What a hidden world can tell the true figure of."""

Figures = st.decimals(0, 12, places=2)
CAPS = st.sampled_from([D("0.5"), D(1), D("1.2"), D(2), D(3)])
RISING_OR_FALLING = st.one_of(
    st.builds(Target, st.sampled_from([HIGHER, LOWER]), st.decimals("0.01", 12, places=2), cap=CAPS),
    st.builds(lambda low, step, cap: Target(HIGHER, low + step, low, cap=cap), Figures, st.integers(1, 5), CAPS),
    st.builds(lambda low, step, cap: Target(LOWER, low, low + step, cap=cap), Figures, st.integers(1, 5), CAPS),
)
TARGETS = st.one_of(
    RISING_OR_FALLING,
    st.builds(
        lambda low, step, cap: Target(BAND, band_low=low, band_high=low + step, cap=cap),
        Figures,
        st.integers(1, 5),
        CAPS,
    ),
)


@dataclass(frozen=True, slots=True)
class Day:
    """Who came to a shop on a day, who of them bought, and for how much."""

    visitors: frozenset[int]
    buyers: frozenset[int]
    gmv: int


@dataclass(frozen=True, slots=True)
class HiddenWorld:
    """What really happened in two shops, of which only rows are known."""

    days: dict[str, list[Day]]
    with_month_rows: frozenset[tuple[str, str]]
    """The shops and metrics of which the platform tells the whole month as well."""

    @property
    def window(self) -> Window:
        """The whole of July where some of its rows are told, else the days that are."""
        return JULY if self.with_month_rows else Window(july(1), july(len(self.days[SHOP])))

    def cells(self) -> list[Cell]:
        """The rows."""
        rows = []
        for shop, days in self.days.items():
            told = {UV: [one.visitors for one in days], BUYERS: [one.buyers for one in days]}
            rows += daily(GMV, [one.gmv for one in days], shop=shop)
            for metric, people in told.items():
                rows += daily(metric, list(map(len, people)), shop=shop)
                if (shop, metric.code) in self.with_month_rows:
                    rows.append(monthly(metric, len(frozenset().union(*people)), shop=shop))
        return rows

    def figure(self, metric: Metric) -> Decimal | None:
        """The true figure of both shops, in which whoever came twice is counted once (MET-5)."""
        every = [day for days in self.days.values() for day in days]
        visitors = D(len(frozenset[int]().union(*(day.visitors for day in every))))
        buyers = D(len(frozenset[int]().union(*(day.buyers for day in every))))
        gmv = D(sum(day.gmv for day in every))
        if metric is CONVERSION:
            return settled(buyers / visitors) if visitors else None
        if metric is AOV:
            return settled(gmv / buyers) if buyers else None
        return {UV: visitors, BUYERS: buyers, GMV: gmv}[metric]


@st.composite
def hidden_worlds(draw: st.DrawFn) -> HiddenWorld:
    length = draw(st.integers(1, 4))
    crowds = st.one_of(st.frozensets(st.integers(0, 7)), st.frozensets(st.integers(0, 7), min_size=4))
    days = {
        shop: [Day(crowd, crowd & draw(crowds), draw(st.integers(0, 50))) for crowd in draw(_of(length, crowds))]
        for shop in SHOPS
    }
    told = st.tuples(st.sampled_from(SHOPS), st.sampled_from([UV.code, BUYERS.code]))
    return HiddenWorld(days, draw(st.frozensets(told)))


def _of(length: int, each: st.SearchStrategy[frozenset[int]]) -> st.SearchStrategy[list[frozenset[int]]]:
    return st.lists(each, min_size=length, max_size=length)


@dataclass(frozen=True, slots=True)
class Aim:
    """An indicator whose target lies about what is true, so that it makes a difference what of it is known."""

    metric: Metric
    direction: Direction
    factor: Decimal
    cap: Decimal

    def target(self, world: HiddenWorld) -> Target:
        """A target, or a band around it."""
        aimed = (world.figure(self.metric) or D(1)) * self.factor
        if self.direction is BAND:
            return Target(BAND, band_low=aimed * D("0.8"), band_high=aimed, cap=self.cap)
        return Target(self.direction, aimed, cap=self.cap)


FACTORS = st.sampled_from([D(one) for one in ("0.5", "0.7", "0.8", "0.95", "1", "1.1", "1.25", "1.6", "2", "4")])
AIMS = st.builds(Aim, st.sampled_from(MEASURED), st.sampled_from(Direction), FACTORS, CAPS)
Indicators = Sequence[Aim]
INDICATORS = st.lists(AIMS, min_size=1, max_size=3)
RUBRICS = st.one_of(st.just(DEFAULT_RUBRIC), accepted_rubrics())


def read_both(world: HiddenWorld, metric: Metric) -> Reading:
    return read(metric, CATALOGUE, world.cells(), world.window, SHOPS, Aggregate.DEDUPLICATED)


def reached(reading: Reading, target: Target) -> Interval | None:
    return attainment_interval(reading.bounds, target) if reading.bounds else None


def scored_by_rows(world: HiddenWorld, indicators: Indicators, rubric: Rubric) -> Scored:
    known = [(reached(read_both(world, one.metric), one.target(world)), one.cap) for one in indicators]
    lows, highs = ([(getattr(one, end, None), cap) for one, cap in known] for end in ("low", "high"))
    return score_interval(lows, highs, rubric, ignore_missing=True)


def scored_truly(world: HiddenWorld, indicators: Indicators, rubric: Rubric) -> Decimal | None:
    true = [(world.figure(one.metric), one) for one in indicators]
    each = [(None if figure is None else attainment(figure, one.target(world)), one.cap) for figure, one in true]
    return score(each, rubric, ignore_missing=True).score


def ends(scored: Scored) -> tuple[Decimal | None, Decimal | None]:
    return (scored.score_low, scored.score_high) if scored.score is None else (scored.score, scored.score)


def bounds(shown: Performance) -> tuple[Decimal | None, Decimal | None]:
    return (shown.low, shown.high) if shown.value is None else (shown.value, shown.value)


def holds(inside: Decimal | None, within: tuple[Decimal | None, Decimal | None]) -> bool:
    """Whether a figure lies within its bounds; one that does not exist has none."""
    low, high = within
    if inside is None or low is None or high is None:
        return inside is low is high is None
    return low <= inside <= high


@settings(deadline=None)
@given(hidden_worlds(), AIMS)
def test_what_is_told_contains_what_happened_met_5(world: HiddenWorld, aim: Aim) -> None:
    """The bounds hold the figure, its attainment too, and no verdict says otherwise (GOAL-5, GOAL-7)."""
    metric, target = aim.metric, aim.target(world)
    reading, figure = read_both(world, metric), world.figure(metric)
    assert (reading.bounds is None) is (figure is None)
    if reading.bounds is None or figure is None:
        return
    assert figure in reading.bounds
    attained = attainment_interval(reading.bounds, target)
    assert attainment(figure, target) in attained
    assert attained.low >= 0
    told = verdict(reading, target, metric=metric, aggregate=Aggregate.DEDUPLICATED, is_open=False)
    is_met = figure in target.band if target.direction is BAND else is_reached(figure, target)
    assert told in {IndicatorVerdict.UNDECIDED, IndicatorVerdict.MET if is_met else IndicatorVerdict.MISSED}


def is_reached(figure: Decimal, target: Target) -> bool:
    return figure >= target.goal if target.is_rising else figure <= target.goal


@settings(deadline=None)
@given(hidden_worlds(), hidden_worlds(), st.sampled_from(MEASURED), RISING_OR_FALLING)
def test_the_growth_of_bounds_contains_the_true_growth_goal_4(
    now: HiddenWorld, before: HiddenWorld, metric: Metric, target: Target
) -> None:
    """x / prev, held against 1 + g (MET-5)."""
    index = growth_index(read_both(now, metric), read_both(before, metric)).bounds
    figure, previous = now.figure(metric), before.figure(metric)
    if figure is None or previous is None or previous == 0:
        assert index is None
        return
    assert index is not None
    true, raised = settled(figure / previous), growth_target(target)
    assert true in index
    assert attainment(true, raised) in attainment_interval(index, raised)


@settings(deadline=None)
@given(hidden_worlds(), INDICATORS, RUBRICS)
def test_the_score_of_bounds_contains_the_true_score_goal_6(
    world: HiddenWorld, indicators: Indicators, rubric: Rubric
) -> None:
    told = scored_by_rows(world, indicators, rubric)
    assert holds(scored_truly(world, indicators, rubric), ends(told))


@settings(deadline=None)
@given(
    hidden_worlds(),
    st.lists(st.tuples(st.integers(1, 100).map(D), INDICATORS, RUBRICS), min_size=1, max_size=3),
)
def test_the_scorecard_of_bounds_contains_the_true_scorecard_rev_2(
    world: HiddenWorld, goals: Sequence[tuple[Decimal, Indicators, Rubric]]
) -> None:
    told = performance((weight, *ends(scored_by_rows(world, each, rubric))) for weight, each, rubric in goals)
    scores = [(weight, scored_truly(world, each, rubric)) for weight, each, rubric in goals]
    assert holds(performance((weight, one, one) for weight, one in scores).value, bounds(told))


@given(st.lists(st.tuples(RISING_OR_FALLING, Figures, Figures), min_size=1, max_size=4), RUBRICS, st.booleans())
def test_better_figures_never_score_less_goal_6(
    indicators: list[tuple[Target, Decimal, Decimal]], rubric: Rubric, ignore_missing: bool
) -> None:
    worse, better = [], []
    for target, *pair in indicators:
        low, high = sorted(pair, reverse=not target.is_rising)
        worse.append((attainment(low, target), target.cap))
        better.append((attainment(high, target), target.cap))
    assert all(0 <= one <= other for (one, _), (other, _) in zip(worse, better, strict=True))
    least, most = (score(each, rubric, ignore_missing=ignore_missing).score for each in (worse, better))
    assert least is not None
    assert most is not None
    assert least <= most


@settings(deadline=None)
@given(hidden_worlds(), INDICATORS, RUBRICS, st.data())
def test_neither_the_order_of_indicators_nor_of_rows_matters_goal_6(
    world: HiddenWorld, indicators: Indicators, rubric: Rubric, data: st.DataObject
) -> None:
    """all, any and mean alike."""
    shuffled = data.draw(st.permutations(indicators))
    turned = HiddenWorld(dict(reversed(world.days.items())), world.with_month_rows)
    assert scored_by_rows(turned, shuffled, rubric) == scored_by_rows(world, indicators, rubric)


@settings(deadline=None)
@given(
    st.sampled_from([*MEASURED, MEMBERS, DSR]),
    st.lists(st.tuples(st.integers(1, 31), st.integers(0, 5000)), max_size=12, unique_by=lambda one: one[0]),
    TARGETS,
    st.data(),
)
def test_the_order_of_shops_does_not_matter_met_3(
    metric: Metric, days: list[tuple[int, int]], target: Target, data: st.DataObject
) -> None:
    """Nor that of their rows: sums, bounds, pooled ratios, last values and weighted means."""
    shops = (SHOP, OTHER, "shop-c")
    codes = [GMV, UV, BUYERS, MEMBERS, DSR, REVIEWS]
    rows = [
        row
        for number, (day, value) in enumerate(days)
        for row in daily(codes[value % len(codes)], [value], shop=shops[number % 3], first=day)
    ]
    one = read(metric, CATALOGUE, rows, JULY, shops, Aggregate.DEDUPLICATED)
    other = read(
        metric,
        CATALOGUE,
        data.draw(st.permutations(rows)),
        JULY,
        data.draw(st.permutations(shops)),
        Aggregate.DEDUPLICATED,
    )
    assert one == other
    assert reached(one, target) == reached(other, target)
