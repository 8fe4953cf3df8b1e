"""Marks: a push marks exactly the goals it touches, and no mark is lost on its way to an attainment (GOAL-10, C12)."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import text

from attain_api.state import ApiState
from attain_shared.clock import business_day, utc_now
from attain_shared.db.session import transaction
from attain_shared.goals.evaluation import evaluate_goals
from attain_shared.goals.queries import load_goals, mark_goals
from attain_worker.attainment import repository, service
from attain_worker.attainment.service import mark_goals_for_new_day
from tests.support.companies import make_company, make_shop
from tests.support.goals import indicator, make_cycle, make_goal, read_attainment
from tests.support.pushes import Pusher, make_pusher, push_and_take_in
from tests.support.worker import count_rows, new_ingestion, new_recompute, recompute, take_in, work_off

DAY = "2026-07-01"


async def computed(state: ApiState, company_id: UUID) -> dict[str, Any]:
    """When each goal's attainment was computed."""
    statement = text("SELECT goal_id, computed_at FROM attainments WHERE company_id = :company_id")
    async with transaction(state.sessions, state.doorbell) as uow:
        rows = await uow.session.execute(statement, {"company_id": company_id})
        return {str(goal_id): at for goal_id, at in rows}


async def marked(state: ApiState, company_id: UUID) -> dict[str, tuple[int, UUID | None]]:
    """The goals that are marked: their generation and first batch."""
    statement = text("SELECT goal_id, generation, first_batch_id FROM goal_marks WHERE company_id = :company_id")
    async with transaction(state.sessions, state.doorbell) as uow:
        rows = await uow.session.execute(statement, {"company_id": company_id})
        return {str(goal_id): (generation, batch) for goal_id, generation, batch in rows}


async def one_goal(api: AsyncClient, state: ApiState, **more: Any) -> tuple[Pusher, str]:
    """A shop with one goal for its gmv, computed once."""
    pusher = await make_pusher(state)
    cycle = await make_cycle(api, pusher.company)
    goal = await make_goal(api, pusher.company, indicator([pusher.shop.id], **more), cycle_id=cycle["id"])
    await work_off(state, pusher.company_id)
    return pusher, goal["id"]


async def test_a_push_marks_exactly_the_goals_it_touches(api: AsyncClient, state: ApiState) -> None:
    """GOAL-10: by shop, metric or a metric it is made of, dimension and window."""
    pusher = await make_pusher(state)
    other = await make_shop(state, pusher.company)
    shop, company = [pusher.shop.id], pusher.company
    cycle = (await make_cycle(api, company))["id"]
    august = {"starts_on": "2026-08-01", "ends_on": "2026-08-31"}

    async def goal(*indicators: dict[str, Any], **more: Any) -> str:
        return str((await make_goal(api, company, *indicators, cycle_id=cycle, weight="0", **more))["id"])

    goals = {
        "gmv": await goal(indicator(shop)),
        "aov": await goal(indicator(shop, "aov")),
        "both shops": await goal(indicator([other.id, *shop])),
        "second indicator": await goal(indicator(shop, "pv"), indicator(shop, "gmv")),
        "pv": await goal(indicator(shop, "pv")),
        "other shop": await goal(indicator([other.id])),
        "item": await goal(indicator(shop, dimension="item:1")),
        "august": await goal(indicator(shop), **august),
    }
    names = {identifier: name for name, identifier in goals.items()}
    await work_off(state, pusher.company_id)

    async def touched(*rows: Any) -> set[str]:
        before = await computed(state, pusher.company_id)
        await push_and_take_in(api, state, pusher, *rows)
        marks = set(await marked(state, pusher.company_id))
        await recompute(state, pusher.company_id)
        after = await computed(state, pusher.company_id)
        assert {goal for goal in after if after[goal] != before[goal]} == marks
        return {names[goal] for goal in marks}

    whole = {"gmv", "aov", "both shops", "second indicator"}
    assert await touched(pusher.row(bucket=DAY)) == whole
    assert await touched(pusher.row("paying_buyers", bucket=DAY)) == {"aov"}
    assert await touched(pusher.row(bucket=DAY, dimension="item:1")) == {"item"}
    assert await touched(pusher.row(bucket=DAY, dimension="item:2")) == set()
    assert await touched(pusher.row(bucket="2026-08-31")) == {*whole, "august"}
    assert await touched(pusher.row(bucket=DAY, grain="quarter")) == {*whole, "august"}
    assert await touched(pusher.row(bucket="2026-06-29", grain="week")) == whole
    assert await touched(pusher.row(bucket="2026-06-30"), pusher.row("uv", bucket=DAY)) == set()


@pytest.mark.parametrize(
    ("row", "marks"),
    [
        ({}, False),
        ({"observed_at": "2026-08-03T09:00:00+08:00"}, False),
        ({"value": "200", "observed_at": "2026-07-31T09:00:00+08:00"}, False),
        ({"value": "90"}, False),
        ({"value": "110"}, True),
        ({"value": "90", "observed_at": "2026-08-03T09:00:00+08:00"}, True),
    ],
    ids=str,
)
async def test_only_what_changes_the_present_row_marks(
    api: AsyncClient, state: ApiState, row: dict[str, Any], marks: bool
) -> None:
    """MET-7: unchanged and stale rows move nothing; a conflict does where the greater value is new."""
    pusher, goal = await one_goal(api, state)
    await push_and_take_in(api, state, pusher, pusher.row())
    await recompute(state, pusher.company_id)
    await push_and_take_in(api, state, pusher, pusher.row(**row))
    assert (goal in await marked(state, pusher.company_id)) is marks


async def test_a_change_of_finality_marks(api: AsyncClient, state: ApiState) -> None:
    """MET-7: the value is unchanged, the coverage is not."""
    pusher, goal = await one_goal(api, state)
    await push_and_take_in(api, state, pusher, pusher.row(finality="realtime"))
    await recompute(state, pusher.company_id)
    first = await read_attainment(api, pusher.company, goal)
    assert await push_and_take_in(api, state, pusher, pusher.row()) == ["unchanged"]
    await recompute(state, pusher.company_id)
    second = await read_attainment(api, pusher.company, goal)
    provisional = [one["indicators"][0]["coverage"]["provisional"] for one in (first, second)]
    assert provisional == [1, 0]


async def test_a_mark_names_the_earliest_batch_not_shown(api: AsyncClient, state: ApiState) -> None:
    pusher, goal = await one_goal(api, state)
    batches = [await pusher.push(api, pusher.row(bucket=f"2026-07-0{day}")) for day in (1, 2)]
    await take_in(state, pusher.company_id)
    first_generation, first_batch = (await marked(state, pusher.company_id))[goal]
    await push_and_take_in(api, state, pusher, pusher.row(bucket="2026-07-03"))
    generation, batch = (await marked(state, pusher.company_id))[goal]
    assert str(first_batch) == str(batch) == batches[0]
    assert generation > first_generation


async def test_a_batch_that_lost_against_one_not_shown_yet_is_not_shown_either(
    api: AsyncClient, state: ApiState
) -> None:
    """Taken in out of order, as their commits may be: an attainment must not claim the one that changed nothing."""
    pusher, goal = await one_goal(api, state)
    first = await pusher.push(api, pusher.row(value="1"), observed_at="2026-08-01T09:00:00+08:00")
    await work_off(state, pusher.company_id)
    await pusher.push(api, pusher.row(value="2"), observed_at="2026-08-01T10:00:00+08:00")
    won = await pusher.push(api, pusher.row(value="3"), observed_at="2026-08-01T11:00:00+08:00")
    await new_ingestion(state)._take_in_alone(pusher.company_id, UUID(won))
    await take_in(state, pusher.company_id)
    found = await read_attainment(api, pusher.company, goal)
    assert (found["indicators"][0]["actual"], found["includes_batches_up_to"]) == ("1", first)
    await recompute(state, pusher.company_id)
    found = await read_attainment(api, pusher.company, goal)
    assert (found["indicators"][0]["actual"], found["includes_batches_up_to"]) == ("3", won)


async def test_a_mark_that_lands_during_a_recompute_survives(api: AsyncClient, state: ApiState) -> None:
    """C12: the mark is taken away only at the generation that was read, and nothing outdated is written."""
    pusher, goal = await one_goal(api, state)
    company_id = pusher.company_id
    await push_and_take_in(api, state, pusher, pusher.row())
    before = await computed(state, company_id)
    async with transaction(state.sessions, state.doorbell) as slow:
        marks = await repository.read_marks(slow.session, company_id=company_id, goals=10)
        async with transaction(state.sessions, state.doorbell) as ingesting:
            await mark_goals(ingesting.session, company_id=company_id, marks=[(UUID(goal), None)])
        assert await repository.take_marks(slow.session, company_id=company_id, marks=marks) == set()
    assert goal in await marked(state, company_id)
    assert await computed(state, company_id) == before
    await recompute(state, company_id)
    assert await marked(state, company_id) == {}
    assert await computed(state, company_id) != before


async def test_a_slower_worker_does_not_overwrite_a_newer_result(api: AsyncClient, state: ApiState) -> None:
    """C12: it evaluated old facts, and finds its mark gone, or a newer one in its place."""
    pusher, goal = await one_goal(api, state)
    company_id = pusher.company_id
    await push_and_take_in(api, state, pusher, pusher.row(value="100"))
    async with transaction(state.sessions, state.doorbell) as slow:
        marks = await repository.read_marks(slow.session, company_id=company_id, goals=10)
        goals = await load_goals(slow.session, company_id=company_id, goal_ids=[mark.goal_id for mark in marks])
        today = business_day()
        found, _ = await evaluate_goals(slow.session, company_id=company_id, goals=goals, today=today)
        old = list(found.values())
        later = {"observed_at": "2026-08-02T09:00:00+08:00"}
        await push_and_take_in(api, state, pusher, pusher.row(value="700", **later))
        await recompute(state, company_id)
        taken = await repository.take_marks(slow.session, company_id=company_id, marks=marks)
        kept = [one for one in old if one.goal.id in taken]
        await repository.store_attainments(
            slow.session, company_id=company_id, evaluations=kept, today=today, now=utc_now()
        )
    assert taken == set()
    assert (await read_attainment(api, pusher.company, goal))["indicators"][0]["actual"] == "700"


async def test_only_one_worker_recomputes_a_company_at_a_time(api: AsyncClient, state: ApiState) -> None:
    pusher, goal = await one_goal(api, state)
    await push_and_take_in(api, state, pusher, pusher.row())
    async with transaction(state.sessions, state.doorbell) as uow:
        assert await repository.try_lock_company(uow.session, company_id=pusher.company_id)
        assert not await new_recompute(state).recompute(pusher.company_id)
    workers = [new_recompute(state) for _ in range(3)]
    done = await asyncio.gather(*(worker.recompute(pusher.company_id) for worker in workers))
    assert sum(done) == 1
    assert goal not in await marked(state, pusher.company_id)


async def test_recomputing_again_changes_nothing(api: AsyncClient, state: ApiState) -> None:
    """C19: a job is safe to run any number of times."""
    pusher, goal = await one_goal(api, state)
    await push_and_take_in(api, state, pusher, pusher.row())
    await recompute(state, pusher.company_id)
    first = await read_attainment(api, pusher.company, goal)
    async with transaction(state.sessions, state.doorbell) as uow:
        await mark_goals(uow.session, company_id=pusher.company_id, marks=[(UUID(goal), None)])
    await recompute(state, pusher.company_id)
    second = await read_attainment(api, pusher.company, goal)
    assert second | {"computed_at": None} == first | {"computed_at": None}
    assert not await new_recompute(state).recompute(pusher.company_id)


async def test_a_recompute_takes_so_many_goals_at_once(api: AsyncClient, state: ApiState) -> None:
    pusher = await make_pusher(state)
    cycle = (await make_cycle(api, pusher.company))["id"]
    for _ in range(5):
        await make_goal(api, pusher.company, indicator([pusher.shop.id]), cycle_id=cycle, weight="20")
    worker = new_recompute(state, claim_goals=2)
    left = []
    while await worker.recompute(pusher.company_id):
        left.append(len(await marked(state, pusher.company_id)))
    assert left == [3, 1, 0]


async def test_a_new_business_day_marks_the_goals_whose_window_runs(
    api: AsyncClient, state: ApiState, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GOAL-7: verdict, status and pace move with the calendar, once a day."""
    pusher = await make_pusher(state)
    cycle = (await make_cycle(api, pusher.company))["id"]
    made = {
        month: (
            await make_goal(api, pusher.company, indicator([pusher.shop.id]), cycle_id=cycle, weight="1", **window)
        )["id"]
        for month, window in {
            "july": {"starts_on": "2026-07-01", "ends_on": "2026-07-31"},
            "august": {"starts_on": "2026-08-01", "ends_on": "2026-08-31"},
        }.items()
    }

    async def marked_on(day: str) -> set[str]:
        today = business_day().replace(month=int(day[:2]), day=int(day[3:]), year=2026)
        async with transaction(state.sessions, state.doorbell) as uow:
            await mark_goals_for_new_day(uow, company_id=pusher.company_id, today=today)
        found = set(await marked(state, pusher.company_id))
        monkeypatch.setattr(service, "business_day", lambda: today)
        await recompute(state, pusher.company_id)
        return {month for month, goal in made.items() if goal in found}

    monkeypatch.setattr(service, "business_day", lambda: business_day().replace(year=2026, month=6, day=30))
    await recompute(state, pusher.company_id)
    expected = [
        ("07-01", {"july"}), ("07-01", set()), ("07-31", {"july"}), ("08-01", {"july", "august"}),
        ("08-02", {"august"}), ("09-01", {"august"}), ("09-02", set()),
    ]  # fmt: skip
    assert [(day, await marked_on(day)) for day, _ in expected] == expected


async def test_marks_of_companies_are_apart(api: AsyncClient, state: ApiState) -> None:
    """ORG-0."""
    pusher, _goal = await one_goal(api, state)
    neighbour = await make_company(state)
    await push_and_take_in(api, state, pusher, pusher.row())
    assert not await new_recompute(state).recompute(neighbour.company_id)
    assert await count_rows(state, "goal_marks", pusher.company_id) == 1


async def test_an_attainment_is_computed_on_the_business_day_of_shanghai(api: AsyncClient, state: ApiState) -> None:
    """MET-1."""
    pusher, _goal = await one_goal(api, state)
    statement = text("SELECT business_day FROM attainments WHERE company_id = :company_id")
    async with transaction(state.sessions, state.doorbell) as uow:
        day = await uow.session.scalar(statement, {"company_id": pusher.company_id})
    assert day in {business_day(), business_day(utc_now() - timedelta(minutes=1))}
