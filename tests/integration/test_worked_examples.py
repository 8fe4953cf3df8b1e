"""The examples that the specification works out, each through the API as people act (REV-3, REV-5, REV-8)."""

import pytest
from httpx import AsyncClient

from attain_api.state import ApiState
from attain_shared.rules.review_flow import Step
from tests.support.calibrated import EVERYBODY, make_round
from tests.support.http import ok
from tests.support.reviewed import VALUES
from tests.support.reviewing import Reviewing, make_reviewing, value

GOOD, MEETS, BELOW = (3, False), (2, True), (2, False)
"""Levels met in full, and whether the next one is in part: 3, 2.5 and 2."""


async def assess(made: Reviewing, performance: str, levels: list[tuple[int, bool]]) -> dict[str, object]:
    """What the manager's submission comes to: one goal with that score, and the round's values so far met."""
    await made.goal(performance)
    given = [value(f"value_{number}", level, partial=partial) for number, (level, partial) in enumerate(levels)]
    return await made.assess(values=given)


async def with_values(api: AsyncClient, state: ApiState, number: int) -> Reviewing:
    """A review at the manager's assessment, of a round with so many values."""
    values = [VALUES[0] | {"code": f"value_{one}"} for one in range(number)]
    return await make_reviewing(api, state, step=Step.MANAGER_ASSESSMENT, company_values=values)


@pytest.mark.parametrize(
    ("performance", "levels", "expected"),
    [
        ("4.00", [GOOD], ("3.00", "4.00", "4.00", "4", False)),
        ("3.50", [MEETS], ("2.50", "3.50", "3.50", "3.5", False)),
        ("3.25", [GOOD], ("3.00", "4.00", "3.48", "3.5", False)),
        ("3.75", [MEETS, GOOD], ("2.75", "3.75", "3.75", "3.75", False)),
        ("5.00", [BELOW, *[MEETS] * 4], ("2.40", "3.46", "4.54", "2.5", True)),
    ],
    ids=["4.00 and 3.00", "3.50 and 2.50", "3.25 and 3.00", "3.75 and 2.75", "5.00 and 2.40"],
)
async def test_overall_is_that_of_the_five_examples(
    api: AsyncClient,
    state: ApiState,
    performance: str,
    levels: list[tuple[int, bool]],
    expected: tuple[str, str, str, str, bool],
) -> None:
    """REV-5: P and V, mapped, weighted and rounded once; failed values are rated 2.5 whatever the performance (REV-4)."""
    made = await with_values(api, state, len(levels))
    review = await assess(made, performance, levels)
    names = ("values", "values_mapped", "overall", "suggested_rating", "values_failed")
    assert (review["performance"], *[review[name] for name in names]) == (performance, *expected)


async def test_full_full_partial_full_none_is_two_and_a_half(api: AsyncClient, state: ApiState) -> None:
    """REV-3: the fourth level is full, and counts for nothing as the third is not."""
    made = await with_values(api, state, 1)
    await made.goal("3.50")
    levels = ["full", "full", "partial", "full", "none"]
    review = await made.assess(values=[{"code": "value_0", "levels": levels, "cases": []}])
    assert (review["values"], review["values_failed"]) == ("2.50", False)
    assert review["manager_assessment"]["values"][0]["levels"] == levels


@pytest.mark.parametrize(("size", "limits"), [(20, (4, 7, 3)), (10, (2, 3, 2))])
async def test_the_limits_of_twenty_and_of_ten(
    api: AsyncClient, state: ApiState, size: int, limits: tuple[int, int, int]
) -> None:
    """REV-8: caps round down, the minimum rounds half up."""
    there = await make_round(api, state, {"运营部": ["3.50"] * size})
    (group,) = ok(await there.get())["items"]
    assert tuple(group["limits"][name] for name in ("most_top", "most_upper", "least_lower")) == limits
    assert (group["size"], group["advice_only"]) == (size, False)


async def test_the_middle_is_never_a_violation(api: AsyncClient, state: ApiState) -> None:
    """REV-8: 50 % is shown; here 15 of 20 have 3.5, and nothing is broken but the minimum."""
    there = await make_round(api, state, {EVERYBODY: ["4.00"] * 2 + ["3.50"] * 15 + ["3.20"] * 3})
    (group,) = ok(await there.get())["items"]
    assert (group["distribution"]["middle"], group["limits"]["about_middle"]) == (15, 10)
    assert (group["violations"], group["proposal"]) == ([], [])
