from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attain_shared.rules.attainment import Direction, Target, attainment
from attain_shared.rules.rubric import (
    DEFAULT_RUBRIC,
    NO_SCORE,
    SCALE,
    Attainment,
    Op,
    Quantifier,
    Rubric,
    Rule,
    Scored,
    problems,
    score,
    score_interval,
)
from tests.unit.rules.support import SHARES, accepted_rubrics

D = Decimal
CAP = D(2)
ALL, ANY, MEAN = Quantifier
AT_MOST, AT_LEAST = Op


def reached(*attainments: str | Decimal | None) -> list[Attainment]:
    return [(None if one is None else D(one), CAP) for one in attainments]


def by_default(*attainments: str | Decimal | None, ignore_missing: bool = False) -> Scored:
    return score(reached(*attainments), DEFAULT_RUBRIC, ignore_missing=ignore_missing)


@pytest.mark.parametrize(
    ("conversion", "dwell", "figure", "rule"),
    [
        ("0.036", "140", "3.5", "otherwise"),
        ("0.0288", "140", "3.25", "any<=0.80"),
        ("0.0216", "84", "2.5", "all<=0.60"),
        ("0.029", "140", "3.5", "otherwise"),
        ("0.0288", "112", "3.25", "any<=0.80"),
        ("0.0252", "98", "3", "mean<=0.70"),
        ("0.0216", "140", "3.25", "any<=0.80"),
        ("0.0378", "147", "3.75", "all>=1.05"),
        ("0.0468", "182", "4.5", "all>=1.30"),
        ("0.0576", "145", "3.5", "otherwise"),
        ("0.0414", "161", "4", "all>=1.15"),
    ],
)
def test_a_planners_goal_scores_as_written_goal_6(conversion: str, dwell: str, figure: str, rule: str) -> None:
    attainments = (
        attainment(D(conversion), Target(Direction.HIGHER_BETTER, D("0.036"))),
        attainment(D(dwell), Target(Direction.HIGHER_BETTER, D(140))),
    )
    assert by_default(*attainments) == Scored(D(figure), None, None, rule)


def test_the_default_rubric_is_as_written_goal_6() -> None:
    assert [(str(rule), str(rule.score)) for rule in DEFAULT_RUBRIC.rules] == [
        ("all<=0.60", "2.5"), ("mean<=0.70", "3"), ("any<=0.80", "3.25"),
        ("all>=1.30", "4.5"), ("all>=1.15", "4"), ("all>=1.05", "3.75"),
    ]  # fmt: skip
    assert str(DEFAULT_RUBRIC.otherwise) == "3.5"


@pytest.mark.parametrize(
    ("attained", "figure"),
    [
        ("0", "2.5"), ("0.6", "2.5"), ("0.600001", "3"), ("0.7", "3"), ("0.700001", "3.25"), ("0.8", "3.25"),
        ("0.800001", "3.5"), ("1.049999", "3.5"), ("1.05", "3.75"), ("1.149999", "3.75"), ("1.15", "4"),
        ("1.299999", "4"), ("1.3", "4.5"), ("99", "4.5"),
    ],
)  # fmt: skip
def test_every_threshold_of_the_default_belongs_to_its_rule_goal_6(attained: str, figure: str) -> None:
    """And a computed score stops at 4.5."""
    assert by_default(attained).score == D(figure)


def test_a_missing_indicator_leaves_no_score_goal_6() -> None:
    assert by_default("1", None) == NO_SCORE


def test_a_goal_may_ignore_what_is_missing_goal_6() -> None:
    assert by_default("0.8", None, ignore_missing=True) == Scored(D("3.25"), None, None, "any<=0.80")


def test_nothing_but_missing_indicators_leaves_no_score_goal_6() -> None:
    assert by_default(None, None, ignore_missing=True) == NO_SCORE
    assert by_default() == NO_SCORE


def test_only_the_mean_is_capped_goal_5() -> None:
    attainments = [(D("0.2"), D(2)), (D(9), D("1.2"))]
    assert score(attainments, DEFAULT_RUBRIC, ignore_missing=False).rule == "mean<=0.70"
    rubric = Rubric((Rule(ANY, AT_LEAST, D(9), D(5)),), D("3.5"))
    assert score(attainments, rubric, ignore_missing=False).score == 5


def test_the_mean_is_not_rounded_goal_6() -> None:
    rubric = Rubric((Rule(MEAN, AT_MOST, D("0.333333"), D(3)),), D("3.5"))
    assert score(reached("0.333333", "0.333333", "0.333334"), rubric, ignore_missing=False).score == D("3.5")


def test_bounds_that_agree_make_one_figure_goal_6() -> None:
    scored = score_interval(reached("0.9"), reached("1.0"), DEFAULT_RUBRIC, ignore_missing=False)
    assert scored == Scored(D("3.5"), None, None, "otherwise")


def test_bounds_that_differ_make_no_figure_goal_6() -> None:
    scored = score_interval(reached("0.7"), reached("1.4"), DEFAULT_RUBRIC, ignore_missing=False)
    assert scored == Scored(None, D(3), D("4.5"), None)


def test_bounds_without_data_make_no_score_goal_6() -> None:
    assert score_interval(reached(None), reached(None), DEFAULT_RUBRIC, ignore_missing=True) == NO_SCORE


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (Rule(ALL, AT_MOST, D("0.6"), D("2.5")), "all<=0.60"),
        (Rule(MEAN, AT_LEAST, D("1.125"), D(4)), "mean>=1.125"),
        (Rule(ANY, AT_LEAST, D("1.3000"), D(4)), "any>=1.30"),
        (Rule(ANY, AT_LEAST, D(10), D(4)), "any>=10.00"),
    ],
)
def test_a_rule_is_named_with_two_decimals_at_least_goal_6(rule: Rule, text: str) -> None:
    assert str(rule) == text


def test_the_default_rubric_is_of_the_accepted_form_goal_6() -> None:
    assert problems(DEFAULT_RUBRIC) == []


LOW, MIDDLE, HIGH = D("2.5"), D("3.5"), D(4)


def rubric_of(*rules: tuple[Op, Decimal], otherwise: Decimal = MIDDLE) -> Rubric:
    return Rubric(tuple(Rule(ALL, op, D(1), figure) for op, figure in rules), otherwise)


@pytest.mark.parametrize(
    ("rubric", "path"),
    [
        (rubric_of((AT_MOST, D("2.6"))), "/rules/0/score"),
        (rubric_of(otherwise=D("3.6")), "/otherwise"),
        (rubric_of((AT_MOST, HIGH)), "/rules/0/score"),
        (rubric_of((AT_LEAST, LOW)), "/rules/0/score"),
        (rubric_of((AT_MOST, D(3)), (AT_MOST, LOW)), "/rules/1/score"),
        (rubric_of((AT_LEAST, HIGH), (AT_LEAST, D("4.5"))), "/rules/1/score"),
        (rubric_of((AT_LEAST, HIGH), (AT_MOST, LOW)), "/rules/1/op"),
    ],
)
def test_a_rubric_that_is_not_monotone_is_refused_goal_6(rubric: Rubric, path: str) -> None:
    assert [where for where, _ in problems(rubric)] == [path]


def test_equal_scores_in_a_row_are_accepted_goal_6() -> None:
    rules = ((AT_MOST, LOW), (AT_MOST, LOW), (AT_MOST, MIDDLE), (AT_LEAST, HIGH), (AT_LEAST, HIGH), (AT_LEAST, MIDDLE))
    assert problems(rubric_of(*rules)) == []


@given(accepted_rubrics(), st.lists(st.tuples(SHARES, SHARES), min_size=1, max_size=4))
def test_a_better_attainment_never_scores_less_goal_6(rubric: Rubric, pairs: list[tuple[Decimal, Decimal]]) -> None:
    assert problems(rubric) == []
    worse = score([(min(pair), CAP) for pair in pairs], rubric, ignore_missing=False).score
    better = score([(max(pair), CAP) for pair in pairs], rubric, ignore_missing=False).score
    assert worse is not None
    assert better is not None
    assert worse <= better


@given(accepted_rubrics(), st.lists(SHARES, min_size=1, max_size=4), st.data())
def test_the_order_of_indicators_does_not_matter(rubric: Rubric, shares: list[Decimal], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(shares))
    assert score(reached(*shares), rubric, ignore_missing=False) == score(
        reached(*shuffled), rubric, ignore_missing=False
    )


def test_the_scale_ascends() -> None:
    assert all(one < other for one, other in pairwise(SCALE))
