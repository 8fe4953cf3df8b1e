"""What is recorded of people today shows in their open reviews at once, and in what follows those (REV-6, REV-10)."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient

from attain_api.state import ApiState
from attain_shared.clock import business_day
from attain_shared.db.session import transaction
from attain_shared.reviews.models import Review
from attain_shared.rules.review_flow import Step
from tests.support.companies import Company, make_company
from tests.support.goals import make_cycle
from tests.support.reviewed import add_action_item, add_improvement_plan
from tests.support.rounds import follow, make_line, open_new, reviews_of
from tests.support.staff import add_person, hired
from tests.support.statements import count_statements

TODAY = business_day()
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)


async def record(api: AsyncClient, by: Company, person_id: UUID, action: str, **body: Any) -> None:
    """Something happens to somebody, by HR."""
    path = f"/v1/people/{person_id}"
    if action == "change":
        answer = await api.patch(path, json=body, headers=by.headers)
    else:
        answer = await api.post(f"{path}/{action}", json=body, headers=by.headers)
    assert answer.is_success, answer.text


async def opened(api: AsyncClient, company: Company) -> str:
    cycle = await make_cycle(api, company)
    return str((await open_new(api, company, cycle["id"]))["id"])


async def assessing(state: ApiState, company: Company, round_id: str, person_id: UUID) -> tuple[UUID, UUID | None]:
    review = (await reviews_of(state, company, round_id))[person_id]
    return review.manager_id, review.second_level_id


@pytest.mark.parametrize("action", ["change", "change-manager", "transfer"])
async def test_a_new_manager_assesses_from_the_moment_it_is_recorded(
    api: AsyncClient, state: ApiState, action: str
) -> None:
    """REV-6: their manager's for the person, the 1 over 1 for those below the person."""
    company = await make_company(state)
    line = await make_line(state, company, "chief", "boss", "lin", "report")
    other = await make_line(state, company, "other chief", "other boss")
    round_id = await opened(api, company)
    when = {} if action == "change" else {"effective_on": str(TODAY)}
    await record(api, company, line["lin"], action, manager_id=str(other["other boss"]), **when)
    assert await assessing(state, company, round_id, line["lin"]) == (other["other boss"], other["other chief"])
    assert await assessing(state, company, round_id, line["report"]) == (line["lin"], other["other boss"])
    assert (await follow(state, company)).managers == 0


async def test_what_is_recorded_for_later_is_followed_when_it_comes(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    line = await make_line(state, company, "chief", "boss", "lin")
    round_id = await opened(api, company)
    later = {"effective_on": str(TOMORROW), "manager_id": str(line["chief"])}
    await record(api, company, line["lin"], "change-manager", **later)
    assert await assessing(state, company, round_id, line["lin"]) == (line["boss"], line["chief"])


async def test_whoever_left_hands_over_at_once(api: AsyncClient, state: ApiState) -> None:
    """REV-6: the reviews of those below to the next one up; their own waits for them no more."""
    company = await make_company(state)
    line = await make_line(state, company, "top", "chief", "boss", "lin")
    round_id = await opened(api, company)
    await record(api, company, line["boss"], "leave", effective_on=str(YESTERDAY), reason="个人原因")
    assert await assessing(state, company, round_id, line["lin"]) == (line["chief"], line["top"])
    rows = await reviews_of(state, company, round_id)
    assert (rows[line["boss"]].step, rows[line["lin"]].step) == ("manager_assessment", "self_assessment")


async def test_what_is_to_be_done_goes_from_manager_to_manager(api: AsyncClient, state: ApiState) -> None:
    """REV-10: what is open and was the manager's, of closed reviews as well; what others see to stays theirs."""
    company = await make_company(state, roles=("admin", "hr", "employee"))
    line = await make_line(state, company, "chief", "boss", "lin")
    others = [(await make_line(state, company, "next"))["next"] for _ in range(2)]
    review = (await reviews_of(state, company, await opened(api, company)))[line["lin"]]
    about = {"company_id": company.company_id, "review_id": review.id, "person_id": line["lin"]}
    async with transaction(state.sessions, state.doorbell) as uow:
        stored = await uow.session.get_one(Review, (company.company_id, review.id))
        stored.step = Step.CLOSED.value
        mine = add_action_item(uow, **about, owner_id=line["boss"], is_managers=True)
        done = add_action_item(uow, **about, owner_id=line["boss"], is_managers=True, state="done")
        theirs = add_action_item(uow, **about, owner_id=line["lin"])
        of_another = add_action_item(uow, **about, owner_id=others[1])
        plan = add_improvement_plan(uow, **about, owner_id=line["boss"])

    async def owner(path: str, one: UUID) -> UUID:
        return UUID((await api.get(f"/v1/{path}/{one}", headers=company.headers)).json()["owner_id"])

    for manager in others:
        await record(api, company, line["lin"], "change", manager_id=str(manager))
        assert await owner("action-items", mine) == await owner("improvement-plans", plan) == manager
    assert await owner("action-items", done) == line["boss"]
    assert await owner("action-items", theirs) == line["lin"]
    assert await owner("action-items", of_another) == others[1]


async def test_a_change_costs_the_same_for_one_below_and_for_thirty(api: AsyncClient, state: ApiState) -> None:
    counts = []
    for number in (1, 30):
        company = await make_company(state)
        line = await make_line(state, company, "chief", "other", "boss")
        for _ in range(number):
            await add_person(state, company, hired(on=date(2026, 3, 1), manager_id=line["boss"]))
        round_id = await opened(api, company)
        with count_statements() as statements:
            await record(api, company, line["boss"], "change", manager_id=str(line["chief"]))
        rows = (await reviews_of(state, company, round_id)).values()
        assert [one.second_level_id for one in rows].count(line["chief"]) == number
        counts.append(len(statements))
    assert counts[0] == counts[1], counts
