"""The real purchases of CDNOW, pushed over HTTP and read back: to the cent, and never a sum of buyers (MET-3, MET-5)."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from tests.support.files import figures, file_rows, in_batches
from tests.support.stack import Stack
from tests.support.story import Company, Json, make_company, verdict_totals

FILE = "cdnow_2025"
EXTERNAL_ID = "cdnow-music"
ADDITIVE = ("gmv", "paid_orders", "paid_items")
YEAR = {"from": "2025-01-01", "to": "2025-12-31"}


@dataclass
class Pushed:
    """A company whose shop has some of the files."""

    company: Company
    shop_id: str

    def values(self, metric: str, grain: str) -> dict[str, Json]:
        """A year of one metric by bucket."""
        items = self.company.admin.get("/v1/metric-values", shop_id=self.shop_id, metric=metric, grain=grain, **YEAR)
        return {item["bucket"]: item for item in items["items"]}

    def total(self, metric: str, **query: Any) -> Json:
        """A year of one metric in one figure."""
        return self.company.admin.get(
            "/v1/metric-values/total", shop_id=self.shop_id, metric=metric, **{**YEAR, **query}
        )


def push_files(stack: Stack, *grains: str) -> Iterator[Pushed]:
    company = make_company(stack.base_url)
    with company.admin:
        shop_id = company.make_shop(EXTERNAL_ID)
        rows = [row for grain in grains for row in file_rows(FILE, grain, shop=f"tmall:{EXTERNAL_ID}")]
        with company.make_connector([shop_id]) as connector:
            for batch in in_batches(rows, 1000):
                connector.push(batch)
        company.wait_until_done()
        assert verdict_totals(company.batches())["accepted"] == len(rows)
        yield Pushed(company, shop_id)


@pytest.fixture(scope="module")
def days_only(stack: Stack) -> Iterator[Pushed]:
    """Only the daily file is known."""
    yield from push_files(stack, "day")


@pytest.fixture(scope="module")
def everything(stack: Stack) -> Iterator[Pushed]:
    """All three files are known."""
    yield from push_files(stack, "day", "month", "quarter")


def by_period(metric: str, grain: str) -> dict[str, list[Decimal]]:
    """The day figures of each month or quarter."""
    found: dict[str, list[Decimal]] = defaultdict(list)
    for (code, day), cell in figures(FILE, "day").items():
        if code == metric:
            month = int(day[5:7])
            first = month if grain == "month" else (month - 1) // 3 * 3 + 1
            found[f"{day[:5]}{first:02}-01"].append(Decimal(cell))
    return found


def of_metric(metric: str, grain: str) -> dict[str, str]:
    return {bucket: cell for (code, bucket), cell in figures(FILE, grain).items() if code == metric}


@pytest.mark.parametrize("known", ["days_only", "everything"])
@pytest.mark.parametrize("grain", ["day", "month", "quarter"])
@pytest.mark.parametrize("metric", ADDITIVE)
def test_what_adds_up_reads_back_to_the_cent(
    request: pytest.FixtureRequest, known: str, grain: str, metric: str
) -> None:
    pushed: Pushed = request.getfixturevalue(known)
    expected = {bucket: Decimal(cell) for bucket, cell in of_metric(metric, grain).items()}
    found = pushed.values(metric, grain)
    assert {bucket: Decimal(item["value"]) for bucket, item in found.items()} == expected
    assert all(item["exact"] and item["low"] is None and item["high"] is None for item in found.values())
    assert all(item["coverage"]["present"] == item["coverage"]["expected"] for item in found.values())


@pytest.mark.parametrize("known", ["days_only", "everything"])
@pytest.mark.parametrize("metric", ADDITIVE)
def test_the_year_adds_up_to_the_cent(request: pytest.FixtureRequest, known: str, metric: str) -> None:
    pushed: Pushed = request.getfixturevalue(known)
    expected = sum(map(Decimal, of_metric(metric, "day").values()))
    assert expected == sum(map(Decimal, of_metric(metric, "quarter").values()))
    total = pushed.total(metric)
    assert (Decimal(total["value"]), total["exact"]) == (expected, True)
    assert total["coverage"] == {"expected": 365, "present": 365, "provisional": 0}


def test_day_values_read_back_as_they_are_written(everything: Pushed) -> None:
    for metric in (*ADDITIVE, "paying_buyers", "returning_buyers", "returning_gmv"):
        found = everything.values(metric, "day")
        assert {bucket: item["value"] for bucket, item in found.items()} == of_metric(metric, "day")


@pytest.mark.parametrize("grain", ["month", "quarter"])
@pytest.mark.parametrize("metric", ["paying_buyers", "returning_buyers"])
def test_buyers_of_a_period_are_an_interval_where_only_days_are_known(
    days_only: Pushed, grain: str, metric: str
) -> None:
    found = days_only.values(metric, grain)
    expected = {bucket: (max(cells), sum(cells)) for bucket, cells in by_period(metric, grain).items()}
    assert {bucket: (Decimal(item["low"]), Decimal(item["high"])) for bucket, item in found.items()} == expected
    assert all(item["value"] is None and item["exact"] is False for item in found.values())
    # the true figures, which only the other files know, lie inside
    for bucket, cell in of_metric(metric, grain).items():
        low, high = expected[bucket]
        assert low <= Decimal(cell) <= high


@pytest.mark.parametrize("grain", ["month", "quarter"])
@pytest.mark.parametrize("metric", ["paying_buyers", "returning_buyers"])
def test_buyers_of_a_period_are_exact_where_its_own_row_is_known(everything: Pushed, grain: str, metric: str) -> None:
    found = everything.values(metric, grain)
    assert {bucket: item["value"] for bucket, item in found.items()} == of_metric(metric, grain)
    assert all(item["exact"] is True and item["low"] is None for item in found.values())


def test_the_sum_of_the_days_is_never_given_for_buyers(days_only: Pushed, everything: Pushed) -> None:
    sums = {bucket: sum(cells) for bucket, cells in by_period("paying_buyers", "month").items()}
    true = {bucket: Decimal(cell) for bucket, cell in of_metric("paying_buyers", "month").items()}
    assert all(sums[bucket] > true[bucket] for bucket in true)
    print(f"\n2025-01 buyers: true {true['2025-01-01']}, sum of days {sums['2025-01-01']}")
    for pushed in (days_only, everything):
        assert all(
            item["value"] is None or Decimal(item["value"]) != sums[bucket]
            for bucket, item in pushed.values("paying_buyers", "month").items()
        )


def test_a_year_of_buyers_is_an_interval_over_the_coarsest_rows_that_tile_it(
    days_only: Pushed, everything: Pushed
) -> None:
    for pushed, grain in ((days_only, "day"), (everything, "quarter")):
        total = pushed.total("paying_buyers")
        cells = [Decimal(cell) for cell in of_metric("paying_buyers", grain).values()]
        assert (total["value"], total["exact"]) == (None, False)
        assert (Decimal(total["low"]), Decimal(total["high"])) == (max(cells), sum(cells))
