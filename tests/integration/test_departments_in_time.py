"""Departments moved, merged, closed and reopened, and how they were on a day (ORG-1, ORG-3)."""

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from httpx import AsyncClient
from sqlalchemy import select, text, update

from attain_api.state import ApiState
from attain_shared.clock import business_day
from attain_shared.db.session import transaction
from attain_shared.departments.models import DepartmentSpell
from attain_shared.identifiers import new_id
from attain_shared.people.models import Person, PersonEvent, PersonSpell
from attain_shared.people.timeline import ALWAYS, EventKind
from tests.support.companies import Company, make_company, make_member
from tests.support.http import created, ok, pointers, problem
from tests.support.staff import add_person, hired

TODAY = business_day()
DAY = timedelta(days=1)


async def make(api: AsyncClient, company: Company, name: str, **fields: Any) -> str:
    body = {"name": name, "function": "operations"} | fields
    return str(created(await api.post("/v1/departments", json=body, headers=company.headers))["id"])


async def act(api: AsyncClient, company: Company, department: str, action: str, **body: Any) -> Any:
    path = f"/v1/departments/{department}/actions/{action}"
    return await api.post(path, json=body or None, headers=company.headers)


async def set_back(state: ApiState, company: Company, *, days: int) -> None:
    """Let the spells that began today have begun some days ago."""
    async with transaction(state.sessions, state.doorbell) as uow:
        await uow.session.execute(
            update(DepartmentSpell)
            .where(DepartmentSpell.company_id == company.company_id, DepartmentSpell.starts_on == TODAY)
            .values(starts_on=TODAY - days * DAY)
        )
        await uow.session.execute(
            update(DepartmentSpell)
            .where(DepartmentSpell.company_id == company.company_id, DepartmentSpell.ends_on == TODAY)
            .values(ends_on=TODAY - days * DAY)
        )


async def spells_of(state: ApiState, company: Company, department: str) -> list[tuple[date, date, str]]:
    async with state.sessions() as session:
        rows = await session.scalars(
            select(DepartmentSpell)
            .where(DepartmentSpell.company_id == company.company_id, DepartmentSpell.department_id == UUID(department))
            .order_by(DepartmentSpell.starts_on)
        )
        return [(row.starts_on, row.ends_on, row.name) for row in rows]


async def test_a_change_is_seen_from_its_day_on(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    department = await make(api, company, "old", headcount_plan=3)
    path = f"/v1/departments/{department}"
    for name in ("new", "newer"):
        ok(await api.patch(path, json={"name": name}, headers=company.headers))
    assert await spells_of(state, company, department) == [
        (ALWAYS, TODAY, "old"),
        (TODAY, date.max, "newer"),
    ], "the day's second change replaces its first"
    names = {}
    for on in (TODAY - DAY, TODAY, TODAY + DAY):
        shown = ok(await api.get(path, params={"on": str(on)}, headers=company.headers))
        names[on] = shown["name"]
        listed = ok(await api.get("/v1/departments", params={"on": str(on)}, headers=company.headers))["items"]
        tree = ok(await api.get("/v1/departments/tree", params={"on": str(on)}, headers=company.headers))["items"]
        assert [shown] == listed == [{name: tree[0][name] for name in shown}]
        assert shown["allowed_actions"] == []
    assert list(names.values()) == ["old", "newer", "newer"]
    found = ok(await api.get("/v1/departments?on=2026-07-15&name=old", headers=company.headers))["items"]
    assert [row["id"] for row in found] == [department]
    response = await api.get("/v1/departments?on=2026-07-15&status=open", headers=company.headers)
    assert pointers(response) == [("/query/status", "not-with-on")]


async def test_a_department_is_there_from_its_first_day_on(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    parent = await make(api, company, "young", opened_on="2026-05-01")
    child = await make(api, company, "old", parent_id=parent)
    for on, status in (("2026-04-30", 404), ("2026-05-01", 200)):
        response = await api.get(f"/v1/departments/{parent}", params={"on": on}, headers=company.headers)
        assert response.status_code == status
    tree = ok(await api.get("/v1/departments/tree?on=2026-04-30", headers=company.headers))["items"]
    assert [(node["id"], node["parent_id"]) for node in tree] == [(child, parent)], "nobody above was there yet"
    body = {"name": "x", "function": "design", "opened_on": str(TODAY + DAY)}
    response = await api.post("/v1/departments", json=body, headers=company.headers)
    assert pointers(response) == [("/opened_on", "in-the-future")]


async def test_what_the_build_before_writes_has_its_days_too(api: AsyncClient, state: ApiState) -> None:
    """While a rollout lasts, the old build writes departments without a thought of spells."""
    company = await make_company(state)
    department = str(new_id())
    names = {"company": company.company_id, "id": UUID(department)}
    insert = text(
        "INSERT INTO departments (company_id, id, name, function, duties, created_at, version) "
        "VALUES (:company, :id, 'first', 'design', '{}', now(), 1)"
    )
    rename = text("UPDATE departments SET name = :name WHERE company_id = :company AND id = :id")
    for statement in (insert, rename.bindparams(name="second"), rename.bindparams(name="third")):
        async with state.engine.begin() as connection:
            await connection.execute(statement, names)
    expected = [(ALWAYS, TODAY, "first"), (TODAY, date.max, "third")]
    assert await spells_of(state, company, department) == expected
    ok(await api.patch(f"/v1/departments/{department}", json={"name": "fourth"}, headers=company.headers))
    assert await spells_of(state, company, department) == [expected[0], (TODAY, date.max, "fourth")]
    ok(await act(api, company, department, "close"))
    assert await spells_of(state, company, department) == expected[:1]


async def test_a_closed_department_is_history(api: AsyncClient, state: ApiState) -> None:
    """ORG-3: it takes no change, no child and no action but to be reopened; the directory shows it no more."""
    company = await make_company(state)
    member = await make_member(state, company)
    department, other = await make(api, company, "closing"), await make(api, company, "other")
    await set_back(state, company, days=2)
    closed = ok(await act(api, company, department, "close"))
    assert (closed["closed_on"], closed["allowed_actions"]) == (str(TODAY), ["reopen"])
    path = f"/v1/departments/{department}"
    assert ok(await api.get(path, headers=company.headers)) == closed
    problem(await api.get(path, headers=member.headers), status=404, code="not-found")
    for on, status in ((TODAY - DAY, 200), (TODAY, 404)):
        response = await api.get(path, params={"on": str(on)}, headers=company.headers)
        assert response.status_code == status
    for params, expected in (({}, ["other"]), ({"status": "closed"}, ["closing"])):
        page = ok(await api.get("/v1/departments", params=params, headers=company.headers))
        assert [row["name"] for row in page["items"]] == expected
    assert ok(await api.get("/v1/departments?status=closed", headers=member.headers))["items"] == []
    problem(await api.patch(path, json={"name": "x"}, headers=company.headers), status=409, code="department-closed")
    for action, body in (("close", {}), ("move", {"parent_id": None}), ("merge", {"into_id": other})):
        problem(await act(api, company, department, action, **body), status=409, code="action-not-allowed")
    body = {"name": "x", "function": "design", "parent_id": department}
    assert pointers(await api.post("/v1/departments", json=body, headers=company.headers)) == [
        ("/parent_id", "closed-department")
    ]
    for action, field in (("move", "parent_id"), ("merge", "into_id")):
        response = await act(api, company, other, action, **{field: department})
        assert pointers(response) == [(f"/{field}", "closed-department")]
    reopened = ok(await act(api, company, department, "reopen"))
    assert reopened["closed_on"] is None
    ok(await api.get(path, headers=member.headers))
    problem(await act(api, company, department, "reopen"), status=409, code="action-not-allowed")


async def test_a_department_in_use_is_not_closed(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    department = await make(api, company, "full")
    child = await make(api, company, "child", parent_id=department)
    answer = problem(await act(api, company, department, "close"), status=409, code="department-in-use")
    assert (answer["people"], answer["departments"]) == (0, 1)
    ok(await act(api, company, child, "close"))
    to_come = (EventKind.TRANSFER, TODAY + 9 * DAY, {"department_id": UUID(department)})
    await add_person(state, company, hired(), to_come)
    answer = problem(await act(api, company, department, "close"), status=409, code="department-in-use")
    assert (answer["people"], answer["departments"]) == (1, 0)
    ok(await act(api, company, child, "reopen"))


async def test_a_child_is_not_reopened_under_a_closed_parent(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    parent = await make(api, company, "parent")
    child = await make(api, company, "child", parent_id=parent)
    for department in (child, parent):
        ok(await act(api, company, department, "close"))
    problem(await act(api, company, child, "reopen"), status=409, code="action-not-allowed")
    for department in (parent, child):
        ok(await act(api, company, department, "reopen"))


async def test_a_merge_transfers_the_people_and_moves_the_children(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    into, away = await make(api, company, "into"), await make(api, company, "away", head_id=str(company.person_id))
    child = await make(api, company, "child", parent_id=away)
    staying = await add_person(state, company, hired(away))
    going = await add_person(state, company, hired(away), (EventKind.TRANSFER, TODAY + DAY, {"department_id": None}))
    gone = await add_person(state, company, hired(away), (EventKind.LEAVE, date(2026, 6, 30), {}))
    merged = ok(await act(api, company, away, "merge", into_id=into))
    assert (merged["closed_on"], merged["merged_into_id"]) == (str(TODAY), into)
    assert ok(await api.get(f"/v1/departments/{child}", headers=company.headers))["parent_id"] == into
    assert ok(await api.get(f"/v1/departments/{into}", headers=company.headers))["head_id"] is None

    async with state.sessions() as session:

        async def department_of(person: UUID, on: date) -> str | None:
            found = await session.scalar(
                select(PersonSpell.department_id).where(
                    PersonSpell.company_id == company.company_id,
                    PersonSpell.person_id == person,
                    PersonSpell.starts_on <= on,
                    PersonSpell.ends_on > on,
                )
            )
            return None if found is None else str(found)

        for person, days in (
            (staying, (away, into, into)),
            (going, (away, into, None)),
            (gone, (away, away, away)),
        ):
            assert tuple([await department_of(person, on) for on in (TODAY - DAY, TODAY, TODAY + DAY)]) == days
        events = await session.execute(
            select(PersonEvent.kind, PersonEvent.effective_on, PersonEvent.changes, Person.version)
            .join(Person, (Person.company_id == PersonEvent.company_id) & (Person.id == PersonEvent.person_id))
            .where(PersonEvent.company_id == company.company_id, PersonEvent.person_id == staying)
            .order_by(PersonEvent.id)
        )
        assert events.all()[-1] == ("transfer", TODAY, {"department_id": into}, 2)


async def test_merges_and_events_on_the_members_at_once_all_succeed(api: AsyncClient, state: ApiState) -> None:
    """Nobody waits in a circle: members are held before departments, and naming a department does not wait for it."""
    company = await make_company(state)
    into = await make(api, company, "into")
    merges, events = [], []
    for number in range(8):
        department = await make(api, company, f"{number}")
        people = [await add_person(state, company, hired(department)) for _ in range(5)]
        merges.append(act(api, company, department, "merge", into_id=into))
        events += [
            api.post(f"/v1/people/{person}/confirm", json={"effective_on": str(TODAY)}, headers=company.headers)
            for person in people
        ]
    answers = await asyncio.gather(*merges, *events)
    assert {answer.status_code for answer in answers} == {200}, [one.text for one in answers if one.status_code != 200]
    figures = ok(await api.get(f"/v1/departments/{into}/stats", headers=company.headers))
    assert figures["own"]["headcount"] == 40


async def test_a_merge_holds_the_people_before_the_departments(api: AsyncClient, state: ApiState) -> None:
    """Another session holds a member, as an event does, and takes the department once the merge is waiting."""
    company = await make_company(state)
    department, into = await make(api, company, "from"), await make(api, company, "into")
    ours = {"company": company.company_id, "person": await add_person(state, company, hired(department))}
    person = text("SELECT FROM people WHERE company_id = :company AND id = :person FOR NO KEY UPDATE")
    entered = text("SELECT FROM departments WHERE company_id = :company AND id = :department FOR SHARE")
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    async with state.engine.connect() as event, state.engine.connect() as watch:
        await event.execute(text("SET LOCAL lock_timeout = '2s'"))
        await event.execute(person, ours)
        merge = asyncio.create_task(act(api, company, department, "merge", into_id=into))
        while (await watch.execute(waiting)).scalar_one() < 1:  # noqa: ASYNC110  # another session is watched
            await asyncio.sleep(0.01)
        await event.execute(entered, {"company": company.company_id, "department": UUID(department)})
        await event.rollback()
        assert (await merge).status_code == 200


async def test_who_comes_into_a_department_while_it_is_merged_is_not_left_behind(
    api: AsyncClient, state: ApiState
) -> None:
    """Transfers into it and its merge at once: whoever was faster, nobody is in the closed department."""
    company = await make_company(state)
    away, into = await make(api, company, "away"), await make(api, company, "into")
    for number in range(6):
        department = await make(api, company, f"{number}")
        people = [await add_person(state, company, hired(away)) for _ in range(3)]
        body = {"department_id": department, "effective_on": str(TODAY)}
        merge, *transfers = await asyncio.gather(
            act(api, company, department, "merge", into_id=into),
            *[api.post(f"/v1/people/{one}/transfer", json=body, headers=company.headers) for one in people],
        )
        assert merge.status_code in {200, 409}
        assert {one.status_code for one in transfers} <= {200, 422}
        if merge.status_code == 409:
            problem(merge, status=409, code="department-in-use")
            continue
        figures = ok(await api.get(f"/v1/departments/{department}/stats", headers=company.headers))
        assert figures["own"]["headcount"] == 0


async def test_a_merge_waits_for_those_still_to_come(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    into, away = await make(api, company, "into"), await make(api, company, "away")
    await add_person(state, company, hired(away, on=TODAY + DAY))
    await add_person(state, company, hired(), (EventKind.TRANSFER, TODAY + DAY, {"department_id": UUID(away)}))
    answer = problem(await act(api, company, away, "merge", into_id=into), status=409, code="department-in-use")
    assert answer["events"] == 2


async def test_a_department_merges_neither_into_itself_nor_below(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    top = await make(api, company, "top")
    low = await make(api, company, "low", parent_id=await make(api, company, "middle", parent_id=top))
    for into in (top, low):
        problem(await act(api, company, top, "merge", into_id=into), status=409, code="department-cycle")
    response = await act(api, company, top, "merge", into_id=str(new_id()))
    assert pointers(response) == [("/into_id", "unknown-department")]
    ok(await act(api, company, low, "merge", into_id=top))


async def test_only_what_nothing_refers_to_is_deleted(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    mistake, parent = await make(api, company, "mistake"), await make(api, company, "parent")
    child = await make(api, company, "child", parent_id=parent)
    staffed, once = await make(api, company, "staffed"), await make(api, company, "once")
    await add_person(state, company, hired(staffed), (EventKind.TRANSFER, TODAY, {"department_id": None}))
    ok(await act(api, company, child, "move", parent_id=once))
    await set_back(state, company, days=1)
    ok(await act(api, company, child, "move", parent_id=None))
    for department in (parent, staffed, once):
        response = await api.delete(f"/v1/departments/{department}", headers=company.headers)
        problem(response, status=409, code="department-in-use")
    headers = {"If-Match": '"7"'} | company.headers
    problem(await api.delete(f"/v1/departments/{mistake}", headers=headers), status=412, code="stale")
    response = await api.delete(f"/v1/departments/{mistake}", headers=company.headers)
    assert (response.status_code, response.content) == (204, b"")
    problem(await api.get(f"/v1/departments/{mistake}", headers=company.headers), status=404, code="not-found")
    assert await spells_of(state, company, mistake) == []


async def test_only_hr_and_administrators_act(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    department = await make(api, company, "x")
    for role, expected in (("employee", 403), ("executive", 403), ("hr", 200)):
        member = await make_member(state, company, roles=(role,))
        path = f"/v1/departments/{department}/actions/move"
        response = await api.post(path, json={"parent_id": None}, headers=member.headers)
        assert response.status_code == expected


async def test_of_two_moves_that_close_a_circle_together_one_is_refused(api: AsyncClient, state: ApiState) -> None:
    """Both wait at a barrier: the lock of the tree, held by a third session until both ask for it."""
    company = await make_company(state)
    one, other = await make(api, company, "one"), await make(api, company, "other")
    lock = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")
    waiting = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    async with state.engine.connect() as barrier, state.engine.connect() as watch:
        await barrier.execute(lock, {"name": f"attain:departments:{company.company_id}"})
        moves = [
            asyncio.create_task(act(api, company, one, "move", parent_id=other)),
            asyncio.create_task(act(api, company, other, "move", parent_id=one)),
        ]
        while (await watch.execute(waiting)).scalar_one() < 2:  # noqa: ASYNC110  # another session is watched
            await asyncio.sleep(0.01)
        await barrier.rollback()
        answers = await asyncio.gather(*moves)
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    problem(max(answers, key=lambda answer: answer.status_code), status=409, code="department-cycle")
    [top] = ok(await api.get("/v1/departments/tree", headers=company.headers))["items"]
    assert len(top["children"]) == 1
