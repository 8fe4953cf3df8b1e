"""Corrections end in the same present whatever order they come in; every row is kept with its verdict (MET-7)."""

from collections import Counter
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from httpx import AsyncClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from attain_api.state import ApiState
from attain_shared.rules.corrections import Finality, Version
from tests.support.companies import make_shop
from tests.support.http import ok, pointers, problem
from tests.support.judging import judge_all
from tests.support.pushes import (
    PUSHES,
    Pusher,
    make_pusher,
    name_of,
    push_and_take_in,
    read_batch,
    read_total,
    read_values,
    read_verdicts,
)
from tests.support.worker import count_received, take_in

NINE, TEN = "2026-07-02T09:00:00+08:00", "2026-07-02T10:00:00+08:00"
BASE = {"value": "100", "observed_at": NINE}


async def read_history(api: AsyncClient, pusher: Pusher, **params: str) -> list[dict[str, Any]]:
    question = {"shop_id": str(pusher.shop.id), "metric": "gmv", "grain": "day", "bucket": "2026-07-01"} | params
    found = ok(await api.get("/v1/observations/history", params=question, headers=pusher.company.headers))
    items: list[dict[str, Any]] = found["items"]
    return items


@pytest.mark.parametrize(
    ("row", "verdict", "present"),
    [
        ({}, "unchanged", "100"),
        ({"value": "100.00"}, "unchanged", "100"),
        ({"observed_at": TEN}, "unchanged", "100"),
        ({"observed_at": TEN, "value": "90"}, "superseded", "90"),
        ({"observed_at": "2026-07-02T08:59:59+08:00", "value": "110"}, "stale", "100"),
        ({"observed_at": "2026-07-02T01:00:00Z", "value": "110"}, "conflict", "110"),
        ({"value": "90"}, "conflict", "100"),
        ({"observed_at": TEN, "value": "90", "finality": "realtime"}, "stale", "100"),
        ({"observed_at": TEN, "finality": "realtime"}, "stale", "100"),
        ({"through": "2026-07-01"}, "unchanged", "100"),
    ],
    ids=str,
)
@pytest.mark.parametrize("one_batch", [True, False])
async def test_a_second_row_gets_its_verdict(
    api: AsyncClient, state: ApiState, row: dict[str, Any], verdict: str, present: str, one_batch: bool
) -> None:
    """MET-7, in one batch or in two."""
    pusher = await make_pusher(state)
    rows = [pusher.row(**BASE), pusher.row(**BASE | row)]
    if one_batch:
        verdicts = await push_and_take_in(api, state, pusher, *rows)
    else:
        verdicts = [verdict for one in rows for verdict in await push_and_take_in(api, state, pusher, one)]
    assert verdicts == ["accepted", verdict]
    (value,) = await read_values(api, pusher, to="2026-07-01")
    assert Decimal(value["value"]) == Decimal(present)


@pytest.mark.parametrize(
    ("row", "verdict", "present"),
    [
        ({"finality": "final"}, "unchanged", "100"),
        ({"finality": "final", "value": "90", "observed_at": "2026-07-01T00:00:00Z"}, "superseded", "90"),
        ({"finality": "realtime", "value": "110", "observed_at": TEN}, "superseded", "110"),
    ],
)
async def test_a_row_after_a_realtime_one_gets_its_verdict(
    api: AsyncClient, state: ApiState, row: dict[str, Any], verdict: str, present: str
) -> None:
    """MET-7: final stands above realtime whatever the clocks say."""
    pusher = await make_pusher(state)
    first = pusher.row(**BASE, finality="realtime")
    assert await push_and_take_in(api, state, pusher, first, pusher.row(**BASE | row)) == ["accepted", verdict]
    (value,) = await read_values(api, pusher, to="2026-07-01")
    assert value["value"] == present
    assert value["coverage"]["provisional"] == int(row["finality"] == "realtime")


async def test_a_to_date_row_that_speaks_for_more_days_wins(api: AsyncClient, state: ApiState) -> None:
    """MET-7: `through` comes before the clock, and a row of the whole bucket before both."""
    pusher = await make_pusher(state)

    def uv(value: str, through: str | None, observed_at: str) -> Any:
        return pusher.row("uv", value=value, grain="month", through=through, observed_at=observed_at)

    rows = [
        uv("10", "2026-07-02", NINE),
        uv("30", "2026-07-05", NINE),
        uv("20", "2026-07-04", TEN),
        uv("9", None, NINE),
    ]
    assert await push_and_take_in(api, state, pusher, *rows[:3]) == ["accepted", "superseded", "stale"]
    (value,) = await read_values(api, pusher, metric="uv", grain="month")
    assert (value["value"], value["coverage"]["present"]) == ("30", 5)
    assert await push_and_take_in(api, state, pusher, rows[3], rows[1]) == ["superseded", "stale"]
    (value,) = await read_values(api, pusher, metric="uv", grain="month")
    assert (value["value"], value["coverage"]["present"]) == ("9", 31)


async def test_dimensions_and_grains_are_keys_of_their_own(api: AsyncClient, state: ApiState) -> None:
    """MET-2."""
    pusher = await make_pusher(state)
    rows = [
        pusher.row(),
        pusher.row(dimension="item:1", value="1"),
        pusher.row(dimension="channel:search", value="2"),
        pusher.row(grain="month", value="3"),
        pusher.row("pv", value="4"),
    ]
    assert await push_and_take_in(api, state, pusher, *rows) == ["accepted"] * 5


async def test_every_row_stays_in_the_history(api: AsyncClient, state: ApiState) -> None:
    """MET-7, also those that never stood."""
    pusher = await make_pusher(state)
    first = await pusher.push(api, pusher.row(**BASE), pusher.row(**BASE | {"value": "90"}))
    second = await pusher.push(api, pusher.row(**BASE | {"observed_at": TEN, "value": "80"}), pusher.row(**BASE))
    await take_in(state, pusher.company_id)
    found = await read_history(api, pusher)
    assert [(row["batch_id"], row["index"], row["value"], row["verdict"]) for row in found] == [
        (first, 0, "100", "accepted"),
        (first, 1, "90", "conflict"),
        (second, 0, "80", "superseded"),
        (second, 1, "100", "stale"),
    ]
    assert await read_history(api, pusher, dimension="item:1") == []


async def test_the_history_is_paged(api: AsyncClient, state: ApiState) -> None:
    pusher = await make_pusher(state)
    await push_and_take_in(api, state, pusher, *(pusher.row(value=str(number)) for number in range(5)))
    question = {"shop_id": str(pusher.shop.id), "metric": "gmv", "grain": "day", "bucket": "2026-07-01", "limit": "2"}
    seen, cursor = [], None
    while True:
        params = question | ({"cursor": cursor} if cursor else {})
        page = ok(await api.get("/v1/observations/history", params=params, headers=pusher.company.headers))
        seen += [row["index"] for row in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == list(range(5))
    bad = await api.get("/v1/observations/history", params=question | {"cursor": "x"}, headers=pusher.company.headers)
    problem(bad, status=400, code="bad-cursor")
    wrong = question | {"grain": "week"}
    bad = await api.get("/v1/observations/history", params=wrong, headers=pusher.company.headers)
    assert pointers(bad) == [("/query/bucket", "not-first-day")]


async def test_values_are_told_as_known_at_an_earlier_instant(api: AsyncClient, state: ApiState) -> None:
    """MET-7: by Attain's own receive time, whatever the source's clock says."""
    pusher = await make_pusher(state)
    knew = ["2026-07-01T00:00:00Z"]
    for value, observed_at in (("100", TEN), ("90", NINE), ("80", "2026-07-02T11:00:00+08:00")):
        batch = await pusher.push(api, pusher.row(value=value, observed_at=observed_at))
        await take_in(state, pusher.company_id)
        knew.append((await read_batch(api, pusher, batch))["stored_at"])
    for as_of, expected in zip(knew, (None, "100", "100", "80"), strict=True):
        (found,) = await read_values(api, pusher, to="2026-07-01", as_of=as_of)
        total = await read_total(api, pusher, as_of=as_of)
        assert found["value"] == total["value"] == expected
        assert total["coverage"]["present"] == int(expected is not None)


def versions() -> st.SearchStrategy[tuple[int, str, int, int]]:
    """A day of July, a finality, a clock and a value, out of few, so that they meet."""
    return st.tuples(st.integers(1, 2), st.sampled_from(["realtime", "final"]), st.integers(0, 2), st.integers(1, 3))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_any_order_split_and_repetition_ends_in_the_same_present(
    api: AsyncClient, state: ApiState, property_pusher: Pusher, data: st.DataObject
) -> None:
    """MET-7, ING-1: the greatest row of each key stands, the verdicts add up, the history holds every row."""
    shop = await make_shop(state, property_pusher.company)
    rows = data.draw(st.lists(versions(), min_size=1, max_size=8))
    order = data.draw(st.permutations(rows + data.draw(st.lists(st.sampled_from(rows), max_size=4))))
    cuts = sorted(data.draw(st.sets(st.integers(1, max(1, len(order) - 1)), max_size=3)))
    headers = property_pusher.company.headers
    batches = []
    for first, last in zip([0, *cuts], [*cuts, len(order)], strict=True):
        part = [as_row(name_of(shop), one) for one in order[first:last]]
        if part:
            content = {"observations": part, "metric": "gmv", "grain": "day"}
            key = {"Idempotency-Key": f"{shop.id}{first}"}
            response = await api.post(PUSHES, json=content, headers=headers | key)
            batches.append(response.json()["id"])
        if data.draw(st.booleans()):
            await take_in(state, property_pusher.company_id)
    await take_in(state, property_pusher.company_id)

    pusher = Pusher(company=property_pusher.company, shop=shop, connector=property_pusher.connector)
    counted: Counter[str] = Counter()
    for batch in batches:
        read = ok(await api.get(f"{PUSHES}/{batch}", headers=headers))
        assert sum(read["verdicts"].values()) == read["received"]
        counted.update(read["verdicts"])
    for day in {one[0] for one in rows}:
        mine = [as_version(one) for one in order if one[0] == day]
        expected, present = judge_all(None, mine)
        assert present == max(mine)
        found = await read_history(api, pusher, bucket=str(date(2026, 7, day)))
        assert [row["verdict"] for row in found] == expected
        (value,) = await read_values(api, pusher, **{"from": str(date(2026, 7, day)), "to": str(date(2026, 7, day))})
        assert Decimal(value["value"]) == present.value
        assert value["coverage"]["provisional"] == 1 - present.finality
        counted.subtract(expected)
    assert not any(counted.values())


@pytest.fixture(scope="module")
async def property_pusher(state: ApiState) -> Pusher:
    return await make_pusher(state)


def as_row(shop: str, one: tuple[int, str, int, int]) -> dict[str, Any]:
    day, finality, hours, value = one
    observed_at = (datetime(2026, 7, 9) + timedelta(hours=hours)).isoformat() + "+08:00"  # noqa: DTZ001 - text
    bucket = str(date(2026, 7, day))
    return {"shop": shop, "bucket": bucket, "finality": finality, "observed_at": observed_at, "value": str(value)}


def as_version(one: tuple[int, str, int, int]) -> Version:
    row = as_row("", one)
    return Version(
        Finality(row["finality"]).rank,
        date.fromisoformat(row["bucket"]),
        datetime.fromisoformat(row["observed_at"]),
        Decimal(row["value"]),
    )


async def test_the_same_batch_again_changes_nothing(api: AsyncClient, state: ApiState) -> None:
    pusher = await make_pusher(state)
    rows = [pusher.row(), pusher.row("uv", value="7")]
    await push_and_take_in(api, state, pusher, *rows)
    before = await read_values(api, pusher, metric="gmv,uv")
    batch = await pusher.push(api, *rows)
    await take_in(state, pusher.company_id)
    assert await read_verdicts(api, pusher, batch) == ["unchanged"] * 2
    assert await read_values(api, pusher, metric="gmv,uv") == before
    assert await count_received(state, pusher.company_id) == 4
