"""All of an owner's weights change together, to 100 (GOAL-2)."""

from typing import Any

import pytest
from httpx import AsyncClient, Response

from attain_api.state import ApiState
from attain_shared.identifiers import new_id
from tests.support.companies import Company, make_company, make_member, make_shop
from tests.support.goals import confirm_goals, indicator, make_cycle, make_goal
from tests.support.http import ok, pointers, problem


async def three_goals(api: AsyncClient, state: ApiState) -> tuple[Company, str, list[str]]:
    company = await make_company(state)
    cycle, shop = (await make_cycle(api, company))["id"], await make_shop(state, company)
    weights = ("50", "50", "0")
    made = [await make_goal(api, company, indicator([shop.id]), cycle_id=cycle, weight=weight) for weight in weights]
    return company, cycle, [goal["id"] for goal in made]


async def put(api: AsyncClient, caller: Any, cycle: str, weights: list[tuple[str, str]], **more: Any) -> Response:
    named = [{"goal_id": goal, "weight": weight} for goal, weight in weights]
    body = {"cycle_id": cycle, "owner": {"type": "company"}, "weights": named} | more
    return await api.put("/v1/goal-weights", json=body, headers=caller.headers)


async def weights_of(api: AsyncClient, company: Company) -> list[str]:
    return [goal["weight"] for goal in ok(await api.get("/v1/goals", headers=company.headers))["items"]]


async def test_weights_change_together(api: AsyncClient, state: ApiState) -> None:
    """GOAL-2: also those of confirmed goals."""
    company, cycle, goals = await three_goals(api, state)
    await confirm_goals(api, company, goals[0], goals[1])
    answer = ok(await put(api, company, cycle, list(zip(goals, ("33.33", "33.33", "33.34"), strict=True))))
    assert [one["weight"] for one in answer["weights"]] == ["33.33", "33.33", "33.34"]
    assert await weights_of(api, company) == ["33.33", "33.33", "33.34"]
    await confirm_goals(api, company, goals[2])


@pytest.mark.parametrize(
    ("places", "weights", "expected"),
    [
        ((0, 1, 2), ("50", "50", "0.01"), [("/weights", "weights-do-not-add-up")]),
        ((0, 1, 2), ("50", "49.99", "0"), [("/weights", "weights-do-not-add-up")]),
        ((0, 1), ("50", "50"), [("/weights", "incomplete")]),
        ((0, 1, 1, 2), ("50", "25", "25", "0"), [("/weights", "duplicate")]),
        ((0, 1, 2, 3), ("50", "50", "0", "0"), [("/weights/3/goal_id", "unknown-goal")]),
        ((0, 1, 2), ("101", "-1", "0"), [("/weights/0/weight", "less-than-equal"), ("/weights/1/weight", "greater-than-equal")]),
        ((), (), [("/weights", "too-short")]),
    ],
)  # fmt: skip
async def test_weights_that_do_not_fit_change_nothing(
    api: AsyncClient,
    state: ApiState,
    places: tuple[int, ...],
    weights: tuple[str, ...],
    expected: list[tuple[str, str]],
) -> None:
    """GOAL-2."""
    company, cycle, goals = await three_goals(api, state)
    named = [([*goals, str(new_id())][place], weight) for place, weight in zip(places, weights, strict=True)]
    assert pointers(await put(api, company, cycle, named)) == expected
    assert await weights_of(api, company) == ["50.00", "50.00", "0.00"]


async def test_weights_are_of_one_owner_and_one_cycle(api: AsyncClient, state: ApiState) -> None:
    company, cycle, goals = await three_goals(api, state)
    named = list(zip(goals, ("20", "30", "50"), strict=True))
    other, _cycle, _goals = await three_goals(api, state)
    person = {"type": "person", "id": str(company.person_id)}
    codes = {code for _, code in pointers(await put(api, company, cycle, named, owner=person))}
    assert codes == {"unknown-goal"}
    assert {code for _, code in pointers(await put(api, other, cycle, named))} == {"unknown-goal"}
    assert await weights_of(api, company) == ["50.00", "50.00", "0.00"]
    hr = await make_member(state, company, roles=("hr",))
    problem(await put(api, hr, cycle, named), status=403, code="not-allowed")
