"""Goals from draft to confirmed, for the company, its departments and its people (GOAL-1 to GOAL-6)."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient

from attain_api.state import ApiState
from attain_shared.clock import business_day
from attain_shared.people.timeline import EventKind
from tests.support.companies import Company, make_company, make_member, make_shop
from tests.support.goals import NOBODY, act, confirm_goals, goal_body, indicator, make_cycle, make_goal
from tests.support.http import created, ok, pointers, problem
from tests.support.staff import HIRED_ON, add_person, hired
from tests.support.statements import count_statements
from tests.support.worker import count_rows


async def setting(api: AsyncClient, state: ApiState) -> tuple[Company, str, str]:
    """A company, a cycle and a shop."""
    company = await make_company(state)
    return company, (await make_cycle(api, company))["id"], str((await make_shop(state, company)).id)


async def make_department(api: AsyncClient, company: Company) -> str:
    body = {"name": "运营部", "function": "operations"}
    return str(created(await api.post("/v1/departments", json=body, headers=company.headers))["id"])


async def test_a_goal_is_written_for_the_company_a_department_or_a_person(api: AsyncClient, state: ApiState) -> None:
    """GOAL-1: in draft, over the cycle's days unless it says otherwise; the person is the administrator's own self."""
    company, cycle, shop = await setting(api, state)
    owners: list[dict[str, Any]] = [
        {"type": "company", "id": None},
        {"type": "department", "id": await make_department(api, company)},
        {"type": "person", "id": str(company.person_id)},
    ]
    for owner in owners:
        given = {key: value for key, value in owner.items() if value}
        response = await api.post(
            "/v1/goals", json=goal_body(cycle, [indicator([shop])], owner=given), headers=company.headers
        )
        goal = created(response)
        assert goal["owner"] == owner
        assert (goal["state"], goal["allowed_actions"]) == ("draft", ["change", "submit", "cancel"])
        assert (goal["starts_on"], goal["ends_on"], goal["weight"]) == ("2026-07-01", "2026-09-30", "100.00")
        read = await api.get(response.headers["location"], headers=company.headers)
        assert ok(read) == goal
        assert read.headers["etag"] == response.headers["etag"]
    assert await count_rows(state, "goal_marks", company.company_id) == 3


async def test_an_indicator_keeps_what_it_was_given(api: AsyncClient, state: ApiState) -> None:
    """GOAL-5; the aggregate is the catalogue's where none is given (MET-5a)."""
    company, cycle, shop = await setting(api, state)
    band = {"direction": "band", "target": None, "band": {"low": "4.70", "high": "5"}, "cap": "1.5"}
    goal = await make_goal(
        api, company, indicator([shop], "dsr_service", **band), indicator([shop], "dwell", dimension="item:1"),
        cycle_id=cycle,
    )  # fmt: skip
    first, second = goal["indicators"]
    assert (first["band"], first["target"], first["cap"]) == ({"low": "4.70", "high": "5"}, None, "1.5")
    assert (second["aggregate"], second["dimension"], second["cap"]) == ("daily_pooled", "item:1", "2.0")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"cycle_id": NOBODY}, ("/cycle_id", "unknown-cycle")),
        ({"owner": {"type": "person", "id": NOBODY}}, ("/owner/id", "unknown-owner")),
        ({"owner": {"type": "department", "id": NOBODY}}, ("/owner/id", "unknown-owner")),
        ({"owner": {"type": "shop", "id": NOBODY}}, ("/owner", "union-tag-invalid")),
        ({"owner": {"type": "department"}}, ("/owner/id", "missing")),
        ({"parent_id": NOBODY}, ("/parent_id", "unknown-goal")),
        ({"starts_on": "2026-06-30"}, ("/starts_on", "outside-cycle")),
        ({"ends_on": "2026-10-01"}, ("/ends_on", "outside-cycle")),
        ({"starts_on": "2026-08-02", "ends_on": "2026-08-01"}, ("/ends_on", "outside-cycle")),
        ({"weight": "100.01"}, ("/weight", "less-than-equal")),
        ({"weight": "-1"}, ("/weight", "greater-than-equal")),
        ({"weight": "33.333"}, ("/weight", "decimal-max-places")),
        ({"weight": "NaN"}, ("/weight", "decimal-format")),
        ({"title": " "}, ("/title", "string-too-short")),
        ({"title": "a\x00"}, ("/title", "control-character")),
        ({"why": "x" * 4001}, ("/why", "string-too-long")),
        ({"indicators": []}, ("/indicators", "too-short")),
        ({"state": "confirmed"}, ("/state", "extra-forbidden")),
        ({"company_id": NOBODY}, ("/company_id", "extra-forbidden")),
        ({"ignore_missing": "yes"}, ("/ignore_missing", "bool-type")),
    ],
)
async def test_a_goal_that_cannot_be_is_refused(
    api: AsyncClient, state: ApiState, changes: dict[str, Any], expected: tuple[str, str]
) -> None:
    """GOAL-1, GOAL-2."""
    company, cycle, shop = await setting(api, state)
    body = goal_body(cycle, [indicator([shop])]) | changes
    found = pointers(await api.post("/v1/goals", json=body, headers=company.headers))
    assert found == [expected]
    assert await count_rows(state, "goals", company.company_id) == 0


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"target": "0"}, "/target"),
        ({"target": "-1"}, "/target"),
        ({"target": None}, "/target"),
        ({"target": "Infinity"}, "/target"),
        ({"target": "5", "baseline": "5"}, "/target"),
        ({"target": "5", "baseline": "10"}, "/baseline"),
        ({"direction": "lower_better", "target": "10", "baseline": "5"}, "/baseline"),
        ({"dimension": "foo:bar"}, "/dimension"),
        ({"dimension": "terminal:tv"}, "/dimension"),
        ({"cap": "0"}, "/cap"),
        ({"metric": "nothing"}, "/metric"),
        ({"shop_ids": []}, "/shop_ids"),
        ({"shop_ids": [NOBODY]}, "/shop_ids/0"),
        ({"kind": "guess"}, ""),
        ({"direction": "up"}, "/direction"),
        ({"direction": "band"}, "/band"),
        ({"direction": "band", "band": {"low": "5", "high": "5"}}, "/band/high"),
        ({"band": {"low": "4", "high": "5"}}, "/band"),
        ({"aggregate": "daily_pooled"}, "/aggregate"),
        ({"verdict": "met"}, "/verdict"),
        ({"target": "123456789012345678901"}, "/target"),
    ],
)
async def test_an_indicator_that_cannot_be_is_refused(
    api: AsyncClient, state: ApiState, changes: dict[str, Any], pointer: str
) -> None:
    """GOAL-4, GOAL-5: t must be above 0, or other than the baseline."""
    company, cycle, shop = await setting(api, state)
    body = goal_body(cycle, [indicator([shop]) | changes])
    response = await api.post("/v1/goals", json=body, headers=company.headers)
    assert response.status_code == 422
    assert [wrong["pointer"] for wrong in response.json()["errors"]] == [f"/indicators/0{pointer}"]
    assert await count_rows(state, "goals", company.company_id) == 0


async def test_a_goal_has_one_to_eight_indicators(api: AsyncClient, state: ApiState) -> None:
    """GOAL-4."""
    company, cycle, shop = await setting(api, state)
    await make_goal(api, company, *[indicator([shop])] * 8, cycle_id=cycle)
    body = goal_body(cycle, [indicator([shop])] * 9)
    response = await api.post("/v1/goals", json=body, headers=company.headers)
    assert pointers(response) == [("/indicators", "too-long")]


async def test_a_shop_of_another_company_is_unknown(api: AsyncClient, state: ApiState) -> None:
    """ORG-0."""
    company, cycle, _shop = await setting(api, state)
    foreign = str((await make_shop(state, await make_company(state))).id)
    response = await api.post("/v1/goals", json=goal_body(cycle, [indicator([foreign])]), headers=company.headers)
    assert pointers(response) == [("/indicators/0/shop_ids/0", "unknown-shop")]


@pytest.mark.parametrize(
    ("rules", "otherwise", "pointer"),
    [
        ([("all", "<=", "0.6", "3"), ("any", "<=", "0.8", "2.5")], "3.5", "/rules/1/score"),
        ([("all", "<=", "0.6", "4")], "3.5", "/rules/0/score"),
        ([("all", ">=", "1.3", "3")], "3.5", "/rules/0/score"),
        ([("all", ">=", "1.3", "4"), ("all", "<=", "0.6", "3")], "3.5", "/rules/1/op"),
        ([("all", ">=", "1.1", "4"), ("all", ">=", "1.3", "4.5")], "3.5", "/rules/1/score"),
        ([("all", ">=", "1.1", "3.6")], "3.5", "/rules/0/score"),
        ([], "3.4", "/otherwise"),
        ([("most", ">=", "1.1", "4")], "3.5", "/rules/0/test"),
        ([("all", ">=", "-1", "4")], "3.5", "/rules/0/threshold"),
    ],
)
async def test_a_rubric_that_is_not_monotone_is_refused(
    api: AsyncClient, state: ApiState, rules: list[tuple[str, str, str, str]], otherwise: str, pointer: str
) -> None:
    """GOAL-6."""
    company, cycle, shop = await setting(api, state)
    named = [dict(zip(("test", "op", "threshold", "score"), rule, strict=True)) for rule in rules]
    body = goal_body(cycle, [indicator([shop])], rubric={"rules": named, "otherwise": otherwise})
    response = await api.post("/v1/goals", json=body, headers=company.headers)
    assert [wrong["pointer"] for wrong in response.json()["errors"]] == [f"/rubric{pointer}"]


async def test_goals_cascade_downwards_within_the_parents_window(api: AsyncClient, state: ApiState) -> None:
    """GOAL-2."""
    company, cycle, shop = await setting(api, state)
    person = {"type": "person", "id": str(company.person_id)}
    july = {"starts_on": "2026-07-01", "ends_on": "2026-07-31"}
    top = await make_goal(api, company, indicator([shop]), cycle_id=cycle, **july)
    below = await make_goal(api, company, indicator([shop]), cycle_id=cycle, owner=person, parent_id=top["id"], **july)
    for more, code in (
        ({"owner": person, "parent_id": top["id"]}, "window-not-enclosed"),
        ({"parent_id": below["id"], **july}, "wrong-level"),
    ):
        body = goal_body(cycle, [indicator([shop])], **more)
        response = await api.post("/v1/goals", json=body, headers=company.headers)
        assert pointers(response) == [("/parent_id", code)]


async def test_a_cancelled_goal_takes_no_new_ones_below_it(api: AsyncClient, state: ApiState) -> None:
    """GOAL-2: those that were below it before keep it, and may say so again."""
    company, cycle, shop = await setting(api, state)
    top = await make_goal(api, company, indicator([shop]), cycle_id=cycle)
    body = goal_body(cycle, [indicator([shop])], parent_id=top["id"])
    below = created(await api.post("/v1/goals", json=body, headers=company.headers))
    ok(await act(api, company, top["id"], "cancel", reason="x"))
    response = await api.post("/v1/goals", json=body, headers=company.headers)
    assert pointers(response) == [("/parent_id", "parent-cancelled")]
    again = {"parent_id": top["id"], "title": "改了"}
    headers = company.headers | {"If-Match": "*"}
    ok(await api.patch(f"/v1/goals/{below['id']}", json=again, headers=headers))


async def test_who_has_left_gets_no_goals(api: AsyncClient, state: ApiState) -> None:
    company, cycle, shop = await setting(api, state)
    yesterday = business_day() - timedelta(days=1)
    left = await add_person(state, company, hired(on=HIRED_ON), (EventKind.LEAVE, yesterday, {}))
    body = goal_body(cycle, [indicator([shop])], owner={"type": "person", "id": str(left)})
    response = await api.post("/v1/goals", json=body, headers=company.headers)
    assert pointers(response) == [("/owner/id", "has-left")]


async def test_a_closed_cycle_takes_no_goals(api: AsyncClient, state: ApiState) -> None:
    company, cycle, shop = await setting(api, state)
    ok(await api.post(f"/v1/cycles/{cycle}/actions/close", headers=company.headers))
    response = await api.post("/v1/goals", json=goal_body(cycle, [indicator([shop])]), headers=company.headers)
    problem(response, status=409, code="cycle-closed")


async def test_a_goal_made_twice_with_one_key_is_one(api: AsyncClient, state: ApiState) -> None:
    company, cycle, shop = await setting(api, state)
    body, headers = goal_body(cycle, [indicator([shop])]), company.headers | {"Idempotency-Key": "k"}
    first = await api.post("/v1/goals", json=body, headers=headers)
    again = await api.post("/v1/goals", json=body, headers=headers)
    assert created(again) == created(first)
    assert again.headers["etag"] == first.headers["etag"]
    problem(
        await api.post("/v1/goals", json=body | {"title": "x"}, headers=headers),
        status=409,
        code="idempotency-key-reused",
    )
    assert await count_rows(state, "goals", company.company_id) == 1


async def test_goals_are_listed_by_what_they_belong_to(api: AsyncClient, state: ApiState) -> None:
    company, cycle, shop = await setting(api, state)
    other_cycle = (await make_cycle(api, company, starts_on="2026-10-01"))["id"]
    department, person = await make_department(api, company), str(company.person_id)
    make = {"cycle_id": cycle, "weight": "50"}
    top = (await make_goal(api, company, indicator([shop]), **make | {"title": "c"}))["id"]
    team = await make_goal(
        api,
        company,
        indicator([shop]),
        owner={"type": "department", "id": department},
        parent_id=top,
        **make | {"title": "b"},
    )
    mine = await make_goal(
        api, company, indicator([shop]), owner={"type": "person", "id": person}, **make | {"title": "a"}
    )
    next_one = await make_goal(api, company, indicator([shop]), cycle_id=other_cycle, title="d")
    ok(await act(api, company, mine["id"], "submit"))

    async def listed(**params: str) -> str:
        page = ok(await api.get("/v1/goals", params=params, headers=company.headers))
        return "".join(goal["title"] for goal in page["items"])

    assert await listed() == "cbad"
    assert await listed(sort="title") == "abcd"
    assert await listed(sort="-title", limit="2") == "dc"
    assert await listed(cycle_id=next_one["cycle_id"]) == "d"
    assert await listed(person_id=person) == "a"
    assert await listed(department_id=team["owner"]["id"]) == "b"
    assert await listed(owner_type="company") == "cd"
    assert await listed(parent_id=top) == "b"
    assert await listed(state="submitted") == "a"
    with count_statements() as statements:
        await listed()
    assert len(statements) == 4, statements


async def test_20_confirmations_at_once_have_one_winner(api: AsyncClient, state: ApiState) -> None:
    """reliability.md 9: with If-Match exactly one wins."""
    company, cycle, shop = await setting(api, state)
    goal = (await make_goal(api, company, indicator([shop]), cycle_id=cycle))["id"]
    etag = (await act(api, company, goal, "submit")).headers["etag"]
    answers = await asyncio.gather(*(act(api, company, goal, "confirm", etag=etag) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 19


async def test_another_company_sees_no_goals_and_employees_no_drafts_of_others(
    api: AsyncClient, state: ApiState
) -> None:
    company, cycle, shop = await setting(api, state)
    goal = (await make_goal(api, company, indicator([shop]), cycle_id=cycle))["id"]
    other, employee = await make_company(state), await make_member(state, company)
    for path in (f"/v1/goals/{goal}", f"/v1/goals/{goal}/attainment"):
        problem(await api.get(path, headers=other.headers), status=404, code="not-found")
        problem(await api.get(path, headers=employee.headers), status=404, code="not-found")
    for stranger in (other, employee):
        assert ok(await api.get("/v1/goals", headers=stranger.headers))["items"] == []
        problem(await act(api, stranger, goal, "submit"), status=404, code="not-found")
    await confirm_goals(api, company, goal)
