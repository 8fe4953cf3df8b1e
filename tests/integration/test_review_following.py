"""Open reviews follow their people: who left, who got another manager (REV-6)."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import update

from attain_api.state import ApiState
from attain_shared.clock import business_day
from attain_shared.db.session import transaction
from attain_shared.reviews.following import Followed, follow_people
from attain_shared.reviews.models import Review
from attain_shared.rules.review_flow import OPEN_STEPS, Step
from tests.support.companies import Member, make_company
from tests.support.goals import make_cycle
from tests.support.http import ok
from tests.support.rounds import (
    events_of_review,
    follow,
    gone,
    happens,
    make_line,
    moved,
    open_new,
    open_round,
    reviews_of,
)
from tests.support.staff import add_person, hired
from tests.support.statements import count_statements

TODAY = business_day()
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)


async def set_step(state: ApiState, company: Member, review: Review, step: str) -> None:
    """Put a review at a step."""
    async with transaction(state.sessions, state.doorbell) as uow:
        of = (Review.company_id == company.company_id) & (Review.id == review.id)
        await uow.session.execute(update(Review).where(of).values(step=step))


async def opened_round(api: AsyncClient, company: Member, **more: Any) -> str:
    """A round of the staff, with a day for each step."""
    cycle = await make_cycle(api, company)
    due = {"self_assessment": "2026-10-08", "manager_assessment": "2026-10-15", "hr": "2026-10-20"}
    return str((await open_new(api, company, cycle["id"], due=due, **more))["id"])


def told(review: Review) -> tuple[UUID, UUID | None]:
    """Who assesses, and the 1 over 1."""
    return review.manager_id, review.second_level_id


@pytest.mark.parametrize("step", OPEN_STEPS)
async def test_another_manager_takes_an_open_review_over_at_every_step(
    api: AsyncClient, state: ApiState, step: Step
) -> None:
    """REV-6: with the 1 over 1, on record, once; the department stays that of the opening."""
    company = await make_company(state)
    line = await make_line(state, company, "chief", "boss", "lin")
    other = await make_line(state, company, "other chief", "other boss")
    round_id = await opened_round(api, company)
    review = (await reviews_of(state, company, round_id))[line["lin"]]
    await set_step(state, company, review, step)
    assert await follow(state, company) == Followed()
    await happens(state, company, line["lin"], moved(TODAY, manager_id=other["other boss"]))
    assert await follow(state, company) == Followed(managers=1)
    assert await follow(state, company) == Followed()
    after = (await reviews_of(state, company, round_id))[line["lin"]]
    assert told(after) == (other["other boss"], other["other chief"])
    assert (after.step, after.version) == (step, review.version + 1)
    event = (await events_of_review(state, after))[-1]
    assert (event.action, event.from_step, event.to_step, event.actor_id) == ("change_manager", step, step, None)
    assert event.details == {
        "before": {"manager_id": str(line["boss"]), "second_level_id": str(line["chief"])},
        "after": {"manager_id": str(other["other boss"]), "second_level_id": str(other["other chief"])},
    }


@pytest.mark.parametrize("step", ["closed", "cancelled"])
async def test_a_review_at_its_end_stays_as_it_was(api: AsyncClient, state: ApiState, step: str) -> None:
    company = await make_company(state)
    line = await make_line(state, company, "chief", "boss", "lin")
    round_id = await opened_round(api, company)
    review = (await reviews_of(state, company, round_id))[line["lin"]]
    await set_step(state, company, review, step)
    await happens(state, company, line["lin"], moved(TODAY, manager_id=line["chief"]))
    assert await follow(state, company) == Followed()
    assert told((await reviews_of(state, company, round_id))[line["lin"]]) == (line["boss"], line["chief"])


async def test_a_change_from_tomorrow_on_is_followed_tomorrow(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    line = await make_line(state, company, "chief", "boss", "lin")
    await opened_round(api, company)
    await happens(state, company, line["lin"], moved(TOMORROW, manager_id=line["chief"]))
    assert await follow(state, company) == Followed()


async def test_where_the_one_over_one_goes_the_review_passes_on_to_hr(api: AsyncClient, state: ApiState) -> None:
    """REV-6: no such person passes to `hr`, recorded."""
    company = await make_company(state)
    line = await make_line(state, company, "chief", "boss", "lin")
    round_id = await opened_round(api, company)
    review = (await reviews_of(state, company, round_id))[line["lin"]]
    await set_step(state, company, review, Step.SECOND_LEVEL)
    await happens(state, company, line["lin"], moved(TODAY, manager_id=line["chief"]))
    assert (await follow(state, company)).managers == 1
    after = (await reviews_of(state, company, round_id))[line["lin"]]
    assert (told(after), after.step, str(after.due_on)) == ((line["chief"], None), "hr", "2026-10-20")
    events = [(one.action, one.from_step, one.to_step, one.reason) for one in await events_of_review(state, after)]
    assert events[1:] == [
        ("change_manager", "second_level", "second_level", None),
        ("skip", "second_level", "hr", "no-second-level"),
    ]


async def test_a_manager_who_left_is_followed_by_the_next_one_up(api: AsyncClient, state: ApiState) -> None:
    """REV-6: the 1 over 1 assesses; where nobody is left above, whoever assessed stays on record."""
    company = await make_company(state)
    line = await make_line(state, company, "top", "chief", "boss", "lin")
    round_id = await opened_round(api, company)
    await happens(state, company, line["boss"], gone(YESTERDAY))
    assert (await follow(state, company)).managers == 1
    assert told((await reviews_of(state, company, round_id))[line["lin"]]) == (line["chief"], line["top"])
    for name in ("chief", "top"):
        await happens(state, company, line[name], gone(YESTERDAY))
    await follow(state, company)
    # both of those above went on one day: the one who was the 1 over 1 is no better than the manager
    assert (await reviews_of(state, company, round_id))[line["lin"]].manager_id == line["chief"]


async def test_where_nobody_succeeds_the_manager_who_is_there_stays(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    line = await make_line(state, company, "chief", "boss", "lin")
    round_id = await opened_round(api, company)
    await happens(state, company, line["lin"], moved(TODAY, manager_id=None))
    assert await follow(state, company) == Followed()
    # and where they left, the 1 over 1 takes over
    await happens(state, company, line["boss"], gone(YESTERDAY))
    assert (await follow(state, company)).managers == 1
    assert told((await reviews_of(state, company, round_id))[line["lin"]]) == (line["chief"], None)


async def test_who_becomes_the_managers_manager_is_no_one_over_one_of_their_own(
    api: AsyncClient, state: ApiState
) -> None:
    """REV-6: the same one again is none, and nobody is 1 over 1 of themselves."""
    company = await make_company(state)
    line = await make_line(state, company, "chief", "boss", "lin")
    alone = await add_person(state, company, hired(), name="alone")
    round_id = await opened_round(api, company, named=[(alone, line["lin"])])
    assert told((await reviews_of(state, company, round_id))[alone]) == (line["lin"], line["boss"])
    await happens(state, company, line["lin"], moved(TODAY, manager_id=alone))
    await follow(state, company)
    rows = await reviews_of(state, company, round_id)
    assert told(rows[alone]) == (line["lin"], None)
    assert told(rows[line["lin"]]) == (alone, None)


async def test_an_assessor_that_hr_named_stays_as_long_as_they_are_there(api: AsyncClient, state: ApiState) -> None:
    """REV-6."""
    company = await make_company(state)
    line = await make_line(state, company, "chief", "boss")
    helper = await add_person(state, company, hired(manager_id=line["chief"]), name="helper")
    alone = await add_person(state, company, hired(), name="alone")
    round_id = await opened_round(api, company, named=[(alone, helper)])
    await happens(state, company, alone, moved(TODAY, manager_id=line["boss"]))
    assert await follow(state, company) == Followed()
    await happens(state, company, helper, gone(YESTERDAY))
    assert (await follow(state, company)).managers == 1
    after = (await reviews_of(state, company, round_id))[alone]
    assert (told(after), after.is_assessor_named) == ((line["boss"], line["chief"]), False)


@pytest.mark.parametrize(
    ("step", "led_to", "events"),
    [
        ("self_assessment", "manager_assessment", [("leave", None), ("skip", "left")]),
        ("manager_assessment", "manager_assessment", [("leave", None)]),
        ("hr", "hr", [("leave", None)]),
        ("calibration", "calibration", [("leave", None)]),
        ("acknowledgement", "closed", [("leave", None), ("expire", "left")]),
        ("appealed", "appealed", [("leave", None)]),
    ],
)
async def test_whoever_left_is_waited_for_no_more(
    api: AsyncClient, state: ApiState, step: str, led_to: str, events: list[tuple[str, str | None]]
) -> None:
    """REV-6: the leave is on record once; what else becomes of the review HR says."""
    company = await make_company(state)
    line = await make_line(state, company, "chief", "boss", "lin")
    round_id = await opened_round(api, company)
    review = (await reviews_of(state, company, round_id))[line["lin"]]
    await set_step(state, company, review, step)
    await happens(state, company, line["lin"], gone(TODAY))
    assert await follow(state, company) == Followed()  # the last day at work is one
    await happens(state, company, line["lin"], gone(YESTERDAY), instead=True)
    assert await follow(state, company) == Followed(leavers=1)
    assert await follow(state, company) == Followed()
    after = (await reviews_of(state, company, round_id))[line["lin"]]
    assert (after.step, after.closed_at is not None) == (led_to, led_to == "closed")
    assert [(one.action, one.reason) for one in (await events_of_review(state, after))[1:]] == events
    # returned to somebody who left, it does not wait for them either
    if led_to == "manager_assessment":
        await set_step(state, company, after, Step.SELF_ASSESSMENT)
        assert (await follow(state, company)).leavers == 1
        again = (await reviews_of(state, company, round_id))[line["lin"]]
        assert (again.step, str(again.due_on)) == ("manager_assessment", "2026-10-15")
        assert [one.action for one in await events_of_review(state, again)].count("leave") == 1


async def test_opening_a_round_again_lets_its_reviews_follow(api: AsyncClient, state: ApiState) -> None:
    """And those of no other round."""
    company = await make_company(state)
    line = await make_line(state, company, "chief", "boss", "lin")
    first = await opened_round(api, company)
    year = await make_cycle(api, company, kind="year", starts_on="2026-01-01")
    second = (await open_new(api, company, year["id"], cadence="year"))["id"]
    await happens(state, company, line["lin"], moved(TODAY, manager_id=line["chief"]))
    ok(await open_round(api, company, second))
    assert told((await reviews_of(state, company, second))[line["lin"]]) == (line["chief"], None)
    assert told((await reviews_of(state, company, first))[line["lin"]]) == (line["boss"], line["chief"])


async def test_two_workers_at_once_follow_once(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    line = await make_line(state, company, "chief", "boss", "lin")
    round_id = await opened_round(api, company)
    await happens(state, company, line["lin"], moved(TODAY, manager_id=line["chief"]))
    await happens(state, company, line["boss"], gone(YESTERDAY))
    both = await asyncio.gather(*(follow(state, company) for _ in range(4)))
    assert sum(one.managers for one in both) == 1
    assert sum(one.leavers for one in both) == 1
    rows = await reviews_of(state, company, round_id)
    for row in rows.values():
        assert len(await events_of_review(state, row)) <= 3


async def test_following_costs_the_same_for_one_and_for_forty(api: AsyncClient, state: ApiState) -> None:
    """One statement holds the rounds, one finds; then the reviews, their record and their events are written."""
    counts = []
    for number in (1, 40):
        company = await make_company(state)
        line = await make_line(state, company, "chief", "boss", "next")
        people = [await add_person(state, company, hired(manager_id=line["boss"])) for _ in range(number)]
        await opened_round(api, company)
        await happens(state, company, line["boss"], gone(YESTERDAY))
        async with transaction(state.sessions, state.doorbell) as uow:
            with count_statements() as statements:
                followed = await follow_people(uow, company_id=company.company_id)
        assert (followed.managers, len(people)) == (number + 1, number)
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 6, counts
