"""Dates and instants at the ends of the calendar are refused where they come in, not met as an overflow further in."""

from typing import Any

import pytest
from httpx import AsyncClient

from attain_api.paging import write_cursor
from attain_api.state import ApiState
from attain_shared.identifiers import new_id
from attain_shared.rules.periods import Grain
from tests.support.companies import Company, make_company
from tests.support.goals import goal_body, indicator, make_cycle, make_goal
from tests.support.http import ok, pointers, problem
from tests.support.pushes import make_pusher

OUT = "date-out-of-range"
EDGES = ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-05:00", "1999-12-31T23:59:59Z", "2101-01-01T00:00:00Z"]


@pytest.fixture(scope="module")
async def company(state: ApiState) -> Company:
    return await make_company(state, platform=True)


def window(first: str, last: str, **more: str) -> dict[str, str]:
    return {"shop_id": str(new_id()), "metric": "gmv", "from": first, "to": last} | more


@pytest.mark.parametrize("grain", Grain)
@pytest.mark.parametrize(("first", "last"), [("9999-12-01", "9999-12-31"), ("0001-01-01", "0001-01-02")])
async def test_values_of_the_end_of_time_are_refused(
    api: AsyncClient, company: Company, grain: str, first: str, last: str
) -> None:
    response = await api.get("/v1/metric-values", params=window(first, last, grain=grain), headers=company.headers)
    assert pointers(response) == [("/query/from", OUT), ("/query/to", OUT)]


@pytest.mark.parametrize("as_of", EDGES)
async def test_knowledge_of_the_end_of_time_is_refused(
    api: AsyncClient, state: ApiState, company: Company, as_of: str
) -> None:
    question = window("2026-07-01", "2026-07-31", as_of=as_of)
    for path in ("/v1/metric-values", "/v1/metric-values/total"):
        assert pointers(await api.get(path, params=question, headers=company.headers)) == [("/query/as_of", OUT)]
    pusher = await make_pusher(state)
    cycle = await make_cycle(api, pusher.company)
    goal = await make_goal(api, pusher.company, indicator([pusher.shop.id]), cycle_id=cycle["id"])
    path = f"/v1/goals/{goal['id']}/attainment"
    response = await api.get(path, params={"as_of": as_of}, headers=pusher.company.headers)
    assert pointers(response) == [("/query/as_of", OUT)]


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("/v1/cycles", {"kind": "quarter", "starts_on": "9999-10-01", "name": "last"}, "/starts_on"),
        ("/v1/cycles", {"kind": "year", "starts_on": "0001-01-01", "name": "first"}, "/starts_on"),
        ("/v1/goals", goal_body(str(new_id()), [indicator([new_id()])], starts_on="9999-12-31"), "/starts_on"),
        *(
            ("/v1/connectors", {"name": "k", "shop_ids": [], "scopes": ["write"], "expires_at": edge}, "/expires_at")
            for edge in EDGES
        ),
        (
            "/v1/people",
            {
                "name": "林",
                "email": "lin@example.com",
                "department_id": None,
                "position_id": None,
                "manager_id": None,
                "employment_type": "employee",
                "hired_on": "1899-12-31",
                "roles": ["employee"],
            },
            "/hired_on",
        ),
    ],
)
async def test_nothing_begins_or_ends_there(
    api: AsyncClient, company: Company, path: str, body: dict[str, Any], pointer: str
) -> None:
    response = await api.post(path, json=body, headers=company.headers)
    assert pointers(response) == [(pointer, OUT)]


async def test_the_last_cycle_of_all_can_be_made(api: AsyncClient, company: Company) -> None:
    made = await make_cycle(api, company, starts_on="2100-10-01")
    assert made["ends_on"] == "2100-12-31"


async def test_the_refusal_names_the_years_in_chinese(api: AsyncClient, company: Company) -> None:
    body = {"kind": "quarter", "starts_on": "9999-10-01", "name": "last"}
    response = await api.post("/v1/cycles", json=body, headers=company.headers | {"Accept-Language": "zh-CN"})
    (wrong,) = problem(response, status=422, code="invalid")["errors"]
    assert wrong["detail"] == "年份应在 1900 至 2100 之间"


@pytest.mark.parametrize(
    "value", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-05:00", "0001-01-01", "9999-12-31"]
)
async def test_a_forged_cursor_from_the_end_of_time_is_a_bad_one(
    api: AsyncClient, company: Company, value: str
) -> None:
    for path in ("companies", "shops", "departments", "people", "connectors", "metric-batches", "cycles", "goals"):
        for sort in await sorts(api, path):
            cursor = write_cursor(sort, value, new_id())
            params = {"sort": sort, "cursor": cursor}
            response = await api.get(f"/v1/{path}", params=params, headers=company.headers)
            assert response.status_code == 200 or problem(response, status=400, code="bad-cursor"), response.text
            is_dated = sort.lstrip("-").endswith(("_at", "_on"))
            assert not is_dated or response.status_code == 400, (path, sort)


async def sorts(api: AsyncClient, path: str) -> list[str]:
    """What a list can be sorted by."""
    document = ok(await api.get("/v1/openapi.json"))
    declared = document["paths"][f"/v1/{path}"]["get"]["parameters"]
    (schema,) = [parameter["schema"] for parameter in declared if parameter["name"] == "sort"]
    found: list[str] = schema.get("enum") or [schema["const"]]
    return found


@pytest.mark.parametrize("bucket", ["9999-12-01", "0001-01-01"])
@pytest.mark.parametrize("grain", Grain)
async def test_a_push_of_the_end_of_time_is_refused(api: AsyncClient, state: ApiState, bucket: str, grain: str) -> None:
    pusher = await make_pusher(state)
    row = pusher.row("gmv", bucket=bucket, grain=grain, value="1") | {"through": bucket}
    headers = pusher.connector.headers | {"Idempotency-Key": bucket}
    response = await api.post("/v1/metric-batches", json={"observations": [row]}, headers=headers)
    assert ("/observations/0/bucket", "out-of-range") in pointers(response)
