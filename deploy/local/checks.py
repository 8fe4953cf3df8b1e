"""Whether the figures read back over the API are those of the files, to the cent."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal

from deploy.local.calls import Api, Body, DemoFailed
from deploy.local.connector import MAX_ROWS
from deploy.local.samples import Observation

Key = tuple[str, str, str, date]


def latest(*pushes: Iterable[Observation]) -> list[Observation]:
    """The figures that should stand after pushes one upon the other."""
    standing: dict[Key, Observation] = {}
    for rows in pushes:
        standing |= {(row.shop, row.metric, row.grain, row.bucket): row for row in rows}
    return list(standing.values())


def check_values(api: Api, rows: Sequence[Observation], shops: Mapping[str, str]) -> int:
    """Read every bucket of every file back and compare; how many figures were equal."""
    by_year: dict[tuple[str, str, int], list[Observation]] = defaultdict(list)
    for row in rows:
        by_year[row.shop, row.grain, row.bucket.year].append(row)
    for (shop, grain, year), expected in by_year.items():
        answered = _values(api, shops[shop], grain, year, sorted({row.metric for row in expected}))
        for row in expected:
            figure = answered[row.metric, row.bucket]
            if figure["value"] is None or Decimal(figure["value"]) != row.value:
                raise DemoFailed(
                    f"{shop} {row.metric} of the {grain} {row.bucket}: pushed {row.value}, read back {_shown(figure)}"
                )
    return len(rows)


def check_bounds(api: Api, days: Sequence[Observation], shop_id: str, metric: str, months: Sequence[date]) -> str:
    """With days alone a month's distinct count must be the interval [largest day, sum of days] (MET-5)."""
    shown = []
    for month in months:
        values = [row.value for row in days if row.metric == metric and row.bucket.replace(day=1) == month]
        expected = max(values), sum(values)
        figure = _values(api, shop_id, "month", month.year, [metric])[metric, month]
        if figure["value"] is not None or (Decimal(figure["low"]), Decimal(figure["high"])) != expected:
            raise DemoFailed(f"{metric} of {month}: expected the interval {expected}, read back {_shown(figure)}")
        shown.append(f"{month:%Y-%m} [{expected[0]:,}, {expected[1]:,}]")
    return ", ".join(shown)


def check_total(api: Api, days: Sequence[Observation], shop_id: str, metric: str, *, year: int) -> Decimal:
    """What adds up must come to the sum of the file's days."""
    expected = sum((row.value for row in days if row.metric == metric), Decimal(0))
    window = {"from": f"{year}-01-01", "to": f"{year}-12-31"}
    figure = api.get("/v1/metric-values/total", shop_id=shop_id, metric=metric, **window)
    if figure["value"] is None or Decimal(figure["value"]) != expected:
        raise DemoFailed(f"{metric} of {year}: the file's days make {expected}, read back {_shown(figure)}")
    return expected


def _values(api: Api, shop_id: str, grain: str, year: int, metrics: Sequence[str]) -> dict[tuple[str, date], Body]:
    """A year of some metrics, as many at once as one answer holds."""
    answered: dict[tuple[str, date], Body] = {}
    at_once = MAX_ROWS // 366 if grain == "day" else len(metrics)
    for first in range(0, len(metrics), at_once):
        part = api.get(
            "/v1/metric-values",
            shop_id=shop_id,
            metric=",".join(metrics[first : first + at_once]),
            grain=grain,
            **{"from": f"{year}-01-01", "to": f"{year}-12-31"},
        )
        answered |= {(item["metric"], date.fromisoformat(item["bucket"])): item for item in part["items"]}
    return answered


def _shown(figure: Body) -> str:
    return figure["value"] or (f"[{figure['low']}, {figure['high']}]" if figure["low"] else "nothing")
