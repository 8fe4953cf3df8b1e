"""Headcount, span, joiners, leavers, transfers and turnover, alone and with everything below (ORG-5)."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from attain_api.departments import service
from attain_api.state import ApiState
from attain_shared.clock import business_day
from attain_shared.db.session import transaction
from attain_shared.departments.schemas import DepartmentCreate
from attain_shared.identifiers import new_id
from attain_shared.people.timeline import EventKind, Spell, TimelineBroken, build_spells
from tests.support.companies import Company, Member, make_company, make_member
from tests.support.http import ok, pointers, problem
from tests.support.staff import Told, add_person, events_of, hired
from tests.support.statements import count_statements

JULY = {"from": "2026-07-01", "to": "2026-07-31"}
DAY = timedelta(days=1)


async def make(state: ApiState, company: Member, name: str, **fields: Any) -> UUID:
    async with transaction(state.sessions, state.doorbell) as uow:
        data = DepartmentCreate.model_validate({"name": name, "function": "operations"} | fields)
        return (await service.create_department(uow, actor=company.actor, data=data)).id


async def stats(api: AsyncClient, member: Member, department: UUID, **period: str) -> dict[str, Any]:
    response = await api.get(f"/v1/departments/{department}/stats", params=period, headers=member.headers)
    return ok(response)


async def test_a_month_with_everything_in_it(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    top = await make(state, company, "top", headcount_plan=2)
    low = await make(state, company, "low", parent_id=top, headcount_plan=4)
    side = await make(state, company, "side")
    boss = await add_person(state, company, hired(top))
    await add_person(state, company, hired(low, manager_id=boss))
    await add_person(state, company, hired(low, manager_id=boss), (EventKind.LEAVE, date(2026, 7, 10), {}))
    await add_person(state, company, hired(top), (EventKind.TRANSFER, date(2026, 7, 1), {"department_id": low}))
    await add_person(state, company, hired(low), (EventKind.TRANSFER, date(2026, 7, 31), {"department_id": side}))
    await add_person(state, company, hired(low, on=date(2026, 7, 31), employment_type="intern"))
    await add_person(state, company, hired(low, on=date(2026, 8, 1)))
    found = await stats(api, company, top, **JULY)
    assert found == {
        "department_id": str(top),
        **JULY,
        "own": {
            "headcount": 1,
            "by_employment_type": {"employee": 1, "outsourced": 0, "intern": 0},
            "headcount_plan": 2,
            "vacancies": 1,
            "over_plan": 0,
            "span": "1.00",
            "widest_span": 1,
            "joiners": 0,
            "leavers": 0,
            "transfers_in": 0,
            "transfers_out": 1,
            "mean_headcount": "1.0000",
            "turnover": "0.0000",
            "team_size_advice": "too_small",
        },
        "subtree": {
            "headcount": 4,
            "by_employment_type": {"employee": 3, "outsourced": 0, "intern": 1},
            "headcount_plan": 6,
            "vacancies": 2,
            "over_plan": 0,
            "span": "1.00",
            "widest_span": 1,
            "joiners": 1,
            "leavers": 1,
            "transfers_in": 0,
            "transfers_out": 1,
            # 31 + 31 + 10 + 31 + 30 + 1 days
            "mean_headcount": "4.3226",
            "turnover": "0.2313",
        },
    }
    own = (await stats(api, company, low, **JULY))["own"]
    assert {name: own[name] for name in ("headcount", "joiners", "leavers", "transfers_in", "transfers_out")} == {
        "headcount": 3,
        "joiners": 1,
        "leavers": 1,
        "transfers_in": 1,
        "transfers_out": 1,
    }
    assert own["team_size_advice"] == "ok"
    assert own["turnover"] == "0.3010"


async def test_an_empty_department_has_no_turnover_and_no_span(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    own = (await stats(api, company, await make(state, company, "empty"), **JULY))["own"]
    nulls = ("headcount_plan", "vacancies", "over_plan", "span", "widest_span", "turnover")
    assert [own[name] for name in nulls] == [None] * len(nulls)
    assert (own["headcount"], own["mean_headcount"], own["team_size_advice"]) == (0, "0.0000", "too_small")


async def test_the_period_is_the_current_month_up_to_today(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    department = await make(state, company, "x")
    today = business_day()
    found = await stats(api, company, department)
    assert (found["from"], found["to"]) == (str(today.replace(day=1)), str(today))
    assert (await stats(api, company, department, to="2026-05-17"))["from"] == "2026-05-01"
    for period in ({"from": "2026-07-02", "to": "2026-07-01"}, {"from": "1999-01-01"}):
        response = await api.get(f"/v1/departments/{department}/stats", params=period, headers=company.headers)
        assert pointers(response) == [("/query", "window")]
    response = await api.get(f"/v1/departments/{department}/stats", headers=company.headers)
    again = {"If-None-Match": response.headers["etag"]} | company.headers
    assert (await api.get(f"/v1/departments/{department}/stats", headers=again)).status_code == 304


async def test_figures_are_for_those_who_lead_the_department(api: AsyncClient, state: ApiState) -> None:
    """SEC-3: the department is in everybody's directory, so its figures are refused and not hidden."""
    company = await make_company(state)
    head, stranger = await make_member(state, company), await make_member(state, company)
    top = await make(state, company, "top", head_id=head.person_id)
    low = await make(state, company, "low", parent_id=top)
    side = await make(state, company, "side")
    cases: list[tuple[Member, list[UUID], list[UUID]]] = [(head, [top, low], [side]), (stranger, [], [top, low, side])]
    readers = [await make_member(state, company, roles=(role,)) for role in ("admin", "hr", "executive")]
    cases += [(reader, [top, low, side], []) for reader in readers]
    for member, seen, refused in cases:
        for department in seen:
            await stats(api, member, department)
        for department in refused:
            response = await api.get(f"/v1/departments/{department}/stats", headers=member.headers)
            problem(response, status=403, code="not-allowed")
        items = ok(await api.get("/v1/departments/stats", headers=member.headers))["items"]
        assert {item["department_id"] for item in items} == set(map(str, seen))
    for member in (company, await make_company(state)):
        path = f"/v1/departments/{new_id() if member is company else top}/stats"
        problem(await api.get(path, headers=member.headers), status=404, code="not-found")


@pytest.mark.parametrize("many", [1, 200])
async def test_one_query_answers_for_one_department_and_for_all(api: AsyncClient, state: ApiState, many: int) -> None:
    company = await make_company(state)
    top = await make(state, company, "0")
    async with transaction(state.sessions, state.doorbell) as uow:
        for number in range(1, many):
            data = DepartmentCreate(name=f"{number}", function="design", parent_id=top)
            await service.create_department(uow, actor=company.actor, data=data)
    for path in ("/stats", f"/{top}/stats"):
        with count_statements() as statements:
            ok(await api.get(f"/v1/departments{path}", headers=company.headers))
        assert len(statements) == 2, "the sign-in and one more"


async def test_the_tree_is_that_of_the_last_day(api: AsyncClient, state: ApiState) -> None:
    """A department moved today was elsewhere last month, and so were its people."""
    company = await make_company(state)
    before, after = await make(state, company, "before"), await make(state, company, "after")
    moving = await make(state, company, "moving", parent_id=before, headcount_plan=3)
    await add_person(state, company, hired(moving))
    path = f"/v1/departments/{moving}/actions/move"
    ok(await api.post(path, json={"parent_id": str(after)}, headers=company.headers))
    for period, expected in ((JULY, [1, 0]), ({}, [0, 1])):
        found = [(await stats(api, company, one, **period))["subtree"] for one in (before, after)]
        assert [one["headcount"] for one in found] == expected
        assert [one["headcount_plan"] for one in found] == [3 if n else None for n in expected]


# the model: a tree of departments, and day by day where everybody is


FIRST = date(2026, 6, 1)
kinds = st.sampled_from(
    [EventKind.TRANSFER, EventKind.LEAVE, EventKind.REHIRE, EventKind.PROMOTE, EventKind.CHANGE_TERMS]
)


@st.composite
def told(draw: st.DrawFn, departments: Sequence[UUID | None]) -> list[Told]:
    """What happened to somebody: whatever fits, in the order of days."""
    happened = [hired(draw(st.sampled_from(departments)), on=FIRST + draw(st.integers(0, 40)) * DAY)]
    for offset in draw(st.lists(st.integers(0, 60), max_size=6).map(sorted)):
        kind = draw(kinds)
        what: dict[str, Any] = {}
        if kind in {EventKind.TRANSFER, EventKind.REHIRE}:
            what = {"department_id": draw(st.sampled_from(departments))}
        elif kind == EventKind.CHANGE_TERMS:
            what = {"employment_type": draw(st.sampled_from(["employee", "outsourced", "intern"]))}
        tried = [*happened, (kind, FIRST + offset * DAY, what)]
        try:
            build_spells(events_of(tried))
        except (TimelineBroken, ValueError):  # ValueError: it lies before the hire
            continue
        happened = tried
    return happened


def on(spells: Sequence[Spell], day: date) -> Spell:
    return next(one for one in spells if one.starts_on <= day < one.ends_on)


def model(everybody: Mapping[UUID, Sequence[Spell]], inside: set[UUID], first: date, last: date) -> dict[str, Any]:
    """Counted day by day, with no thought of spells."""
    found: dict[str, Any] = dict.fromkeys(("joiners", "leavers", "transfers_in", "transfers_out"), 0)
    days = [first + number * DAY for number in range((last - first).days + 1)]
    person_days = 0
    for spells in everybody.values():
        for day in days:
            yesterday, today, tomorrow = (on(spells, one) for one in (day - DAY, day, day + DAY))
            was, will = _continues(yesterday, today), _continues(today, tomorrow)
            there = today.status == "employed" and today.department_id in inside
            person_days += there
            found["joiners"] += there and not was
            found["leavers"] += there and not will
            found["transfers_in"] += there and was and yesterday.department_id not in inside
            found["transfers_out"] += was and yesterday.department_id in inside and today.department_id not in inside
    present = {person: on(spells, last) for person, spells in everybody.items()}
    employed = {person: one for person, one in present.items() if one.status == "employed"}
    there_now = {person: one for person, one in employed.items() if one.department_id in inside}
    reports = [sum(one.manager_id == manager for one in employed.values()) for manager in there_now]
    spans = [number for number in reports if number]
    mean = Decimal(person_days) / len(days)
    return found | {
        "headcount": len(there_now),
        "by_employment_type": {
            kind: sum(one.employment_type == kind for one in there_now.values())
            for kind in ("employee", "outsourced", "intern")
        },
        "widest_span": max(spans, default=None),
        "span": Decimal(sum(spans)) / len(spans) if spans else None,
        "mean_headcount": mean,
        "turnover": None if mean == 0 else found["leavers"] / mean,
    }


def _continues(one: Spell, other: Spell) -> bool:
    return one.status == other.status == "employed" and one.hired_on == other.hired_on


async def organise(state: ApiState) -> tuple[Company, list[UUID], dict[UUID, set[UUID]]]:
    company = await make_company(state)
    top = await make(state, company, "top")
    middle = await make(state, company, "middle", parent_id=top)
    low = await make(state, company, "low", parent_id=middle)
    side = await make(state, company, "side", parent_id=top)
    return (
        company,
        [top, middle, low, side],
        {top: {top, middle, low, side}, middle: {middle, low}, low: {low}, side: {side}},
    )


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_figures_are_those_of_a_count_day_by_day(api: AsyncClient, state: ApiState, data: st.DataObject) -> None:
    """Right across transfers, rehires the day after a leave, changes without a move, and events on one day."""
    company, departments, below = await organise(state)
    stories = data.draw(st.lists(told([*departments, None]), min_size=1, max_size=6))
    first = FIRST + data.draw(st.integers(0, 60)) * DAY
    last = first + data.draw(st.integers(0, 30)) * DAY
    ids: list[UUID] = []
    for story in stories:
        manager = data.draw(st.sampled_from([None, *ids]))
        story[0][2].update({} if manager is None else {"manager_id": manager})
        ids.append(await add_person(state, company, *story))
    everybody = {person: build_spells(events_of(story)) for person, story in zip(ids, stories, strict=True)}
    period = {"from": str(first), "to": str(last)}
    answer = ok(await api.get("/v1/departments/stats", params=period, headers=company.headers))["items"]
    assert len(answer) == len(departments)
    for item in answer:
        department = UUID(item["department_id"])
        single = await stats(api, company, department, **period)
        assert single == item | period
        for part, inside in (("own", {department}), ("subtree", below[department])):
            expected = model(everybody, inside, first, last)
            for name in (
                "headcount",
                "by_employment_type",
                "joiners",
                "leavers",
                "transfers_in",
                "transfers_out",
                "widest_span",
            ):
                assert item[part][name] == expected[name], (part, name)
            for name, within in (("mean_headcount", "0.00005"), ("turnover", "0.00005"), ("span", "0.005")):
                shown, right = item[part][name], expected[name]
                assert (shown is None) == (right is None), (part, name)
                assert right is None or abs(Decimal(shown) - Decimal(right)) <= Decimal(within), (part, name)
