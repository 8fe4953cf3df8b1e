"""Who sees how much of whom (SEC-3, SEC-4): lists, details, filters and sorts agree."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient

from attain_api.state import ApiState
from attain_shared.clock import business_day
from tests.support.companies import Company, Member, make_company, make_member
from tests.support.http import created, ok, problem
from tests.support.statements import count_statements

DIRECTORY = {"id", "name", "status", "department_id", "department_name", "position_id", "position_name"}
CONTACTS = {"email", "phone", "leaving_reason"}


@dataclass
class World:
    """One subject, and everybody who stands in some relation to it."""

    company: Company
    members: dict[str, Member]
    subject: str

    async def see(self, api: AsyncClient, who: str) -> dict[str, Any]:
        return ok(await api.get(f"/v1/people/{self.subject}", headers=self.members[who].headers))

    async def listed(self, api: AsyncClient, who: str, **params: str) -> dict[str, dict[str, Any]]:
        page = ok(await api.get("/v1/people", params={"limit": "200"} | params, headers=self.members[who].headers))
        return {person["id"]: person for person in page["items"]}


@pytest.fixture(scope="module")
async def world(api: AsyncClient, state: ApiState) -> World:
    company = await make_company(state)
    members: dict[str, Member] = {"admin": company}
    for name in ("self", "peer", "report", "stranger", "manager", "skip", "head", "mentor"):
        members[name] = await make_member(state, company)
    for role in ("hr", "executive"):
        members[role] = await make_member(state, company, roles=(role,))
    ids = {name: str(member.person_id) for name, member in members.items()}

    async def change(who: str, **body: object) -> None:
        ok(await api.patch(f"/v1/people/{ids[who]}", json=body, headers=company.headers))

    async def department(name: str, **more: object) -> str:
        body = {"name": name, "function": "operations"} | more
        return str(created(await api.post("/v1/departments", json=body, headers=company.headers))["id"])

    top = await department("运营中心", head_id=ids["head"])
    team = await department("运营一部", parent_id=top)
    await change("head", department_id=top)
    await change("manager", manager_id=ids["skip"])
    await change("self", manager_id=ids["manager"], mentor_id=ids["mentor"], department_id=team, phone="13800000001")
    await change("peer", manager_id=ids["manager"])
    await change("report", manager_id=ids["self"])
    return World(company, members, ids["self"])


IN_FULL = ("self", "manager", "skip", "head", "hr", "admin")
RECORD = ("mentor", "executive")
IN_DIRECTORY = ("peer", "report", "stranger")


@pytest.mark.parametrize("who", IN_FULL)
async def test_in_full(api: AsyncClient, world: World, who: str) -> None:
    seen = await world.see(api, who)
    assert seen["masked"] == []
    assert (seen["phone"], seen["hired_on"], seen["roles"]) == ("13800000001", "2026-03-01", ["employee"])
    assert seen["email"] == world.members["self"].email
    assert (await world.listed(api, who))[world.subject] == seen
    assert bool(seen["allowed_actions"]) == (who in {"hr", "admin"})


@pytest.mark.parametrize("who", RECORD)
async def test_the_record_without_contacts(api: AsyncClient, world: World, who: str) -> None:
    seen = await world.see(api, who)
    assert set(seen["masked"]) == CONTACTS
    assert all(seen[name] is None for name in CONTACTS)
    assert (seen["hired_on"], seen["manager_id"]) == ("2026-03-01", str(world.members["manager"].person_id))
    assert (await world.listed(api, who))[world.subject] == seen


@pytest.mark.parametrize("who", IN_DIRECTORY)
async def test_the_directory(api: AsyncClient, world: World, who: str) -> None:
    seen = await world.see(api, who)
    assert {name for name in seen if name not in seen["masked"]} == DIRECTORY | {"masked", "allowed_actions"}
    assert all(seen[name] is None for name in seen["masked"])
    assert seen["department_name"] == "运营一部"
    assert (await world.listed(api, who))[world.subject] == seen
    path = f"/v1/people/{world.subject}/history"
    problem(await api.get(path, headers=world.members[who].headers), status=403, code="not-allowed")


@pytest.mark.parametrize("who", [*IN_FULL, *RECORD, *IN_DIRECTORY])
async def test_no_filter_and_no_order_tells_what_is_hidden(api: AsyncClient, world: World, who: str) -> None:
    manager, email = str(world.members["manager"].person_id), world.members["self"].email
    knows_record = who in {*IN_FULL, *RECORD}
    for params in (
        {"manager_id": manager},
        {"employment_type": "employee"},
        {"role": "employee"},
        {"sort": "hired_on"},
        {"sort": "-created_at"},
        {"on": "2026-11-01"},
    ):
        assert (world.subject in await world.listed(api, who, **params)) == knows_record, params
    assert (world.subject in await world.listed(api, who, email=email)) == (who in IN_FULL)
    past = await api.get(f"/v1/people/{world.subject}", params={"on": "2026-11-01"}, headers=world.members[who].headers)
    assert past.status_code == (200 if knows_record else 404)


async def test_who_has_left_or_is_yet_to_come_is_in_no_directory(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    peer = await make_member(state, company)
    for name, hired_on in (("left", "2026-03-01"), ("coming", (business_day() + timedelta(days=9)).isoformat())):
        body = {"name": name, "email": f"{name}@example.com", "hired_on": hired_on}
        person = created(await api.post("/v1/people", json=body, headers=company.headers))
        path = f"/v1/people/{person['id']}"
        if name == "left":
            body = {"effective_on": (business_day() - timedelta(days=1)).isoformat()}
            ok(await api.post(f"{path}/leave", json=body, headers=company.headers))
        assert ok(await api.get(path, headers=company.headers))["status"] in {"left", "upcoming"}
        problem(await api.get(path, headers=peer.headers), status=404, code="not-found")
        names = [one["name"] for one in ok(await api.get("/v1/people", headers=peer.headers))["items"]]
        assert name not in names


async def test_a_manager_no_more_sees_the_directory_only(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    boss, lin = await make_member(state, company), await make_member(state, company)
    path = f"/v1/people/{lin.person_id}"
    for manager_id, hidden in ((str(boss.person_id), False), (None, True)):
        ok(await api.patch(path, json={"manager_id": manager_id}, headers=company.headers))
        assert bool(ok(await api.get(path, headers=boss.headers))["masked"]) == hidden


async def test_a_list_takes_two_statements_for_one_row_and_for_two_hundred(api: AsyncClient, world: World) -> None:
    for who in ("self", "manager", "head", "hr", "executive"):
        for limit in ("1", "200"):
            with count_statements() as statements:
                ok(await api.get("/v1/people", params={"limit": limit}, headers=world.members[who].headers))
            assert len(statements) == 2, (who, statements)
