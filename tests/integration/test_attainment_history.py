"""How a goal got where it is, day by day (GOAL-8)."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import time_machine
from httpx import AsyncClient
from sqlalchemy import text

from attain_api.state import ApiState
from attain_shared.clock import business_day
from attain_shared.db.session import transaction
from attain_worker.attainment.service import mark_goals_for_new_day
from tests.support.companies import Member, make_member
from tests.support.goals import confirm_goals, read_attainment, read_scorecard
from tests.support.http import ok, pointers, problem
from tests.support.measured import Json, goal_of
from tests.support.pushes import Pusher, make_pusher
from tests.support.statements import count_statements
from tests.support.worker import count_rows, work_off

FIRST = datetime(2026, 7, 6, 4, tzinfo=UTC)
"""Noon of Monday 6 July in Shanghai."""


async def read_history(api: AsyncClient, reader: Member, goal: str, **params: Any) -> list[Json]:
    path = f"/v1/goals/{goal}/attainment/history"
    found = ok(await api.get(path, params=params, headers=reader.headers))
    assert found["goal_id"] == goal
    items: list[Json] = found["items"]
    return items


def told(items: list[Json]) -> Any:
    return [(one["day"], one["score"], one["attainments"]) for one in items]


async def new_day(state: ApiState, pusher: Pusher) -> None:
    """What the worker does when a business day begins."""
    async with transaction(state.sessions, state.doorbell) as uow:
        await mark_goals_for_new_day(uow, company_id=pusher.company_id, today=business_day())
    await work_off(state, pusher.company_id)


async def lived_through(api: AsyncClient, state: ApiState, values: list[str | None], **more: Any) -> tuple[Pusher, str]:
    """Days from 6 July on, at whose noon a total of the day before came in, or nothing did."""
    with time_machine.travel(FIRST):
        pusher = await make_pusher(state)
        goal = await goal_of(api, pusher, {"metric": "pv", "target": "1000"}, **{"weight": "100"} | more)
    for number, value in enumerate(values):
        with time_machine.travel(FIRST + timedelta(days=number)):
            await new_day(state, pusher)
            if value is not None:
                day = date(2026, 7, 5) + timedelta(days=number)
                await pusher.push(
                    api, pusher.row("pv", bucket=str(day), value=value), observed_at=f"{day}T23:00:00+08:00"
                )
                await work_off(state, pusher.company_id)
    return pusher, goal


KEPT = [("2026-07-06", "2.5", ["0.500000"]), ("2026-07-09", "3.75", ["1.100000"])]
PRESENT = ("2026-07-10", "4", ["1.200000"])
VALUES = ["500", None, None, "600", "100"]
"""Come in on 6, 9 and 10 July; on the days between nothing changed."""


async def test_a_day_is_kept_as_it_ended_unless_it_was_like_the_one_before(api: AsyncClient, state: ApiState) -> None:
    """One row a change, whatever else was computed that day; the present one stands last."""
    pusher, goal = await lived_through(api, state, VALUES)
    found: list[Json] = []
    for later in (0, 2):
        with time_machine.travel(FIRST + timedelta(days=4 + later)):
            reader = await make_member(state, pusher.company, roles=("hr",))
            found = await read_history(api, reader, goal)
            assert told(found) == [*KEPT, PRESENT]
    assert [(one["status"], one["score_forecast"]) for one in found] == [
        ("on_track", "4.5"), ("met", "4.5"), ("met", "4.5"),
    ]  # fmt: skip
    assert await count_rows(state, "attainment_days", pusher.company_id) == 2


async def test_days_asked_about_begin_with_the_one_that_stood_on_the_first(api: AsyncClient, state: ApiState) -> None:
    """A day that is not listed was like the one before it."""
    pusher, goal = await lived_through(api, state, VALUES)
    with time_machine.travel(FIRST + timedelta(days=4)):
        reader = await make_member(state, pusher.company, roles=("hr",))
        for first, last, expected in (
            ("2026-07-01", "2026-07-31", [*KEPT, PRESENT]),
            ("2026-07-08", "2026-07-09", KEPT),
            ("2026-07-07", "2026-07-08", KEPT[:1]),
            ("2026-07-09", "2026-07-09", KEPT[1:]),
            ("2026-07-10", "2026-07-11", [PRESENT]),
            ("2026-07-01", "2026-07-05", []),
        ):
            found = await read_history(api, reader, goal, **{"from": first, "to": last})
            assert told(found) == expected
        path = f"/v1/goals/{goal}/attainment/history"
        refused = await api.get(path, params={"from": "2026-07-08", "to": "2026-07-07"}, headers=reader.headers)
    assert pointers(refused) == [("/query/to", "window")]


async def test_what_is_restated_after_the_window_is_a_day_of_its_own(api: AsyncClient, state: ApiState) -> None:
    """MET-7: the history says what stood on each day, not what is known of it since."""
    pusher, goal = await lived_through(api, state, VALUES, starts_on="2026-07-01", ends_on="2026-07-09")
    with time_machine.travel(FIRST + timedelta(days=20)):
        await pusher.push(api, pusher.row("pv", bucket="2026-07-08", value="100"), observed_at="2026-07-25T09:00:00Z")
        await work_off(state, pusher.company_id)
        reader = await make_member(state, pusher.company, roles=("hr",))
        found = await read_history(api, reader, goal)
    assert told(found)[-3:] == [KEPT[-1], PRESENT, ("2026-07-26", "3", ["0.700000"])]


async def test_a_goal_never_computed_has_its_present_day(api: AsyncClient, state: ApiState) -> None:
    pusher = await make_pusher(state)
    goal = await goal_of(api, pusher, {})
    assert told(await read_history(api, pusher.company, goal)) == [(str(business_day()), None, [None])]


async def test_a_row_of_an_earlier_build_is_read_and_computed_anew(api: AsyncClient, state: ApiState) -> None:
    """It names no kinds and no rubric; scorecards read it as it is."""
    pusher = await make_pusher(state)
    goal = await goal_of(api, pusher, {"target": "100"}, weight="100")
    await confirm_goals(api, pusher.company, goal)
    await pusher.push(api, pusher.row(value="105"))
    await work_off(state, pusher.company_id)
    whole = await read_attainment(api, pusher.company, goal)
    strip = text("""
        UPDATE attainments SET indicators = jsonb_build_array((indicators -> 0) - 'kind'), rule = 'old'
        WHERE company_id = :company_id
    """)
    async with transaction(state.sessions, state.doorbell) as uow:
        await uow.session.execute(strip, {"company_id": pusher.company_id})
        cycle = await uow.session.scalar(
            text("SELECT cycle_id FROM goals WHERE company_id = :company_id"), {"company_id": pusher.company_id}
        )
    again = await read_attainment(api, pusher.company, goal)
    assert again | {"computed_at": None} == whole | {"computed_at": None}
    card = await read_scorecard(api, pusher.company, "company", cycle_id=str(cycle))
    assert (card["goals"][0]["rule"], card["goals"][0]["indicators"]) == ("old", whole["indicators"])
    assert told(await read_history(api, pusher.company, goal)) == [(str(business_day()), "3.75", ["1.050000"])]


async def test_the_public_part_is_the_score(api: AsyncClient, state: ApiState) -> None:
    """SEC-3."""
    pusher, goal = await lived_through(api, state, VALUES)
    with time_machine.travel(FIRST + timedelta(days=4)):
        admin = await make_member(state, pusher.company, roles=("admin", "employee"))
        employee = await make_member(state, pusher.company)
        path = f"/v1/goals/{goal}/attainment/history"
        problem(await api.get(path, headers=employee.headers), status=404, code="not-found")
        await confirm_goals(api, admin, goal)
        found = await read_history(api, employee, goal)
    assert told(found) == [(day, score, None) for day, score, _ in [*KEPT, PRESENT]]


async def test_it_takes_as_many_statements_for_many_days_as_for_one(api: AsyncClient, state: ApiState) -> None:
    counts = []
    for days in (1, 5):
        pusher, goal = await lived_through(api, state, VALUES[:days])
        with time_machine.travel(FIRST + timedelta(days=days - 1)):
            reader = await make_member(state, pusher.company, roles=("hr",))
            with count_statements() as statements:
                await read_history(api, reader, goal)
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 4
