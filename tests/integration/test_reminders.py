"""Reminders: who is told of what before and after it is due, once, and nobody else (REV-1, REV-6, REV-11)."""

import asyncio
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import text

from attain_api.state import ApiState
from attain_shared.clock import business_day, utc_now
from attain_shared.db.session import transaction
from attain_shared.identifiers import new_id
from attain_shared.reviews.follow_up_models import ActionItem, ImprovementPlan
from attain_shared.reviews.models import ReviewDelegation
from attain_shared.reviews.rater_models import ReviewRater
from attain_shared.rules.review_flow import Step
from tests.support.http import ok, problem
from tests.support.settled import Round, make_round
from tests.support.statements import count_statements

Told = list[tuple[str, str, str, str]]


@pytest.fixture
async def held(api: AsyncClient, state: ApiState) -> Round:
    return await make_round(api, state)


def in_days(days: int) -> date:
    return business_day() + timedelta(days=days)


async def reminders(held: Round) -> Told:
    """Who was reminded: name, of what, how, and due when."""
    names = {member.person_id: name for name, member in held.people.members.items()}
    statement = text("SELECT person_id, subject, kind, due_on FROM reminders WHERE company_id = :company_id")
    async with transaction(held.state.sessions, held.state.doorbell) as uow:
        rows = await uow.session.execute(statement, {"company_id": held.company_id})
        return sorted((names[row.person_id], row.subject, row.kind, row.due_on.isoformat()) for row in rows)


async def settle_in(held: Round, days: int) -> None:
    """Some days from now."""

    def clock() -> datetime:
        return utc_now() + timedelta(days=days)

    await held.settle(clock=clock)


async def test_the_owner_is_reminded_three_days_before_and_the_day_after_once(held: Round) -> None:
    due_on = in_days(4)
    await held.review(Step.SELF_ASSESSMENT, due_on=due_on)
    seen: list[Told] = []
    for day in (0, 1, 1, 2, 4, 5, 5, 9):
        await settle_in(held, day)
        seen.append(await reminders(held))
    soon = ("me", "self_assessment", "due_soon", due_on.isoformat())
    late = ("me", "self_assessment", "overdue", due_on.isoformat())
    assert seen == [[], [soon], [soon], [soon], [soon], [soon, late], [soon, late], [soon, late]]


@pytest.mark.parametrize(
    ("step", "owner"),
    [
        (Step.SELF_ASSESSMENT, "me"),
        (Step.MANAGER_ASSESSMENT, "boss"),
        (Step.SECOND_LEVEL, "skip"),
        (Step.HR, None),
        (Step.CALIBRATION, None),
        (Step.INTERVIEW, "boss"),
        (Step.ACKNOWLEDGEMENT, "me"),
        (Step.APPEALED, None),
        (Step.CLOSED, None),
        (Step.CANCELLED, None),
    ],
)
async def test_each_step_reminds_its_owner_and_hr_has_the_board(held: Round, step: Step, owner: str | None) -> None:
    """REV-6: what several own is nobody's in person."""
    await held.review(step, due_on=in_days(-1))
    await held.settle()
    yesterday = in_days(-1).isoformat()
    assert await reminders(held) == ([(owner, step.value, "overdue", yesterday)] if owner else [])


@pytest.mark.parametrize("step", [Step.MANAGER_ASSESSMENT, Step.HR, Step.APPEALED])
async def test_a_delegate_is_reminded_in_the_owners_place(held: Round, step: Step) -> None:
    review = await held.review(step, due_on=in_days(0))
    delegation = {"person_id": held.person("peer"), "reason": "产假", "delegated_by": held.person("hr")}
    await held.add(ReviewDelegation(company_id=held.company_id, review_id=review, step=step.value, **delegation))
    other_step = delegation | {"person_id": held.person("report")}
    await held.add(ReviewDelegation(company_id=held.company_id, review_id=review, step="interview", **other_step))
    await held.settle()
    assert await reminders(held) == [("peer", step.value, "due_soon", in_days(0).isoformat())]


async def test_two_steps_that_are_due_on_one_day_remind_of_each(held: Round) -> None:
    """The manager has assessed, and holds the interview: two things, if due on one day."""
    review = await held.review(Step.MANAGER_ASSESSMENT, due_on=in_days(1))
    await held.settle()
    async with transaction(held.state.sessions, held.state.doorbell) as uow:
        led = text("UPDATE reviews SET step = 'interview' WHERE company_id = :company_id AND id = :id")
        await uow.session.execute(led, {"company_id": held.company_id, "id": review})
    await held.settle()
    day = in_days(1).isoformat()
    assert await reminders(held) == [("boss", step, "due_soon", day) for step in ("interview", "manager_assessment")]


async def test_raters_who_have_not_answered_are_reminded_and_nobody_learns_of_it(
    api: AsyncClient, state: ApiState
) -> None:
    """REV-11: neither the subject nor the manager, HR or the audit trail tells who is still asked."""
    held = await make_round(api, state, due={"manager_assessment": in_days(2).isoformat()})
    review = await held.review(Step.SELF_ASSESSMENT)
    states = {"peer": "approved", "report": "answered", "mentor": "declined", "head": "nominated"}
    for name, answer in states.items():
        rater = {"relation": "peer", "state": answer, "nominated_by": held.person("me")}
        await held.add(ReviewRater(company_id=held.company_id, review_id=review, person_id=held.person(name), **rater))
    await held.settle()
    assert await reminders(held) == [("peer", "rater", "due_soon", in_days(2).isoformat())]
    for name in ("me", "boss", "skip", "hr", "admin", "report"):
        assert ok(await api.get("/v1/reminders", headers=held.people[name].headers))["items"] == []
    (mine,) = ok(await api.get("/v1/reminders", headers=held.people["peer"].headers))["items"]
    ok(await api.post(f"/v1/reminders/{mine['id']}/actions/see", headers=held.people["peer"].headers))
    entries = text("SELECT count(*) FROM audit_entries WHERE company_id = :company_id AND resource_type = 'reminder'")
    async with transaction(state.sessions, state.doorbell) as uow:
        assert await uow.session.scalar(entries, {"company_id": held.company_id}) == 0


@pytest.mark.parametrize("closed", [{"raters_closed_at": utc_now()}, {"step": Step.SECOND_LEVEL}])
async def test_raters_who_may_answer_no_more_are_not_reminded(
    api: AsyncClient, state: ApiState, closed: dict[str, Any]
) -> None:
    held = await make_round(api, state, due={"manager_assessment": in_days(2).isoformat()})
    review = await held.review(**({"step": Step.SELF_ASSESSMENT} | closed))
    rater = {"relation": "peer", "state": "approved", "nominated_by": held.person("me")}
    await held.add(ReviewRater(company_id=held.company_id, review_id=review, person_id=held.person("peer"), **rater))
    await held.settle()
    assert await reminders(held) == []


async def test_owners_of_open_action_items_and_plans_are_reminded_after_the_review_is_closed(held: Round) -> None:
    """REV-10: followed up until done."""
    review = await held.review(Step.CLOSED)
    own = {"company_id": held.company_id, "review_id": review, "person_id": held.person("me")}
    for state_, owner in (("open", "me"), ("open", "boss"), ("done", "skip"), ("cancelled", "peer")):
        item = {"owner_id": held.person(owner), "origin": "interview", "title": "复盘", "due_on": in_days(-2)}
        await held.add(ActionItem(**own, **item, state=state_))
    plan = {"owner_id": held.person("boss"), "state": "open", "starts_on": in_days(-30), "due_on": in_days(3)}
    await held.add(ImprovementPlan(**own, **plan))
    for _ in range(2):
        await held.settle()
    late, soon = in_days(-2).isoformat(), in_days(3).isoformat()
    assert await reminders(held) == [
        ("boss", "action_item", "overdue", late),
        ("boss", "improvement_plan", "due_soon", soon),
        ("me", "action_item", "overdue", late),
    ]


async def test_who_has_left_is_not_reminded(api: AsyncClient, held: Round) -> None:
    review = await held.review(Step.CLOSED)
    item = {"owner_id": held.person("report"), "origin": "interview", "title": "复盘", "due_on": in_days(0)}
    await held.add(
        ActionItem(company_id=held.company_id, review_id=review, person_id=held.person("me"), state="open", **item)
    )
    leave = {"effective_on": in_days(-1).isoformat(), "reason": "moved away"}
    path = f"/v1/people/{held.person('report')}/leave"
    ok(await api.post(path, json=leave, headers=held.people["hr"].headers))
    await held.settle()
    assert await reminders(held) == []


async def test_two_workers_at_once_remind_once(held: Round) -> None:
    for name in ("me", "peer", "report"):
        await held.review(Step.SELF_ASSESSMENT, of=name, manager="skip", second_level_id=None, due_on=in_days(0))
    await asyncio.gather(held.settle(), held.settle(), held.settle())
    assert [name for name, *_ in await reminders(held)] == ["me", "peer", "report"]


async def test_one_reads_ones_own_reminders_and_says_that_they_are_seen(api: AsyncClient, held: Round) -> None:
    review = await held.review(Step.MANAGER_ASSESSMENT, due_on=in_days(1))
    await held.settle()
    me, boss = held.people["me"].headers, held.people["boss"].headers
    (told,) = ok(await api.get("/v1/reminders", headers=boss))["items"]
    assert told == {
        "id": told["id"],
        "review_id": str(review),
        "about_id": str(held.person("me")),
        "subject": "manager_assessment",
        "subject_id": str(review),
        "kind": "due_soon",
        "due_on": in_days(1).isoformat(),
        "is_seen": False,
        "created_at": told["created_at"],
    }
    see = f"/v1/reminders/{told['id']}/actions/see"
    problem(await api.post(see, headers=me), status=404, code="not-found")
    problem(await api.post(f"/v1/reminders/{new_id()}/actions/see", headers=boss), status=404, code="not-found")
    first, second = [await api.post(see, headers=boss) for _ in range(2)]
    assert ok(first) == ok(second) == told | {"is_seen": True}
    assert first.headers["etag"] == second.headers["etag"]
    for seen, count in (("true", 1), ("false", 0)):
        assert len(ok(await api.get("/v1/reminders", params={"is_seen": seen}, headers=boss))["items"]) == count
    await held.settle()
    assert len(await reminders(held)) == 1


async def test_a_list_of_reminders_costs_the_same_for_one_and_for_many(api: AsyncClient, held: Round) -> None:
    """And its parts follow each other in each order."""
    review = await held.review(Step.CLOSED)

    async def add(day: int) -> None:
        item = {"owner_id": held.person("boss"), "origin": "interview", "title": "复盘", "due_on": in_days(-day)}
        own = {"company_id": held.company_id, "review_id": review, "person_id": held.person("me")}
        await held.add(ActionItem(**own, **item, state="open"))

    async def cost() -> int:
        with count_statements() as statements:
            ok(await api.get("/v1/reminders", headers=held.people["boss"].headers))
        return len(statements)

    await add(1)
    await held.settle()
    one = await cost()
    for day in range(2, 7):
        await add(day)
    await held.settle()
    assert await cost() == one
    for sort in ("created_at", "-created_at", "due_on", "-due_on"):
        assert await _ids(api, held, sort, 2) == await _ids(api, held, sort, 200)


async def _ids(api: AsyncClient, held: Round, sort: str, limit: int) -> list[UUID]:
    """All, in parts of this size."""
    found: list[UUID] = []
    params: dict[str, Any] = {"sort": sort, "limit": limit}
    while True:
        page = ok(await api.get("/v1/reminders", params=params, headers=held.people["boss"].headers))
        found += [one["id"] for one in page["items"]]
        if page["next_cursor"] is None:
            assert len(found) == 6
            return found
        params["cursor"] = page["next_cursor"]
