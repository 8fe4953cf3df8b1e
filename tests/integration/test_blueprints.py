"""Whole organisations in one call (ORG-4)."""

import asyncio
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import text

from attain_api.departments.service import MAX_LEVELS
from attain_api.state import ApiState
from attain_shared.identifiers import new_id
from tests.support.companies import Company, make_company, make_member
from tests.support.http import created, ok, pointers, problem
from tests.support.statements import count_statements

STANDARD = {
    "operations": (6, ["manager", "data analysis", "campaign planning", "page optimisation", "SEO", "community and active marketing"]),
    "design": (3, ["1 designer", "2 artists"]),
    "customer_service": (3, ["pre-sale", "in-sale", "after-sale"]),
    "logistics": (2, ["order export to waybills, carriers", "packing"]),
}  # fmt: skip
"""ORG-4's table: function, headcount, posts."""
POSTS = {
    "manager": ("operations_manager", 1),
    "data analysis": ("data_analyst", 1),
    "campaign planning": ("planning", 1),
    "page optimisation": ("page_optimiser", 1),
    "SEO": ("seo_sem", 1),
    "community and active marketing": ("community_marketing", 1),
    "1 designer": ("designer", 1),
    "2 artists": ("artist", 2),
    "pre-sale": ("pre_sale_service", 1),
    "in-sale": ("in_sale_service", 1),
    "after-sale": ("after_sale_service", 1),
    "order export to waybills, carriers": ("logistics", 1),
    "packing": ("warehouse", 1),
}
"""What the table's posts are in the library."""
DUTIES = {
    "operations": ["Data analysis", "Promotion planning", "Page optimisation", "SEO, community and active marketing",
                   "Sets the monthly strategy and targets and drives the other departments to them"],
    "design": ["Home page", "Product detail pages, which drive conversion", "Photo work"],
    "customer_service": ["Pre-sale reception", "In-sale care, which raises good reviews", "After-sale handling"],
    "logistics": ["Order export to waybills", "Packing", "Carriers and their cost", "Speed and missed-item checks"],
}  # fmt: skip
SHAPES: dict[str, dict[str, tuple[str | None, list[str]]]] = {
    "flagship": {
        "store": (None, ["ecommerce_director", "store_manager", "store_assistant"]),
        "planning": ("store", ["promotion", "seo_sem", "data_analyst"]),
        "customer_service": ("store", ["pre_sale_service", "after_sale_service"]),
        "logistics": ("store", ["logistics", "warehouse"]),
        "product": ("store", ["product_manager", "merchandiser"]),
    },
    "brand_team": {"team": (None, ["brand_manager", "product_manager", "crm", "promotion", "planning"])},
}


async def apply(api: AsyncClient, company: Company, code: str, **body: Any) -> dict[str, Any]:
    return ok(await api.post(f"/v1/blueprints/{code}/apply", json=body, headers=company.headers))


async def everything(state: ApiState, company: Company) -> dict[str, list[Any]]:
    """All rows that an application may touch, and the audit trail."""
    async with state.sessions() as session:
        rows = {}
        for table in ("departments", "department_spells", "positions", "audit_entries"):
            found = await session.execute(
                text(f"SELECT row.*::text FROM {table} row WHERE row.company_id = :company ORDER BY 1"),
                {"company": company.company_id},
            )
            rows[table] = list(found.scalars())
        return rows


async def test_the_standard_blueprint_is_the_table_of_the_domain_and_a_second_time_changes_nothing(
    api: AsyncClient, state: ApiState
) -> None:
    """Must show 3: departments, positions and headcounts equal to ORG-4; applied twice: no change."""
    company = await make_company(state)
    report = await apply(api, company, "standard", language="en")
    made = {row["function"]: row for row in ok(await api.get("/v1/departments", headers=company.headers))["items"]}
    blueprints = ok(await api.get("/v1/blueprints", headers=company.headers))["items"]
    [standard] = [one for one in blueprints if one["code"] == "standard"]
    posts = {
        one["code"]: {post["code"]: post["headcount"] for post in one["positions"]} for one in standard["departments"]
    }
    positions = {row["id"]: row for row in ok(await api.get("/v1/positions", headers=company.headers))["items"]}
    print("\nORG-4 `standard`      planned   made  posts")
    for function, (headcount, names) in STANDARD.items():
        print(f"  {function:<18} {headcount:>9} {made[function]['headcount_plan']:>6}  {', '.join(names)}")
        assert made[function]["headcount_plan"] == headcount == sum(posts[function].values())
        assert made[function]["duties"] == DUTIES[function]
        assert made[function]["parent_id"] is None
        assert posts[function] == dict(POSTS[name] for name in names)
        applied = [one for one in report["positions"] if one["department"] == function]
        assert [one["code"] for one in applied] == [POSTS[name][0] for name in names]
        assert {one["name"] for one in applied} == {positions[one["id"]]["name"] for one in applied}
    assert len(made) == len(STANDARD)
    assert len(positions) == len(POSTS)
    before = await everything(state, company)
    with count_statements() as statements:
        again = await apply(api, company, "standard")
    assert {row["action"] for part in ("departments", "positions") for row in again[part]} == {"unchanged"}
    assert not [one for one in statements if one.lstrip().upper().startswith(("INSERT INTO DEP", "INSERT INTO POS"))]
    assert await everything(state, company) == before
    print(f"  applied again: {len(again['departments'])} departments, {len(again['positions'])} posts, all unchanged;")
    print(f"  rows equal, audit entries {len(before['audit_entries'])} before and after")


@pytest.mark.parametrize("code", SHAPES)
async def test_the_other_blueprints_have_their_departments_and_posts_and_no_plans(
    api: AsyncClient, state: ApiState, code: str
) -> None:
    company = await make_company(state)
    [shown] = [
        one for one in ok(await api.get("/v1/blueprints", headers=company.headers))["items"] if one["code"] == code
    ]
    shape = {one["code"]: (one["parent"], [post["code"] for post in one["positions"]]) for one in shown["departments"]}
    assert shape == SHAPES[code]
    report = await apply(api, company, code, scale="3")
    ids = {row["code"]: row["id"] for row in report["departments"]}
    for row in ok(await api.get("/v1/departments", headers=company.headers))["items"]:
        parent = SHAPES[code][next(name for name, one in ids.items() if one == row["id"])][0]
        assert (row["parent_id"], row["headcount_plan"]) == (parent and ids[parent], None)
    before = await everything(state, company)
    await apply(api, company, code)
    assert await everything(state, company) == before


async def test_plans_are_scaled_and_rounded_half_up_and_never_vanish(api: AsyncClient, state: ApiState) -> None:
    for scale, expected in (("0.1", [1, 1, 1, 1]), ("1.5", [9, 5, 5, 3]), ("2.25", [14, 7, 7, 5])):
        report = await apply(api, await make_company(state), "standard", scale=scale)
        assert [row["headcount_plan"] for row in report["departments"]] == expected
    company = await make_company(state)
    for wrong in ("0", "-1", "1001", "many", True):
        response = await api.post("/v1/blueprints/standard/apply", json={"scale": wrong}, headers=company.headers)
        assert [pointer for pointer, _ in pointers(response)] == ["/scale"]


async def test_a_dry_run_says_the_same_and_does_nothing(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    before = await everything(state, company)
    dry = await apply(api, company, "flagship", dry_run=True)
    assert await everything(state, company) == before
    assert {row["id"] for part in ("departments", "positions") for row in dry[part]} == {None}
    real = await apply(api, company, "flagship")
    for part in ("departments", "positions"):
        assert [row | {"id": None} for row in real[part]] == dry[part]


async def test_what_was_renamed_moved_or_changed_is_found_and_left_alone(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    report = await apply(api, company, "standard")
    ids = {row["code"]: row["id"] for row in report["departments"]}
    changes = {"name": "增长部", "headcount_plan": 9, "duties": [], "parent_id": ids["design"]}
    path = f"/v1/departments/{ids['operations']}"
    ok(await api.patch(path, json=changes, headers=company.headers))
    assert (await api.delete(f"/v1/departments/{ids['logistics']}", headers=company.headers)).status_code == 204
    again = await apply(api, company, "standard")
    assert {row["code"]: (row["name"], row["action"], row["headcount_plan"]) for row in again["departments"]} == {
        "operations": ("增长部", "unchanged", 9),
        "design": ("设计部", "unchanged", 3),
        "customer_service": ("客服部", "unchanged", 3),
        "logistics": ("物流部", "create", 2),
    }
    assert (await api.get(path, headers=company.headers)).headers["etag"] == '"2"'


async def test_two_blueprints_share_the_positions_of_the_library(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    first, second = [await apply(api, company, code) for code in ("standard", "flagship")]
    shared = {row["code"]: row["id"] for row in first["positions"]}
    assert {row["code"] for row in second["positions"] if row["action"] == "unchanged"} == {
        row["code"] for row in second["positions"]
    } & set(shared)
    assert {row["id"] for row in second["positions"] if row["code"] in shared} <= set(shared.values())


async def test_it_is_made_under_a_department(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    body = {"name": "代运营事业部", "function": "management"}
    parent = created(await api.post("/v1/departments", json=body, headers=company.headers))["id"]
    await apply(api, company, "brand_team", parent_id=parent)
    [top] = ok(await api.get("/v1/departments/tree", headers=company.headers))["items"]
    assert [node["name"] for node in top["children"]] == ["品牌项目组"]
    unknown = {"parent_id": str(new_id()), "dry_run": True}
    response = await api.post("/v1/blueprints/standard/apply", json=unknown, headers=company.headers)
    assert pointers(response) == [("/parent_id", "unknown-department")]


async def test_what_was_closed_is_made_anew(api: AsyncClient, state: ApiState) -> None:
    """Closed or merged: the place is free again, below another place too, and a dry run says the same."""
    company = await make_company(state)

    async def act(department: str, action: str, body: dict[str, Any] | None = None) -> None:
        path = f"/v1/departments/{department}/actions/{action}"
        ok(await api.post(path, json=body, headers=company.headers))

    ids = {row["code"]: row["id"] for row in (await apply(api, company, "flagship"))["departments"]}
    await act(ids["planning"], "merge", {"into_id": ids["product"]})
    for code in ("customer_service", "logistics", "product", "store"):
        await act(ids[code], "close")
    dry = await apply(api, company, "flagship", dry_run=True)
    again = await apply(api, company, "flagship")
    for report in (dry, again):
        assert [row["action"] for row in report["departments"]] == ["create"] * len(ids)
    [store] = ok(await api.get("/v1/departments/tree", headers=company.headers))["items"]
    assert {node["id"] for node in store["children"]} | {store["id"]} == {row["id"] for row in again["departments"]}
    await act(ids["store"], "reopen")
    third = await apply(api, company, "flagship")
    assert [row["action"] for row in third["departments"]] == ["unchanged"] * len(ids)


async def test_under_each_department_it_is_made_once(api: AsyncClient, state: ApiState) -> None:
    """An agency has a team for every brand; renamed and moved, each is still found."""
    company = await make_company(state)
    brands = []
    for name in ("B1", "B2"):
        body = {"name": name, "function": "management"}
        brands.append(created(await api.post("/v1/departments", json=body, headers=company.headers))["id"])
    teams = []
    for parent in (*brands, None):
        [team] = (await apply(api, company, "brand_team", parent_id=parent))["departments"]
        assert team["action"] == "create"
        teams.append(team["id"])
    path = f"/v1/departments/{teams[0]}"
    ok(await api.patch(path, json={"name": "renamed", "parent_id": brands[1]}, headers=company.headers))
    for parent, expected in zip((*brands, None), teams, strict=True):
        [team] = (await apply(api, company, "brand_team", parent_id=parent))["departments"]
        assert (team["action"], team["id"]) == ("unchanged", expected)


async def test_a_dry_run_refuses_what_the_real_run_refuses(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    parent = None
    for number in range(MAX_LEVELS - 1):
        body = {"name": f"{number}", "function": "management", "parent_id": parent}
        parent = created(await api.post("/v1/departments", json=body, headers=company.headers))["id"]
    for dry_run in (True, False):
        body = {"parent_id": parent, "dry_run": dry_run}
        response = await api.post("/v1/blueprints/flagship/apply", json=body, headers=company.headers)
        assert pointers(response) == [("/parent_id", "too-deep")]


async def test_two_applications_at_once_make_nothing_twice(api: AsyncClient, state: ApiState) -> None:
    """Both wait at a barrier: the lock of the tree, held by a third session until both ask for it."""
    company = await make_company(state)
    waiting = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    async with state.engine.connect() as barrier, state.engine.connect() as watch:
        await barrier.execute(
            text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"),
            {"name": f"attain:departments:{company.company_id}"},
        )
        both = [asyncio.create_task(apply(api, company, "standard")) for _ in range(2)]
        while (await watch.execute(waiting)).scalar_one() < 2:  # noqa: ASYNC110  # another session is watched
            await asyncio.sleep(0.01)
        await barrier.rollback()
        reports = await asyncio.gather(*both)
    actions = [{row["action"] for part in ("departments", "positions") for row in one[part]} for one in reports]
    assert sorted(map(sorted, actions)) == [["create"], ["unchanged"]]
    ids = [[row["id"] for part in ("departments", "positions") for row in one[part]] for one in reports]
    assert ids[0] == ids[1]


async def test_only_hr_and_administrators_apply(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    for role, read, write in (("hr", 200, 200), ("executive", 200, 403), ("employee", 403, 403)):
        member = await make_member(state, company, roles=(role,))
        assert (await api.get("/v1/blueprints", headers=member.headers)).status_code == read
        response = await api.post("/v1/blueprints/brand_team/apply", json={}, headers=member.headers)
        assert response.status_code == write
    response = await api.post("/v1/blueprints/magic/apply", json={}, headers=company.headers)
    problem(response, status=404, code="not-found")
