"""Who may read the audit trail, and how (SEC-3, SEC-4)."""

from typing import Any

import pytest
from httpx import AsyncClient

from attain_api.state import ApiState
from attain_shared.audit.resources import OF_REVIEWS, UNREAD
from attain_shared.db.session import transaction
from attain_shared.identifiers import new_id
from tests.support.companies import Company, Member, make_company, make_member
from tests.support.http import created, ok, pointers, problem
from tests.support.statements import count_statements

PATH = "/v1/audit-entries"


async def listed(api: AsyncClient, member: Member, **params: object) -> list[dict[str, Any]]:
    query = {"limit": 200, "sort": "sequence"} | params
    items: list[dict[str, Any]] = ok(await api.get(PATH, params=query, headers=member.headers))["items"]  # type: ignore[arg-type]
    return items


async def make_department(api: AsyncClient, company: Company, name: str) -> dict[str, Any]:
    body = {"name": name, "function": "design"}
    return created(await api.post("/v1/departments", json=body, headers=company.headers))


async def record(state: ApiState, company: Company, resource_type: str, **changes: tuple[object, object]) -> None:
    async with transaction(state.sessions, state.doorbell) as uow:
        uow.record(resource_type=resource_type, resource_id=new_id(), changes=changes, company_id=company.company_id)


async def test_an_entry_says_who_what_and_when(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    response = await api.post(
        "/v1/departments", json={"name": "运营部", "function": "operations"}, headers=company.headers
    )
    [entry] = await listed(api, company, resource_type="department")
    assert entry | {"id": 0, "digest": 0, "occurred_at": 0, "sequence": 0} == {
        "id": 0,
        "sequence": 0,
        "occurred_at": 0,
        "actor": {"kind": "person", "id": str(company.person_id)},
        "action": "create_department",
        "resource_type": "department",
        "resource_id": created(response)["id"],
        "request_id": response.headers["x-request-id"],
        "changes": {
            "name": {"before": None, "after": "运营部"},
            "function": {"before": None, "after": "operations"},
            "duties": {"before": None, "after": []},
        },
        "masked": [],
        "digest": 0,
    }
    assert len(bytes.fromhex(entry["digest"])) == 32


async def test_the_trail_is_filtered_and_paged(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    made = [await make_department(api, company, str(number)) for number in range(5)]
    one = await listed(api, company, resource_id=made[2]["id"])
    assert [entry["resource_id"] for entry in one] == [made[2]["id"]]
    assert len(await listed(api, company, action="create_department")) == 5
    assert len(await listed(api, company, actor_id=str(company.person_id))) == 5
    assert await listed(api, company, actor_id=str(new_id())) == []
    since = await listed(api, company, **{"from": one[0]["occurred_at"], "action": "create_department"})
    assert [entry["resource_id"] for entry in since] == [department["id"] for department in made[2:]]
    until = await listed(api, company, to=one[0]["occurred_at"], action="create_department")
    assert [entry["resource_id"] for entry in until] == [department["id"] for department in made[:2]]
    seen: list[int] = []
    cursor: str | None = None
    while True:
        params = {"limit": 3} | ({"cursor": cursor} if cursor else {})
        page = ok(await api.get(PATH, params=params, headers=company.headers))
        seen += [entry["sequence"] for entry in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == list(range(len(seen), 0, -1))
    assert len(seen) >= 9


async def test_a_page_takes_the_same_statements_however_long(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    counts = set()
    for limit in (1, 5):
        with count_statements() as statements:
            await listed(api, company, limit=limit)
        counts.add(len(statements))
    assert len(counts) == 1
    assert max(counts) <= 2


async def test_each_role_sees_what_it_may(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    for resource_type in ("person", "successor", "review_cycle", "shop", *OF_REVIEWS):
        await record(state, company, resource_type, name=(None, "x"))

    async def types(*roles: str) -> set[str]:
        member = await make_member(state, company, roles=roles)
        return {entry["resource_type"] for entry in await listed(api, member)}

    everything = await types("executive")
    assert everything >= {"person", "successor", "review_cycle", "shop", "company"}
    assert everything & OF_REVIEWS == set()
    assert await types("admin") == everything
    assert await types("hr") == everything - {"shop", "company"} | (OF_REVIEWS - UNREAD)
    assert await types("hr", "admin") == everything | (OF_REVIEWS - UNREAD)
    for roles in (("employee",), ()):
        member = await make_member(state, company, roles=roles)
        problem(await api.get(PATH, headers=member.headers), status=403, code="not-allowed")


@pytest.mark.parametrize(("role", "masked"), [("executive", True), ("hr", False), ("admin", False)])
async def test_contacts_are_masked_for_executives(api: AsyncClient, state: ApiState, role: str, masked: bool) -> None:
    company = await make_company(state)
    await record(
        state, company, "person", name=("林晓", "林小"), phone=("1380000", None), email=(None, "lin@example.com")
    )
    entry = (
        await listed(api, await make_member(state, company, roles=(role,)), resource_type="person", sort="-sequence")
    )[1]
    assert entry["changes"]["name"] == {"before": "林晓", "after": "林小"}
    assert entry["masked"] == (["email", "phone"] if masked else [])
    assert entry["changes"]["phone"] == (None if masked else {"before": "1380000", "after": None})
    assert entry["changes"]["email"] == (None if masked else {"before": None, "after": "lin@example.com"})


async def test_why_somebody_left_is_masked_for_executives(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    member = await make_member(state, company)
    body = {"effective_on": "2026-12-31", "reason": "moved away", "note": "sad"}
    path = f"/v1/people/{member.person_id}/leave"
    ok(await api.post(path, json=body, headers=company.headers))
    for role, shown, masked in (
        ("executive", {}, ["leaving_reason", "note"]),
        ("hr", {"leaving_reason": "moved away"}, []),
    ):
        reader = await make_member(state, company, roles=(role,))
        [entry] = await listed(api, reader, action="leave_person")
        assert entry["changes"]["changes"] == {"before": None, "after": shown}
        assert entry["changes"]["note"] == (None if masked else {"before": None, "after": "sad"})
        assert entry["masked"] == masked


async def test_another_companys_trail_is_not_to_be_seen(api: AsyncClient, state: ApiState) -> None:
    ours, theirs = await make_company(state), await make_company(state)
    made = await make_department(api, theirs, "theirs")
    assert await listed(api, ours, resource_id=made["id"]) == []
    assert await listed(api, ours, actor_id=str(theirs.person_id)) == []


async def test_what_is_not_a_filter_is_refused(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    for params in ({"sort": "occurred_at"}, {"from": "yesterday"}, {"kind": "person"}, {"limit": 0}):
        response = await api.get(PATH, params=params, headers=company.headers)
        assert [pointer for pointer, _ in pointers(response)] == [f"/query/{next(iter(params))}"]
    response = await api.get(PATH, params={"cursor": "x"}, headers=company.headers)
    problem(response, status=400, code="bad-cursor")
