"""The sample files as rows of observations: headers become metric codes, as the catalogue labels them."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from deploy.local.calls import Body, DemoFailed

FOLDER = Path(__file__).with_name("data")
DATE_HEADERS = ("统计日期", "日期", "bucket")
NO_VALUE = frozenset({"", "-"})
SHANGHAI = ZoneInfo("Asia/Shanghai")
MORNING = time(9)
"""When a platform has a day's figures ready, the morning after."""
SUFFIXES = {"day": "_day", "month": "_month", "quarter": "_quarter"}


@dataclass(frozen=True, slots=True)
class Observation:
    """One figure of one shop in one bucket."""

    shop: str
    metric: str
    grain: str
    bucket: date
    value: Decimal

    def as_json(self) -> Body:
        """The row as a connector pushes it."""
        return {
            "shop": self.shop,
            "metric": self.metric,
            "grain": self.grain,
            "bucket": self.bucket.isoformat(),
            "value": format(self.value, "f"),
        }

    def worth(self, value: Decimal) -> "Observation":
        """The same with another value, to the cent."""
        return replace(self, value=value.quantize(Decimal("0.01")))


def header_codes(catalogue: Iterable[Body]) -> dict[str, str]:
    """Which metric each header names: by code, by Chinese label, or by another name that exports print."""
    metrics = list(catalogue)
    codes = {alias: metric["code"] for metric in metrics for alias in metric["aliases"]}
    return codes | {metric["zh"]: metric["code"] for metric in metrics} | {m["code"]: m["code"] for m in metrics}


def read_file(name: str, *, shop: str, grain: str, codes: Mapping[str, str]) -> list[Observation]:
    """The figures of one file; a blank and `-` are no figures (MET-8)."""
    path = FOLDER / f"{name}{SUFFIXES[grain]}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    header = list(rows[0])
    unknown = [name for name in header if name not in DATE_HEADERS and name not in codes]
    if unknown or header[0] not in DATE_HEADERS:
        raise DemoFailed(f"{path.name} has columns that the catalogue does not know: {', '.join(unknown)}")
    return [
        Observation(shop, codes[name], grain, date.fromisoformat(row[header[0]]), Decimal(cell))
        for row in rows
        for name, cell in row.items()
        if name in codes and cell not in NO_VALUE
    ]


def morning_after(day: date) -> datetime:
    """When the platform says what a day has come to."""
    return datetime.combine(day + timedelta(days=1), MORNING, SHANGHAI)
