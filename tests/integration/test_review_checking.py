"""Nobody checks what they assessed themselves, whatever they have become since (REV-6)."""

from typing import Any

import pytest
from httpx import AsyncClient, Response

from attain_api.state import ApiState
from attain_shared.clock import business_day
from attain_shared.rules.review_flow import Step
from tests.support.companies import Member, make_member
from tests.support.http import ok, pointers, problem
from tests.support.reviewing import Reviewing, both, make_reviewing, value
from tests.support.rounds import follow, happens, moved

TODAY = business_day()


@pytest.fixture
async def made(api: AsyncClient, state: ApiState) -> Reviewing:
    """A review that the manager is to write, with a goal."""
    made = await make_reviewing(api, state, step=Step.MANAGER_ASSESSMENT)
    await made.goal("3.5")
    return made


async def delegate(made: Reviewing, to: Member) -> Response:
    """HR has somebody do the step that the review is at."""
    body = {"to_person_id": str(to.person_id), "reason": "主管休产假"}
    headers = made.hr.headers | {"If-Match": "*"}
    return await made.api.post(f"/v1/reviews/{made.id}/actions/delegate", json=body, headers=headers)


async def assess_as(made: Reviewing, who: Member, **body: Any) -> str:
    """The manager's part, in their place."""
    ok(await delegate(made, who))
    ok(await made.put("manager", who, **{"values": both()} | body))
    return str(ok(await made.act("submit", who))["step"])


async def waits_for(made: Reviewing, who: Member) -> bool:
    """Whether the review is among those that wait for somebody; then they may act on it."""
    found = ok(await made.api.get("/v1/reviews", params={"mine": "true"}, headers=who.headers))["items"]
    return [one["id"] for one in found] == [str(made.id)]


async def may(made: Reviewing, who: Member) -> list[str]:
    return list(ok(await made.read(who))["allowed_actions"])


async def put_between(made: Reviewing, state: ApiState) -> Member:
    """Another manager, below the one before: who is the 1 over 1 from now on."""
    lead = await make_member(state, made.company)
    await happens(state, made.company, lead.person_id, moved(TODAY, manager_id=made.manager.person_id))
    await happens(state, made.company, made.subject.person_id, moved(TODAY, manager_id=lead.person_id))
    assert (await follow(state, made.company)).managers == 1
    return lead


async def test_a_one_over_one_who_assessed_in_the_managers_place_is_passed_over(made: Reviewing) -> None:
    """On record; the next one to check is HR."""
    assert await assess_as(made, made.skip) == "hr"
    told = [(one["action"], one["to_step"], one["reason"]) for one in await made.history()]
    assert told[1:] == [("submit", "second_level", None), ("skip", "hr", "second-level-assessed")]
    problem(await made.act("approve", made.skip), status=403, code="not-allowed")
    assert await may(made, made.skip) == []
    assert ok(await made.act("approve", made.hr))["step"] == "calibration"


async def test_the_manager_before_who_comes_to_be_the_one_over_one_is_passed_over(
    made: Reviewing, state: ApiState
) -> None:
    assert (await made.assess())["step"] == "second_level"
    await put_between(made, state)
    assert ok(await made.read(made.hr))["step"] == "hr"
    assert (await made.history())[-1]["reason"] == "second-level-assessed"
    problem(await made.act("approve", made.manager), status=403, code="not-allowed")
    # returned, it is for the manager of today to assess, and for the one before to check
    ok(await made.act("return", made.hr, reason="案例不足"))
    lead = await put_between(made, state)
    ok(await made.put("manager", lead, values=both()))
    assert ok(await made.act("submit", lead))["step"] == "second_level"
    assert await may(made, made.manager) == ["return", "approve"]


@pytest.mark.parametrize("step", [Step.HR, Step.APPEALED])
async def test_hr_who_assessed_leaves_it_to_another_of_hr(made: Reviewing, state: ApiState, step: Step) -> None:
    """At every step of HR's; and what waits for them is what they may do."""
    other = await make_member(state, made.company, roles=("hr",))
    await assess_as(made, other)
    await made.change(step=step.value)
    assert await may(made, other) == []
    assert not await waits_for(made, other)
    assert await may(made, made.hr) != []
    assert await waits_for(made, made.hr)


async def test_the_only_hr_checks_even_what_they_assessed(made: Reviewing) -> None:
    """There is nobody else: as where they are the manager."""
    await made.change(step=Step.HR.value, manager_id=made.hr.person_id)
    assert "approve" in await may(made, made.hr)
    assert await waits_for(made, made.hr)


async def test_an_executive_stands_in_for_the_only_hr(made: Reviewing, state: ApiState) -> None:
    """REV-6: of whose own review it is; the manager's only where there is no other."""
    first, second = [await make_member(state, made.company, roles=("executive",)) for _ in range(2)]
    await made.change(step=Step.HR.value, person_id=made.hr.person_id, manager_id=first.person_id)
    assert [await waits_for(made, who) for who in (first, second, made.hr)] == [False, True, False]
    assert [("approve" in await may(made, who)) for who in (first, second)] == [False, True]
    await made.change(person_id=made.subject.person_id)
    assert [await waits_for(made, who) for who in (first, second, made.hr)] == [False, False, True]


@pytest.mark.parametrize("step", [Step.SECOND_LEVEL, Step.HR, Step.APPEALED])
async def test_no_checking_step_is_delegated_to_who_assessed(made: Reviewing, state: ApiState, step: Step) -> None:
    stand_in = await make_member(state, made.company)
    await assess_as(made, stand_in)
    await made.change(step=step.value)
    assert pointers(await delegate(made, stand_in)) == [("/to_person_id", "delegate-is-manager")]


async def test_a_delegation_ends_where_its_delegate_comes_to_assess(made: Reviewing, state: ApiState) -> None:
    """The step that they were to check is its owner's again."""
    stand_in = await make_member(state, made.company)
    await made.assess()
    ok(await delegate(made, stand_in))
    ok(await made.act("return", stand_in, reason="案例不足"))
    await assess_as(made, stand_in, values=[value("customer_first"), value("teamwork", 3)])
    assert ok(await made.read(made.skip))["step"] == "second_level"
    assert (await may(made, stand_in), await waits_for(made, stand_in)) == ([], False)
    assert ok(await made.act("approve", made.skip))["step"] == "hr"
