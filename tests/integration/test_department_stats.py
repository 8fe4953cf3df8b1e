"""Headcount, span, joiners, leavers, transfers and turnover, alone and with everything below (ORG-5)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

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


async def test_a_department_merged_in_the_period_stays_where_it_was(api: AsyncClient, state: ApiState) -> None:
    """With its days and its leavers, for every subtree above it; of its plan nothing is left."""
    company = await make_company(state)
    today = business_day()
    first = today - 20 * DAY
    top = await make(state, company, "top")
    into = await make(state, company, "into", parent_id=top, headcount_plan=2)
    merged = await make(state, company, "merged", parent_id=top, headcount_plan=5)
    early = first - 30 * DAY
    for _ in range(2):
        await add_person(state, company, hired(merged, on=early))
        await add_person(state, company, hired(merged, on=early), (EventKind.LEAVE, first + 8 * DAY, {}))
    period = {"from": str(first), "to": str(today)}
    before = (await stats(api, company, top, **period))["subtree"]
    response = await api.post(
        f"/v1/departments/{merged}/actions/merge", json={"into_id": str(into)}, headers=company.headers
    )
    assert response.status_code == 200
    after = (await stats(api, company, top, **period))["subtree"]
    assert (before["leavers"], before["mean_headcount"], before["headcount_plan"]) == (2, "2.8571", 7)
    assert after == before | {"headcount_plan": 2, "vacancies": 0}
    own = (await stats(api, company, into, **period))["own"]
    assert (own["headcount"], own["transfers_in"], own["leavers"]) == (2, 2, 0)
    gone = (await stats(api, company, merged, **period))["own"]
    assert (gone["headcount"], gone["transfers_out"], gone["leavers"]) == (0, 2, 2)


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


async def organise(state: ApiState) -> tuple[Company, list[UUID]]:
    company = await make_company(state)
    top = await make(state, company, "top", headcount_plan=1)
    middle = await make(state, company, "middle", parent_id=top, headcount_plan=10)
    low = await make(state, company, "low", parent_id=middle, headcount_plan=100)
    side = await make(state, company, "side", parent_id=top, headcount_plan=1000)
    return company, [top, middle, low, side]


@dataclass(frozen=True)
class Ending:
    """A department that is merged into another, or merely closed, on a day."""

    what: UUID
    into: UUID | None
    on: date


async def end(state: ApiState, company: Company, ending: Ending) -> None:
    """Departments change as of today: one that ended on another day is written into the tables."""
    today = "company_id = :company AND ends_on = 'infinity' AND"
    statements = [
        f"UPDATE department_spells SET ends_on = :day WHERE {today} department_id = :what",
        "UPDATE departments SET closed_on = :day, merged_into_id = :into WHERE company_id = :company AND id = :what",
    ]
    columns = "company_id, department_id, starts_on, ends_on, name, function, parent_id, headcount_plan, duties"
    moved = "company_id, department_id, :day, 'infinity', name, function, :into, headcount_plan, duties"
    insert = f"INSERT INTO department_spells ({columns}) SELECT {moved} FROM department_spells"
    moving = [
        f"{insert} WHERE {today} parent_id = :what",
        f"UPDATE department_spells SET ends_on = :day WHERE {today} parent_id = :what",
        "UPDATE departments SET parent_id = :into WHERE company_id = :company AND parent_id = :what",
    ]
    values = {"company": company.company_id, "what": ending.what, "day": ending.on, "into": ending.into}
    async with transaction(state.sessions, state.doorbell) as uow:
        for statement in statements if ending.into is None else [*moving, *statements]:
            named = {name: value for name, value in values.items() if f":{name}" in statement}
            await uow.session.execute(text(statement), named)


def told_with(ending: Ending, story: Sequence[Told]) -> list[Told]:
    """The same story where a department ends: who was in it goes where it went, and nobody comes into it any more."""

    def elsewhere(one: Told) -> Told:
        kind, day, what = one
        is_late = day >= ending.on and what.get("department_id") == ending.what
        return (kind, day, what | {"department_id": ending.into}) if is_late else one

    there = on(build_spells(events_of(story)), ending.on)
    changed = [elsewhere(one) for one in story]
    if there.status == "employed" and there.department_id == ending.what:
        changed.append((EventKind.TRANSFER, ending.on, {"department_id": ending.into}))
    return changed


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_figures_are_those_of_a_count_day_by_day(api: AsyncClient, state: ApiState, data: st.DataObject) -> None:
    """Right across transfers, rehires the day after a leave, changes without a move, events on one day, and merges."""
    company, departments = await organise(state)
    top, middle, low, side = departments
    below = {top: {top, middle, low, side}, middle: {middle, low}, low: {low}, side: {side}}
    stories = data.draw(st.lists(told([*departments, None]), min_size=1, max_size=6))
    first = FIRST + data.draw(st.integers(0, 60)) * DAY
    last = first + data.draw(st.integers(0, 30)) * DAY
    ways = [(low, middle), (low, side), (low, None), (side, top), (side, low), (side, None), (middle, side), None]
    way = data.draw(st.sampled_from(ways))
    plans = {top: 1, middle: 10, low: 100, side: 1000}
    listed = set(departments)
    if way is not None:
        ending = Ending(way[0], way[1], FIRST + data.draw(st.integers(0, 60)) * DAY)
        await end(state, company, ending)
        stories = [told_with(ending, story) for story in stories]
        if ending.on <= last:
            del plans[ending.what]
        if ending.on <= first:
            listed.remove(ending.what)
        if ending.what == middle and ending.on <= last:
            below |= {middle: {middle}, side: {side, low}}
    ids: list[UUID] = []
    for story in stories:
        manager = data.draw(st.sampled_from([None, *ids]))
        story[0][2].update({} if manager is None else {"manager_id": manager})
        ids.append(await add_person(state, company, *story))
    everybody = {person: build_spells(events_of(story)) for person, story in zip(ids, stories, strict=True)}
    period = {"from": str(first), "to": str(last)}
    answer = ok(await api.get("/v1/departments/stats", params=period, headers=company.headers))["items"]
    assert {UUID(item["department_id"]) for item in answer} == listed
    for item in answer:
        department = UUID(item["department_id"])
        single = await stats(api, company, department, **period)
        assert single == item | period
        for part, inside in (("own", {department}), ("subtree", below[department])):
            expected = model(everybody, inside, first, last)
            assert item[part]["headcount_plan"] == (sum(plans.get(one, 0) for one in inside) or None)
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
