"""员工成长: whose rating rose in a window, against their last review (GOAL-4, REV-8)."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient

from attain_api.state import ApiState
from attain_shared.clock import business_day, utc_now
from attain_shared.db.session import reading
from attain_shared.doorbell import Bell, MemoryDoorbell
from attain_shared.people.figures import TeamWindow, load_team_counts
from attain_shared.rules.periods import Window
from attain_shared.rules.review_flow import Step
from tests.support.finished import act
from tests.support.goals import make_cycle
from tests.support.http import created, ok
from tests.support.measured import shown
from tests.support.settled import Round, make_round
from tests.support.worker import count_rows, recompute

JULY = Window(date(2026, 7, 1), date(2026, 7, 31))


@pytest.fixture
async def held(api: AsyncClient, state: ApiState) -> Round:
    return await make_round(api, state, cadence="quarter", review_class="staff", person_ids=None)


async def rate(held: Round, rating: str | None, on: datetime, **more: Any) -> UUID:
    """A review of `me` in a round of its own, published then, closed unless told otherwise."""
    of_round = {name: more.pop(name) for name in ("cadence", "is_values_only") if name in more}
    round_id = await held.another(
        f"{on}", **({"cadence": "quarter", "review_class": "staff", "state": "closed"} | of_round)
    )
    step = more.pop("step", Step.CLOSED)
    fields = {"rating": Decimal(rating) if rating else None, "published_at": on, "review_cycle_id": round_id}
    return await held.review(step, **(fields | more))


async def grown(held: Round, window: Window = JULY) -> set[str]:
    """Who of the company has grown in a window."""
    team = TeamWindow(None, window)
    async with reading(held.state.sessions) as uow:
        counts = await load_team_counts(uow.session, company_id=held.company_id, teams=[team])
    names = {member.person_id: name for name, member in held.people.members.items()}
    assert counts[team].grown <= counts[team].team
    return {names[person_id] for person_id in counts[team].grown}


def on(month: int, day: int, hour: int = 4) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [("3.5", "3.75", {"me"}), ("3.5", "3.5", set()), ("3.75", "3.5", set()), (None, "5", set()), ("3.5", None, set())],
)
async def test_a_rating_above_that_of_the_last_review_is_growth(
    held: Round, before: str | None, after: str | None, expected: set[str]
) -> None:
    """GOAL-4: higher, and not as high; without a rating before there is nothing to be above of."""
    await rate(held, before, on(4, 20))
    await rate(held, after, on(7, 20))
    assert await grown(held) == expected


async def test_it_is_the_last_review_that_counts_and_not_the_best_one(held: Round) -> None:
    for rating, day in (("4", on(1, 20)), ("3", on(4, 20)), ("3.5", on(7, 20))):
        await rate(held, rating, day)
    assert await grown(held) == {"me"}


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (on(6, 30, 15), set()),
        (on(6, 30, 16), {"me"}),
        (on(7, 31, 15), {"me"}),
        (on(7, 31, 16), set()),
    ],
)
async def test_a_rating_is_of_the_business_day_that_it_was_published_on(
    held: Round, day: datetime, expected: set[str]
) -> None:
    """MET-1: days are those of Asia/Shanghai."""
    await rate(held, "3.5", on(4, 20))
    await rate(held, "4", day)
    assert await grown(held) == expected


@pytest.mark.parametrize(
    "not_counted",
    [{"cadence": "ad_hoc"}, {"is_values_only": True}, {"step": Step.CANCELLED}],
    ids=["ad hoc", "values only", "cancelled"],
)
@pytest.mark.parametrize("is_first", [True, False])
async def test_reviews_out_of_turn_of_values_alone_and_cancelled_do_not_count(
    held: Round, not_counted: dict[str, Any], *, is_first: bool
) -> None:
    """Neither as what is risen to nor as what it is held against."""
    await rate(held, "3.5", on(4, 20))
    await rate(held, "3.5" if is_first else "5", on(5, 20), **not_counted)
    if is_first:
        await rate(held, "4", on(6, 20))
    assert await grown(held, Window(date(2026, 5, 1), date(2026, 7, 31))) == ({"me"} if is_first else set())
    await rate(held, "3.25", on(7, 20), **not_counted)
    await rate(held, "3.5", on(7, 21))
    assert await grown(held) == set()


async def test_a_rating_counts_once_it_is_published_and_is_held_against_closed_reviews(held: Round) -> None:
    """One that is still open to an appeal is not the last review yet."""
    await rate(held, "3.5", on(1, 20))
    await rate(held, "3", on(4, 20), step=Step.APPEALED)
    await rate(held, "3.25", on(7, 20), step=Step.INTERVIEW)
    assert await grown(held) == set()
    await rate(held, "3.75", on(7, 21), step=Step.ACKNOWLEDGEMENT)
    assert await grown(held) == {"me"}


async def test_a_goal_on_staff_growth_is_marked_when_a_review_closes_by_itself(
    api: AsyncClient, state: ApiState, held: Round
) -> None:
    """GOAL-4: of four people two have grown, one of them twice; what closes then makes one of them fall behind."""
    goal = await _growth_goal(api, held, "2026-07-01")
    await rate(held, "3.5", on(1, 20))
    await rate(held, "5", on(4, 20), step=Step.ACKNOWLEDGEMENT, interviewed_at=utc_now() - timedelta(days=20))
    await rate(held, "4", on(7, 20))
    for rating, day in (("3", on(4, 21)), ("3.5", on(7, 20)), ("3.75", on(7, 28))):
        await rate(held, rating, day, of="peer")
    await recompute(state, held.company_id)
    assert await _figure(api, held, goal) == [("0.5000", "1.000000")]
    await held.settle()
    await recompute(state, held.company_id)
    assert await _figure(api, held, goal) == [("0.2500", "0.500000")]


ENDINGS: dict[str, tuple[str, Step, dict[str, str] | None]] = {
    "acknowledge": ("me", Step.ACKNOWLEDGEMENT, None),
    "uphold": ("hr", Step.APPEALED, {"reason": "核对过"}),
    "change": ("hr", Step.APPEALED, {"rating": "4.5", "reason": "申诉属实"}),
}


@pytest.mark.parametrize("action", ENDINGS)
async def test_a_goal_on_staff_growth_follows_how_the_review_before_ends(
    api: AsyncClient, state: ApiState, held: Round, action: str
) -> None:
    """GOAL-4: once it is closed it is the last one, which the rating after it is held against."""
    who, step, body = ENDINGS[action]
    goal = await _growth_goal(api, held, "2026-07-01")
    await rate(held, "3.5", on(1, 20))
    ending = await rate(held, "5", on(4, 20), step=step, interviewed_at=utc_now())
    await rate(held, "4", on(7, 20))
    assert await _recomputed(api, held, goal) == "0.2500"
    assert isinstance(state.doorbell, MemoryDoorbell)
    state.doorbell.rung.clear()
    ok(await act(api, held.people[who], ending, action, body))
    assert Bell.MARKS in state.doorbell.rung
    assert await _recomputed(api, held, goal) == "0.0000"


@pytest.mark.parametrize(("action", "after"), [("change", "0.2500"), ("cancel", "0.0000")])
async def test_a_goal_on_staff_growth_follows_what_becomes_of_the_rating(
    api: AsyncClient, held: Round, action: str, after: str
) -> None:
    """GOAL-4: raised by an appeal it is growth; cancelled it is none any more."""
    goal = await _growth_goal(api, held, "2026-07-01")
    await rate(held, "3.5", on(4, 20))
    review = await rate(held, "3.5" if action == "change" else "4", on(7, 20), step=Step.APPEALED)
    assert await _recomputed(api, held, goal) == ("0.0000" if action == "change" else "0.2500")
    body = {"reason": "申诉属实"} | ({"rating": "3.75"} if action == "change" else {})
    ok(await act(api, held.people["hr"], review, action, body))
    assert await _recomputed(api, held, goal) == after


async def test_a_goal_on_staff_growth_follows_a_publication(api: AsyncClient, held: Round) -> None:
    """GOAL-4: from that day on the rating is one; what was cancelled before that moves nothing."""
    goal = await _growth_goal(api, held, f"{business_day().replace(day=1)}")
    await rate(held, "3.25", on(4, 20))
    review = await held.review(Step.CALIBRATION)
    unpublished = await held.review(Step.HR, of="peer")
    assert await _recomputed(api, held, goal) == "0.0000"
    hr, path = held.people["hr"].headers, f"/v1/review-cycles/{held.id}/calibration"
    ok(await act(api, held.people["hr"], unpublished, "cancel", {"reason": "试用期"}))
    assert await count_rows(held.state, "goal_marks", held.company_id) == 0
    (group,) = ok(await api.get(path, headers=hr))["items"]
    for action in ("lock", "publish"):
        ok(await api.post(f"{path}/{action}", json={"group_id": group["group_id"]}, headers=hr))
    assert (await held.find(review)).rating == Decimal("3.5")
    assert await _recomputed(api, held, goal) == "0.2500"


async def _growth_goal(api: AsyncClient, held: Round, month: str) -> str:
    """A goal of the company: half of a department's four people are to grow in a month."""
    cycle = (await make_cycle(api, held.people.admin, kind="month", starts_on=month))["id"]
    growth = {"kind": "people", "metric": "staff_growth", "target": "0.5"}
    growth["department_id"] = str(held.people.departments["team"])
    body = {"cycle_id": cycle, "owner": {"type": "company"}, "title": "带团队", "weight": "1", "indicators": [growth]}
    return str(created(await api.post("/v1/goals", json=body, headers=held.people["executive"].headers))["id"])


async def _recomputed(api: AsyncClient, held: Round, goal: str) -> str:
    """What it comes to once the worker has done what is marked."""
    await recompute(held.state, held.company_id)
    ((actual, _),) = await _figure(api, held, goal)
    return str(actual)


async def _figure(api: AsyncClient, held: Round, goal: str) -> Any:
    found = ok(await api.get(f"/v1/goals/{goal}/attainment", headers=held.people["executive"].headers))
    return shown(found, "actual", "attainment")
