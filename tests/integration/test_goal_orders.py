"""However the same rows are pushed and the same goal is written down, it comes to the same (GOAL-6, MET-3, MET-7)."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from httpx import AsyncClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from attain_api.state import ApiState
from tests.support.measured import Json, come_to, goal_of, pusher_of_shops, scored, suppose_the_present
from tests.support.pushes import Pusher
from tests.support.worker import work_off

INDICATORS: tuple[Json, ...] = (
    {"metric": "gmv"},
    {"metric": "uv", "target": "60"},
    {"metric": "conversion", "aggregate": "daily_pooled", "target": "0.5"},
    {"metric": "aov", "target": "20", "direction": "lower_better"},
    {"metric": "members", "target": "100", "baseline": "20"},
    {"metric": "dsr_service", "target": None, "direction": "band", "band": {"low": "10", "high": "40"}},
    {"kind": "growth", "metric": "gmv", "against": "previous", "target": "0.1"},
)
METRICS = ("gmv", "uv", "paying_buyers", "members", "dsr_service", "reviews")
BUCKETS = ("2026-06-30", "2026-07-01", "2026-07-02", "2026-07-03")
SHOPS = 3

ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "shop": st.integers(0, SHOPS - 1),
            "metric": st.sampled_from(METRICS),
            "bucket": st.sampled_from(BUCKETS),
            "value": st.integers(0, 50).map(str),
            "finality": st.sampled_from(["realtime", "final"]),
            "observed_at": st.sampled_from([f"2026-08-0{day}T09:00:00+08:00" for day in (1, 2, 3)]),
        }
    ),
    min_size=10,
    max_size=40,
)


@dataclass(frozen=True, slots=True)
class Arrangement:
    """An order of rows and where it is cut into pushes, which of them are waited for; orders of shops and indicators."""

    rows: Sequence[Json]
    cuts: Sequence[int]
    at_once: bool
    shops: Sequence[int]
    indicators: Sequence[int]

    @property
    def pushes(self) -> list[Sequence[Json]]:
        """The rows of each push."""
        ends = sorted({0, *self.cuts, len(self.rows)})
        return [self.rows[first:after] for first, after in pairwise(ends)]


@st.composite
def two_arrangements(draw: st.DrawFn) -> tuple[Arrangement, Arrangement]:
    rows = draw(ROWS)
    cuts = draw(st.lists(st.integers(1, len(rows)), max_size=3))
    places, kinds = list(range(SHOPS)), list(range(len(INDICATORS)))
    other = Arrangement(
        draw(st.permutations(rows)),
        cuts,
        draw(st.booleans()),
        draw(st.permutations(places)),
        draw(st.permutations(kinds)),
    )
    return Arrangement(rows, (), True, places, kinds), other


async def arranged(api: AsyncClient, state: ApiState, arrangement: Arrangement) -> tuple[Pusher, Json]:
    """What a fresh company's goal comes to, its indicators in the order of `INDICATORS` again."""
    pusher, shops, names = await pusher_of_shops(state, SHOPS)
    ordered = [shops[place] for place in arrangement.shops]
    indicators = [INDICATORS[place] | {"shop_ids": ordered} for place in arrangement.indicators]
    goal = await goal_of(api, pusher, *indicators, ignore_missing=True)
    for rows in arrangement.pushes:
        await pusher.push(api, *(row | {"shop": names[row["shop"]]} for row in rows))
        if not arrangement.at_once:
            await work_off(state, pusher.company_id)
    found = await come_to(api, state, pusher.company, goal)
    by_place = dict(zip(arrangement.indicators, found["indicators"], strict=True))
    return pusher, found | {"indicators": [by_place[place] for place in range(len(INDICATORS))]}


def figures(found: Json) -> Any:
    """All that is told of a goal but for the ids of its indicators."""
    return scored(found), [one | {"indicator_id": None} for one in found["indicators"]]


@given(both=two_arrangements())
@settings(
    max_examples=10,
    deadline=None,
    phases=[Phase.generate],  # to shrink forty rows takes hundreds of companies
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_neither_pushes_nor_shops_nor_indicators_have_an_order(
    api: AsyncClient, state: ApiState, both: tuple[Arrangement, Arrangement]
) -> None:
    """MET-7: restated, provisional and conflicting rows among them, in any batches."""
    (pusher, one), (_, other) = [await arranged(api, state, each) for each in both]
    assert figures(one) == figures(other)
    await suppose_the_present(api, pusher.company, one)
