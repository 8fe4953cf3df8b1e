"""What the publication opens, and what came as a surprise (REV-9, REV-10)."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import select, text

from attain_api.follow_ups.opening import open_follow_ups
from attain_api.state import ApiState
from attain_shared.clock import business_day, utc_now
from attain_shared.db.session import transaction
from attain_shared.reviews.models import Review, ReviewCycle
from attain_shared.rules.review_flow import Step
from tests.support.calibrated import EVERYBODY, Round, make_round
from tests.support.finished import LAPSE, act, days_from_now, interview, items, read, record
from tests.support.http import created, ok
from tests.support.reviewed import add_feedback
from tests.support.settled import Round as Held
from tests.support.settled import make_round as hold_round
from tests.support.statements import count_statements

IN_TIME = date(2026, 8, 14)
LONG_AGO = datetime(2026, 8, 15, tzinfo=UTC)


@pytest.fixture
async def held(api: AsyncClient, state: ApiState) -> Held:
    return await hold_round(api, state)


async def publish(made: Round) -> None:
    """Lock and publish the round's only group."""
    group = ok(await made.get())["items"][0]["group_id"]
    for action in ("lock", "publish"):
        ok(await made.post(action, {"group_id": group, "exception": "人数不足，按原评级"}))


async def warn(state: ApiState, company_id: UUID, person_id: UUID, *, author_id: UUID, **more: Any) -> None:
    """Feedback as it lies in the table: recorded in time unless told otherwise."""
    async with transaction(state.sessions, state.doorbell) as uow:
        fields = {"on_day": IN_TIME, "created_at": LONG_AGO} | more
        add_feedback(uow, company_id=company_id, person_id=person_id, author_id=author_id, **fields)


async def test_the_publication_opens_what_follows_a_rating(api: AsyncClient, state: ApiState) -> None:
    """REV-9, REV-10: each quadrant's follow-up; a plan for 3.25 and less; owned by whoever assessed, and dated."""
    made = await make_round(api, state, {EVERYBODY: ["4.00", "3.20", "!4.00"]})
    await publish(made)
    good, low, failed = map(str, made.reviews[EVERYBODY])
    found = await items(api, made.hr, "action-items")
    assert {one["review_id"]: one["kind"] for one in found} == {
        good: "development",
        low: "development",
        failed: "exit_talk",
    }
    due = {(one["origin"], one["owner_id"], one["due_on"], one["state"]) for one in found}
    assert due == {("quadrant", str(made.manager.person_id), days_from_now(30), "open")}
    plans = await items(api, made.hr, "improvement-plans")
    assert {one["review_id"] for one in plans} == {low, failed}
    shown = {(one["owner_id"], one["starts_on"], one["due_on"], one["state"]) for one in plans}
    assert shown == {(str(made.manager.person_id), days_from_now(0), days_from_now(90), "open")}
    surprises = [(await read(api, made.hr, UUID(one)))["surprises"] for one in (good, low, failed)]
    assert surprises == [[], ["low_rating"], ["low_rating"]]


@pytest.mark.parametrize(
    ("feedback", "is_surprised"),
    [
        ({}, False),
        ({"kind": "negative"}, False),
        ({"kind": "positive"}, True),
        ({"on_day": date(2026, 6, 30)}, True),
        ({"on_day": date(2026, 7, 1)}, False),
        ({"on_day": date(2026, 9, 30)}, False),
        ({"on_day": date(2026, 10, 1)}, True),
        # dated in time, and written once the review was there: it warned nobody
        ({"created_at": utc_now() + timedelta(days=1)}, True),
    ],
)
async def test_a_low_rating_is_no_surprise_after_dated_feedback_in_the_period(
    api: AsyncClient, state: ApiState, feedback: dict[str, Any], is_surprised: bool
) -> None:
    """REV-10: constructive or negative feedback, dated in the round's period, recorded before the review was opened."""
    made = await make_round(api, state, {EVERYBODY: ["3.20"]})
    (review,) = made.reviews[EVERYBODY]
    person = UUID((await read(api, made.hr, review))["person_id"])
    await warn(state, made.company.company_id, person, author_id=made.manager.person_id, **feedback)
    await publish(made)
    assert (await read(api, made.hr, review))["surprises"] == (["low_rating"] if is_surprised else [])


async def test_feedback_to_another_warns_nobody(api: AsyncClient, state: ApiState) -> None:
    made = await make_round(api, state, {EVERYBODY: ["3.20", "3.00"]})
    first, second = made.reviews[EVERYBODY]
    person = UUID((await read(api, made.hr, first))["person_id"])
    await warn(state, made.company.company_id, person, author_id=made.manager.person_id)
    await publish(made)
    assert [(await read(api, made.hr, one))["surprises"] for one in (first, second)] == [[], ["low_rating"]]


async def test_a_to_improve_case_without_feedback_is_flagged(api: AsyncClient, held: Held, state: ApiState) -> None:
    """REV-10: an interview that names what nobody had said before."""
    surprised, warned, praised = [
        await held.review(Step.INTERVIEW, of=who, frozen_as_of=utc_now()) for who in ("me", "peer", "report")
    ]
    await warn(state, held.company_id, held.person("peer"), author_id=held.person("boss"))
    boss, hr = held.people["boss"], held.people["hr"]
    for review in (surprised, warned):
        created(await record(api, boss, review, interview(improve=[LAPSE])))
    created(await record(api, boss, praised))
    found = [(await read(api, hr, review))["surprises"] for review in (surprised, warned, praised)]
    assert found == [["to_improve"], [], []]


async def test_surprises_are_for_the_second_level_and_hr(api: AsyncClient, held: Held) -> None:
    """REV-10: null to all others."""
    review = await held.review(Step.INTERVIEW)
    created(await record(api, held.people["boss"], review, interview(improve=[LAPSE])))
    shown = {who: (await read(api, held.people[who], review))["surprises"] for who in ("me", "boss", "skip", "hr")}
    assert shown == {"me": None, "boss": None, "skip": ["to_improve"], "hr": ["to_improve"]}


async def test_a_rating_lowered_after_an_appeal_may_be_a_surprise_too(api: AsyncClient, held: Held) -> None:
    review, hr = await held.review(Step.APPEALED, surprises=["to_improve"]), held.people["hr"]
    ok(await act(api, hr, review, "change", {"rating": "3", "reason": "重复计入"}))
    assert (await read(api, hr, review))["surprises"] == ["to_improve", "low_rating"]


async def test_what_follows_200_ratings_costs_as_many_statements_as_one(api: AsyncClient, state: ApiState) -> None:
    """performance.md: a group is published as a whole."""
    counted = []
    for size in (1, 200):
        made = await make_round(api, state, {EVERYBODY: ["3.20"] * size})
        async with transaction(state.sessions, state.doorbell) as uow:
            own = Review.company_id == made.company.company_id
            reviews = (await uow.session.scalars(select(Review).where(own))).all()
            cycle = (
                await uow.session.scalars(select(ReviewCycle).where(ReviewCycle.company_id == made.company.company_id))
            ).one()
            for review in reviews:
                review.rating = Decimal("3.25")
            await uow.session.flush()
            with count_statements() as statements:
                await open_follow_ups(uow, cycle=cycle, reviews=reviews)
                await uow.session.flush()
            assert [review.surprises for review in reviews] == [["low_rating"]] * size
        counted.append(len(statements))
        assert len(await items(api, made.hr, "improvement-plans", limit=200)) == size
    assert counted == [4, 4]


async def test_what_it_opened_is_in_the_trail(api: AsyncClient, state: ApiState) -> None:
    """SEC-5: the flag as well, which goes past the session."""
    made = await make_round(api, state, {EVERYBODY: ["3.20"]})
    await publish(made)
    async with transaction(state.sessions, state.doorbell) as uow:
        noted = await uow.session.execute(
            text(
                "SELECT resource_type, changes -> 'surprises' ->> 'after' FROM audit_entries"
                " WHERE company_id = :company AND (resource_type IN ('action_item', 'improvement_plan')"
                " OR changes -> 'surprises' ->> 'after' <> '[]')"
            ),
            {"company": made.company.company_id},
        )
        assert {tuple(row) for row in noted} == {
            ("action_item", None),
            ("improvement_plan", None),
            ("review", '["low_rating"]'),
        }
    assert business_day() > IN_TIME
