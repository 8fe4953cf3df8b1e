"""Scorecards of subtrees: what everybody below has reached, as far as the caller sees it (REV-2, SEC-3)."""

from typing import Any

from httpx import AsyncClient

from attain_api.state import ApiState
from tests.support.companies import Member, make_company, make_member
from tests.support.goals import make_cycle
from tests.support.http import created, ok, pointers
from tests.support.relations import make_relations
from tests.support.staff import add_person, hired
from tests.support.statements import count_statements
from tests.support.stored_goals import store_goal, stored_indicator

Json = dict[str, Any]


async def read_card(api: AsyncClient, caller: Member, path: str, cycle: Json, *, subtree: bool = True) -> Json:
    """A scorecard, with everybody below."""
    params = {"cycle_id": cycle["id"]} | ({"subtree": "true"} if subtree else {})
    return ok(await api.get(f"/v1/scorecards/{path}", params=params, headers=caller.headers))


async def test_a_subtree_is_the_departments_below_and_the_people_in_all_of_them(
    api: AsyncClient, state: ApiState
) -> None:
    """REV-2: of each owner the performance, how many goals make it, and how many have no data."""
    company = await make_company(state)
    executive = await make_member(state, company, roles=("executive",))
    cycle, other_cycle = (
        await make_cycle(api, company),
        await make_cycle(api, company, kind="year", starts_on="2026-01-01"),
    )
    ids: dict[str, str] = {}
    for name, parent in (("top", None), ("team", "top"), ("squad", "team"), ("other", None)):
        body = {"name": name, "function": "operations", "parent_id": ids.get(parent or "")}
        ids[name] = created(await api.post("/v1/departments", json=body, headers=company.headers))["id"]
    people = {
        name: await add_person(state, company, hired(ids[place]), name=name)
        for name, place in (("ann", "top"), ("bob", "squad"), ("cat", "other"), ("dan", "team"))
    }
    await store_goal(state, company, cycle, department_id=ids["top"], score="4")
    await store_goal(state, company, cycle, department_id=ids["squad"], score=("3", "3.5"), forecast="4")
    await store_goal(state, company, cycle, department_id=ids["other"], score="3")
    measured = [stored_indicator(), stored_indicator("uv")]
    await store_goal(
        state, company, cycle, *measured, person_id=people["ann"], score="4.5", weight="60", forecast="4",
        attained=["1.2", None],
    )  # fmt: skip
    await store_goal(state, company, cycle, person_id=people["ann"], score="2.5", weight="20", forecast="4.5")
    await store_goal(state, company, cycle, person_id=people["ann"], weight="20")
    await store_goal(state, company, cycle, person_id=people["bob"], score="3.5", state="closed")
    await store_goal(state, company, cycle, person_id=people["cat"], score="3.5")
    await store_goal(state, company, cycle, person_id=people["dan"], score="3.5", state="draft")
    await store_goal(state, company, other_cycle, person_id=people["dan"], score="3.5")
    card = await read_card(api, executive, f"departments/{ids['top']}", cycle)
    assert card["performance"] == "4.00"
    figures = [
        (one["name"], one["performance"], one["performance_low"], one["performance_forecast"], one["goals"],
         one["without_data"])
        for one in card["below"]
    ]  # fmt: skip
    assert figures == [
        ("squad", None, "3.00", "4.00", 1, 0),
        ("ann", "4.00", None, "4.13", 3, 1),
        ("bob", "3.50", None, None, 1, 0),
    ]
    assert card["below"][1]["owner"] == {"type": "person", "id": str(people["ann"])}
    statuses = [(goal["score"], goal["status"], goal["attainments"]) for goal in card["below"][1]["standings"]]
    assert statuses == [("4.5", "on_track", ["1.2", None]), ("2.5", "on_track", []), (None, "no_data", [])]
    whole = await read_card(api, executive, "company", cycle)
    assert [one["name"] for one in whole["below"]] == ["other", "squad", "top", "ann", "bob", "cat"]
    assert (await read_card(api, executive, "company", cycle, subtree=False))["below"] is None
    assert (await read_card(api, executive, f"departments/{ids['squad']}", cycle))["below"][0]["name"] == "bob"


async def test_only_people_have_nobody_below(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    cycle = await make_cycle(api, company)
    params = {"cycle_id": cycle["id"], "subtree": "true"}
    response = await api.get(f"/v1/scorecards/people/{company.person_id}", params=params, headers=company.headers)
    assert pointers(response) == [("/query/subtree", "extra-forbidden")]


async def test_whoever_sees_the_department_sees_below_it_only_whom_they_see(api: AsyncClient, state: ApiState) -> None:
    """SEC-3: an administrator sees the goals of owners without an account, and no others below."""
    made = await make_relations(state)
    cycle = await make_cycle(api, made.admin)
    for name in ("me", "silent"):
        await store_goal(state, made.admin, cycle, person_id=made[name].person_id, score="3.5")
    for caller, seen in (("executive", {"me", "silent"}), ("admin", {"silent"})):
        card = await read_card(api, made[caller], f"departments/{made.departments['team']}", cycle)
        assert {one["owner"]["id"] for one in card["below"]} == {str(made[name].person_id) for name in seen}


async def test_a_subtree_costs_the_same_for_one_and_for_many(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    executive = await make_member(state, company, roles=("executive",))
    cycle = await make_cycle(api, company)
    costs, below = [], 0
    for more in (1, 49):
        for _ in range(more):
            person = await add_person(state, company, hired())
            await store_goal(state, company, cycle, person_id=person, score="3.5")
        with count_statements() as statements:
            below = len((await read_card(api, executive, "company", cycle))["below"])
        costs.append(len(statements))
    assert below == 50
    assert costs[0] == costs[1] <= 6
