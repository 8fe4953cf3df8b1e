"""Cycles: the periods that goals belong to (GOAL-1)."""

import asyncio

import pytest
from httpx import AsyncClient

from attain_api.state import ApiState
from attain_shared.identifiers import new_id
from tests.support.companies import make_company, make_member
from tests.support.goals import make_cycle
from tests.support.http import created, ok, pointers, problem


@pytest.mark.parametrize(
    ("kind", "starts_on", "ends_on"),
    [
        ("month", "2028-02-01", "2028-02-29"),
        ("quarter", "2026-10-01", "2026-12-31"),
        ("half_year", "2026-07-01", "2026-12-31"),
        ("year", "2026-01-01", "2026-12-31"),
    ],
)
async def test_a_cycle_is_open_and_ends_as_its_kind_says(
    api: AsyncClient, state: ApiState, kind: str, starts_on: str, ends_on: str
) -> None:
    """GOAL-1."""
    company = await make_company(state)
    cycle = await make_cycle(api, company, kind=kind, starts_on=starts_on)
    assert (cycle["ends_on"], cycle["state"]) == (ends_on, "open")
    read = await api.get(f"/v1/cycles/{cycle['id']}", headers=company.headers)
    assert ok(read) == cycle


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"kind": "quarter", "starts_on": "2026-02-01"}, ("/starts_on", "not-first-day")),
        ({"kind": "half_year", "starts_on": "2026-04-01"}, ("/starts_on", "not-first-day")),
        ({"kind": "year", "starts_on": "2026-07-01"}, ("/starts_on", "not-first-day")),
        ({"kind": "month", "starts_on": "2026-07-02"}, ("/starts_on", "not-first-day")),
        ({"kind": "week"}, ("/kind", "enum")),
        ({"starts_on": "2026-13-01"}, ("/starts_on", "date-from-datetime-parsing")),
        ({"starts_on": 20260701}, ("/starts_on", "date-format")),
        ({"name": ""}, ("/name", "string-too-short")),
        ({"name": None}, ("/name", "string-type")),
        ({"ends_on": "2026-08-31"}, ("/ends_on", "extra-forbidden")),
    ],
    ids=str,
)
async def test_a_cycle_that_cannot_be_is_refused(
    api: AsyncClient, state: ApiState, changes: dict[str, object], expected: tuple[str, str]
) -> None:
    company = await make_company(state)
    body = {"kind": "quarter", "starts_on": "2026-07-01", "name": "Q3"} | changes
    found = pointers(await api.post("/v1/cycles", json=body, headers=company.headers))
    assert [pointer for pointer, _ in found] == [expected[0]]
    if expected[1] != "date-from-datetime-parsing":
        assert found == [expected]
    assert ok(await api.get("/v1/cycles", headers=company.headers))["items"] == []


async def test_a_company_has_a_period_once(api: AsyncClient, state: ApiState) -> None:
    """C7: of many at once one is made."""
    company, other = await make_company(state), await make_company(state)
    body = {"kind": "quarter", "starts_on": "2026-07-01", "name": "Q3"}
    makes = (api.post("/v1/cycles", json=body, headers=company.headers) for _ in range(8))
    answers = await asyncio.gather(*makes)
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    for answer in answers:
        if answer.status_code == 409:
            problem(answer, status=409, code="cycle-taken")
    await make_cycle(api, company, kind="half_year")
    await make_cycle(api, other)


async def test_a_cycle_is_closed_and_opened(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    path = f"/v1/cycles/{(await make_cycle(api, company))['id']}"
    for action, after, again in (("close", "closed", "close"), ("open", "open", "open")):
        response = await api.post(f"{path}/actions/{action}", headers=company.headers)
        assert ok(response)["state"] == after
        response = await api.post(f"{path}/actions/{again}", headers=company.headers)
        problem(response, status=409, code="action-not-allowed")
    tag = (await api.get(path, headers=company.headers)).headers["etag"]
    assert tag == '"3"'
    stale = await api.post(f"{path}/actions/close", headers=company.headers | {"If-Match": '"1"'})
    problem(stale, status=412, code="stale")
    ok(await api.post(f"{path}/actions/close", headers=company.headers | {"If-Match": tag}))
    assert (await api.get(path, headers=company.headers | {"If-None-Match": '"4"'})).status_code == 304


async def test_cycles_are_listed_the_newest_first_by_kind_and_state(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    for month in range(1, 6):
        await make_cycle(api, company, kind="month", starts_on=f"2026-{month:02}-01")
    quarter = await make_cycle(api, company)
    ok(await api.post(f"/v1/cycles/{quarter['id']}/actions/close", headers=company.headers))
    seen, cursor = [], None
    while True:
        params = {"kind": "month", "limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = ok(await api.get("/v1/cycles", params=params, headers=company.headers))
        seen += [cycle["starts_on"][5:7] for cycle in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == ["05", "04", "03", "02", "01"]
    closed = ok(await api.get("/v1/cycles?state=closed", headers=company.headers))["items"]
    assert [cycle["id"] for cycle in closed] == [quarter["id"]]


async def test_a_cycle_made_twice_with_one_key_is_one(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    body, headers = {"kind": "year", "starts_on": "2026-01-01", "name": "2026"}, {"Idempotency-Key": "k"}
    first = created(await api.post("/v1/cycles", json=body, headers=company.headers | headers))
    assert created(await api.post("/v1/cycles", json=body, headers=company.headers | headers)) == first


async def test_cycles_are_their_companys(api: AsyncClient, state: ApiState) -> None:
    """ORG-0, SEC-3: everybody reads them, administrators write them."""
    company, other = await make_company(state), await make_company(state)
    path = f"/v1/cycles/{(await make_cycle(api, company))['id']}"
    employee = await make_member(state, company)
    ok(await api.get(path, headers=employee.headers))
    problem(await api.post(f"{path}/actions/close", headers=employee.headers), status=403, code="not-allowed")
    for address in (path, f"/v1/cycles/{new_id()}"):
        problem(await api.get(address, headers=other.headers), status=404, code="not-found")
        problem(await api.post(f"{address}/actions/close", headers=other.headers), status=404, code="not-found")
