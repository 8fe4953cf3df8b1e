"""What a correction, a withdrawal or a second change of one day may not do (ORG-3, SEC-2, SEC-6)."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient, Response

from attain_api.state import ApiState
from attain_shared.clock import business_day
from tests.integration.test_people_history import act, get, history, make_department, make_person
from tests.support.companies import Company, Member, make_company, make_member
from tests.support.http import ok, pointers, problem


def day(days: int) -> str:
    return (business_day() + timedelta(days=days)).isoformat()


async def mend(
    api: AsyncClient, who: Member, person: dict[str, Any], event: dict[str, Any], action: str, **body: object
) -> Response:
    path = f"/v1/people/{person['id']}/history/{event['id']}/actions/{action}"
    return await api.post(path, json={"reason": "wrong"} | body, headers=who.headers)


async def patch(api: AsyncClient, who: Member, person: dict[str, Any], **body: object) -> Response:
    return await api.patch(f"/v1/people/{person['id']}", json=body, headers=who.headers)


@pytest.mark.parametrize("field", ["department_id", "manager_id"])
async def test_a_change_back_and_forth_on_one_day_ends_where_it_ends(
    api: AsyncClient, state: ApiState, field: str
) -> None:
    company = await make_company(state)
    if field == "department_id":
        one, other = [await make_department(api, company, name) for name in ("A", "B")]
    else:
        one, other = [(await make_person(api, company, name))["id"] for name in ("a", "b")]
    lin = await make_person(api, company, "lin", **{field: one})
    for value in (other, one, other, one, other):
        assert ok(await patch(api, company, lin, **{field: value}))[field] == value


async def test_a_correction_keeps_its_place_among_the_events_of_its_day(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    a, b = [await make_department(api, company, name) for name in ("A", "B")]
    lin = await make_person(api, company, "lin")
    for department in (a, b):
        ok(await act(api, company, lin, "transfer", effective_on="2026-06-01", department_id=department))
    first = (await history(api, company, lin))[1]
    right = ok(await mend(api, company, lin, first, "correct", note="only the note"))
    assert (await get(api, company, lin))["department_id"] == b
    ok(await mend(api, company, lin, right, "correct", note="and once more"))
    assert (await get(api, company, lin))["department_id"] == b


async def test_a_merge_leaves_a_correction_in_its_place(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    a, b, c = [await make_department(api, company, name) for name in ("A", "B", "C")]
    lin = await make_person(api, company, "lin")
    for department in (a, b):
        ok(await act(api, company, lin, "transfer", effective_on="2026-06-01", department_id=department))
    first = (await history(api, company, lin))[1]
    ok(await mend(api, company, lin, first, "correct", note="only the note"))
    ok(await api.post(f"/v1/departments/{b}/actions/merge", json={"into_id": c}, headers=company.headers))
    assert (await get(api, company, lin, on="2026-06-02"))["department_id"] == b
    assert (await get(api, company, lin))["department_id"] == c


async def test_who_is_hired_today_and_changed_today_can_be_corrected(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    department = await make_department(api, company, "A")
    lin = await make_person(api, company, "lin", hired_on=day(0))
    ok(await patch(api, company, lin, department_id=department))
    ok(await patch(api, company, lin, hired_on=day(-3)))
    coming = await make_person(api, company, "coming", hired_on=day(9))
    ok(await act(api, company, coming, "transfer", effective_on=day(9), department_id=department))
    assert ok(await patch(api, company, coming, employment_type="intern"))["employment_type"] == "intern"


async def test_the_reason_of_a_leave_is_corrected_after_the_return(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    lin = await make_person(api, company, "lin")
    ok(await act(api, company, lin, "leave", effective_on="2026-09-30"))
    ok(await act(api, company, lin, "rehire", effective_on="2026-10-01"))
    leave = (await history(api, company, lin))[1]
    assert ok(await mend(api, company, lin, leave, "correct", leaving_reason="moved"))["kind"] == "leave"
    assert (await get(api, company, lin))["status"] == "employed"


async def test_what_was_true_then_can_be_recorded_now(api: AsyncClient, state: ApiState) -> None:
    """A manager who has left since led somebody in May; but nobody is led by them from today on."""
    company = await make_company(state)
    boss, lin = await make_person(api, company, "boss"), await make_person(api, company, "lin")
    ok(await act(api, company, boss, "leave", effective_on="2026-09-30"))
    refused = await act(api, company, lin, "change-manager", effective_on="2026-05-01", manager_id=boss["id"])
    assert pointers(refused) == [("/manager_id", "unknown-person")]
    ok(await act(api, company, lin, "change-manager", effective_on="2026-09-01", manager_id=str(company.person_id)))
    ok(await act(api, company, lin, "change-manager", effective_on="2026-05-01", manager_id=boss["id"]))
    assert (await get(api, company, lin, on="2026-05-02"))["manager_id"] == boss["id"]


async def test_nobody_is_put_back_into_a_department_that_is_closed(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    a, b = [await make_department(api, company, name) for name in ("A", "B")]
    lin = await make_person(api, company, "lin", department_id=a)
    ok(await api.post(f"/v1/departments/{a}/actions/merge", json={"into_id": b}, headers=company.headers))
    moved = (await history(api, company, lin))[-1]
    problem(await mend(api, company, lin, moved, "withdraw"), status=409, code="no-longer-there")
    wang = await make_person(api, company, "wang", department_id=b)
    ok(await act(api, company, wang, "leave", effective_on=day(-1)))
    ok(await act(api, company, lin, "transfer", effective_on=day(0), department_id=None))
    ok(await api.post(f"/v1/departments/{b}/actions/close", headers=company.headers))
    left = (await history(api, company, wang))[-1]
    problem(await mend(api, company, wang, left, "withdraw"), status=409, code="no-longer-there")
    assert (await get(api, company, wang))["status"] == "left"


async def administrators(api: AsyncClient, state: ApiState) -> tuple[Company, Member, dict[str, Any]]:
    """A company, somebody of HR, and an administrator who has left and come back."""
    company = await make_company(state)
    officer, other = (
        await make_member(state, company, roles=("hr",)),
        await make_member(state, company, roles=("admin",)),
    )
    back = {"id": str(other.person_id)}
    ok(await act(api, company, back, "leave", effective_on="2026-09-30"))
    ok(await act(api, company, back, "rehire", effective_on="2026-10-10"))
    return company, officer, back


async def test_hr_takes_the_last_administrator_away_by_no_correction(api: AsyncClient, state: ApiState) -> None:
    company, officer, back = await administrators(api, state)
    ok(await patch(api, company, {"id": str(company.person_id)}, roles=["employee"]))
    rehire = (await history(api, company_of(company, officer), back))[-1]
    problem(await mend(api, officer, back, rehire, "withdraw"), status=409, code="last-admin")
    problem(await mend(api, officer, back, rehire, "correct", effective_on=day(30)), status=409, code="last-admin")


def company_of(company: Company, member: Member) -> Company:
    return Company(**vars(member), code=company.code, name=company.name)


async def test_hr_brings_no_administrator_back(api: AsyncClient, state: ApiState) -> None:
    company, officer, back = await administrators(api, state)
    ok(await act(api, company, back, "leave", effective_on=day(-1)))
    hr = company_of(company, officer)
    problem(await act(api, hr, back, "rehire", effective_on=day(0)), status=403, code="not-allowed")
    leave = (await history(api, hr, back))[-1]
    problem(await mend(api, officer, back, leave, "withdraw"), status=403, code="not-allowed")
    ok(await mend(api, company, back, leave, "withdraw"))


async def test_hr_makes_nobody_an_executive(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    officer = await make_member(state, company, roles=("hr",))
    for who in (officer, company):
        response = await patch(api, officer, {"id": str(who.person_id)}, roles=["hr", "executive"])
        problem(response, status=403, code="not-allowed")
    ok(await patch(api, company, {"id": str(officer.person_id)}, roles=["hr", "executive"]))


async def test_nobody_but_an_operator_takes_the_operator_away(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state, platform=True)
    second = await make_member(state, company, roles=("admin", "hr"))
    operator = {"id": str(company.person_id)}
    hr = company_of(company, second)
    problem(await act(api, hr, operator, "leave", effective_on=day(5)), status=403, code="not-allowed")
    ok(await act(api, company, operator, "leave", effective_on=day(5)))


async def test_with_an_erased_person_nothing_is_done_any_more(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    lin = await make_person(api, company, "lin")
    ok(await act(api, company, lin, "leave", effective_on=day(-1)))
    ok(await api.post(f"/v1/people/{lin['id']}/erase", headers=company.headers))
    events = await history(api, company, lin)
    assert [event["allowed_actions"] for event in events] == [[], []]
    problem(await mend(api, company, lin, events[1], "withdraw"), status=409, code="erased")
    problem(await mend(api, company, lin, events[1], "correct", note="Lin Xiao"), status=409, code="erased")
    problem(await act(api, company, lin, "rehire", effective_on=day(0)), status=409, code="erased")


async def test_a_correction_honours_if_match_and_a_planned_change_moves_the_tag(
    api: AsyncClient, state: ApiState
) -> None:
    company = await make_company(state)
    lin = await make_person(api, company, "lin")
    path = f"/v1/people/{lin['id']}"
    tag = (await api.get(path, headers=company.headers)).headers["etag"]
    planned = await api.post(
        f"{path}/confirm", json={"effective_on": day(30)}, headers=company.headers | {"If-Match": tag}
    )
    assert ok(planned) == lin
    assert planned.headers["etag"] != tag
    event = (await history(api, company, lin))[-1]
    target = f"{path}/history/{event['id']}/actions/withdraw"
    stale = await api.post(target, json={"reason": "x"}, headers=company.headers | {"If-Match": tag})
    problem(stale, status=412, code="stale")
    headers = company.headers | {"If-Match": planned.headers["etag"]}
    answer = await api.post(target, json={"reason": "x"}, headers=headers)
    ok(answer)
    assert answer.headers["etag"] == (await api.get(path, headers=company.headers)).headers["etag"]


async def test_another_day_is_shown_as_it_was_and_offers_nothing(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    a, e = [await make_department(api, company, name) for name in ("A", "E")]
    body = {"name": "X", "function": "operations", "parent_id": a}
    x = ok_id(await api.post("/v1/departments", json=body, headers=company.headers))
    lin = await make_person(api, company, "lin", department_id=x)
    ok(await api.patch(f"/v1/departments/{x}", json={"name": "X2", "parent_id": e}, headers=company.headers))
    for on, top, name in ((day(-1), a, "X"), (day(0), e, "X2")):
        params = {"department_id": top, "subtree": "true", "on": on}
        (found,) = ok(await api.get("/v1/people", params=params, headers=company.headers))["items"]
        assert (found["id"], found["department_name"]) == (lin["id"], name)
        assert bool(found["allowed_actions"]) == (on == day(0))
    ok(await act(api, company, lin, "leave", effective_on=day(-2)))
    assert (await get(api, company, lin, on=day(-9)))["allowed_actions"] == []


def ok_id(response: Response) -> str:
    assert response.status_code == 201, response.text
    return str(response.json()["id"])


async def test_many_changes_of_somebody_yet_to_come_wait_for_each_other(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    a, b = [await make_department(api, company, name) for name in ("A", "B")]
    boss = await make_person(api, company, "boss")
    coming = await make_person(api, company, "coming", hired_on=day(9))
    for _ in range(5):
        answers = await asyncio.gather(
            *(patch(api, company, coming, department_id=one) for one in (a, b)),
            *(patch(api, company, coming, manager_id=one) for one in (boss["id"], None)),
        )
        assert [answer.status_code for answer in answers] == [200] * 4
