"""The year's performance, the trend of the values and the decisions (REV-12)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attain_shared.rules.quadrants import Quadrant
from attain_shared.rules.rubric import SCALE
from attain_shared.rules.values import values_score
from attain_shared.rules.year import (
    BONUS_FACTORS,
    DecisionKind,
    Proposal,
    Trend,
    proposed_decisions,
    trend,
    year_performance,
)

D = Decimal
BONUS, PROMOTION, PAY = DecisionKind.BONUS_FACTOR, DecisionKind.PROMOTION, DecisionKind.PAY
TRAINING, WARNING = DecisionKind.TRAINING, DecisionKind.WARNING
VALUES = st.decimals(0, 5, places=2)


@pytest.mark.parametrize(
    ("yearly", "reviews", "expected"),
    [
        ("3.80", ["3.5", "4"], "3.80"),
        ("3.80", [], "3.80"),
        (None, ["3.5", "4"], "3.75"),
        (None, ["3.50", "3.75", "4.00", "3.62"], "3.72"),
        (None, ["3.25", "3.26"], "3.26"),
        (None, ["3.5"], "3.50"),
        (None, [], None),
    ],
)
def test_the_year_is_its_own_goals_else_the_mean_of_its_reviews_rev_12(
    yearly: str | None, reviews: list[str], expected: str | None
) -> None:
    found = year_performance(None if yearly is None else D(yearly), list(map(D, reviews)))
    assert found == (None if expected is None else D(expected))


@pytest.mark.parametrize(
    ("quarters", "expected"),
    [
        ({}, None),
        ({1: "3"}, None),
        ({1: "3", 2: "3.10"}, Trend.STABLE),
        ({1: "3", 2: "3.11"}, Trend.IMPROVING),
        ({1: "3", 2: "2.90"}, Trend.STABLE),
        ({1: "3", 2: "2.89"}, Trend.DECLINING),
        ({1: "2.5", 2: "2.6", 3: "2.7", 4: "2.8"}, Trend.STABLE),
        ({1: "2.5", 2: "2.6", 3: "2.7", 4: "2.81"}, Trend.IMPROVING),
        ({1: "3", 4: "3.3"}, Trend.STABLE),
        ({1: "3", 4: "3.31"}, Trend.IMPROVING),
        ({1: "4", 2: "2", 3: "2", 4: "4"}, Trend.STABLE),
        ({1: "4", 2: "3.5", 3: "3.75", 4: "3"}, Trend.DECLINING),
    ],
)
def test_the_trend_is_the_slope_beyond_a_tenth_a_quarter_rev_12(
    quarters: dict[int, str], expected: Trend | None
) -> None:
    assert trend([(number, D(values)) for number, values in quarters.items()]) is expected


def test_one_quarter_twice_has_no_trend_rev_12() -> None:
    assert trend([(2, D(3)), (2, D(4))]) is None


@given(st.dictionaries(st.integers(1, 4), VALUES, min_size=2), st.integers(-8, 8))
def test_the_trend_turns_with_the_values_and_stays_with_the_year_rev_12(values: dict[int, Decimal], years: int) -> None:
    quarters = list(values.items())
    turned = {Trend.IMPROVING: Trend.DECLINING, Trend.DECLINING: Trend.IMPROVING, Trend.STABLE: Trend.STABLE}
    own = trend(quarters)
    assert own is not None
    assert trend([(number, 5 - one) for number, one in quarters]) is turned[own]
    assert trend([(number + 4 * years, one) for number, one in quarters]) is own
    assert trend(quarters[::-1]) is own


def test_the_years_values_are_the_mean_of_the_quarters_rev_12() -> None:
    assert values_score(map(D, ("2.75", "3.00", "3.25", "3.33"))) == D("3.08")


def kinds(proposals: tuple[Proposal, ...]) -> list[DecisionKind]:
    return [one.kind for one in proposals]


@pytest.mark.parametrize(
    ("rating", "factor", "expected"),
    [
        ("5", "1.5", [BONUS, PROMOTION, PAY]),
        ("4.5", "1.3", [BONUS, PROMOTION, PAY]),
        ("4", "1.2", [BONUS, PROMOTION, PAY]),
        ("3.75", "1.1", [BONUS, PAY]),
        ("3.5", "1.0", [BONUS]),
        ("3.25", "0.6", [BONUS, TRAINING]),
        ("3", "0.3", [BONUS, TRAINING]),
        ("2.5", "0", [BONUS, TRAINING, WARNING]),
    ],
)
def test_each_rating_proposes_its_decisions_rev_12(rating: str, factor: str, expected: list[DecisionKind]) -> None:
    found = proposed_decisions(D(rating), values_failed=False, trend=Trend.STABLE, quadrant=None)
    assert kinds(found) == expected
    assert found[0] == Proposal(BONUS, factor, f"factor of {rating}")
    assert found == proposed_decisions(
        D(rating + "0" if "." in rating else rating + ".00"), values_failed=False, trend=None, quadrant=Quadrant.BULL
    )
    assert all(one.value is None for one in found[1:])


def test_each_proposal_names_its_rule_rev_12() -> None:
    def rules(rating: str, *, failed: bool = False, quadrant: Quadrant | None = None) -> list[str]:
        return [one.rule for one in proposed_decisions(D(rating), values_failed=failed, trend=None, quadrant=quadrant)]

    assert rules("4") == ["factor of 4", "rating>=4, values not declining", "rating>=3.75"]
    assert rules("2.5") == ["factor of 2.5", "rating<=3.25", "rating<=2.5"]
    assert rules("3.5", quadrant=Quadrant.RABBIT) == ["factor of 3.5", "quadrant=rabbit"]
    assert rules("5", failed=True) == ["factor of 2.5", "rating<=3.25", "values failed"]


def test_declining_values_hold_a_promotion_up_but_not_the_pay_rev_12() -> None:
    found = proposed_decisions(D(5), values_failed=False, trend=Trend.DECLINING, quadrant=Quadrant.STAR)
    assert kinds(found) == [BONUS, PAY]


def test_a_company_has_bonus_factors_of_its_own_rev_12() -> None:
    factors = {**BONUS_FACTORS, D(4): D("2.25")}
    found = proposed_decisions(D(4), values_failed=False, trend=None, quadrant=None, factors=factors)
    assert found[0].value == "2.25"


def test_a_better_rating_never_has_a_smaller_bonus_rev_12() -> None:
    assert sorted(BONUS_FACTORS) == sorted(SCALE)
    assert [BONUS_FACTORS[step] for step in SCALE] == sorted(BONUS_FACTORS.values())


@given(st.sampled_from(SCALE), st.booleans(), st.sampled_from([None, *Trend]), st.sampled_from([None, *Quadrant]))
def test_failed_values_earn_no_bonus_and_a_warning_rev_12(
    rating: Decimal, failed: bool, direction: Trend | None, quadrant: Quadrant | None
) -> None:
    found = proposed_decisions(rating, values_failed=failed, trend=direction, quadrant=quadrant)
    assert len(set(kinds(found))) == len(found)
    assert (WARNING in kinds(found)) is (failed or rating == SCALE[0])
    if failed:
        assert found[0].value == "0"
        assert not {PROMOTION, PAY} & set(kinds(found))
