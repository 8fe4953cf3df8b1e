"""`/v1/reviews/{id}/figures`: the proposal before it is frozen, and frozen beside current after (REV-2a, REV-7)."""

from datetime import timedelta

import pytest
from httpx import AsyncClient
from sqlalchemy import update

from attain_api.state import ApiState
from attain_shared.clock import utc_now
from attain_shared.db.session import transaction
from attain_shared.reviews.models import Review
from attain_shared.rules.review_flow import Step
from tests.support.companies import make_member
from tests.support.http import ok, problem
from tests.support.reviewing import Reviewing, both, make_reviewing
from tests.support.statements import count_statements


@pytest.fixture
async def made(api: AsyncClient, state: ApiState) -> Reviewing:
    return await make_reviewing(api, state, step=Step.MANAGER_ASSESSMENT)


async def test_before_it_is_frozen_they_propose_the_scores(made: Reviewing) -> None:
    """REV-2a: computed, whatever is drafted; the employee sees the same, as the goals are their own."""
    goal = await made.goal("3.5", weight="60")
    between = await made.goal(("3", "3.5"), weight="40")
    ok(
        await made.put(
            "manager", made.manager, values=both(), goals=[{"goal_id": goal, "score": "5", "reason": "保密"}]
        )
    )
    found = await made.figures(made.manager)
    assert (found["frozen_as_of"], found["frozen_performance"], found["current_performance"]) == (None, None, "3.50")
    assert [(one["goal_id"], one["weight"], one["frozen"]) for one in found["goals"]] == [
        (one, weight, None) for one, weight in sorted([(goal, "60.00"), (between, "40.00")])
    ]
    by_id = {one["goal_id"]: one["current"] for one in found["goals"]}
    assert (by_id[goal]["score"], by_id[between]["score"]) == ("3.5", None)
    assert (by_id[between]["score_low"], by_id[between]["score_high"]) == ("3", "3.5")
    for who in (made.subject, made.skip, made.hr):
        assert await made.figures(who) == found


async def test_after_that_the_current_ones_stand_beside_them(made: Reviewing) -> None:
    """REV-7: nothing of the review changes; the manager's scores hold, the others are computed anew."""
    given, computed = await made.goal("3.5"), await made.goal("3.5")
    before = await made.assess(goals=[{"goal_id": given, "score": "4", "reason": "超额"}])
    for goal in (given, computed):
        await made.set_score(goal, score="5")
    found = await made.figures(made.hr)
    assert (found["frozen_performance"], found["current_performance"]) == ("3.75", "4.50")
    assert [(one["frozen"]["score"], one["current"]["score"], one["difference"]) for one in found["goals"]] == [
        ("3.5", "5", "1.50")
    ] * 2
    assert all(one["differs"] and not one["restated"] for one in found["goals"])
    after = ok(await made.read(made.manager))
    assert after == before


async def test_the_employee_sees_nothing_frozen_until_the_interview(made: Reviewing) -> None:
    """REV-7."""
    goal = await made.goal("3.5")
    before = await made.figures(made.subject)
    await made.assess(goals=[{"goal_id": goal, "score": "4", "reason": "超额"}])
    assert await made.figures(made.subject) == before
    async with transaction(made.state.sessions, made.state.doorbell) as uow:
        await uow.session.execute(
            update(Review)
            .where(Review.company_id == made.company.company_id, Review.id == made.id)
            .values(published_at=utc_now(), step=Step.INTERVIEW.value)
        )
    revealed = await made.figures(made.subject)
    assert revealed["frozen_performance"] == "4.00"
    assert revealed["goals"][0]["frozen"]["score"] == "3.5"


async def test_a_goal_that_counts_no_more_stays_as_it_was_frozen(made: Reviewing) -> None:
    """REV-7: the review is not rewritten by what becomes of its goals."""
    goal = await made.goal("3.5")
    await made.assess()
    await made.goal("5", weight="0")  # came later
    await made.cancel_goal(goal)
    (found,) = (await made.figures(made.hr))["goals"]
    assert (found["goal_id"], found["current"], found["frozen"]["score"]) == (goal, None, "3.5")
    assert (found["difference"], found["differs"]) == (None, False)


async def test_out_of_sight_there_are_none(made: Reviewing) -> None:
    stranger = await make_member(made.state, made.company)
    answer = await made.api.get(f"/v1/reviews/{made.id}/figures", headers=stranger.headers)
    problem(answer, status=404, code="not-found")


async def test_they_take_as_many_statements_for_eight_goals_as_for_one(api: AsyncClient, state: ApiState) -> None:
    """Live, frozen and the same, frozen and not up to date."""
    costs = []
    for goals in (1, 8):
        made = await make_reviewing(api, state, step=Step.MANAGER_ASSESSMENT)
        ids = [await made.goal("3.5", weight="10") for _ in range(goals)]
        cost = []
        for stage in ("live", "frozen", "stale"):
            if stage == "frozen":
                await made.assess()
            elif stage == "stale":
                await made.set_score(*ids, score="5", business_day=(utc_now() - timedelta(days=2)).date())
            with count_statements() as statements:
                found = await made.figures(made.hr)
            assert len(found["goals"]) == goals
            cost.append(len(statements))
        costs.append(cost)
    assert costs[0] == costs[1], costs
    assert costs[0][:2] == [5, 5]
