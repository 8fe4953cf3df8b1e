"""All of an owner's weights change together, to 100 (GOAL-2)."""

from typing import Any

import pytest
from httpx import AsyncClient, Response

from attain_api.state import ApiState
from attain_shared.identifiers import new_id
from tests.support.companies import Company, make_company, make_member, make_shop
from tests.support.goals import act, confirm_goals, indicator, make_cycle, make_goal
from tests.support.http import ok, pointers, problem
from tests.support.relations import make_relations


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


async def test_a_shift_of_submitted_weights_is_on_record(api: AsyncClient, state: ApiState) -> None:
    """GOAL-3: who, why, and what was and is; not of drafts, and not where nothing changed."""
    company, cycle, goals = await three_goals(api, state)
    await confirm_goals(api, company, goals[0], goals[1])
    shifted = list(zip(goals, ("50", "30", "20"), strict=True))
    ok(await put(api, company, cycle, shifted, reason="重心变了"))
    recorded = []
    for goal in goals:
        page = ok(await api.get(f"/v1/goals/{goal}/history", headers=company.headers))
        recorded.append([(one["reason"], one["changes"]) for one in page["items"] if one["action"] == "change"])
    assert recorded == [[], [("重心变了", {"weight": ["50.00", "30.00"]})], []]


async def test_what_was_agreed_on_is_not_shifted_by_whoever_is_measured_by_it(
    api: AsyncClient, state: ApiState
) -> None:
    """GOAL-3: before the superior's agreement the owner may, after it the superior."""
    people = await make_relations(state)
    cycle = (await make_cycle(api, people.admin))["id"]
    me, boss, owner = people["me"], people["boss"], people.owner("me")
    aim = {"kind": "milestones"}
    steps = [{"title": "x", "due_on": "2026-07-31"}]
    goals = [
        (await make_goal(api, me, aim, cycle_id=cycle, owner=owner, weight="50", milestones=steps))["id"]
        for _ in range(2)
    ]
    ok(await act(api, me, goals[0], "submit"))
    for share in ("40", "60"):
        ok(await put(api, me, cycle, [(goals[0], share), (goals[1], f"{100 - int(share)}")], owner=owner))
    ok(await act(api, boss, goals[0], "adjust"))
    shifted = [(goals[0], "50"), (goals[1], "50")]
    problem(await put(api, me, cycle, shifted, owner=owner), status=403, code="not-allowed")
    ok(await put(api, boss, cycle, shifted, owner=owner))


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
    assert pointers(await put(api, other, cycle, named)) == [("/cycle_id", "unknown-cycle")]
    assert await weights_of(api, company) == ["50.00", "50.00", "0.00"]
    hr = await make_member(state, company, roles=("hr",))
    problem(await put(api, hr, cycle, named), status=403, code="not-allowed")


async def test_the_weights_of_a_closed_cycle_stay(api: AsyncClient, state: ApiState) -> None:
    """GOAL-1: else what opens again with it would no longer add up."""
    company, cycle, goals = await three_goals(api, state)
    await confirm_goals(api, company, goals[0], goals[1])
    ok(await api.post(f"/v1/cycles/{cycle}/actions/close", headers=company.headers))
    problem(await put(api, company, cycle, [(goals[2], "100")]), status=409, code="cycle-closed")


async def test_a_closed_goal_keeps_its_weight_and_counts(api: AsyncClient, state: ApiState) -> None:
    """GOAL-2, REV-2: it is part of the score."""
    company, cycle, goals = await three_goals(api, state)
    await confirm_goals(api, company, goals[0], goals[1])
    ok(await act(api, company, goals[0], "close"))
    named = [(goals[1], "30"), (goals[2], "20")]
    assert pointers(await put(api, company, cycle, [(goals[0], "50"), *named])) == [
        ("/weights/0/goal_id", "goal-closed"),
        ("/weights", "weights-do-not-add-up"),
    ]
    assert pointers(await put(api, company, cycle, [(goals[1], "50"), (goals[2], "50")])) == [
        ("/weights", "weights-do-not-add-up")
    ]
    ok(await put(api, company, cycle, named))
    assert await weights_of(api, company) == ["50.00", "30.00", "20.00"]
    await confirm_goals(api, company, goals[2])
