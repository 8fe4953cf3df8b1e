import asyncio
from typing import Any

from httpx import AsyncClient

from attain_api.state import ApiState
from attain_shared.identifiers import new_id
from tests.support.companies import Company, make_company, make_member
from tests.support.http import created, ok, pointers, problem
from tests.support.statements import count_statements


def body(name: str, **more: object) -> dict[str, object]:
    return {"name": name, "email": f"{name}@example.com", "hired_on": "2026-03-01"} | more


async def make(api: AsyncClient, company: Company, name: str, **more: object) -> dict[str, Any]:
    return created(await api.post("/v1/people", json=body(name, **more), headers=company.headers))


async def set_manager(api: AsyncClient, company: Company, who: dict[str, Any], manager: dict[str, Any] | None) -> int:
    response = await api.patch(
        f"/v1/people/{who['id']}", json={"manager_id": manager and manager["id"]}, headers=company.headers
    )
    if response.status_code == 409:
        problem(response, status=409, code="manager-cycle")
    return response.status_code


async def test_a_person_is_created_as_in_the_contract(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    department = created(
        await api.post("/v1/departments", json={"name": "运营部", "function": "operations"}, headers=company.headers)
    )
    sent = {
        "name": "林晓",
        "email": "Lin@Example.com",
        "department_id": department["id"],
        "position_id": None,
        "manager_id": str(company.person_id),
        "employment_type": "employee",
        "hired_on": "2026-03-01",
        "roles": ["employee", "employee"],
    }
    response = await api.post("/v1/people", json=sent, headers=company.headers)
    person = created(response)
    assert person | sent | {"email": "lin@example.com", "roles": ["employee"]} == person
    assert ok(await api.get(response.headers["location"], headers=company.headers)) == person


async def test_an_e_mail_is_taken_once_a_company(api: AsyncClient, state: ApiState) -> None:
    ours, theirs = await make_company(state), await make_company(state)
    await make(api, ours, "lin")
    response = await api.post("/v1/people", json=body("x", email="LIN@example.com"), headers=ours.headers)
    problem(response, status=409, code="email-taken")
    await make(api, theirs, "lin")
    other = await make(api, ours, "wang")
    response = await api.patch(f"/v1/people/{other['id']}", json={"email": "lin@example.com"}, headers=ours.headers)
    problem(response, status=409, code="email-taken")


async def test_the_manager_line_is_a_forest(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    top = await make(api, company, "top")
    middle = await make(api, company, "middle", manager_id=top["id"])
    low = await make(api, company, "low", manager_id=middle["id"])
    assert [await set_manager(api, company, top, manager) for manager in (top, middle, low)] == [409, 409, 409]
    assert await set_manager(api, company, low, top) == 200
    assert await set_manager(api, company, middle, None) == 200
    statuses = await asyncio.gather(set_manager(api, company, top, middle), set_manager(api, company, middle, top))
    assert sorted(statuses) == [200, 409]


async def test_what_is_not_in_the_company_is_unknown(api: AsyncClient, state: ApiState) -> None:
    ours, theirs = await make_company(state), await make_company(state)
    for field, code in (
        ("department_id", "unknown-department"),
        ("manager_id", "unknown-person"),
        ("position_id", "unknown-position"),
    ):
        for value in (str(new_id()), str(theirs.person_id)):
            response = await api.post("/v1/people", json=body("x", **{field: value}), headers=ours.headers)
            assert pointers(response) == [(f"/{field}", code)]
    problem(await api.get(f"/v1/people/{theirs.person_id}", headers=ours.headers), status=404, code="not-found")


async def test_null_clears_and_absence_leaves_alone(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    person = await make(api, company, "lin", manager_id=str(company.person_id))
    path = f"/v1/people/{person['id']}"
    changed = ok(await api.patch(path, json={"name": "林"}, headers=company.headers))
    assert changed == person | {"name": "林"}
    changed = ok(await api.patch(path, json={"manager_id": None, "position_id": None}, headers=company.headers))
    assert changed == person | {"name": "林", "manager_id": None, "manager_name": None}
    for field in ("name", "email", "hired_on", "roles", "employment_type"):
        response = await api.patch(path, json={field: None}, headers=company.headers)
        assert [pointer for pointer, _ in pointers(response)] == [f"/{field}"]


async def test_only_an_administrator_makes_one(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    officer = await make_member(state, company, roles=("hr", "employee"))
    response = await api.post("/v1/people", json=body("x", roles=["admin"]), headers=officer.headers)
    problem(response, status=403, code="not-allowed")
    own, admin = f"/v1/people/{officer.person_id}", f"/v1/people/{company.person_id}"
    response = await api.patch(own, json={"roles": ["admin", "hr"]}, headers=officer.headers)
    problem(response, status=403, code="not-allowed")
    response = await api.patch(admin, json={"roles": ["employee"]}, headers=officer.headers)
    problem(response, status=403, code="not-allowed")
    ok(await api.patch(admin, json={"name": "new name"}, headers=officer.headers))
    ok(await api.patch(own, json={"roles": ["admin", "hr"]}, headers=company.headers))


async def test_the_list_is_filtered_and_takes_two_statements(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    boss = await make(api, company, "boss")
    await make(api, company, "a", manager_id=boss["id"], hired_on="2026-05-01")
    await make(api, company, "b", manager_id=boss["id"], hired_on="2026-04-01")
    for params, expected in (
        ({"manager_id": boss["id"]}, ["a", "b"]),
        ({"manager_id": boss["id"], "sort": "hired_on"}, ["b", "a"]),
        ({"manager_id": boss["id"], "sort": "-hired_on"}, ["a", "b"]),
        ({"email": "A@example.com"}, ["a"]),
        ({"name": "boss"}, ["boss"]),
        ({"department_id": str(new_id())}, []),
    ):
        with count_statements() as statements:
            page = ok(await api.get("/v1/people", params=params, headers=company.headers))
        assert [person["name"] for person in page["items"]] == expected
        assert len(statements) == 2
    params = {"manager_id": boss["id"], "sort": "hired_on", "limit": "1"}
    page = ok(await api.get("/v1/people", params=params, headers=company.headers))
    page = ok(await api.get("/v1/people", params=params | {"cursor": page["next_cursor"]}, headers=company.headers))
    assert ([person["name"] for person in page["items"]], page["next_cursor"]) == (["a"], None)


async def test_dates_are_days(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    for day in ("2026-02-30", "2026-3-1", "2026-03-01T00:00:00", 1772323200, "1772323200", True):
        response = await api.post("/v1/people", json=body("x", hired_on=day), headers=company.headers)
        assert [pointer for pointer, _ in pointers(response)] == ["/hired_on"]


async def test_executives_and_employees_read_and_do_not_write(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    for role, read, write in (("hr", 200, 201), ("executive", 200, 403), ("employee", 200, 403)):
        member = await make_member(state, company, roles=(role,))
        assert (await api.get("/v1/people", headers=member.headers)).status_code == read
        assert (await api.post("/v1/people", json=body(role), headers=member.headers)).status_code == write
