"""Positions, their library, and their successors (ORG-2, ORG-6, GOAL-9)."""

import asyncio
from datetime import date
from typing import Any
from uuid import UUID

from httpx import AsyncClient

from attain_api.state import ApiState
from attain_shared.identifiers import new_id
from attain_shared.people.timeline import EventKind
from attain_shared.positions.grades import Grade, is_senior_class
from attain_shared.positions.library import LIBRARY
from tests.support.companies import Member, make_company, make_member
from tests.support.http import created, ok, pointers, problem
from tests.support.staff import add_person, hired
from tests.support.statements import count_statements

POSITION: dict[str, Any] = {
    "name": "策划",
    "function": "planning",
    "tier": "frontline",
    "grade": "senior",
    "duties": ["活动策划"],
    "hiring_standards": {"skills": ["文案"], "experience": ["两年"], "qualities": ["细致"]},
    "kpi_template": [],
    "is_key": False,
}
LISTED = {
    "operations_director", "store_manager", "store_assistant", "brand_manager", "product_manager", "crm", "promotion",
    "planning", "data_analyst", "seo_sem", "designer", "artist", "photographer", "pre_sale_service",
    "after_sale_service", "complaints", "purchasing", "warehouse", "logistics", "technical",
}  # fmt: skip
"""ORG-2's list."""
KPIS = {
    "brand_manager": ["gmv", "staff_growth", "turnover_rate"],
    "product_manager": ["aov", "hot_items_sold"],
    "crm": ["member_repeat", "sms_open_rate", "sms_conversion", "edm_open_rate", "edm_conversion"],
    "promotion": ["new_members", "growth new_members", "uv daily_mean", "growth uv daily_mean", "conversion"],
    "planning": ["optimised_items", "stale_rate", "campaign_ctr", "dwell", "pages_per_visitor", "conversion"],
    "pre_sale_service": ["enquiry_conversion", "dsr_service", "refund_rate"],
    "in_sale_service": ["enquiry_conversion", "dsr_service", "refund_rate"],
    "after_sale_service": ["enquiry_conversion", "dsr_service", "refund_rate"],
    "logistics": ["dsr_logistics", "manual On-time dispatch"],
}
"""GOAL-9's templates."""


async def make(api: AsyncClient, member: Member, **fields: Any) -> dict[str, Any]:
    return created(await api.post("/v1/positions", json=POSITION | fields, headers=member.headers))


async def test_a_position_is_created_read_changed_and_closed(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    position = await make(api, company)
    assert position == position | POSITION | {"is_senior_class": False, "allowed_actions": ["close"]}
    path = f"/v1/positions/{position['id']}"
    response = await api.patch(path, json={"grade": "director"}, headers=company.headers | {"If-Match": '"1"'})
    assert ok(response) == position | {"grade": "director", "is_senior_class": True}
    assert response.headers["etag"] == '"2"'
    response = await api.patch(path, json={"grade": "lead"}, headers=company.headers | {"If-Match": '"1"'})
    problem(response, status=412, code="stale")
    closed = ok(await api.post(f"{path}/actions/close", headers=company.headers))
    assert closed["allowed_actions"] == ["reopen"]
    problem(await api.post(f"{path}/actions/close", headers=company.headers), status=409, code="action-not-allowed")
    for params, expected in (({}, 0), ({"status": "closed"}, 1), ({"status": "closed", "grade": "staff"}, 0)):
        assert len(ok(await api.get("/v1/positions", params=params, headers=company.headers))["items"]) == expected
    assert ok(await api.post(f"{path}/actions/reopen", headers=company.headers))["closed_on"] is None


async def test_hiring_standards_are_replaced_whole(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    path = f"/v1/positions/{(await make(api, company))['id']}"
    for body, skills in (({"skills": ["摄影"]}, ["摄影"]), ({}, [])):
        changed = ok(await api.patch(path, json={"hiring_standards": body}, headers=company.headers))
        assert changed["hiring_standards"] == {"skills": skills, "experience": [], "qualities": []}
        assert ok(await api.get(path, headers=company.headers)) == changed


async def test_a_function_has_a_name_once(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    await make(api, company)
    await make(api, company, function="crm")
    response = await api.post("/v1/positions", json=POSITION, headers=company.headers)
    problem(response, status=409, code="position-taken")
    await make(api, await make_company(state))


async def test_everybody_reads_positions_and_hr_writes(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    position = await make(api, company)
    for role, write in (("hr", 201), ("executive", 403), ("employee", 403)):
        member = await make_member(state, company, roles=(role,))
        shown = ok(await api.get(f"/v1/positions/{position['id']}", headers=member.headers))
        assert shown == position | {"allowed_actions": ["close"] if role == "hr" else []}
        with count_statements() as statements:
            ok(await api.get("/v1/positions?name=策划", headers=member.headers))
        assert len(statements) == 2
        response = await api.post("/v1/positions", json=POSITION | {"name": role}, headers=member.headers)
        assert response.status_code == write
    problem(
        await api.get(f"/v1/positions/{position['id']}", headers=(await make_company(state)).headers),
        status=404,
        code="not-found",
    )


async def test_a_template_is_checked_against_the_catalogue_and_completed(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    kpis = [
        {"name": "转化", "kind": "metric", "metric": "conversion"},
        {"name": "新会员增长", "kind": "growth", "metric": "new_members"},
        {"name": "流失", "kind": "people", "metric": "turnover_rate"},
        {"name": "按时", "kind": "manual", "unit": "%"},
    ]
    shown = (await make(api, company, kpi_template=kpis))["kpi_template"]
    assert [(one["aggregate"], one["against"], one["direction"], one["unit"]) for one in shown] == [
        ("deduplicated", None, "higher_better", "ratio"),
        (None, "previous", "higher_better", "ratio"),
        (None, None, "lower_better", "ratio"),
        (None, None, None, "%"),
    ]
    wrong = [
        {"name": "x", "kind": "metric", "metric": "magic"},
        {"name": "x", "kind": "growth"},
        {"name": "x", "kind": "people", "metric": "gmv"},
        {"name": "x", "kind": "manual"},
        {"name": "x", "kind": "manual", "unit": "%", "metric": "gmv"},
        {"name": "x", "kind": "metric", "metric": "gmv", "aggregate": "daily_pooled"},
        {"name": "x", "kind": "metric", "metric": "gmv", "against": "previous"},
        {"name": "x", "kind": "metric", "metric": "gmv", "dimension": "magic"},
    ]
    response = await api.post("/v1/positions", json=POSITION | {"kpi_template": wrong}, headers=company.headers)
    assert pointers(response) == [
        ("/kpi_template/0/metric", "unknown-metric"),
        ("/kpi_template/1/metric", "unknown-metric"),
        ("/kpi_template/2/metric", "unknown-metric"),
        ("/kpi_template/3/unit", "missing"),
        ("/kpi_template/4/metric", "invalid-template"),
        ("/kpi_template/5/aggregate", "roll-up-refused"),
        ("/kpi_template/6/against", "invalid-template"),
        ("/kpi_template/7/dimension", "invalid-dimension"),
    ]


async def test_only_a_position_that_nobody_ever_had_is_deleted(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    unused, had, planned = [await make(api, company, name=name) for name in ("unused", "had", "planned")]
    await add_person(state, company, hired(position_id=UUID(had["id"])), (EventKind.LEAVE, date(2026, 4, 1), {}))
    for position in (had,):
        response = await api.delete(f"/v1/positions/{position['id']}", headers=company.headers)
        problem(response, status=409, code="position-in-use")
    ok(await api.patch(f"/v1/positions/{planned['id']}", json={"is_key": True}, headers=company.headers))
    successors = {"items": [{"person_id": str(company.person_id), "readiness": "now"}]}
    ok(await api.put(f"/v1/positions/{planned['id']}/successors", json=successors, headers=company.headers))
    response = await api.delete(f"/v1/positions/{planned['id']}", headers=company.headers)
    problem(response, status=409, code="position-in-use")
    assert (await api.delete(f"/v1/positions/{unused['id']}", headers=company.headers)).status_code == 204


def test_the_senior_class_begins_at_the_director() -> None:
    """ORG-2."""
    assert [grade for grade in Grade if is_senior_class(grade)] == ["director", "vice_president", "president"]


async def test_the_library_has_the_positions_and_templates_of_the_domain(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    items = ok(await api.get("/v1/positions/library", headers=company.headers))["items"]
    by_code = {item["code"]: item for item in items}
    assert set(by_code) >= LISTED
    for item in items:
        for language in ("zh", "en"):
            words = item[language]
            assert words["name"]
            assert len(words["duties"]) >= 3 or item["code"] in {"store_assistant", "artist", "photographer"}
            assert all(words["hiring_standards"][part] for part in ("skills", "experience", "qualities"))
            assert words["kpi_template"]

    def said(kpi: dict[str, Any]) -> str:
        if kpi["kind"] == "manual":
            return f"manual {kpi['name']}"
        growth = "growth " if kpi["kind"] == "growth" else ""
        aggregate = " daily_mean" if kpi["aggregate"] == "daily_mean" else ""
        return f"{growth}{kpi['metric']}{aggregate}"

    assert {code: [said(kpi) for kpi in by_code[code]["en"]["kpi_template"]] for code in KPIS} == KPIS


async def test_the_library_is_applied_once_and_leaves_alone_what_is_there(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    own = await make(api, company)  # of the same function and name as the library's

    async def apply(**body: Any) -> list[dict[str, Any]]:
        report = ok(await api.post("/v1/positions/library/apply", json=body, headers=company.headers))
        items: list[dict[str, Any]] = report["positions"]
        return items

    dry = await apply(dry_run=True)
    assert {item["code"]: item["action"] for item in dry} == dict.fromkeys(LIBRARY, "create") | {
        "planning": "unchanged"
    }
    assert [item["id"] for item in dry if item["id"]] == [own["id"]]
    assert len(ok(await api.get("/v1/positions", headers=company.headers))["items"]) == 1
    [designer] = await apply(codes=["designer", "designer"])
    renamed = {"name": "高级设计师", "function": "marketing"}
    path = f"/v1/positions/{designer['id']}"
    ok(await api.patch(path, json=renamed, headers=company.headers))
    reports = await asyncio.gather(apply(), apply(language="en"))
    made = [item for report in reports for item in report if item["action"] == "create"]
    assert len(made) == len(LIBRARY) - 2
    again = await apply()
    assert {item["action"] for item in again} == {"unchanged"}
    assert (await api.get(path, headers=company.headers)).headers["etag"] == '"2"'
    assert len(ok(await api.get("/v1/positions?limit=200", headers=company.headers))["items"]) == len(LIBRARY)
    response = await api.post(
        "/v1/positions/library/apply", json={"codes": ["designer", "magic"]}, headers=company.headers
    )
    assert pointers(response) == [("/codes/1", "unknown-library-position")]


async def test_a_key_position_names_its_successors(api: AsyncClient, state: ApiState) -> None:
    """ORG-6."""
    company = await make_company(state)
    position = await make(api, company, is_key=True)
    path = f"/v1/positions/{position['id']}/successors"
    people = [str(await add_person(state, company, hired())) for _ in range(3)]
    items: list[dict[str, Any]] = [
        {"person_id": people[0], "readiness": "later", "note": None},
        {"person_id": people[1], "readiness": "now", "note": "第一人选"},
    ]
    first = await api.put(path, json={"items": items}, headers=company.headers)
    assert ok(first) == {"items": [items[1], items[0]]}
    assert first.headers["etag"] == '"2"'
    again = await api.put(path, json={"items": items}, headers=company.headers)
    assert again.headers["etag"] == '"2"', "nothing changed"
    stale = await api.put(path, json={"items": []}, headers=company.headers | {"If-Match": '"1"'})
    problem(stale, status=412, code="stale")
    items = [items[1] | {"readiness": "one_year"}, {"person_id": people[2], "readiness": "now", "note": None}]
    replaced = await api.put(path, json={"items": items}, headers=company.headers)
    assert ok(replaced) == {"items": [items[1], items[0]]}
    read = await api.get(path, headers=company.headers)
    assert (read.json(), read.headers["etag"]) == (replaced.json(), replaced.headers["etag"])


async def test_successors_are_people_who_are_there_and_each_is_named_once(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    position, other = await make(api, company, is_key=True), await make(api, company, name="other")
    gone = await add_person(state, company, hired(), (EventKind.LEAVE, date(2026, 6, 30), {}))
    here = str(company.person_id)
    body = {"items": [{"person_id": person, "readiness": "now"} for person in (here, here, str(gone), str(new_id()))]}
    response = await api.put(f"/v1/positions/{position['id']}/successors", json=body, headers=company.headers)
    assert pointers(response) == [
        ("/items/1/person_id", "duplicate"),
        ("/items/2/person_id", "has-left"),
        ("/items/3/person_id", "unknown-person"),
    ]
    response = await api.put(f"/v1/positions/{other['id']}/successors", json={"items": []}, headers=company.headers)
    problem(response, status=409, code="not-a-key-position")


async def test_successors_are_for_hr_administrators_and_executives(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    position = await make(api, company, is_key=True)
    path = f"/v1/positions/{position['id']}/successors"
    for role, read, write in (("hr", 200, 200), ("executive", 200, 403), ("employee", 403, 403)):
        member = await make_member(state, company, roles=(role,))
        assert (await api.get(path, headers=member.headers)).status_code == read
        assert (await api.put(path, json={"items": []}, headers=member.headers)).status_code == write
