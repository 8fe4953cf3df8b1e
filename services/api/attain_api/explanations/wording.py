"""How figures are made, in words: formulas for people, by the codes that the catalogue gives metrics (GOAL-4, GOAL-5)."""

from attain_api.messages import Language
from attain_shared.goals.explain_schemas import FormulaRead
from attain_shared.goals.facts import Question
from attain_shared.goals.models import Indicator
from attain_shared.rules.algebra import Aggregate, Algebra, Expression
from attain_shared.rules.attainment import Direction

_KINDS: dict[str, tuple[str, str]] = {
    "turnover_rate": ("leavers / mean of the daily headcounts", "离职人数 / 日均在岗人数"),
    "staff_growth": (
        "people who grew / people of the team on every day of the window",
        "有成长的人数 / 整个期间都在团队的人数",
    ),
    "manual": ("the number accepted of the latest day", "最近一天已验收的填报值"),
    "milestones": ("milestones done / milestones", "已完成里程碑 / 全部里程碑"),
}
"""English and Chinese, by what is counted; of what is not a metric of the catalogue."""
_AGGREGATES: dict[Aggregate, tuple[str, str]] = {
    Aggregate.DEDUPLICATED: ("deduplicated over the window", "整个期间去重"),
    Aggregate.DAILY_MEAN: ("mean of the days (daily_mean)", "日均(daily_mean)"),
    Aggregate.DAILY_POOLED: ("daily_pooled", "按日合计(daily_pooled)"),
}
_ATTAINED: dict[tuple[str, bool], tuple[str, str]] = {
    (Direction.HIGHER_BETTER, False): ("actual / target", "实际 / 目标"),
    (Direction.HIGHER_BETTER, True): (
        "(actual - baseline) / (target - baseline)",
        "(实际 - 基线) / (目标 - 基线)",
    ),
    (Direction.LOWER_BETTER, False): ("2 - actual / target", "2 - 实际 / 目标"),
    (Direction.LOWER_BETTER, True): (
        "(baseline - actual) / (baseline - target)",
        "(基线 - 实际) / (基线 - 目标)",
    ),
    (Direction.BAND, False): (
        "1 within [low, high], else 1 - distance / (high - low)",
        "区间内为 1，否则 1 - 偏离 / (上限 - 下限)",
    ),
}
"""By direction, and whether there is a baseline."""
_GROWTH = (
    "attainment = actual of the window / (earlier actual × (1 + target))",
    "达成率 = 本期实际 / (对比期实际 × (1 + 目标增长率))",
)
_RAISED = (", of 1 + growth in place of each figure", "，各数均取 1 + 增长率")


def formula_of(indicator: Indicator, question: Question | None, language: Language) -> FormulaRead:
    """The formulas of an indicator; `question` is what one of a metric is about."""
    place = 0 if language == "en" else 1
    return FormulaRead(actual=_actual(indicator, question, place), attainment=_attainment(indicator, place))


def _actual(indicator: Indicator, question: Question | None, place: int) -> str:
    if question is None:
        return _KINDS[indicator.metric or indicator.kind][place]
    figure = _figure(question, place)
    if indicator.kind != "growth":
        return figure
    return (f"({figure}) / (the same of the earlier window) - 1", f"({figure}) / (对比期同口径) - 1")[place]


def _figure(question: Question, place: int) -> str:
    metric, aggregate = question.metric, question.aggregate
    if metric.algebra is Algebra.ADDITIVE and aggregate is Aggregate.DEDUPLICATED:
        return f"Σ {metric.code}"
    if metric.algebra is Algebra.SNAPSHOT and aggregate is Aggregate.DEDUPLICATED:
        return (f"last {metric.code}", f"期末 {metric.code}")[place]
    formed = _AGGREGATES[aggregate][place]
    if not metric.numerator or not metric.denominator:
        return f"{metric.code} ({formed})"
    return f"{_sum(metric.numerator)} / {_sum(metric.denominator)} ({formed})"


def _sum(expression: Expression) -> str:
    terms = "".join(f" {'+' if sign > 0 else '-'} {code}" for sign, code in expression).removeprefix(" + ")
    return f"Σ {terms}" if len(expression) == 1 else f"Σ ({terms})"


def _attainment(indicator: Indicator, place: int) -> str:
    is_plain = indicator.direction == Direction.HIGHER_BETTER and indicator.baseline is None
    if indicator.kind == "growth" and is_plain:
        return _GROWTH[place]
    has_baseline = indicator.baseline is not None and indicator.direction != Direction.BAND
    formula = _ATTAINED[indicator.direction, has_baseline][place]
    raised = _RAISED[place] if indicator.kind == "growth" else ""
    return ("attainment", "达成率")[place] + f" = {formula}{raised}"
