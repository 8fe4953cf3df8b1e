import asyncio
from typing import Any

from httpx import AsyncClient

from attain_api.departments import service
from attain_api.departments.service import MAX_LEVELS
from attain_api.state import ApiState
from attain_shared.db.session import transaction
from attain_shared.departments.schemas import DepartmentCreate, DepartmentTree
from attain_shared.identifiers import new_id
from tests.support.companies import Company, make_company, make_member
from tests.support.http import created, ok, pointers, problem
from tests.support.statements import count_statements


async def make(api: AsyncClient, company: Company, name: str, parent: dict[str, Any] | None = None) -> dict[str, Any]:
    body = {"name": name, "function": "operations", "parent_id": parent and parent["id"]}
    return created(await api.post("/v1/departments", json=body, headers=company.headers))


async def move(api: AsyncClient, company: Company, what: dict[str, Any], under: dict[str, Any] | None) -> int:
    body = {"parent_id": under and under["id"]}
    response = await api.patch(f"/v1/departments/{what['id']}", json=body, headers=company.headers)
    if response.status_code == 409:
        problem(response, status=409, code="department-cycle")
    return response.status_code


async def test_a_department_is_created_read_and_changed(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    body = {"name": "运营部", "function": "operations", "parent_id": None, "headcount_plan": 6, "duties": ["数据分析"]}
    response = await api.post("/v1/departments", json=body, headers=company.headers)
    department = created(response)
    assert department | body == department
    assert department["head_id"] is None
    path = response.headers["location"]
    changed = await api.patch(
        path, json={"headcount_plan": None, "head_id": str(company.person_id)}, headers=company.headers
    )
    assert ok(changed) == department | {"headcount_plan": None, "head_id": str(company.person_id)}
    assert changed.headers["etag"] == '"2"'
    assert ok(await api.get(path, headers=company.headers)) == changed.json()


async def test_the_tree_is_nested_and_takes_one_statement(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    top = await make(api, company, "top")
    second = await make(api, company, "b", top)
    await make(api, company, "a", top)
    await make(api, company, "leaf", second)
    with count_statements() as statements:
        tree = ok(await api.get("/v1/departments/tree", headers=company.headers))
    assert len(statements) == 2, statements

    def names(nodes: list[dict[str, Any]]) -> list[Any]:
        return [[node["name"], names(node["children"])] for node in nodes]

    assert names(tree["items"]) == [["top", [["a", []], ["b", [["leaf", []]]]]]]


async def test_a_department_cannot_be_moved_under_itself(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    top = await make(api, company, "top")
    middle = await make(api, company, "middle", top)
    low = await make(api, company, "low", middle)
    assert [await move(api, company, top, under) for under in (top, middle, low)] == [409, 409, 409]
    assert await move(api, company, low, top) == 200
    assert await move(api, company, middle, None) == 200
    assert await move(api, company, top, middle) == 200


async def test_two_moves_at_once_do_not_close_a_circle(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    for number in range(5):
        one, other = await make(api, company, f"one{number}"), await make(api, company, f"other{number}")
        statuses = await asyncio.gather(move(api, company, one, other), move(api, company, other, one))
        assert sorted(statuses) == [200, 409]


async def test_a_parent_or_head_of_another_company_is_unknown(api: AsyncClient, state: ApiState) -> None:
    ours, theirs = await make_company(state), await make_company(state)
    foreign = await make(api, theirs, "theirs")
    body = {"name": "x", "function": "design"}
    for parent in (foreign["id"], str(new_id())):
        response = await api.post("/v1/departments", json=body | {"parent_id": parent}, headers=ours.headers)
        assert pointers(response) == [("/parent_id", "unknown-department")]
    response = await api.post("/v1/departments", json=body | {"head_id": str(theirs.person_id)}, headers=ours.headers)
    assert pointers(response) == [("/head_id", "unknown-person")]
    problem(await api.get(f"/v1/departments/{foreign['id']}", headers=ours.headers), status=404, code="not-found")


async def test_a_tree_has_an_end(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    lowest = None
    for level in range(MAX_LEVELS):
        lowest = await make(api, company, str(level), lowest)
    assert lowest is not None
    body = {"name": "x", "function": "design", "parent_id": lowest["id"]}
    response = await api.post("/v1/departments", json=body, headers=company.headers)
    assert pointers(response) == [("/parent_id", "too-deep")]
    ok(await api.get("/v1/departments/tree", headers=company.headers))


async def test_the_list_is_filtered_by_function_parent_and_name(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    top = await make(api, company, "top")
    await make(api, company, "below", top)
    for params, expected in (
        ({"function": "operations"}, ["below", "top"]),
        ({"function": "design"}, []),
        ({"parent_id": top["id"]}, ["below"]),
        ({"name": "top"}, ["top"]),
    ):
        page = ok(await api.get("/v1/departments", params=params, headers=company.headers))
        assert [row["name"] for row in page["items"]] == expected


async def test_everybody_reads_the_directory_and_hr_writes(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    body = {"name": "x", "function": "design"}
    for role, write in (("hr", 201), ("executive", 403), ("employee", 403)):
        member = await make_member(state, company, roles=(role,))
        assert (await api.get("/v1/departments", headers=member.headers)).status_code == 200
        assert (await api.get("/v1/departments/tree", headers=member.headers)).status_code == 200
        assert (await api.post("/v1/departments", json=body, headers=member.headers)).status_code == write


async def test_a_plan_is_shown_to_those_who_answer_for_it(api: AsyncClient, state: ApiState) -> None:
    """SEC-3: the directory has name, function, place, head and duties; the plan is for those above."""
    company = await make_company(state)
    head, other, executive = [
        await make_member(state, company, roles=roles) for roles in (("employee",), ("employee",), ("executive",))
    ]
    body = {"name": "top", "function": "operations", "head_id": str(head.person_id), "headcount_plan": 9}
    top = created(await api.post("/v1/departments", json=body, headers=company.headers))
    assert top["allowed_actions"] == ["move", "merge", "close"]
    low = await make(api, company, "low", top)
    ok(await api.patch(f"/v1/departments/{low['id']}", json={"headcount_plan": 4}, headers=company.headers))
    tags = set()
    for member, plan, masked in ((head, 4, []), (executive, 4, []), (other, None, ["headcount_plan"])):
        response = await api.get(f"/v1/departments/{low['id']}", headers=member.headers)
        tags.add(response.headers["etag"])
        shown = ok(response)
        assert shown == low | {"headcount_plan": plan, "masked": masked, "allowed_actions": []}
        listed = ok(await api.get("/v1/departments?name=low", headers=member.headers))["items"]
        [tree] = ok(await api.get("/v1/departments/tree", headers=member.headers))["items"]
        assert [shown] == listed == [{name: tree["children"][0][name] for name in shown}]
    assert tags == {'"2-r"', '"2-d"'}


async def test_every_reading_takes_one_statement_however_many_there_are(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    member = await make_member(state, company)
    first = await make(api, company, "first")
    counts = []
    for _ in range(2):
        for path in ("", "/tree", f"/{first['id']}"):
            for on in ("", "?on=2026-07-15"):
                with count_statements() as statements:
                    ok(await api.get(f"/v1/departments{path}{on}", headers=member.headers))
                counts.append(len(statements))
        async with transaction(state.sessions, state.doorbell) as uow:
            for number in range(200):
                data = DepartmentCreate(name=f"{number}", function="design")
                await service.create_department(uow, actor=company.actor, data=data)
    assert set(counts) == {2}, "the sign-in and one more"


async def test_the_tree_is_what_the_contract_says_and_knows_a_fresh_copy(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    await make(api, company, "low", await make(api, company, "top"))
    response = await api.get("/v1/departments/tree", headers=company.headers)
    assert DepartmentTree.model_validate_json(response.content).model_dump(mode="json") == response.json()
    again = {"If-None-Match": response.headers["etag"]} | company.headers
    assert (await api.get("/v1/departments/tree", headers=again)).status_code == 304
    await make(api, company, "new")
    assert (await api.get("/v1/departments/tree", headers=again)).status_code == 200


async def test_what_cannot_be_null_or_true_is_refused(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    department = await make(api, company, "x")
    body = {"name": None, "function": "magic", "headcount_plan": True, "duties": None, "parent_id": 7}
    response = await api.patch(f"/v1/departments/{department['id']}", json=body, headers=company.headers)
    assert {pointer for pointer, _ in pointers(response)} == {f"/{name}" for name in body}
    for plan in (-1, 2**31, 1.5, "6"):
        response = await api.patch(
            f"/v1/departments/{department['id']}", json={"headcount_plan": plan}, headers=company.headers
        )
        assert [pointer for pointer, _ in pointers(response)] == ["/headcount_plan"]
