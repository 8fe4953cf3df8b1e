"""A goal's life: submit, confirm, changes of drafts; each with If-Match (GOAL-2, GOAL-3)."""

from typing import Any

import pytest
from httpx import AsyncClient

from attain_api.state import ApiState
from attain_shared.identifiers import new_id
from tests.support.companies import Company, make_company, make_member, make_shop
from tests.support.goals import NOBODY, act, confirm_goals, goal_body, indicator, make_cycle, make_goal
from tests.support.http import ok, pointers, problem
from tests.support.worker import count_rows, recompute


async def drafts(
    api: AsyncClient, state: ApiState, *weights: str, **more: Any
) -> tuple[Company, dict[str, Any], list[str]]:
    """A company's goals with these weights, its cycle, and the goals' ids."""
    company = await make_company(state)
    cycle = await make_cycle(api, company)
    shop = await make_shop(state, company)
    made = [
        (await make_goal(api, company, indicator([shop.id]), cycle_id=cycle["id"], weight=weight, **more))["id"]
        for weight in weights
    ]
    return company, cycle, made


async def read(api: AsyncClient, company: Company, goal: str) -> dict[str, Any]:
    return ok(await api.get(f"/v1/goals/{goal}", headers=company.headers))


async def test_a_goal_is_submitted_then_confirmed_then_closed(api: AsyncClient, state: ApiState) -> None:
    """GOAL-3: nobody is above the company, whose administrator stands in until an executive can sign in."""
    company, _cycle, (goal,) = await drafts(api, state, "100")
    tags = {(await api.get(f"/v1/goals/{goal}", headers=company.headers)).headers["etag"]}
    for action, after, allowed in (
        ("submit", "submitted", ["change", "return", "adjust", "confirm", "cancel"]),
        ("confirm", "confirmed", ["change", "cancel", "close"]),
        ("close", "closed", []),
    ):
        response = await act(api, company, goal, action)
        content = ok(response)
        assert (content["state"], content["allowed_actions"]) == (after, allowed)
        assert content == await read(api, company, goal)
        tags.add(response.headers["etag"])
    assert len(tags) == 4


@pytest.mark.parametrize("action", ["submit", "confirm"])
async def test_an_action_says_which_version_it_means(api: AsyncClient, state: ApiState, action: str) -> None:
    company, _cycle, (goal,) = await drafts(api, state, "100")
    if action == "confirm":
        ok(await act(api, company, goal, "submit"))
    tag = (await api.get(f"/v1/goals/{goal}", headers=company.headers)).headers["etag"]
    problem(await act(api, company, goal, action, etag=None), status=428, code="precondition-required")
    for stale in ('"0-w"', f"W/{tag}", '""'):
        problem(await act(api, company, goal, action, etag=stale), status=412, code="stale")
    ok(await act(api, company, goal, action, etag=tag))


async def test_an_action_of_another_state_is_not_allowed(api: AsyncClient, state: ApiState) -> None:
    company, _cycle, (goal,) = await drafts(api, state, "100")
    for before, refused in (
        ("draft", ["confirm"]),
        ("submitted", ["submit", "close"]),
        ("confirmed", ["submit", "confirm"]),
    ):
        assert (await read(api, company, goal))["state"] == before
        for action in refused:
            problem(await act(api, company, goal, action), status=409, code="action-not-allowed")
        if before != "confirmed":
            ok(await act(api, company, goal, {"draft": "submit", "submitted": "confirm"}[before]))


async def test_weights_are_100_before_any_goal_is_confirmed(api: AsyncClient, state: ApiState) -> None:
    """GOAL-2: of the submitted and confirmed goals of one owner in one cycle."""
    company, _cycle, (first, second, third) = await drafts(api, state, "40", "60", "0.01")
    ok(await act(api, company, first, "submit"))
    problem(await act(api, company, first, "confirm"), status=409, code="weights-do-not-add-up")
    ok(await act(api, company, second, "submit"))
    problem(await act(api, company, third, "submit"), status=409, code="weights-do-not-add-up")
    for goal in (first, second):
        ok(await act(api, company, goal, "confirm"))


async def test_a_goal_holds_no_figures_that_move_its_tag(api: AsyncClient, state: ApiState) -> None:
    company, _cycle, (goal,) = await drafts(api, state, "100")
    path, headers = f"/v1/goals/{goal}", company.headers
    tag = (await api.get(path, headers=headers)).headers["etag"]
    await recompute(state, company.company_id)
    response = await api.get(path, headers=headers | {"If-None-Match": tag})
    assert (response.status_code, response.content, response.headers["etag"]) == (304, b"", tag)


async def test_the_tag_changes_with_the_callers_rights(api: AsyncClient, state: ApiState) -> None:
    company, _cycle, (goal,) = await drafts(api, state, "100")
    hr = await make_member(state, company, roles=("hr",))
    seen = {}
    for caller in (company, hr):
        response = await api.get(f"/v1/goals/{goal}", headers=caller.headers)
        seen[response.headers["etag"]] = response.json()["allowed_actions"]
    assert list(seen.values()) == [["change", "submit", "cancel"], []]
    problem(await act(api, hr, goal, "submit"), status=403, code="not-allowed")


async def test_executives_write_for_the_company_but_not_for_people(api: AsyncClient, state: ApiState) -> None:
    """SEC-3."""
    company, _cycle, (goal,) = await drafts(api, state, "100")
    person = {"type": "person", "id": str(company.person_id)}
    other, _cycle, (persons,) = await drafts(api, state, "100")
    executive = await make_member(state, company, roles=("executive",))
    ok(await act(api, executive, goal, "submit"))
    body = goal_body(str(new_id()), [indicator([new_id()])], owner=person)
    problem(await api.post("/v1/goals", json=body, headers=executive.headers), status=403, code="not-allowed")
    problem(await act(api, executive, persons, "submit"), status=404, code="not-found")
    assert (await read(api, other, persons))["state"] == "draft"


async def patch(api: AsyncClient, company: Company, goal: str, body: Any, etag: str | None = "*") -> Any:
    headers = company.headers | ({"If-Match": etag} if etag else {})
    return await api.patch(f"/v1/goals/{goal}", json=body, headers=headers)


async def test_a_change_of_a_draft_is_partial_and_null_clears(api: AsyncClient, state: ApiState) -> None:
    company, _cycle, (goal,) = await drafts(api, state, "100", why="because", how="so")
    before = await read(api, company, goal)
    response = await patch(
        api, company, goal, {"title": "new", "why": None, "weight": "30", "standards": {"meets": "y"}}
    )
    standards = {"below": None, "meets": "y", "above": None}
    changed = {"title": "new", "why": None, "weight": "30.00", "standards": standards}
    assert ok(response) == before | changed
    assert await read(api, company, goal) == before | changed
    assert ok(await patch(api, company, goal, {"standards": None}))["standards"] is None


async def test_a_change_that_changes_nothing_keeps_the_tag(api: AsyncClient, state: ApiState) -> None:
    company, _cycle, (goal,) = await drafts(api, state, "100")
    tag = (await api.get(f"/v1/goals/{goal}", headers=company.headers)).headers["etag"]
    for body in ({}, {"weight": "100"}, {"why": None}):
        response = await patch(api, company, goal, body)
        ok(response)
        assert response.headers["etag"] == tag


async def test_a_new_rubric_is_scored_by_at_once(api: AsyncClient, state: ApiState) -> None:
    company, _cycle, (goal,) = await drafts(api, state, "100")
    await recompute(state, company.company_id)
    ok(await patch(api, company, goal, {"title": "other"}))
    assert await count_rows(state, "goal_marks", company.company_id) == 0
    rubric = {"rules": [{"test": "all", "op": ">=", "threshold": "1", "score": "4"}], "otherwise": "3"}
    shown = ok(await patch(api, company, goal, {"rubric": rubric}))["rubric"]
    assert shown == rubric
    assert await count_rows(state, "goal_marks", company.company_id) == 1


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"title": None}, "/title"),
        ({"title": ""}, "/title"),
        ({"weight": None}, "/weight"),
        ({"weight": "101"}, "/weight"),
        ({"ignore_missing": None}, "/ignore_missing"),
        ({"state": "confirmed"}, "/state"),
        ({"indicators": []}, "/indicators"),
        ({"parent_id": NOBODY}, "/parent_id"),
        ({"rubric": {"rules": [], "otherwise": "3.4"}}, "/rubric/otherwise"),
    ],
    ids=str,
)
async def test_a_change_that_cannot_be_is_refused(
    api: AsyncClient, state: ApiState, body: dict[str, Any], pointer: str
) -> None:
    company, _cycle, (goal,) = await drafts(api, state, "100")
    before = await read(api, company, goal)
    assert [found for found, _ in pointers(await patch(api, company, goal, body))] == [pointer]
    assert await read(api, company, goal) == before


async def test_a_goal_is_not_its_own_parent(api: AsyncClient, state: ApiState) -> None:
    """GOAL-2: no circles."""
    company, _cycle, (first, second) = await drafts(api, state, "50", "50")
    assert ok(await patch(api, company, second, {"parent_id": first}))["parent_id"] == first
    for parent in (first, second):
        response = await patch(api, company, first, {"parent_id": parent})
        assert [pointer for pointer, _ in pointers(response)] == ["/parent_id"]


async def test_what_has_ended_is_not_changed(api: AsyncClient, state: ApiState) -> None:
    company, _cycle, (goal,) = await drafts(api, state, "100")
    problem(await patch(api, company, goal, {}, etag=None), status=428, code="precondition-required")
    problem(await patch(api, company, goal, {}, etag='"9"'), status=412, code="stale")
    await confirm_goals(api, company, goal)
    ok(await act(api, company, goal, "close"))
    problem(await patch(api, company, goal, {"title": "x"}), status=409, code="not-a-draft")
