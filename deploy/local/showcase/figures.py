"""What the shops sell in the running quarter, to yesterday, and sold in the same quarter of the year before."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from deploy.local.quarter import plan
from deploy.local.quarter.goals import SIZES
from deploy.local.samples import Observation

A_DAY = Decimal(40_000)
"""What the first shop sells on a plain day."""
GROWTH = Decimal("1.12")
WEEKEND, FESTIVAL = Decimal("1.25"), Decimal("5.75")
FESTIVALS = frozenset({(6, 18), (11, 11), (12, 12)})
MISSING = (5, 6)
"""Days ago whose figures one shop has not brought: coverage shows it."""


def quarter_of(day: date) -> tuple[date, date]:
    """Its first and its last day."""
    first = day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
    after = (first + timedelta(days=100)).replace(day=1)
    return first, after - timedelta(days=1)


def sold(today: date) -> list[Observation]:
    """All of it, by shop and day."""
    first, last = quarter_of(today)
    before = [(one.replace(year=one.year - 1)) for one in (first, last)]
    missing = {today - timedelta(days=days) for days in MISSING}
    rows: list[Observation] = []
    for place, shop in enumerate(plan.SHOPS):
        for day in (*_days(*before), *_days(first, today - timedelta(days=1))):
            if place == 1 and day in missing:
                continue
            rows += _day(shop, day, SIZES[place] * (GROWTH if day >= first else 1))
    return rows


def _days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += timedelta(days=1)


def _day(shop: str, day: date, size: Decimal) -> Iterator[Observation]:
    """A weekday like the others but for its number: figures that do not look drawn with a ruler, and are always the same."""
    lift = FESTIVAL if (day.month, day.day) in FESTIVALS else WEEKEND if day.weekday() >= 5 else Decimal(1)
    wobble = Decimal(90 + day.toordinal() * 7919 % 21) / 100
    gmv = A_DAY * size * lift * wobble
    visitors = int(gmv / Decimal("6.5"))
    buyers = visitors * (28 + day.toordinal() * 31 % 9) // 1000
    values = {
        "gmv": gmv.quantize(Decimal("0.01")),
        "uv": Decimal(visitors),
        "paying_buyers": Decimal(buyers),
        "paid_orders": Decimal(buyers * 11 // 10),
        "refund_amount": (gmv / 18).quantize(Decimal("0.01")),
    }
    return (Observation(shop, metric, "day", day, value) for metric, value in values.items())
