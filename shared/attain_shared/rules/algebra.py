"""What a metric's declaration allows to be computed from its values (MET-3, MET-5a)."""

import re
from dataclasses import dataclass
from enum import StrEnum

Expression = tuple[tuple[int, str], ...]
"""A sum of metrics, each with its sign: `listed_items - selling_items` is ((1, listed_items), (-1, selling_items))."""

_TERM = re.compile(r"\s*([+-]?)\s*([a-z][a-z0-9_]*)\s*")


class Algebra(StrEnum):
    """How the values of a metric add up (MET-3)."""

    ADDITIVE = "additive"
    DISTINCT = "distinct"
    RATIO = "ratio"
    SNAPSHOT = "snapshot"


class OverShops(StrEnum):
    """How the values of several shops make one (MET-3); `pooled` is the catalogue's "as over time"."""

    SUM = "sum"
    BOUNDS = "bounds"
    POOLED = "pooled"
    WEIGHTED_MEAN = "weighted_mean"
    REFUSED = "refused"


class Aggregate(StrEnum):
    """How the figure of a period is formed (MET-5a)."""

    DEDUPLICATED = "deduplicated"
    DAILY_MEAN = "daily_mean"
    DAILY_POOLED = "daily_pooled"


class Better(StrEnum):
    """The direction in which a metric improves (MET-4)."""

    HIGHER = "higher"
    LOWER = "lower"
    NONE = "none"


class RollUpRefused(ValueError):
    """A roll-up the metric's algebra forbids, and the reason (MET-3)."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric's declaration, as the catalogue or a company gives it (MET-3, MET-4)."""

    code: str
    unit: str
    algebra: Algebra
    over_shops: OverShops
    over_shops_weight: str | None = None
    numerator: Expression = ()
    denominator: Expression = ()
    default_aggregate: Aggregate = Aggregate.DEDUPLICATED
    better: Better = Better.HIGHER


def parse_expression(text: str) -> Expression:
    """A numerator or denominator as the catalogue writes it: codes joined by + or - (MET-4)."""
    terms: list[tuple[int, str]] = []
    position = 0
    while position < len(text):
        match = _TERM.match(text, position)
        if match is None or (terms and not match[1]):
            raise ValueError(f"not a sum of metric codes: {text!r}")
        terms.append((-1 if match[1] == "-" else 1, match[2]))
        position = match.end()
    return tuple(terms)


def part_codes(metric: Metric) -> tuple[str, ...]:
    """The metrics a ratio is made of, each once (MET-3); none for other metrics."""
    return tuple(dict.fromkeys(code for _, code in metric.numerator + metric.denominator))


def components(metric: Metric) -> tuple[str, ...]:
    """Every metric whose values are needed to read this one: itself, its parts, its weight over shops (MET-3)."""
    weight = (metric.over_shops_weight,) if metric.over_shops_weight else ()
    return tuple(dict.fromkeys((metric.code, *part_codes(metric), *weight)))


def check_aggregate(metric: Metric, aggregate: Aggregate, shops: int) -> None:
    """Refuse a roll-up that does not fit the metric (MET-3, MET-5a).

    Raises:
        RollUpRefused: with the reason.
    """
    is_ratio = metric.algebra is Algebra.RATIO
    if aggregate is Aggregate.DAILY_POOLED and not is_ratio:
        raise RollUpRefused(f"{metric.code} is no ratio: it has no numerators and denominators to pool by day")
    if aggregate is Aggregate.DAILY_MEAN and is_ratio:
        raise RollUpRefused(f"{metric.code} is a ratio: its days are pooled (daily_pooled), never averaged")
    if metric.algebra is not Algebra.SNAPSHOT or shops <= 1:
        return
    if metric.over_shops is OverShops.REFUSED:
        raise RollUpRefused(f"{metric.code} has no value over several shops")
    if aggregate is Aggregate.DAILY_MEAN and metric.over_shops is not OverShops.SUM:
        raise RollUpRefused(f"{metric.code} does not add up over shops: it has no daily mean over several")
