"""Dated events of people (ORG-3): on their day, as of any day, corrected and withdrawn with a record."""

import asyncio
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from httpx import AsyncClient, Response
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from attain_api.people import repository
from attain_api.state import ApiState
from attain_shared.clock import BUSINESS_ZONE, business_day, utc_now
from attain_shared.db.failures import is_passing
from attain_shared.db.session import transaction
from attain_shared.identifiers import new_id
from tests.support.companies import Company, make_company, make_member
from tests.support.http import created, ok, pointers, problem

HIRED = date(2026, 3, 1)


async def make_department(api: AsyncClient, company: Company, name: str) -> str:
    body = {"name": name, "function": "operations"}
    return str(created(await api.post("/v1/departments", json=body, headers=company.headers))["id"])


async def make_person(api: AsyncClient, company: Company, name: str, **more: object) -> dict[str, Any]:
    body = {"name": name, "email": f"{name}@example.com", "hired_on": HIRED.isoformat()} | more
    return created(await api.post("/v1/people", json=body, headers=company.headers))


async def act(api: AsyncClient, company: Company, person: dict[str, Any], action: str, **body: object) -> Response:
    return await api.post(f"/v1/people/{person['id']}/{action}", json=body, headers=company.headers)


async def get(api: AsyncClient, company: Company, person: dict[str, Any], **params: str) -> dict[str, Any]:
    return ok(await api.get(f"/v1/people/{person['id']}", params=params, headers=company.headers))


async def history(api: AsyncClient, company: Company, person: dict[str, Any]) -> list[dict[str, Any]]:
    path = f"/v1/people/{person['id']}/history"
    items: list[dict[str, Any]] = ok(await api.get(path, params={"sort": "effective_on"}, headers=company.headers))[
        "items"
    ]
    return items


async def members(api: AsyncClient, company: Company, department: str, **params: str) -> list[str]:
    params |= {"department_id": department}
    page = ok(await api.get("/v1/people", params=params, headers=company.headers))
    return [person["name"] for person in page["items"]]


async def test_who_was_in_the_department_on_that_date(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    design, operations = [await make_department(api, company, name) for name in ("设计部", "运营部")]
    lin = await make_person(api, company, "lin", department_id=design)
    await make_person(api, company, "wang", department_id=operations, hired_on="2026-06-01")
    ok(await act(api, company, lin, "transfer", effective_on="2026-07-15", department_id=operations))
    assert await members(api, company, design, on="2026-07-14") == ["lin"]
    assert await members(api, company, design, on="2026-07-15") == []
    assert await members(api, company, operations, on="2026-07-14") == ["wang"]
    assert await members(api, company, operations, on="2026-07-15") == ["lin", "wang"]
    assert await members(api, company, operations, on="2026-02-28") == []
    assert await members(api, company, operations) == ["lin", "wang"]
    before = await get(api, company, lin, on="2026-07-14")
    assert (before["department_name"], before["status"]) == ("设计部", "employed")
    assert (await get(api, company, lin, on="2026-02-28"))["status"] == "upcoming"
    assert [event["kind"] for event in await history(api, company, lin)] == ["hire", "transfer"]


async def test_a_future_event_takes_effect_on_its_day_by_itself(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    design, operations = [await make_department(api, company, name) for name in ("设计部", "运营部")]
    lin = await make_person(api, company, "lin", department_id=design)
    day = business_day() + timedelta(days=10)
    now = ok(await act(api, company, lin, "transfer", effective_on=day.isoformat(), department_id=operations))
    assert now["department_id"] == design
    seen = {}
    for days in (-1, 0):
        midnight = datetime(day.year, day.month, day.day, tzinfo=BUSINESS_ZONE) + timedelta(days=days, seconds=1)
        with time_machine.travel(midnight, tick=False):
            found = await api.get(f"/v1/people/{lin['id']}", headers=await fresh(state, company))
        seen[days] = (ok(found)["department_id"], found.headers["etag"])
    assert [department for department, _ in seen.values()] == [design, operations]
    assert len({tag for _, tag in seen.values()}) == 2


async def fresh(state: ApiState, company: Company) -> dict[str, str]:
    """A token that is good on the day it is now."""
    member = await make_member(state, company, roles=("hr",))
    return member.headers


async def test_leaving_and_coming_back(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    lin = await make_person(api, company, "lin", manager_id=str(company.person_id))
    assert lin["allowed_actions"] == ["update", "transfer", "promote", "change_manager", "confirm", "leave"]
    left = ok(await act(api, company, lin, "leave", effective_on="2026-09-30", reason="搬家", note="said in June"))
    assert (left["status"], left["left_on"], left["leaving_reason"]) == ("left", "2026-09-30", "搬家")
    assert left["allowed_actions"] == ["update", "rehire", "erase"]
    problem(await act(api, company, lin, "leave", effective_on="2026-10-30"), status=409, code="not-employed")
    problem(await act(api, company, lin, "transfer", effective_on="2026-10-01"), status=409, code="not-employed")
    assert ok(await act(api, company, lin, "leave", effective_on="2026-09-30", reason="搬家")) == left
    back = ok(await act(api, company, lin, "rehire", effective_on="2026-11-01"))
    assert (back["status"], back["hired_on"], back["left_on"], back["manager_id"]) == (
        "employed",
        "2026-11-01",
        None,
        None,
    )
    problem(await act(api, company, lin, "rehire", effective_on="2026-11-05"), status=409, code="still-employed")
    assert (await get(api, company, lin, on="2026-10-15"))["status"] == "left"


async def test_nobody_new_is_led_by_somebody_who_has_left(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    boss, lin = await make_person(api, company, "boss"), await make_person(api, company, "lin")
    ok(await act(api, company, boss, "leave", effective_on="2026-09-30"))
    response = await act(api, company, lin, "change-manager", effective_on="2026-11-01", manager_id=boss["id"])
    assert pointers(response) == [("/manager_id", "unknown-person")]


async def test_a_leave_stands_against_what_was_planned_after_it(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    lin = await make_person(api, company, "lin")
    ok(await act(api, company, lin, "confirm", effective_on="2027-05-01"))
    planned = (await history(api, company, lin))[-1]
    refused = problem(await act(api, company, lin, "leave", effective_on="2027-04-01"), status=409, code="not-employed")
    assert refused["event_id"] == planned["id"]
    assert "confirm on 2027-05-01" in refused["detail"]
    assert len(await history(api, company, lin)) == 2


async def test_nothing_happens_to_somebody_before_they_are_hired(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    lin = await make_person(api, company, "lin")
    for action in ("transfer", "confirm", "leave", "rehire"):
        response = await act(api, company, lin, action, effective_on="2026-02-01")
        problem(response, status=409, code="not-hired-yet")
    ok(await act(api, company, lin, "confirm", effective_on="2026-06-01"))
    response = await api.patch(f"/v1/people/{lin['id']}", json={"hired_on": "2026-07-01"}, headers=company.headers)
    problem(response, status=409, code="not-hired-yet")
    assert (await get(api, company, lin))["hired_on"] == "2026-03-01"


async def test_a_wrong_event_is_corrected_or_withdrawn_with_a_record(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    design, operations = [await make_department(api, company, name) for name in ("设计部", "运营部")]
    lin = await make_person(api, company, "lin", department_id=design)
    ok(await act(api, company, lin, "transfer", effective_on="2026-06-01", department_id=design))
    wrong = (await history(api, company, lin))[-1]
    assert wrong["allowed_actions"] == ["correct", "withdraw"]
    path = f"/v1/people/{lin['id']}/history"
    body = {"reason": "typed wrong", "effective_on": "2026-07-01", "department_id": operations}
    right = ok(await api.post(f"{path}/{wrong['id']}/actions/correct", json=body, headers=company.headers))
    assert (right["kind"], right["effective_on"], right["corrects_id"]) == ("transfer", "2026-07-01", wrong["id"])
    assert right["changes"] == {"department_id": operations}
    assert [(await get(api, company, lin, on=day))["department_id"] for day in ("2026-06-30", "2026-07-01")] == [
        design,
        operations,
    ]
    again = await api.post(f"{path}/{wrong['id']}/actions/correct", json=body, headers=company.headers)
    problem(again, status=409, code="action-not-allowed")
    body = {"reason": "the move did not happen"}
    ok(await api.post(f"{path}/{right['id']}/actions/withdraw", json=body, headers=company.headers))
    assert (await get(api, company, lin))["department_id"] == design
    told = [(event["kind"], event["withdrawal_reason"]) for event in await history(api, company, lin)]
    assert told == [("hire", None), ("transfer", "typed wrong"), ("transfer", "the move did not happen")]
    hire = (await history(api, company, lin))[0]
    refused = await api.post(f"{path}/{hire['id']}/actions/withdraw", json=body, headers=company.headers)
    problem(refused, status=409, code="action-not-allowed")
    strange = {"reason": "x", "leaving_reason": "y"}
    refused = await api.post(f"{path}/{hire['id']}/actions/correct", json=strange, headers=company.headers)
    assert pointers(refused) == [("/leaving_reason", "not-of-this-event")]
    refused = await api.post(f"{path}/{new_id()}/actions/withdraw", json=body, headers=company.headers)
    problem(refused, status=404, code="not-found")


async def test_a_plain_change_is_an_event_of_today_and_the_first_day_is_corrected(
    api: AsyncClient, state: ApiState
) -> None:
    company = await make_company(state)
    department = await make_department(api, company, "设计部")
    lin = await make_person(api, company, "lin")
    path = f"/v1/people/{lin['id']}"
    body = {"department_id": department, "employment_type": "intern", "hired_on": "2026-02-01"}
    changed = ok(await api.patch(path, json=body, headers=company.headers))
    assert changed | body | {"department_name": "设计部"} == changed
    assert ok(await api.patch(path, json=body, headers=company.headers)) == changed
    today = business_day().isoformat()
    told = [(event["kind"], event["effective_on"]) for event in await history(api, company, lin)]
    assert told == [
        ("hire", "2026-02-01"),
        ("hire", "2026-03-01"),
        ("transfer", today),
        ("change_terms", today),
    ]
    assert (await get(api, company, lin, on="2026-02-10"))["department_id"] is None
    coming = (business_day() + timedelta(days=20)).isoformat()
    next_one = await make_person(api, company, "next", hired_on=coming)
    assert next_one["status"] == "upcoming"
    changed = ok(
        await api.patch(f"/v1/people/{next_one['id']}", json={"department_id": department}, headers=company.headers)
    )
    assert (changed["department_id"], changed["hired_on"]) == (department, coming)
    assert [event["kind"] for event in await history(api, company, next_one)] == ["hire", "hire"]


async def test_two_manager_changes_in_time_close_no_circle_on_any_day(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    a, b = await make_person(api, company, "a"), await make_person(api, company, "b")
    ok(await act(api, company, a, "change-manager", effective_on="2027-01-01", manager_id=b["id"]))
    problem(
        await act(api, company, b, "change-manager", effective_on="2026-12-01", manager_id=a["id"]),
        status=409,
        code="manager-cycle",
    )
    assert (await get(api, company, b))["manager_id"] is None
    ok(await act(api, company, a, "change-manager", effective_on="2027-02-01", manager_id=None))
    ok(await act(api, company, b, "change-manager", effective_on="2027-02-01", manager_id=a["id"]))


async def test_two_moves_that_together_would_close_a_circle_one_is_refused(
    api: AsyncClient, state: ApiState, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Must show 5: both transactions have begun before either may write."""
    company = await make_company(state)
    a, b = await make_person(api, company, "a"), await make_person(api, company, "b")
    barrier, lock = asyncio.Barrier(2), repository.lock_managers

    async def lock_together(session: Any, *, company_id: UUID) -> None:
        await barrier.wait()
        await lock(session, company_id=company_id)

    monkeypatch.setattr(repository, "lock_managers", lock_together)
    answers = await asyncio.gather(
        act(api, company, a, "change-manager", effective_on="2026-11-01", manager_id=b["id"]),
        act(api, company, b, "change-manager", effective_on="2026-11-01", manager_id=a["id"]),
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    refused = next(answer for answer in answers if answer.status_code == 409)
    problem(refused, status=409, code="manager-cycle")


async def test_two_administrators_editing_one_person_at_once(
    api: AsyncClient, state: ApiState, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Must show 5: one 412, and nothing lost."""
    company = await make_company(state)
    other = await make_member(state, company, roles=("admin",))
    lin = await make_person(api, company, "lin")
    path = f"/v1/people/{lin['id']}"
    tag = (await api.get(path, headers=company.headers)).headers["etag"]
    barrier, lock = asyncio.Barrier(2), repository.lock_person

    async def lock_together(session: Any, *, company_id: UUID, person_id: UUID) -> Any:
        await barrier.wait()
        return await lock(session, company_id=company_id, person_id=person_id)

    monkeypatch.setattr(repository, "lock_person", lock_together)
    bodies = [{"name": "林"}, {"phone": "13800000000"}]
    answers = await asyncio.gather(
        *(
            api.patch(path, json=body, headers=headers | {"If-Match": tag})
            for body, headers in zip(bodies, (company.headers, other.headers), strict=True)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    loser = next(index for index, answer in enumerate(answers) if answer.status_code == 412)
    monkeypatch.undo()
    current = (await api.get(path, headers=company.headers)).headers["etag"]
    assert current == answers[1 - loser].headers["etag"]
    ok(await api.patch(path, json=bodies[loser], headers=company.headers | {"If-Match": current}))
    assert await get(api, company, lin) | {"name": "林", "phone": "13800000000"} == await get(api, company, lin)


async def test_what_the_build_before_writes_during_a_rollout_is_carried_over(api: AsyncClient, state: ApiState) -> None:
    """Migration 0006: columns of `people` became events, and an old API may still write the columns."""
    company = await make_company(state)
    department = await make_department(api, company, "设计部")
    ours = {"company_id": company.company_id, "id": new_id(), "now": utc_now()}
    insert = text(
        "INSERT INTO people (company_id, id, name, email, employment_type, hired_on, roles, created_at, version)"
        " VALUES (:company_id, :id, 'old', 'old@example.com', 'intern', '2026-05-04', ARRAY['employee'], :now, 1)"
    )
    change = text("UPDATE people SET department_id = :department WHERE company_id = :company_id AND id = :id")
    async with transaction(state.sessions, state.doorbell) as uow:
        await uow.session.execute(insert, ours)
    seen = await get(api, company, {"id": ours["id"]})
    assert (seen["hired_on"], seen["employment_type"], seen["department_id"]) == ("2026-05-04", "intern", None)
    async with transaction(state.sessions, state.doorbell) as uow:
        await uow.session.execute(
            change, {"department": UUID(department), "company_id": company.company_id, "id": ours["id"]}
        )
    assert (await get(api, company, {"id": ours["id"]}))["department_id"] == department
    assert [event["kind"] for event in await history(api, company, {"id": ours["id"]})] == ["hire"]


async def test_what_the_build_before_changes_of_somebody_with_a_history_is_an_event_of_today(
    api: AsyncClient, state: ApiState
) -> None:
    """Migration 0006: nothing that this build has recorded is lost; what cannot be told is refused, not dropped."""
    company = await make_company(state)
    one, other, third = [await make_department(api, company, name) for name in ("一部", "二部", "三部")]
    person = await make_person(api, company, "kept", department_id=one, probation_ends_on="2027-06-30")
    ok(await act(api, company, person, "transfer", department_id=third, effective_on="2027-03-01"))
    values = {"company_id": company.company_id, "id": UUID(person["id"])}

    async def write(change: str, **more: object) -> None:
        statement = text(f"UPDATE people SET {change} WHERE company_id = :company_id AND id = :id")
        async with transaction(state.sessions, state.doorbell) as uow:
            await uow.session.execute(statement, values | more)

    await write("department_id = :other, manager_id = :boss", other=UUID(other), boss=company.person_id)
    now = await get(api, company, person)
    assert (now["department_id"], now["manager_id"]) == (other, str(company.person_id))
    assert [now[name] for name in ("hired_on", "probation_ends_on")] == [person["hired_on"], "2027-06-30"]
    yesterday = await get(api, company, person, on=str(business_day() - timedelta(days=1)))
    assert (yesterday["department_id"], yesterday["manager_id"]) == (one, None)
    later = await get(api, company, person, on="2027-03-01")
    assert (later["department_id"], later["manager_id"]) == (third, str(company.person_id))
    kinds = sorted(event["kind"] for event in await history(api, company, person))
    assert kinds == ["change_manager", "hire", "transfer", "transfer"]
    ok(await act(api, company, person, "confirm", effective_on=str(business_day())))
    assert (await get(api, company, person))["department_id"] == other, "the spells made anew say the same"
    for change in ("hired_on = '2026-01-01'", "hired_on = '2026-01-01', department_id = NULL"):
        with pytest.raises(DBAPIError) as refused:
            await write(change)
        assert is_passing(refused.value)
    assert (await get(api, company, person))["hired_on"] == person["hired_on"]


async def test_of_two_administrators_who_unmake_each_other_one_stays(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    problem(
        await act(api, company, {"id": company.person_id}, "leave", effective_on="2026-12-01"),
        status=409,
        code="last-admin",
    )
    other = await make_member(state, company, roles=("admin",))
    answers = await asyncio.gather(
        api.patch(f"/v1/people/{other.person_id}", json={"roles": ["employee"]}, headers=company.headers),
        api.patch(f"/v1/people/{company.person_id}", json={"roles": ["employee"]}, headers=other.headers),
    )
    assert sorted(answer.status_code for answer in answers) in ([200, 409], [200, 403])
