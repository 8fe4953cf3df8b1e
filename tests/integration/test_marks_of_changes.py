"""Changes that mark goals though nothing was pushed, and what an attainment says meanwhile (GOAL-10)."""

from uuid import UUID

from httpx import AsyncClient
from sqlalchemy import text

from attain_api.state import ApiState
from attain_shared.clock import business_day
from attain_shared.db.session import transaction
from attain_shared.doorbell import Bell, MemoryDoorbell
from attain_worker.attainment.service import mark_goals_for_new_day
from tests.support.companies import Member, make_company
from tests.support.goals import indicator, make_cycle, make_goal, read_attainment
from tests.support.http import created, ok
from tests.support.measured import goal_of
from tests.support.pushes import make_pusher
from tests.support.worker import count_rows, work_off


async def make_department(api: AsyncClient, company: Member, parent_id: str | None = None) -> str:
    """A department, somewhere in the tree."""
    body = {"name": "电商", "function": "operations", "parent_id": parent_id}
    return str(created(await api.post("/v1/departments", json=body, headers=company.headers))["id"])


async def test_departments_that_move_merge_and_close_mark_goals_on_their_people(
    api: AsyncClient, state: ApiState
) -> None:
    """GOAL-4: a department's people are those of all below it."""
    company = await make_company(state)
    top, other = [await make_department(api, company) for _ in range(2)]
    low = await make_department(api, company, top)
    cycle = await make_cycle(api, company, kind="month", starts_on=str(business_day().replace(day=1)))
    turnover = {"kind": "people", "metric": "turnover_rate", "target": "0.1", "department_id": top}
    await make_goal(api, company, turnover, cycle_id=cycle["id"])
    assert isinstance(state.doorbell, MemoryDoorbell)
    for department, action, body in (
        (low, "move", {"parent_id": other}),
        (low, "merge", {"into_id": top}),
        (other, "close", None),
        (other, "reopen", None),
    ):
        await work_off(state, company.company_id)
        assert await count_rows(state, "goal_marks", company.company_id) == 0
        state.doorbell.rung.clear()
        path = f"/v1/departments/{department}/actions/{action}"
        ok(await api.post(path, json=body, headers=company.headers | {"If-Match": "*"}))
        assert await count_rows(state, "goal_marks", company.company_id) == 1, action
        assert Bell.MARKS in state.doorbell.rung


async def test_an_attainment_includes_no_batch_while_what_it_is_measured_by_has_changed(
    api: AsyncClient, state: ApiState
) -> None:
    """Another indicator, other items, other owners: a push from before is shown once that is computed."""
    pusher = await make_pusher(state)
    headers = pusher.company.headers | {"If-Match": "*"}
    hot = {"shop_id": str(pusher.shop.id), "name": "爆款", "item_ids": ["1"]}
    item_set = created(await api.post("/v1/item-sets", json=hot, headers=headers))["id"]
    me = {"type": "person", "id": str(pusher.company.person_id)}
    goal = await goal_of(api, pusher, {"item_set": item_set}, {"attribution": "owned"}, owner=me)
    batch = await pusher.push(api, pusher.row())
    changes = (
        ("PUT", f"/v1/shops/{pusher.shop.id}/owners", {"starts_on": "2026-01-01", "owners": [me | {"share": "1"}]}),
        ("PATCH", f"/v1/item-sets/{item_set}", {"item_ids": ["1", "2"]}),
        ("PATCH", f"/v1/goals/{goal}", {"indicators": [indicator([pusher.shop.id], "pv")]}),
    )
    for method, path, body in changes:
        await work_off(state, pusher.company_id)
        assert (await read_attainment(api, pusher.company, goal))["includes_batches_up_to"] == batch
        ok(await api.request(method, path, json=body, headers=headers))
        assert (await read_attainment(api, pusher.company, goal))["includes_batches_up_to"] is None, path
    await work_off(state, pusher.company_id)
    found = await read_attainment(api, pusher.company, goal, wait_for_batch=batch, timeout=5)
    assert (found["includes_batches_up_to"], found["indicators"][0]["metric"]) == (batch, "pv")


async def test_what_an_earlier_build_has_computed_is_computed_anew_once(api: AsyncClient, state: ApiState) -> None:
    """F14: it tells no kind of its figures, and is no longer read; also where its window is long over."""
    pusher = await make_pusher(state)
    goal = await goal_of(api, pusher, {})
    await work_off(state, pusher.company_id)
    assert not await marked_for_today(state, pusher.company_id)
    strip = text("""
        UPDATE attainments SET indicators = jsonb_build_array(indicators -> 0 #- '{kind}')
        WHERE company_id = :company_id AND goal_id = :goal_id
    """)
    async with state.engine.begin() as connection:
        await connection.execute(strip, {"company_id": pusher.company_id, "goal_id": goal})
    assert await marked_for_today(state, pusher.company_id)
    await work_off(state, pusher.company_id)
    assert not await marked_for_today(state, pusher.company_id)


async def marked_for_today(state: ApiState, company_id: UUID) -> bool:
    """Whether a worker that starts today marks anything."""
    async with transaction(state.sessions, state.doorbell) as uow:
        await mark_goals_for_new_day(uow, company_id=company_id, today=business_day())
    return await count_rows(state, "goal_marks", company_id) > 0
