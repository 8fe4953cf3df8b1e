"""Opening a round: one review for everybody it is about, once (REV-1, REV-6, ORG-2)."""

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import func, select, update

from attain_api.state import ApiState
from attain_shared.audit.models import AuditEntry
from attain_shared.clock import business_day
from attain_shared.db.session import reading, transaction
from attain_shared.people.timeline import EventKind
from attain_shared.reviews.models import Review, ReviewCycle, ReviewEvent
from attain_shared.reviews.shipped_values import SHIPPED
from tests.support.companies import Member, make_company
from tests.support.goals import NOBODY, make_cycle
from tests.support.http import created, ok, pointers, problem
from tests.support.rounds import events_of_review, gone, make_line, make_round, open_new, open_round, reviews_of
from tests.support.staff import add_person, hired
from tests.support.statements import count_statements

Json = dict[str, Any]
TODAY = business_day()
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
LAST_DAY = date(2026, 9, 30)
"""Of the quarter that is reviewed."""


async def make_position(api: AsyncClient, company: Member, grade: str) -> UUID:
    """A position of a grade."""
    body = {"name": f"岗位 {grade}", "function": "operations", "tier": "middle", "grade": grade}
    return UUID(created(await api.post("/v1/positions", json=body, headers=company.headers))["id"])


async def make_department(api: AsyncClient, company: Member, **more: Any) -> str:
    """A department."""
    body = {"name": "运营部", "function": "operations"} | {name: str(value) for name, value in more.items()}
    return str(created(await api.post("/v1/departments", json=body, headers=company.headers))["id"])


async def test_everybody_of_the_class_who_is_there_gets_one_review(api: AsyncClient, state: ApiState) -> None:
    """REV-1, ORG-2: director and above, and heads of departments, are the senior class."""
    company = await make_company(state)
    boss = (await make_line(state, company, "boss"))["boss"]
    director, manager = [await make_position(api, company, grade) for grade in ("director", "manager")]
    people = {
        "director": await add_person(state, company, hired(manager_id=boss, position_id=director)),
        "manager": await add_person(state, company, hired(manager_id=boss, position_id=manager)),
        "head": await add_person(state, company, hired(manager_id=boss, position_id=manager)),
        "former head": await add_person(state, company, hired(manager_id=boss)),
        "intern": await add_person(state, company, hired(manager_id=boss, employment_type="intern")),
        "left": await add_person(state, company, hired(manager_id=boss), gone(YESTERDAY)),
        "last day today": await add_person(state, company, hired(manager_id=boss), gone(TODAY)),
        "to come": await add_person(state, company, hired(on=TOMORROW, manager_id=boss)),
        "director tomorrow": await add_person(
            state, company, hired(manager_id=boss), (EventKind.PROMOTE, TOMORROW, {"position_id": director})
        ),
    }
    await make_department(api, company, head_id=people["head"])
    closed = await make_department(api, company, head_id=people["former head"])
    ok(await api.post(f"/v1/departments/{closed}/actions/close", headers=company.headers))
    cycle = await make_cycle(api, company)
    names = {person_id: name for name, person_id in people.items()}
    expected = {
        "staff": {"manager", "former head", "intern", "last day today", "director tomorrow"},
        "senior": {"director", "head"},
    }
    for review_class, reviewed in expected.items():
        opened = await open_new(api, company, cycle["id"], **{"class": review_class})
        rows = await reviews_of(state, company, opened["id"])
        assert {names[person_id] for person_id in rows} == reviewed
        assert (opened["state"], opened["created"], opened["existing"]) == ("open", len(reviewed), 0)


async def test_a_round_is_of_departments_with_all_below_and_of_who_was_hired_by_a_day(
    api: AsyncClient, state: ApiState
) -> None:
    """REV-1: by department and hire date."""
    company = await make_company(state)
    boss = (await make_line(state, company, "boss"))["boss"]
    top = await make_department(api, company)
    below = await make_department(api, company, name="运营一部", parent_id=top)
    other = await make_department(api, company, name="设计部")
    early, late = date(2026, 3, 1), date(2026, 9, 1)
    people = {
        (name, on): await add_person(state, company, hired(department_id, on, manager_id=boss))
        for name, department_id in (("top", top), ("below", below), ("other", other), ("none", None))
        for on in (early, late)
    }
    cycle = await make_cycle(api, company)
    opened = await open_new(api, company, cycle["id"], department_ids=[top], hired_by="2026-08-31")
    rows = await reviews_of(state, company, opened["id"])
    assert set(rows) == {people["top", early], people["below", early]}
    assert rows[people["below", early]].department_id == UUID(below)


async def test_the_one_over_one_is_the_managers_manager_or_nobody(api: AsyncClient, state: ApiState) -> None:
    """REV-6, with its conflict cases: nobody above, somebody gone above, and who is not there is passed over."""
    company = await make_company(state)
    line = await make_line(state, company, "chief", "boss", "lin")
    left = await add_person(state, company, hired(manager_id=line["boss"]), gone(YESTERDAY), name="left")
    below_left = await add_person(state, company, hired(manager_id=left), name="below left")
    lonely_boss = await add_person(state, company, hired(), gone(YESTERDAY), name="gone and alone")
    orphan = await add_person(state, company, hired(manager_id=lonely_boss), name="orphan")
    cycle = await make_cycle(api, company)
    opened = await open_new(api, company, cycle["id"])
    rows = await reviews_of(state, company, opened["id"])
    assert {person_id: (row.manager_id, row.second_level_id) for person_id, row in rows.items()} == {
        line["boss"]: (line["chief"], None),
        line["lin"]: (line["boss"], line["chief"]),
        below_left: (line["boss"], line["chief"]),
    }
    assert set(opened["without_assessor"]) == {str(one) for one in (company.person_id, line["chief"], orphan)}


async def test_people_without_a_manager_are_assessed_by_whom_hr_names(api: AsyncClient, state: ApiState) -> None:
    """REV-6."""
    company = await make_company(state)
    line = await make_line(state, company, "chief", "boss", "lin")
    alone = await add_person(state, company, hired(), name="alone")
    cycle = await make_cycle(api, company)
    named = [(line["chief"], company.person_id), (alone, line["lin"])]
    opened = await open_new(api, company, cycle["id"], named=named)
    rows = await reviews_of(state, company, opened["id"])
    told = {name: (row.manager_id, row.second_level_id, row.is_assessor_named) for name, row in rows.items()}
    assert told[line["chief"]] == (company.person_id, None, True)
    assert told[alone] == (line["lin"], line["boss"], True)
    assert told[line["lin"]] == (line["boss"], line["chief"], False)
    # who has a review keeps it, whoever is named now
    again = ok(await open_round(api, company, opened["id"], named=[(alone, line["boss"])]))
    assert (again["created"], again["existing"]) == (0, 4)
    assert (await reviews_of(state, company, opened["id"]))[alone].manager_id == line["lin"]


@pytest.mark.parametrize(
    ("person", "assessor", "expected"),
    [
        ("alone", "alone", ("/assessors/0/assessor_id", "own-assessor")),
        ("alone", "nobody", ("/assessors/0/assessor_id", "unknown-person")),
        ("alone", "left", ("/assessors/0/assessor_id", "unknown-person")),
        ("lin", "alone", ("/assessors/0/person_id", "has-manager")),
        ("left", "alone", ("/assessors/0/person_id", "not-in-round")),
        ("nobody", "alone", ("/assessors/0/person_id", "not-in-round")),
    ],
)
async def test_an_assessor_that_cannot_be_is_refused(
    api: AsyncClient, state: ApiState, person: str, assessor: str, expected: tuple[str, str]
) -> None:
    """REV-6: nobody acts on their own review."""
    company = await make_company(state)
    people = await make_line(state, company, "boss", "lin") | {"nobody": UUID(NOBODY)}
    people["alone"] = await add_person(state, company, hired())
    people["left"] = await add_person(state, company, hired(), gone(YESTERDAY))
    cycle = await make_cycle(api, company)
    draft = await make_round(api, company, cycle["id"])
    answer = await open_round(api, company, draft["id"], named=[(people[person], people[assessor])])
    assert pointers(answer) == [expected]
    assert await reviews_of(state, company, draft["id"]) == {}
    twice = [(people["alone"], people["lin"])] * 2
    assert pointers(await open_round(api, company, draft["id"], named=twice)) == [
        ("/assessors/1/person_id", "duplicate")
    ]


async def test_whoever_came_after_the_period_did_nothing_in_it(api: AsyncClient, state: ApiState) -> None:
    """REV-1: they are in no round of it, unless one is made of them by name (REV-11)."""
    company = await make_company(state)
    line = await make_line(state, company, "boss", "lin")
    in_time, late = [
        await add_person(state, company, hired(on=day, manager_id=line["boss"]))
        for day in (LAST_DAY, LAST_DAY + timedelta(days=1))
    ]
    cycle = await make_cycle(api, company)
    assert cycle["ends_on"] == str(LAST_DAY)
    opened = await open_new(api, company, cycle["id"])
    assert set(await reviews_of(state, company, opened["id"])) == {line["lin"], in_time}
    named = {"cadence": "ad_hoc", "class": None, "person_ids": [str(late)]}
    ad_hoc = await open_new(api, company, cycle["id"], **named)
    assert set(await reviews_of(state, company, ad_hoc["id"])) == {late}


async def test_opening_again_takes_in_who_came_since_and_nothing_else(api: AsyncClient, state: ApiState) -> None:
    """REV-1: idempotent; the company's values stay as they were at the first opening (REV-3)."""
    company = await make_company(state, roles=("admin", "hr", "employee"))
    line = await make_line(state, company, "boss", "lin")
    cycle = await make_cycle(api, company)
    opened = await open_new(api, company, cycle["id"], due={"self_assessment": "2026-10-08"})
    before = await reviews_of(state, company, opened["id"])
    body = {"code": "passion", "name_zh": "激情", "name_en": "Passion", "levels": [{"zh": "一", "en": "one"}] * 5}
    created(await api.post("/v1/values", json=body, headers=company.headers))
    again = await api.post(f"/v1/review-cycles/{opened['id']}/actions/open", headers=company.headers)
    assert ok(again) == opened | {"created": 0, "existing": 1}
    late = await add_person(state, company, hired(on=LAST_DAY, manager_id=line["boss"]))
    third = ok(await open_round(api, company, opened["id"]))
    assert (third["created"], third["existing"]) == (1, 1)
    after = await reviews_of(state, company, opened["id"])
    assert set(after) == {*before, late}
    assert {row.id for row in before.values()} < {row.id for row in after.values()}
    assert (after[late].step, after[late].due_on) == ("self_assessment", date(2026, 10, 8))
    (event,) = await events_of_review(state, after[late])
    assert (event.action, event.from_step, event.to_step) == ("open", None, "self_assessment")
    assert event.actor_id == company.person_id
    async with reading(state.sessions) as uow:
        kept = await uow.session.scalar(
            select(ReviewCycle.company_values).where(
                ReviewCycle.company_id == company.company_id, ReviewCycle.id == UUID(opened["id"])
            )
        )
    assert kept == [shipped.snapshot() for shipped in SHIPPED]
    told = ok(await api.get(f"/v1/review-cycles/{opened['id']}", headers=company.headers))
    assert told["company_values"] == kept


async def test_nobody_gets_two_reviews_of_one_cadence_and_period(api: AsyncClient, state: ApiState) -> None:
    """REV-1: of another cadence, out of turn, or where the first was cancelled, somebody does."""
    company = await make_company(state)
    line = await make_line(state, company, "boss", "lin", "wu")
    cycle, year = await make_cycle(api, company), await make_cycle(api, company, kind="year", starts_on="2026-01-01")
    first = await open_new(api, company, cycle["id"])
    draft = await make_round(api, company, cycle["id"])
    refused = problem(await open_round(api, company, draft["id"]), status=409, code="nobody-to-review")
    assert (refused["existing"], len(refused["without_assessor"])) == (2, 2)
    assert (await open_new(api, company, year["id"], cadence="year"))["created"] == 2
    own = [str(line["lin"]), str(line["wu"])]
    assert (await open_new(api, company, cycle["id"], cadence="ad_hoc", person_ids=own))["created"] == 2
    lin = Review.person_id == line["lin"]
    async with transaction(state.sessions, state.doorbell) as uow:
        of_first = (Review.company_id == company.company_id) & (Review.review_cycle_id == UUID(first["id"]))
        await uow.session.execute(update(Review).where(of_first, lin).values(step="cancelled"))
    second = ok(await open_round(api, company, draft["id"]))
    assert (second["created"], second["existing"]) == (1, 1)
    # a cancelled one stays cancelled in its own round
    assert ok(await open_round(api, company, first["id"]))["created"] == 0


async def test_a_round_of_nobody_is_not_opened(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    cycle = await make_cycle(api, company)
    draft = await make_round(api, company, cycle["id"])
    refused = problem(await open_round(api, company, draft["id"]), status=409, code="nobody-to-review")
    assert refused["without_assessor"] == [str(company.person_id)]
    assert ok(await api.get(f"/v1/review-cycles/{draft['id']}", headers=company.headers))["state"] == "draft"


async def test_many_openings_at_once_make_one_set(api: AsyncClient, state: ApiState) -> None:
    """Also of two rounds of the same cadence and period."""
    company = await make_company(state)
    line = await make_line(state, company, "boss", *(f"p{number}" for number in range(20)))
    cycle = await make_cycle(api, company)
    drafts = [(await make_round(api, company, cycle["id"]))["id"] for _ in range(2)]
    answers = await asyncio.gather(*(open_round(api, company, drafts[number % 2]) for number in range(6)))
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert sum(answer.json()["created"] for answer in answers if answer.is_success) == 20
    opened = [await reviews_of(state, company, draft) for draft in drafts]
    assert sorted(len(rows) for rows in opened) == [0, 20]
    assert len(line) == 21
    async with reading(state.sessions) as uow:
        events = await uow.session.scalar(
            select(func.count()).select_from(ReviewEvent).where(ReviewEvent.company_id == company.company_id)
        )
    assert events == 20


async def test_opening_costs_the_same_for_one_and_for_two_hundred(api: AsyncClient, state: ApiState) -> None:
    """Set-based: a handful of statements; every review is in the audit trail (SEC-5)."""
    counts = []
    for number in (1, 200):
        company = await make_company(state)
        line = await make_line(state, company, "chief", "boss")
        for place in range(number - 1):
            await add_person(state, company, hired(manager_id=line[("boss", "chief")[place % 2]]))
        cycle = await make_cycle(api, company)
        draft = await make_round(api, company, cycle["id"])
        with count_statements() as statements:
            assert ok(await open_round(api, company, draft["id"]))["created"] == number
        counts.append(len(statements))
        async with reading(state.sessions) as uow:
            entries = await uow.session.scalar(
                select(func.count())
                .select_from(AuditEntry)
                .where(AuditEntry.company_id == company.company_id, AuditEntry.resource_type == "review")
            )
        assert entries == number
    assert counts[0] == counts[1] <= 10, counts
