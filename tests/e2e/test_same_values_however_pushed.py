"""However often, in whatever order and from how many connections: the same values (ING-2, MET-7)."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any

import pytest

from tests.support.files import FILES, GRAINS, file_rows, in_batches
from tests.support.stack import Stack
from tests.support.story import (
    OBSERVED_AT,
    Company,
    Connector,
    Json,
    Row,
    make_company,
    metric_indicator,
    verdict_totals,
)

CONNECTIONS = 8
LATER, EARLIER = "2026-01-03T09:00:00+08:00", "2026-01-01T09:00:00+08:00"
WINDOW = {"from": "2024-01-01", "to": "2025-12-31"}


@dataclass(frozen=True)
class Batch:
    """What one request pushes."""

    key: str
    rows: Sequence[Row]
    defaults: dict[str, str] = field(default_factory=dict)


def all_batches() -> list[Batch]:
    """Every file, and of a quarter of cdnow's days an older, a newer, a provisional and a contradicting figure too."""
    batches = [
        Batch(f"{name}-{grain}-{number}", rows)
        for name in FILES
        for grain in GRAINS
        for number, rows in enumerate(in_batches(file_rows(name, grain, shop=f"tmall:{name}"), 2000))
    ]
    quarter = [row for row in file_rows("cdnow_2025", "day", shop="tmall:cdnow_2025") if row["bucket"] < "2025-04"]
    for number, defaults in enumerate(
        (
            {"observed_at": LATER, "finality": "final"},
            {"observed_at": EARLIER, "finality": "final"},
            {"observed_at": LATER, "finality": "realtime"},
            {"observed_at": OBSERVED_AT, "finality": "final"},
        )
    ):
        rows = [{**row, "value": f"{number + 1}{row['value']}"} for row in quarter[number :: number + 2]]
        batches.append(Batch(f"again-{number}", rows, defaults))
    return batches


def push_once(connector: Connector, batches: Sequence[Batch]) -> None:
    for batch in batches:
        connector.push(batch.rows, key=batch.key, **batch.defaults)


def push_twice_with_the_same_keys(connector: Connector, batches: Sequence[Batch]) -> None:
    first = [connector.push(batch.rows, key=batch.key, **batch.defaults) for batch in batches]
    again = [connector.push(batch.rows, key=batch.key, **batch.defaults) for batch in batches]
    assert again == first


def push_twice_with_other_keys(connector: Connector, batches: Sequence[Batch]) -> None:
    push_once(connector, batches)
    push_once(connector, [Batch(f"{batch.key}-2", batch.rows, batch.defaults) for batch in batches])


def push_in_reverse(connector: Connector, batches: Sequence[Batch]) -> None:
    push_once(connector, [Batch(batch.key, batch.rows[::-1], batch.defaults) for batch in reversed(batches)])


def push_at_once(connector: Connector, batches: Sequence[Batch]) -> None:
    """Each of the connections pushes everything, each beginning elsewhere."""

    def push_all(first: int) -> dict[str, Json]:
        with Connector(str(connector.http.base_url), connector.http.headers["Authorization"][7:]) as own:
            order = [*batches[first:], *batches[:first]]
            return {batch.key: own.push(batch.rows, key=batch.key, **batch.defaults) for batch in order}

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        first, *others = pool.map(push_all, range(CONNECTIONS))
    assert all(other == first for other in others)


@dataclass(frozen=True)
class Outcome:
    """What a company has after a push, without anything that only this company has."""

    values: dict[tuple[str, str, str, str], Any]
    attainments: list[Any]


def outcome_of(stack: Stack, push: Callable[[Connector, Sequence[Batch]], None], *, batches: int, rows: int) -> Outcome:
    company = make_company(stack.base_url)
    with company.admin:
        shops = {name: company.make_shop(name) for name in FILES}
        goals = make_goals(company, shops)
        with company.make_connector(shops.values()) as connector:
            push(connector, all_batches())
        company.wait_until_done()
        done = company.batches()
        verdicts = verdict_totals(done)
        assert (len(done), verdicts.total(), verdicts["rejected"]) == (batches, rows, 0)
        print(f"\n{push.__name__}: {len(done)} batches, {dict(verdicts)}")
        last = max(batch["id"] for batch in done)
        attainments = [company.wait_for_batch(goal_id, last) for goal_id in goals]
        return Outcome(values_of(company, shops), [_figures_of(attainment) for attainment in attainments])


def make_goals(company: Company, shops: dict[str, str]) -> list[str]:
    first, second = company.make_cycle("quarter", "2025-01-01"), company.make_cycle("year", "2025-01-01")
    ids = list(shops.values())
    return [
        company.make_goal(first, [metric_indicator("gmv", [shops["cdnow_2025"]], "1000000")]),
        company.make_goal(first, [metric_indicator("paying_buyers", ids, "20000")]),
        company.make_goal(second, [metric_indicator("gmv", ids, "3000000"), metric_indicator("uv", ids, "90000")]),
        company.make_goal(second, [metric_indicator("conversion", ids, "0.03", aggregate="daily_pooled")]),
    ]


def values_of(company: Company, shops: dict[str, str]) -> dict[tuple[str, str, str, str], Any]:
    """Every bucket of every metric of the files."""
    found = {}
    for name, shop_id in shops.items():
        for grain in GRAINS:
            metrics = sorted({row["metric"] for row in file_rows(name, grain, shop="")})
            for first in range(0, len(metrics), 10):
                query = {"shop_id": shop_id, "metric": ",".join(metrics[first : first + 10]), "grain": grain}
                for item in company.admin.get("/v1/metric-values", **query, **WINDOW)["items"]:
                    rest = {key: value for key, value in item.items() if key != "shop_id"}
                    found[name, grain, item["metric"], item["bucket"]] = rest
    return found


def _figures_of(attainment: Json) -> Any:
    own = {"goal_id", "indicator_id", "computed_at", "includes_batches_up_to"}
    figures = {key: value for key, value in attainment.items() if key not in own}
    figures["indicators"] = [
        {key: value for key, value in one.items() if key not in own} for one in attainment["indicators"]
    ]
    return figures


BATCHES, ROWS = len(all_batches()), sum(len(batch.rows) for batch in all_batches())


@pytest.fixture(scope="module")
def pushed_once(stack: Stack) -> Outcome:
    """What everything pushed once and in order comes to."""
    outcome = outcome_of(stack, push_once, batches=BATCHES, rows=ROWS)
    assert sum(item["value"] is not None for item in outcome.values.values()) > 20_000
    assert all(attainment["score"] or attainment["score_low"] for attainment in outcome.attainments)
    return outcome


def test_every_file_pushed_twice_with_the_same_keys_counts_once(stack: Stack, pushed_once: Outcome) -> None:
    assert outcome_of(stack, push_twice_with_the_same_keys, batches=BATCHES, rows=ROWS) == pushed_once


def test_every_file_pushed_twice_with_other_keys_changes_nothing(stack: Stack, pushed_once: Outcome) -> None:
    assert outcome_of(stack, push_twice_with_other_keys, batches=2 * BATCHES, rows=2 * ROWS) == pushed_once


def test_every_file_pushed_in_reverse_order_ends_in_the_same_values(stack: Stack, pushed_once: Outcome) -> None:
    assert outcome_of(stack, push_in_reverse, batches=BATCHES, rows=ROWS) == pushed_once


def test_every_file_pushed_from_8_connections_at_once_counts_once(stack: Stack, pushed_once: Outcome) -> None:
    assert outcome_of(stack, push_at_once, batches=BATCHES, rows=ROWS) == pushed_once


def test_one_key_and_body_from_8_connections_at_once_is_one_batch(stack: Stack, company: Company) -> None:
    shop = f"shop-{token_hex(4)}"
    with company.make_connector([company.make_shop(shop)]) as connector, ThreadPoolExecutor(CONNECTIONS) as pool:
        row: Row = {}
        for number in range(10):
            row = {"shop": f"tmall:{shop}", "metric": "gmv", "bucket": "2025-01-01", "value": str(number)}
            at_once = [pool.submit(connector.push_once, [row], key=f"key-{number}") for _ in range(CONNECTIONS)]
            replies = [one.result() for one in at_once]
            assert {reply.status_code for reply in replies} == {202}
            assert len({reply.text for reply in replies}) == 1
        refused = connector.push_once([{**row, "value": "10"}], key="key-9")
        assert (refused.status_code, refused.json()["code"]) == (409, "idempotency-key-reused")
    company.wait_until_done()
    assert verdict_totals(company.batches()).total() == len(company.batches()) == 10
