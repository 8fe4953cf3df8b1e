"""The worked examples of performance, mapping, overall and suggested rating (REV-2a, REV-5)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attain_shared.rules.overall import (
    LABELS,
    POINTS,
    Part,
    Point,
    bad_points,
    mapped,
    nearest_step,
    overall,
    performance_of,
    suggested_rating,
)
from attain_shared.rules.rubric import SCALE

D = Decimal
SCORES = st.decimals("2.5", 5, places=2)
VALUES = st.decimals(0, 5, places=2)


def points(*pairs: tuple[str, str]) -> list[Point]:
    return [(D(values), D(score)) for values, score in pairs]


def weighed(
    performance: str | None, values: str | None, *, weights: tuple[str, str] = ("0.7", "0.3")
) -> Decimal | None:
    return overall(
        None if performance is None else D(performance),
        None if values is None else D(values),
        performance_weight=D(weights[0]),
        values_weight=D(weights[1]),
    )


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([("3.70", "1")], "3.70"),
        ([("4", "0.8"), ("3.5", "0.2")], "3.90"),
        ([("4", "0.7"), ("3.5", "0.2"), ("3", "0.1")], "3.80"),
        ([("4", "0.8"), (None, "0.2")], "4.00"),
        ([(None, "0.8"), ("3.25", "0.2")], "3.25"),
        ([("3.5", "0.5"), ("3.25", "0.5")], "3.38"),
        ([("4", "0.5"), ("3", "0.2"), (None, "0.3")], "3.71"),
        ([("4", "0")], None),
        ([(None, "1")], None),
        ([], None),
    ],
)
def test_performance_is_the_weighted_mean_of_the_parts_that_exist_rev_2a(
    parts: list[tuple[str | None, str]], expected: str | None
) -> None:
    given_parts = [Part(None if score is None else D(score), D(share)) for score, share in parts]
    assert performance_of(given_parts) == (None if expected is None else D(expected))


@pytest.mark.parametrize(
    ("performance", "values", "is_failed", "expected", "rating"),
    [
        ("4.00", "3.00", False, "4.00", "4"),
        ("3.50", "2.50", False, "3.50", "3.5"),
        ("3.25", "3.00", False, "3.48", "3.5"),
        ("3.75", "2.75", False, "3.75", "3.75"),
        ("5.00", "2.40", True, "4.54", "2.5"),
    ],
)
def test_the_worked_examples_of_rev_5(
    performance: str, values: str, is_failed: bool, expected: str, rating: str
) -> None:
    figure = weighed(performance, values)
    assert figure == D(expected)
    assert suggested_rating(figure, is_failed=is_failed) == D(rating)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ("0", "2.5"),
        ("1.25", "3"),
        ("2.40", "3.46"),
        ("2.5", "3.5"),
        ("2.75", "3.75"),
        ("3", "4"),
        ("3.33", "4.165"),
        ("4", "4.5"),
        ("4.5", "4.75"),
        ("5", "5"),
    ],
)
def test_v_is_mapped_linearly_between_the_points_and_not_rounded_rev_5(values: str, expected: str) -> None:
    assert mapped(D(values)) == D(expected)


@pytest.mark.parametrize("values", ["-0.01", "5.01"])
def test_there_is_no_v_beyond_the_points_rev_5(values: str) -> None:
    with pytest.raises(ValueError, match="no points around"):
        mapped(D(values))


@pytest.mark.parametrize(
    ("performance", "values", "weights", "expected"),
    [
        (None, "2.75", ("0.7", "0.3"), "3.75"),
        ("3.42", None, ("0.7", "0.3"), "3.42"),
        (None, None, ("0.7", "0.3"), None),
        ("4", "3", ("0.5", "0.5"), "4.00"),
        ("3.5", "4", ("1", "0"), "3.50"),
        (None, "4", ("1", "0"), None),
        ("3", "4", ("7", "3"), "3.45"),
    ],
)
def test_overall_is_of_the_part_that_exists_rev_5(
    performance: str | None, values: str | None, weights: tuple[str, str], expected: str | None
) -> None:
    assert weighed(performance, values, weights=weights) == (None if expected is None else D(expected))


def test_a_slope_without_an_end_does_not_push_overall_below_its_half_rev_5() -> None:
    """V 1.00 is 2.8333…; 0.7 x 3.55 + 0.3 x 2.8333… is 3.335 exactly, and 3.33499… in 28 digits."""
    given_points = points(("0", "2.5"), ("1.5", "3"), ("5", "5"))
    figure = overall(D("3.55"), D(1), performance_weight=D("0.7"), values_weight=D("0.3"), points=given_points)
    assert figure == D("3.34")


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        ("2.5", "2.5"),
        ("2.75", "2.5"),
        ("2.76", "3"),
        ("3.12", "3"),
        ("3.13", "3.25"),
        ("3.48", "3.5"),
        ("3.62", "3.5"),
        ("3.63", "3.75"),
        ("4.25", "4"),
        ("4.26", "4.5"),
        ("4.75", "4.5"),
        ("4.76", "5"),
        ("0", "2.5"),
        ("6", "5"),
    ],
)
def test_the_suggested_rating_is_the_nearest_step_and_a_tie_goes_down_rev_5(score: str, expected: str) -> None:
    assert nearest_step(D(score)) == D(expected)
    assert suggested_rating(D(score), is_failed=False) == D(expected)
    assert suggested_rating(D(score), is_failed=True) == D("2.5")


def test_every_step_has_a_label_of_its_own_rev_5() -> None:
    assert sorted(LABELS) == sorted(SCALE)
    assert len({label.zh for label in LABELS.values()}) == len({label.en for label in LABELS.values()}) == len(SCALE)
    assert (LABELS[D("4.50")].zh, LABELS[D("4.50")].en) == ("持续超出期望", "consistently exceeds")


@pytest.mark.parametrize(
    ("given_points", "wrong"),
    [
        (list(POINTS), []),
        (points(("0", "3"), ("5", "3")), []),
        ([], [""]),
        (points(("0", "2.5")), [""]),
        (points(("0.1", "2.5"), ("5", "5")), ["/0/0"]),
        (points(("0", "2.5"), ("4", "5")), ["/1/0"]),
        (points(("0", "2.5"), ("2", "3"), ("2", "4"), ("5", "5")), ["/2/0"]),
        (points(("0", "2.5"), ("3", "4"), ("2", "4"), ("5", "5")), ["/2/0"]),
        (points(("0", "2.5"), ("2", "4"), ("5", "3.5")), ["/2/1"]),
        (points(("0", "2.4"), ("5", "5.1")), ["/0/1", "/1/1"]),
    ],
)
def test_points_lead_from_every_v_to_the_scale_and_never_down_rev_5(
    given_points: list[Point], wrong: list[str]
) -> None:
    assert [pointer for pointer, _ in bad_points(given_points)] == wrong


@given(st.lists(SCORES, min_size=2, max_size=7), st.lists(VALUES, max_size=5, unique=True), VALUES, VALUES)
def test_a_better_v_is_never_mapped_lower_rev_5(
    scores: list[Decimal], between: list[Decimal], one: Decimal, other: Decimal
) -> None:
    steps = sorted({D(0), D(5), *between})[: len(scores) - 1]
    accepted = list(zip([*(step for step in steps if step < 5), D(5)], sorted(scores), strict=False))
    if accepted[-1][0] != 5:
        accepted[-1] = (D(5), accepted[-1][1])
    assert bad_points(accepted) == []
    low, high = sorted((one, other))
    assert SCALE[0] <= mapped(low, accepted) <= mapped(high, accepted) <= SCALE[-1]


@given(SCORES, VALUES, SCORES, VALUES)
def test_overall_rises_with_performance_and_with_v_rev_5(
    performance: Decimal, values: Decimal, better: Decimal, better_values: Decimal
) -> None:
    own = weighed(str(performance), str(values))
    best = weighed(str(max(performance, better)), str(max(values, better_values)))
    assert own is not None
    assert best is not None
    assert SCALE[0] <= own <= best <= SCALE[-1]
    assert nearest_step(own) <= nearest_step(best)
    assert abs(nearest_step(own) - own) == min(abs(step - own) for step in SCALE)


@given(st.lists(st.tuples(SCORES, st.decimals("0.01", 1, places=2)), min_size=1, max_size=3))
def test_a_part_without_a_score_changes_nothing_rev_2a(given_parts: list[tuple[Decimal, Decimal]]) -> None:
    parts = [Part(score, share) for score, share in given_parts]
    figure = performance_of(parts)
    assert figure is not None
    assert min(score for score, _ in given_parts) <= figure <= max(score for score, _ in given_parts)
    assert performance_of([*parts, Part(None, D("0.5"))]) == figure
