"""The board of a round: who is missing what (REV-6), and nothing of what is judged (REV-7)."""

from typing import Any
from uuid import UUID

from httpx import AsyncClient
from sqlalchemy import select, update

from attain_api.review_cycles import progress, service
from attain_api.state import ApiState
from attain_shared.clock import business_day
from attain_shared.db.session import transaction
from attain_shared.reviews import opening
from attain_shared.reviews.models import Review, ReviewDelegation
from attain_shared.rules.review_flow import Step
from tests.support.companies import Member, make_company, make_member
from tests.support.goals import make_cycle
from tests.support.http import created, ok, problem
from tests.support.rounds import happens, make_line, make_round, moved, open_new, reviews_of
from tests.support.staff import add_person, hired
from tests.support.statements import count_statements

Json = dict[str, Any]
PAST, FUTURE = "2026-10-08", "2099-10-08"


async def board(api: AsyncClient, who: Member, round_id: str) -> Json:
    """What they see of it."""
    return ok(await api.get(f"/v1/review-cycles/{round_id}/progress", headers=who.headers))


def steps_of(shown: Json) -> dict[str, tuple[int, int]]:
    """Count and overdue of the steps that there are reviews at."""
    return {one["step"]: (one["count"], one["overdue"]) for one in shown["steps"] if one["count"]}


def waiting_of(shown: Json) -> list[tuple[str | None, str, int, int]]:
    """Whom it waits for."""
    return [(one["name"], one["step"], one["count"], one["overdue"]) for one in shown["waiting"]]


async def at_step(state: ApiState, company: Member, person_id: UUID, step: Step, **more: Any) -> UUID:
    """Put somebody's review at a step."""
    of_person = (Review.company_id == company.company_id) & (Review.person_id == person_id)
    async with transaction(state.sessions, state.doorbell) as uow:
        await uow.session.execute(update(Review).where(of_person).values(step=step.value, **more))
        found: UUID = (await uow.session.scalars(select(Review.id).where(of_person))).one()
    return found


async def test_the_board_says_how_far_a_round_is_and_whom_it_waits_for(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    body = {"name": "运营部", "function": "operations"}
    department = created(await api.post("/v1/departments", json=body, headers=company.headers))["id"]
    line = await make_line(state, company, "chief", "boss")
    below = {"department_id": department, "manager_id": line["boss"]}
    people = {name: await add_person(state, company, hired(**below), name=name) for name in "abcdefg"}
    cycle = await make_cycle(api, company)
    opened = await open_new(api, company, cycle["id"], due={"self_assessment": PAST, "manager_assessment": FUTURE})
    for name, step in (
        ("b", Step.MANAGER_ASSESSMENT),
        ("c", Step.MANAGER_ASSESSMENT),
        ("d", Step.SECOND_LEVEL),
        ("e", Step.HR),
        ("f", Step.CLOSED),
    ):
        await at_step(state, company, people[name], step, due_on=None)
    delegated = await at_step(state, company, people["g"], Step.MANAGER_ASSESSMENT)
    async with transaction(state.sessions, state.doorbell) as uow:
        uow.session.add(
            ReviewDelegation(
                company_id=company.company_id,
                review_id=delegated,
                step=Step.MANAGER_ASSESSMENT.value,
                person_id=line["chief"],
                reason="主管休假",
                delegated_by=company.person_id,
            )
        )
    shown = await board(api, company, opened["id"])
    assert shown["count"] == 8
    assert [one["step"] for one in shown["steps"]] == list(Step)
    assert steps_of(shown) == {
        "self_assessment": (2, 2),
        "manager_assessment": (3, 1),
        "second_level": (1, 0),
        "hr": (1, 0),
        "closed": (1, 0),
    }
    assert [(one["name"], sum(step["count"] for step in one["steps"])) for one in shown["departments"]] == [
        ("运营部", 7),
        (None, 1),
    ]
    assert waiting_of(shown)[:3] == [
        ("chief", "manager_assessment", 1, 1),
        *sorted(
            [("a", "self_assessment", 1, 1), ("boss", "self_assessment", 1, 1)],
            key=lambda one: str(people.get(str(one[0]), line["boss"])),
        ),
    ]
    assert waiting_of(shown)[3:] == [
        ("boss", "manager_assessment", 2, 0),
        (None, "hr", 1, 0),
        ("chief", "second_level", 1, 0),
    ]
    assert shown["is_waiting_cut"] is False
    assert set(shown["without_assessor"]) == {str(company.person_id), str(line["chief"])}
    assert shown["without_assessor_count"] == 2


async def test_others_see_the_board_of_those_below_them_and_not_their_own_review(
    api: AsyncClient, state: ApiState
) -> None:
    """SEC-3: who sees none of the round finds none."""
    company = await make_company(state)
    manager, lin, stranger = [await make_member(state, company) for _ in range(3)]
    chief = (await make_line(state, company, "chief"))["chief"]
    for person, above in ((manager, chief), (lin, manager.person_id)):
        await happens(state, company, person.person_id, moved(business_day(), manager_id=above))
    wu = await add_person(state, company, hired(manager_id=manager.person_id), name="wu")
    cycle = await make_cycle(api, company)
    opened = await open_new(api, company, cycle["id"])
    assert set(await reviews_of(state, company, opened["id"])) == {manager.person_id, lin.person_id, wu}
    seen = await board(api, manager, opened["id"])
    assert (seen["count"], steps_of(seen), seen["without_assessor"]) == (2, {"self_assessment": (2, 0)}, [])
    assert {one["person_id"] for one in seen["waiting"]} == {str(lin.person_id), str(wu)}
    own = await board(api, lin, opened["id"])
    assert (own["count"], own["departments"], own["waiting"]) == (0, [], [])
    path = f"/v1/review-cycles/{opened['id']}/progress"
    problem(await api.get(path, headers=stranger.headers), status=404, code="not-found")
    assert (await board(api, company, opened["id"]))["count"] == 3


async def test_the_board_of_a_draft_says_who_needs_an_assessor(api: AsyncClient, state: ApiState) -> None:
    """REV-6: HR names one when the round opens."""
    company = await make_company(state, roles=("hr", "admin", "employee"))
    line = await make_line(state, company, "chief", "boss")
    cycle = await make_cycle(api, company)
    draft = await make_round(api, company, cycle["id"])
    shown = await board(api, company, draft["id"])
    assert (shown["count"], shown["departments"], shown["waiting"]) == (0, [], [])
    assert shown["without_assessor"] == sorted([str(company.person_id), str(line["chief"])])


async def test_those_without_an_assessor_are_named_as_far_as_it_helps_and_counted(
    api: AsyncClient, state: ApiState, monkeypatch: Any
) -> None:
    """P12: in a company that has no managers yet an answer has an end, on the board and when the round is opened."""
    for module in (opening, service):
        monkeypatch.setattr(module, "MOST_NAMED", 2)
    company = await make_company(state)
    line = await make_line(state, company, "chief", "boss")
    alone = [company.person_id, line["chief"], *[await add_person(state, company, hired(), name=one) for one in "abc"]]
    cycle = await make_cycle(api, company)
    opened = await open_new(api, company, cycle["id"])
    for shown in (opened, await board(api, company, opened["id"])):
        assert shown["without_assessor"] == [str(one) for one in sorted(alone)[:2]]
        assert shown["without_assessor_count"] == 5


async def test_the_board_costs_the_same_for_one_and_for_many_and_is_cut(
    api: AsyncClient, state: ApiState, monkeypatch: Any
) -> None:
    """P12: four statements with the sign-in; a list of whom to wait for has an end."""
    monkeypatch.setattr(progress, "MOST_WAITING", 10)
    counts = []
    for number in (1, 40):
        company = await make_company(state)
        boss = await make_member(state, company)
        for _ in range(number):
            await add_person(state, company, hired(manager_id=boss.person_id))
        cycle = await make_cycle(api, company)
        opened = await open_new(api, company, cycle["id"])
        for who in (company, boss):
            with count_statements() as statements:
                shown = await board(api, who, opened["id"])
            assert (shown["count"], len(shown["waiting"])) == (number, min(number, 10))
            assert shown["is_waiting_cut"] is (number > 10)
            counts.append((who.roles, len(statements)))
    assert max(number for _, number in counts) <= 4
    assert len(set(counts)) == 2


async def test_the_board_has_a_tag(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    await make_line(state, company, "chief", "boss")
    cycle = await make_cycle(api, company)
    opened = await open_new(api, company, cycle["id"])
    path = f"/v1/review-cycles/{opened['id']}/progress"
    tag = (await api.get(path, headers=company.headers)).headers["ETag"]
    again = await api.get(path, headers=company.headers | {"If-None-Match": tag})
    assert again.status_code == 304
