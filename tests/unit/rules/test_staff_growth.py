"""员工成长 (GOAL-4)."""

import pytest

from attain_shared.rules.staff_growth import staff_growth
from tests.unit.rules.support import D


@pytest.mark.parametrize(
    ("team", "grown", "expected"),
    [
        ("abcd", "a", "0.2500"),
        ("abc", "ab", "0.6667"),
        ("abc", "abc", "1.0000"),
        ("abc", "", "0.0000"),
        ("abc", "axyz", "0.3333"),
        ("aabc", "aaa", "0.3333"),
    ],
)
def test_staff_growth_is_the_share_of_the_team_who_have_grown_goal_4(team: str, grown: str, expected: str) -> None:
    assert str(staff_growth(list(team), list(grown))) == expected


def test_a_team_of_nobody_has_no_staff_growth_goal_4() -> None:
    assert staff_growth([], ["a"]) is None
    assert staff_growth({"a"}, set()) == D(0)
