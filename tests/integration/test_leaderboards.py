"""Leaderboards (龙虎榜, CULT-2): who is ranked, by what, and for whose eyes (SEC-3)."""

from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient

from attain_api.state import ApiState
from attain_shared.identifiers import new_id
from tests.support.companies import Company, Member, make_company, make_member
from tests.support.goals import make_cycle
from tests.support.http import created, ok, pointers, problem
from tests.support.relations import make_relations
from tests.support.staff import add_person, hired
from tests.support.statements import count_statements
from tests.support.stored_goals import store_goal, stored_indicator


async def read_board(api: AsyncClient, caller: Member, **params: Any) -> list[dict[str, Any]]:
    """The board as this caller sees it."""
    items: list[dict[str, Any]] = ok(await api.get("/v1/leaderboards", params=params, headers=caller.headers))["items"]
    return items


async def executive_of(state: ApiState) -> tuple[Company, Member]:
    """A company, and somebody who sees everything in it."""
    company = await make_company(state)
    return company, await make_member(state, company, roles=("executive",))


async def test_people_are_ranked_by_performance(api: AsyncClient, state: ApiState) -> None:
    """CULT-2, REV-2: ties share a rank; without data, or with bounds alone, there is none."""
    company, executive = await executive_of(state)
    cycle = await make_cycle(api, company)
    scores = {"a": "3.5", "b": "4.5", "c": "3.5", "d": None, "e": ("3.25", "4.5"), "f": "2.5"}
    people = {name: await add_person(state, company, hired(), name=name) for name in (*scores, "idle")}
    for name, score in scores.items():
        await store_goal(state, company, cycle, person_id=people[name], score=score)
    await store_goal(state, company, cycle, person_id=people["f"], score="4.5", state="draft")
    await store_goal(state, company, cycle, score="4.5")
    board = await read_board(api, executive, cycle_id=cycle["id"])
    assert [(one["rank"], one["name"], one["performance"]) for one in board] == [
        (1, "b", "4.50"), (2, "a", "3.50"), (2, "c", "3.50"), (4, "f", "2.50"), (None, "d", None), (None, "e", None),
    ]  # fmt: skip
    assert board[0]["owner"] == {"type": "person", "id": str(people["b"])}
    assert (board[-1]["performance_low"], board[-1]["performance_high"]) == ("3.25", "4.50")
    assert {one["attainment"] for one in board} == {None}


async def test_with_a_metric_its_best_attainment_decides(api: AsyncClient, state: ApiState) -> None:
    """CULT-2: by the share of the target, as targets differ; growth of the metric is another figure."""
    company, executive = await executive_of(state)
    cycle = await make_cycle(api, company)
    people = {name: await add_person(state, company, hired(), name=name) for name in "abcd"}
    gmv, growth = stored_indicator(target="1000"), stored_indicator(kind="growth", against="previous", target="0.2")
    uv = stored_indicator("uv")
    await store_goal(state, company, cycle, gmv, growth, person_id=people["a"], attained=["0.9", "5"])
    await store_goal(state, company, cycle, uv, person_id=people["a"], attained=["9"])
    await store_goal(state, company, cycle, gmv, person_id=people["b"], attained=["0.5"], weight="50")
    await store_goal(state, company, cycle, gmv, person_id=people["b"], attained=["1.2"], weight="50")
    await store_goal(state, company, cycle, gmv, person_id=people["c"])
    await store_goal(state, company, cycle, uv, person_id=people["d"], attained=["3"])
    board = await read_board(api, executive, cycle_id=cycle["id"], metric="gmv")
    assert [(one["rank"], one["name"], one["attainment"], one["actual"]) for one in board] == [
        (1, "b", "1.2", "1200.0"), (2, "a", "0.9", "900.0"), (None, "c", None, None),
    ]  # fmt: skip
    assert {one["performance"] for one in board} == {None}


async def test_a_department_is_ranked_with_all_below_it(api: AsyncClient, state: ApiState) -> None:
    company, executive = await executive_of(state)
    cycle = await make_cycle(api, company)
    ids: dict[str, str] = {}
    for name, parent in (("top", None), ("team", "top"), ("other", None)):
        body = {"name": name, "function": "operations", "parent_id": ids.get(parent or "")}
        ids[name] = created(await api.post("/v1/departments", json=body, headers=company.headers))["id"]
        person = await add_person(state, company, hired(ids[name]), name=name)
        await store_goal(state, company, cycle, person_id=person, score="3.5")
    for department, expected in (("top", {"top", "team"}), ("team", {"team"}), ("other", {"other"})):
        board = await read_board(api, executive, cycle_id=cycle["id"], department_id=ids[department])
        assert {one["name"] for one in board} == expected
    assert await read_board(api, executive, cycle_id=cycle["id"], department_id=new_id()) == []


async def test_nobody_is_ranked_against_those_they_do_not_see(api: AsyncClient, state: ApiState) -> None:
    """SEC-3: an employee sees only themself, a manager those below."""
    made = await make_relations(state)
    cycle = await make_cycle(api, made.admin)
    names = {made[name].person_id: name for name in ("me", "peer", "report", "boss", "skip")}
    for person_id in names:
        await store_goal(state, made.admin, cycle, stored_indicator(), person_id=person_id, attained=["1"], score="3.5")
    expected = {
        "peer": {"peer"}, "report": {"report"}, "me": {"me", "report"}, "boss": {"boss", "me", "peer", "report"},
        "head": {"me", "peer", "boss"}, "other_head": set(), "mentor": {"me"}, "admin": set(),
        "executive": set(names.values()), "hr": set(names.values()),
    }  # fmt: skip
    for caller, seen in expected.items():
        for metric in ({}, {"metric": "gmv"}):
            board = await read_board(api, made[caller], cycle_id=cycle["id"], **metric)
            assert {names[UUID(one["owner"]["id"])] for one in board} == seen, caller


@pytest.mark.parametrize("metric", [{}, {"metric": "gmv"}], ids=["performance", "gmv"])
async def test_a_board_is_read_in_parts_by_a_fixed_number_of_statements(
    api: AsyncClient, state: ApiState, metric: dict[str, str]
) -> None:
    company, executive = await executive_of(state)
    cycle = await make_cycle(api, company)
    costs = []
    for more in (1, 49):
        for _ in range(more):
            person = await add_person(state, company, hired())
            await store_goal(state, company, cycle, stored_indicator(), person_id=person, score="3.5", attained=["1"])
        with count_statements() as statements:
            await read_board(api, executive, cycle_id=cycle["id"], **metric)
        costs.append(len(statements))
    assert costs[0] == costs[1] <= 5
    seen: list[str] = []
    params: dict[str, Any] = {"cycle_id": cycle["id"], "limit": 20} | metric
    while True:
        page = ok(await api.get("/v1/leaderboards", params=params, headers=executive.headers))
        seen += [one["owner"]["id"] for one in page["items"]]
        if page["next_cursor"] is None:
            break
        params["cursor"] = page["next_cursor"]
    assert len(seen) == len(set(seen)) == 50


async def test_what_cannot_be_ranked_is_refused(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    other = await make_company(state)
    cycle = await make_cycle(api, company)
    for params, headers in (({"cycle_id": str(new_id())}, company.headers), ({"cycle_id": cycle["id"]}, other.headers)):
        problem(await api.get("/v1/leaderboards", params=params, headers=headers), status=404, code="not-found")
    unknown = {"cycle_id": cycle["id"], "metric": "nonsense"}
    response = await api.get("/v1/leaderboards", params=unknown, headers=company.headers)
    assert pointers(response) == [("/query/metric", "unknown-metric")]
    response = await api.get("/v1/leaderboards", headers=company.headers)
    assert pointers(response) == [("/query/cycle_id", "missing")]
    bad = {"cycle_id": cycle["id"], "cursor": "nonsense"}
    problem(await api.get("/v1/leaderboards", params=bad, headers=company.headers), status=400, code="bad-cursor")
