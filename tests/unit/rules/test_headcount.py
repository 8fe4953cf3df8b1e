"""The figures of a department from what was counted (ORG-5)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attain_shared.rules import headcount as rules


def counted(**given_: int | None) -> rules.Counted:
    fields = dict.fromkeys(("headcount", "person_days", "leavers", "managers", "reports"), 0)
    return rules.Counted(**(fields | {"days": 30, "plan": None} | given_))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("leavers", "person_days", "expected"),
    [(1, 600, "0.0500"), (0, 30, "0.0000"), (1, 45, "0.6667"), (3, 30, "3.0000"), (1, 1, "30.0000")],
)
def test_turnover_is_leavers_over_the_mean_of_the_daily_headcounts(
    leavers: int, person_days: int, expected: str
) -> None:
    assert rules.turnover(counted(leavers=leavers, person_days=person_days)) == Decimal(expected)


def test_turnover_is_null_at_headcount_0() -> None:
    assert rules.turnover(counted()) is None


@pytest.mark.parametrize(
    ("headcount", "plan", "vacant", "over"), [(4, 6, 2, 0), (6, 6, 0, 0), (8, 6, 0, 2), (3, None, None, None)]
)
def test_a_plan_leaves_vacancies_or_is_exceeded(
    headcount: int, plan: int | None, vacant: int | None, over: int | None
) -> None:
    found = counted(headcount=headcount, plan=plan)
    assert (rules.vacancies(found), rules.over_plan(found)) == (vacant, over)


@pytest.mark.parametrize(
    ("headcount", "advice"),
    [(0, "too_small"), (1, "too_small"), (2, "ok"), (25, "ok"), (26, "too_large")],
)
def test_a_team_has_2_to_25_people(headcount: int, advice: str) -> None:
    assert rules.team_size(headcount) == advice


def test_the_span_is_a_mean_over_those_who_have_reports() -> None:
    assert rules.span(counted()) is None
    assert rules.span(counted(managers=3, reports=8)) == Decimal("2.67")


@given(days=st.integers(1, 3700), daily=st.integers(0, 10_000), leavers=st.integers(0, 500))
def test_a_steady_headcount_is_its_own_mean(days: int, daily: int, leavers: int) -> None:
    found = counted(days=days, person_days=days * daily, leavers=leavers)
    assert rules.mean_headcount(found) == daily
    rate = rules.turnover(found)
    assert rate is None if daily == 0 else rate is not None and abs(rate * daily - leavers) <= daily
