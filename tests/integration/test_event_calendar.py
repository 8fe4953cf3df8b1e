"""A company's event calendar: what ships, with its own events in their place or beside it (GOAL-7)."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient, Response

from attain_api.event_calendar import service
from attain_api.state import ApiState
from attain_shared.calendar.queries import load_calendar
from attain_shared.db.session import transaction
from attain_shared.rules.events import Event
from tests.support.companies import Company, make_company, make_member
from tests.support.http import created, ok, pointers, problem
from tests.support.statements import count_statements

CALENDAR = "/v1/event-calendar"
DOUBLE_11 = {"code": "double_11", "name": "天猫双11", "starts_on": "2026-10-15", "ends_on": "2026-11-11"}
BRAND_DAY = {"code": "brand_day", "name": "品牌日", "starts_on": "2026-09-09", "ends_on": "2026-09-10"}


async def put(api: AsyncClient, company: Company, event: dict[str, Any], **headers: str) -> Response:
    return await api.post(CALENDAR, json=event, headers=company.headers | headers)


async def of_2026(api: AsyncClient, company: Company) -> list[dict[str, Any]]:
    found = ok(await api.get(CALENDAR, params={"year": 2026}, headers=company.headers))
    assert found["next_cursor"] is None
    items: list[dict[str, Any]] = found["items"]
    return items


async def test_the_calendar_is_what_ships_until_a_company_says_otherwise_goal_7(
    api: AsyncClient, state: ApiState
) -> None:
    company = await make_company(state)
    found = await of_2026(api, company)
    assert [one["code"] for one in found] == ["spring_festival", "sale_618", "double_11", "double_12"]
    assert found[2] == {
        "id": None, "code": "double_11", "year": 2026, "name": "双11", "en": "Double 11", "starts_on": "2026-11-11",
        "ends_on": "2026-11-11", "shipped": True, "cancelled": False,
    }  # fmt: skip
    every = ok(await api.get(CALENDAR, headers=company.headers))["items"]
    assert {one["year"] for one in every} == set(range(2015, 2036))


async def test_an_event_replaces_the_shipped_one_of_its_code_and_year_until_it_is_deleted_goal_7(
    api: AsyncClient, state: ApiState
) -> None:
    company = await make_company(state)
    shipped = await of_2026(api, company)
    response = await put(api, company, DOUBLE_11)
    made = created(response)
    expected = {**DOUBLE_11, "id": made["id"], "year": 2026, "en": None, "shipped": True, "cancelled": False}
    assert made == expected
    path = response.headers["location"]
    shown = await api.get(path, headers=company.headers)
    assert (ok(shown), shown.headers["etag"]) == (expected, response.headers["etag"])
    codes = [one["code"] for one in await of_2026(api, company)]
    assert codes == ["spring_festival", "sale_618", "double_11", "double_12"]
    assert expected in await of_2026(api, company)
    assert (await api.delete(path, headers=company.headers)).status_code == 204
    assert await of_2026(api, company) == shipped
    problem(await api.get(path, headers=company.headers), status=404, code="not-found")


async def test_an_event_of_ones_own_stands_beside_the_shipped_ones_goal_7(api: AsyncClient, state: ApiState) -> None:
    company, other = await make_company(state), await make_company(state)
    made = created(await put(api, company, BRAND_DAY))
    assert made["shipped"] is False
    assert made in await of_2026(api, company)
    problem(await put(api, company, BRAND_DAY), status=409, code="event-taken")
    created(await put(api, company, BRAND_DAY | {"starts_on": "2027-09-09", "ends_on": "2027-09-09"}))
    assert "brand_day" not in {one["code"] for one in await of_2026(api, other)}
    problem(await api.get(f"{CALENDAR}/{made['id']}", headers=other.headers), status=404, code="not-found")


async def test_an_event_is_changed_by_whoever_has_read_it(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    response = await put(api, company, BRAND_DAY)
    path, tag = response.headers["location"], response.headers["etag"]

    async def patch(body: dict[str, Any], if_match: str) -> Response:
        return await api.patch(path, json=body, headers=company.headers | {"If-Match": if_match})

    moved = await patch({"starts_on": "2025-12-31", "ends_on": "2026-01-02"}, tag)
    assert (ok(moved)["year"], ok(moved)["starts_on"]) == (2025, "2025-12-31")
    problem(await patch({"name": "会员日"}, tag), status=412, code="stale")
    back = await patch({"starts_on": "2026-01-01", "cancelled": True}, moved.headers["etag"])
    assert (ok(back)["year"], ok(back)["cancelled"]) == (2026, True)
    created(await put(api, company, BRAND_DAY | {"starts_on": "2025-09-09", "ends_on": "2025-09-09"}))
    problem(await patch({"starts_on": "2025-12-31"}, "*"), status=409, code="event-taken")
    deleted = await api.delete(path, headers=company.headers | {"If-Match": tag})
    problem(deleted, status=412, code="stale")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"ends_on": "2026-09-08"}, ("/ends_on", "event-days")),
        ({"ends_on": "2026-12-10"}, ("/ends_on", "event-days")),
        ({"code": "Brand Day"}, ("/code", "string-pattern-mismatch")),
        ({"name": " "}, ("/name", "string-too-short")),
        ({"starts_on": "1899-12-31"}, ("/starts_on", "date-out-of-range")),
        ({"year": 2026}, ("/year", "extra-forbidden")),
    ],
    ids=str,
)
async def test_what_is_no_event_is_refused(
    api: AsyncClient, state: ApiState, changes: dict[str, Any], expected: tuple[str, str]
) -> None:
    response = await put(api, await make_company(state), BRAND_DAY | changes)
    assert pointers(response) == [expected]


async def test_an_event_that_would_end_before_it_starts_is_not_left_so(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    path = (await put(api, company, BRAND_DAY)).headers["location"]
    response = await api.patch(path, json={"starts_on": "2026-09-11"}, headers=company.headers)
    assert pointers(response) == [("/ends_on", "event-days")]


async def test_a_request_sent_again_is_answered_again(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    first, second = [await put(api, company, BRAND_DAY, **{"Idempotency-Key": "once"}) for _ in range(2)]
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert second.headers["etag"] == first.headers["etag"]


async def test_a_calendar_does_not_grow_without_end(
    api: AsyncClient, state: ApiState, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MAX_EVENTS", 1)
    company = await make_company(state)
    created(await put(api, company, BRAND_DAY))
    problem(await put(api, company, DOUBLE_11), status=409, code="too-many-events")


async def test_everybody_reads_the_calendar_and_hr_writes_it_sec_3(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    hr = await make_member(state, company, roles=("hr", "employee"))
    employee = await make_member(state, company, roles=("employee",))
    made = created(await api.post(CALENDAR, json=BRAND_DAY, headers=hr.headers))
    assert ok(await api.get(f"{CALENDAR}/{made['id']}", headers=employee.headers)) == made
    refused = await api.post(CALENDAR, json=DOUBLE_11, headers=employee.headers)
    problem(refused, status=403, code="not-allowed")


async def test_a_change_of_the_calendar_is_in_the_audit_trail_sec_5(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    made = created(await put(api, company, BRAND_DAY))
    await api.delete(f"{CALENDAR}/{made['id']}", headers=company.headers)
    params = {"resource_type": "calendar_event", "resource_id": made["id"]}
    entries = ok(await api.get("/v1/audit-entries", params=params, headers=company.headers))["items"]
    assert [one["action"] for one in entries] == ["delete_calendar_event", "create_calendar_event"]


async def test_a_calendar_costs_the_same_statements_however_long_it_is(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    counted = []
    for year in (2020, 2021):
        created(await put(api, company, BRAND_DAY | {"starts_on": f"{year}-09-09", "ends_on": f"{year}-09-09"}))
        with count_statements() as statements:
            await api.get(CALENDAR, headers=company.headers)
        counted.append(len(statements))
    assert counted[0] == counted[1] <= 4


async def test_curves_are_lined_up_by_the_calendar_as_the_company_has_it_goal_7(
    api: AsyncClient, state: ApiState
) -> None:
    company = await make_company(state)
    created(await put(api, company, DOUBLE_11))
    created(await put(api, company, BRAND_DAY))
    off = {"code": "sale_618", "name": "618", "starts_on": "2026-06-18", "ends_on": "2026-06-18", "cancelled": True}
    created(await put(api, company, off))
    async with transaction(state.sessions, state.doorbell) as uow:
        calendar = await load_calendar(uow.session, company_id=company.company_id)
        shipped = await load_calendar(uow.session, company_id=UUID(int=0))
    day, brand_day, first = date(2026, 6, 18), date(2026, 9, 10), date(2026, 10, 15)
    assert calendar.on(first) == Event("double_11", first, date(2026, 11, 11))
    assert calendar.on(brand_day) == Event("brand_day", date(2026, 9, 9), brand_day)
    assert calendar.ordinary([day, brand_day, first]) == [day]
    assert shipped.ordinary([day, brand_day, first]) == [brand_day, first]
