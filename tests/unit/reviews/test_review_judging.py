"""From parts to figures: the examples of REV-2 to REV-5, REV-9 and REV-12."""

from decimal import Decimal
from typing import Any

import pytest

from attain_shared.reviews.assessment_schemas import Assessment
from attain_shared.reviews.judging import (
    JudgedGoal,
    YearSoFar,
    goals_score,
    judge,
    judge_performance,
    read_document,
    unsure_values,
    value_scores,
)
from attain_shared.reviews.settings import ReviewSettings

SETTINGS = ReviewSettings()


def goal(weight: int, computed: str | None, given: str | None = None) -> JudgedGoal:
    return JudgedGoal(Decimal(weight), *(Decimal(score) if score is not None else None for score in (computed, given)))


def written(**values: int | None) -> Assessment:
    """Each value met in full up to a level, or unsure."""
    return Assessment.model_validate(
        {
            "values": [
                {"code": code, "unsure": True}
                if level is None
                else {"code": code, "levels": ["full"] * level + ["none"] * (5 - level)}
                for code, level in values.items()
            ]
        }
    )


@pytest.mark.parametrize(
    ("performance", "v", "overall", "suggested", "quadrant"),
    [
        ("4.00", "3.00", "4.00", "4", "star"),
        ("3.50", "2.50", "3.50", "3.5", "bull"),
        ("3.25", "3.00", "3.48", "3.5", "rabbit"),
        ("3.75", "2.75", "3.75", "3.75", "bull"),
        ("5.00", "2.40", "4.54", "2.5", "wild_dog"),
        ("3.25", "2.40", "3.31", "2.5", "dog"),
    ],
)
def test_the_examples_of_the_specification(
    performance: str, v: str, overall: str, suggested: str, quadrant: str
) -> None:
    """REV-4, REV-5, REV-9: of V = 2.40 overall is 0.7 × 5 + 0.3 × 3.46 = 4.538, and the rating 2.5 all the same."""
    found = judge(SETTINGS, performance=Decimal(performance), scores=[Decimal(v)])
    assert [str(found.overall), str(found.suggested_rating), found.quadrant] == [overall, suggested, quadrant]
    assert found.values_failed is (Decimal(v) < Decimal("2.5"))


def test_the_managers_score_counts_before_the_computed_one() -> None:
    """REV-2: (3.5 × 50 + 4 × 30 + 5 × 10) / 90 = 3.8333…"""
    goals = [goal(50, "3.5"), goal(30, "3.5", "4"), goal(10, None, "5"), goal(10, None)]
    assert goals_score(goals) == Decimal("3.83")
    assert goals_score([goal(100, None)]) is None
    assert goals_score([]) is None


def test_parts_without_a_score_leave_their_share_to_the_others() -> None:
    """REV-2a: (0.5 × 4 + 0.2 × 3) / 0.7 = 3.7142…; without a share a part is none."""
    settings = ReviewSettings.model_validate({"team_share": "0.3", "competency_share": "0.2"})
    found = judge_performance(settings, goals=[goal(1, "4")], team=[goal(1, None)], competency=Decimal(3))
    assert (found.team_score, found.competency_score, found.performance) == (None, Decimal("3.00"), Decimal("3.71"))
    found = judge_performance(SETTINGS, goals=[goal(1, "4")], team=[goal(1, "5")], competency=Decimal(3))
    assert (found.team_score, found.competency_score, found.performance) == (None, None, Decimal("4.00"))


def test_a_years_reviews_stand_in_for_goals() -> None:
    """REV-12: where there are none; goals without a score are goals all the same."""
    year = YearSoFar(performances=[Decimal("3.50"), Decimal("3.75")], quarters=[])

    def of_year(*goals: JudgedGoal) -> Decimal | None:
        return judge_performance(SETTINGS, goals=goals, year=year).performance

    assert (of_year(), of_year(goal(1, "5")), of_year(goal(1, None))) == (Decimal("3.63"), Decimal(5), None)


def test_a_years_values_are_one_figure() -> None:
    """REV-12: a quarter below 2.5 fails the year only by the mean, whatever the gate."""
    every = ReviewSettings.model_validate({"values_gate": "every"})
    quarters = [Decimal("2.00"), Decimal("3.00")]
    found = judge(every, performance=None, scores=[], quarters=quarters)
    assert (found.values_score, found.values_failed) == (Decimal("2.50"), False)


def test_decisions_stand_in_the_order_they_were_made() -> None:
    """REV-3: of unsure values only; what was left undecided takes nothing away."""
    manager = written(a=None, b=None, c=2, d=None)
    scores = value_scores(manager, written(a=1, b=3, c=5), written(a=4, b=None))
    assert scores == {"a": 4, "b": 3, "c": 2, "d": None}
    assert unsure_values(manager) == ["a", "b", "d"]


def test_undecided_values_are_left_out() -> None:
    """REV-3: and of none there is neither V nor a failure."""
    found = judge(SETTINGS, performance=Decimal("3.50"), scores=[None, Decimal(3)])
    assert (found.values_score, found.values_failed) == (Decimal("3.00"), False)
    found = judge(SETTINGS, performance=Decimal("3.50"), scores=[None])
    assert (found.values_score, found.values_failed, found.quadrant) == (None, None, None)


def test_what_was_never_written_is_empty() -> None:
    assert read_document(None) == Assessment()


def test_rounds_of_values_suggest_nothing() -> None:
    """REV-1: not even 2.5."""
    found: Any = judge(SETTINGS, performance=None, scores=[Decimal(1)], is_values_only=True)
    assert (found.values_failed, found.suggested_rating, found.overall, found.quadrant) == (True, None, None, None)
