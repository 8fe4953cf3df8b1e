"""Whether a metric that a company declares itself can be computed (MET-3, MET-4)."""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from attain_shared.rules.algebra import (
    Algebra,
    Expression,
    Metric,
    OverShops,
    RollUpRefused,
    check_aggregate,
    components,
)

FITTING: Mapping[Algebra, tuple[OverShops, ...]] = {
    Algebra.ADDITIVE: (OverShops.SUM,),
    Algebra.DISTINCT: (OverShops.BOUNDS,),
    Algebra.RATIO: (OverShops.POOLED,),
    Algebra.SNAPSHOT: (OverShops.REFUSED, OverShops.SUM, OverShops.WEIGHTED_MEAN),
}
"""How values of an algebra can go together over shops (MET-3); first what holds where nothing is declared."""


ITEM_MARK = "(item)"
"""Behind an alias that only a product report prints; without it, of which the header is the same."""
RESERVED = frozenset({"", "统计日期", "日期", "商品id", "宝贝id", "终端", "所属终端", "终端类型", "店铺名称"})
"""Headers, as `printed`, of the columns that say of what a row is: they never head a metric."""


class Fault(NamedTuple):
    """What is wrong with a declaration: where, as a path of its fields, a stable code, a sentence."""

    field: str
    code: str
    detail: str


def expression_text(expression: Expression) -> str:
    """A numerator or denominator as the catalogue writes it (MET-4); empty for none."""
    text = " ".join(f"{'-' if sign < 0 else '+'} {code}" for sign, code in expression)
    return text.removeprefix("+ ")


def printed(name: str) -> str:
    """A name as it is compared: exports print it in full or half width, in either case, with spaces or without."""
    return _plain(name).removesuffix(ITEM_MARK)


def is_of_products_only(alias: str) -> bool:
    """Whether only a product report prints this."""
    return _plain(alias).endswith(ITEM_MARK)


def _plain(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def declaration_faults(metric: Metric, catalogue: Mapping[str, Metric]) -> Iterator[Fault]:
    """What is wrong with a metric, beside the others of the catalogue; its own earlier version in there is no other."""
    yield from _part_faults(metric, catalogue)
    yield from _over_shops_faults(metric, catalogue)
    try:
        check_aggregate(metric, metric.default_aggregate, 1)
    except RollUpRefused as refusal:
        yield Fault("default_aggregate", "roll-up-refused", str(refusal))


def name_faults(
    zh: str, en: str, aliases: Sequence[str], taken: Mapping[str, str], *, code: str | None = None
) -> Iterator[Fault]:
    """Names that another metric has, or another kind of column: a report that prints one could not be read.

    `taken` are the codes of the other metrics by their names, as `printed`; `code` is that of a new metric.
    """
    named = [("zh", zh), ("en", en), *((f"aliases/{place}", alias) for place, alias in enumerate(aliases))]
    if code is not None:
        named.insert(0, ("code", code))
    for field, name in named:
        if printed(name) in RESERVED:
            yield Fault(field, "reserved-header", f"{name} heads another kind of column")
        elif (other := taken.get(printed(name))) is not None:
            yield Fault(field, "alias-taken", f"{name} is a name of {other}")
    seen: set[str] = set()
    for place, alias in enumerate(map(printed, aliases)):
        if alias in seen:
            yield Fault(f"aliases/{place}", "duplicate", "named twice")
        seen.add(alias)


def _part_faults(metric: Metric, catalogue: Mapping[str, Metric]) -> Iterator[Fault]:
    is_ratio = metric.algebra is Algebra.RATIO
    for field, expression in (("numerator", metric.numerator), ("denominator", metric.denominator)):
        if is_ratio and not expression:
            yield Fault(field, "missing", f"a ratio has a {field}")
        if expression and not is_ratio:
            yield Fault(field, "not-a-ratio", f"only a ratio has a {field}")
            continue
        for code in dict.fromkeys(code for _, code in expression):
            fault = _component_fault(field, code, metric, catalogue)
            if fault is not None:
                yield fault
            elif not _is_part(catalogue[code]):
                detail = f"{code} neither adds up over shops nor is counted: it cannot be a part of a ratio"
                yield Fault(field, "not-a-part", detail)


def _over_shops_faults(metric: Metric, catalogue: Mapping[str, Metric]) -> Iterator[Fault]:
    if metric.over_shops not in FITTING[metric.algebra]:
        fitting = ", ".join(FITTING[metric.algebra])
        yield Fault("over_shops", "over-shops-refused", f"{metric.algebra} goes with {fitting}")
    field, weight = "over_shops_weight", metric.over_shops_weight
    if metric.over_shops is not OverShops.WEIGHTED_MEAN:
        if weight is not None:
            yield Fault(field, "not-weighted", "only a weighted mean has a weight")
    elif weight is None:
        yield Fault(field, "missing", "a weighted mean has a weight")
    elif (fault := _component_fault(field, weight, metric, catalogue)) is not None:
        yield fault
    elif catalogue[weight].algebra is not Algebra.ADDITIVE:
        yield Fault(field, "not-a-weight", f"{weight} does not add up over days: it weighs nothing")


def _component_fault(field: str, code: str, metric: Metric, catalogue: Mapping[str, Metric]) -> Fault | None:
    if code != metric.code and code not in catalogue:
        return Fault(field, "unknown-metric", f"no metric {code} in the catalogue")
    if _leads_to(metric.code, code, catalogue):
        return Fault(field, "circular", f"{code} is computed from {metric.code} itself")
    return None


def _leads_to(code: str, start: str, catalogue: Mapping[str, Metric]) -> bool:
    """Whether a metric is needed to compute another; the catalogue itself holds no circle, as none was let in."""
    return start == code or any(
        _leads_to(code, component, catalogue) for component in components(catalogue[start]) if component != start
    )


def _is_part(metric: Metric) -> bool:
    """What a ratio can be read from (MET-5a): sums, counts, and snapshots that add up over shops."""
    if metric.algebra is Algebra.SNAPSHOT:
        return metric.over_shops is OverShops.SUM
    return metric.algebra is not Algebra.RATIO
