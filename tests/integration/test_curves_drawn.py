"""The curves that figures are paced by: drawn when nothing else is to do, kept, and drawn anew (GOAL-7)."""

import asyncio
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import select, text
from structlog.testing import capture_logs

from attain_api.event_calendar import service as event_calendar
from attain_api.state import ApiState
from attain_shared.calendar.shipped import SHIPPED
from attain_shared.db.session import transaction
from attain_shared.goals.attainment_models import PaceCurve
from attain_shared.goals.curves import hold_curves
from attain_shared.rules.backtest import Choice, choose
from attain_shared.rules.curves import Daily, Method
from attain_shared.rules.events import Calendar
from attain_shared.rules.periods import Window
from attain_shared.shops.models import Shop
from attain_worker.attainment import service as attainment
from attain_worker.attainment.service import mark_goals_for_new_day
from attain_worker.curves import service as curves
from attain_worker.curves.wanted import WantedCurves
from tests.support.companies import make_shop
from tests.support.goals import indicator, make_cycle, make_goal
from tests.support.http import created, ok
from tests.support.pushes import PUSHES, Pusher, body, make_pusher, name_of
from tests.support.statements import count_statements
from tests.support.worker import count_rows, new_curves, recompute, take_in, work_off

NOVEMBER = Window(date(2026, 11, 1), date(2026, 11, 30))
TODAY = date(2026, 11, 12)
CALENDAR = Calendar(one.event for one in SHIPPED)
OBSERVED = {"observed_at": "2026-11-12T01:00:00+08:00"}

At = Callable[[date], None]


def sold(day: date) -> Decimal:
    """A shop that sells more on weekends, and on 双11 as much as in weeks; a little more every year."""
    ordinary = Decimal(300 if day.weekday() >= 5 else 100) * (day.year - 2020)
    return ordinary * 30 if (day.month, day.day) == (11, 11) else ordinary


def until_today(first: date = date(2024, 1, 1)) -> dict[date, Decimal]:
    return {day: sold(day) for day in Window(first, TODAY - timedelta(days=1))}


class Rich(NamedTuple):
    """A shop with a long past, a cycle, and the goals that lack a curve."""

    pusher: Pusher
    cycle_id: str
    wanted: WantedCurves

    @property
    def company_id(self) -> UUID:
        return self.pusher.company_id


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> At:
    """Set the business day of whoever computes."""

    def stand_at(day: date) -> None:
        for module in (attainment, curves, event_calendar):
            monkeypatch.setattr(module, "business_day", lambda: day)

    stand_at(TODAY)
    return stand_at


@pytest.fixture
async def rich(api: AsyncClient, state: ApiState, at: At) -> Rich:
    pusher = await make_pusher(state)
    await push_days(api, state, pusher, until_today(), shop=pusher.shop)
    cycle = await make_cycle(api, pusher.company, kind="month", starts_on="2026-11-01")
    return Rich(pusher, cycle["id"], WantedCurves())


async def push_days(api: AsyncClient, state: ApiState, pusher: Pusher, values: Daily, *, shop: Shop) -> None:
    """Push days of a shop by hand, and take them in."""
    rows = [pusher.row(bucket=str(day), value=str(figure), shop=name_of(shop)) for day, figure in values.items()]
    headers = pusher.company.headers | {"Idempotency-Key": f"{shop.id} {len(rows)}"}
    answer = await api.post(PUSHES, json=body(rows, **OBSERVED), headers=headers)
    assert answer.status_code == 202, answer.text
    await take_in(state, pusher.company_id)


async def goal_of(api: AsyncClient, rich: Rich, *shop_ids: UUID, **more: Any) -> UUID:
    given = {"target": "100000"} | more
    one = indicator(shop_ids or [rich.pusher.shop.id], **given)
    made = await make_goal(api, rich.pusher.company, one, cycle_id=rich.cycle_id, weight="1")
    return UUID(made["id"])


async def draw(state: ApiState, rich: Rich) -> None:
    """Recompute, and draw what is lacking, until there is nothing to do."""
    drawing = new_curves(state, rich.wanted)
    await recompute(state, rich.company_id, rich.wanted)
    while await drawing.draw(rich.company_id):
        await recompute(state, rich.company_id, rich.wanted)


async def pace_of(state: ApiState, rich: Rich, goal_id: UUID) -> dict[str, Any]:
    """As the attainment has it."""
    statement = text("SELECT indicators FROM attainments WHERE company_id = :company_id AND goal_id = :goal_id")
    async with transaction(state.sessions, state.doorbell) as uow:
        found = await uow.session.scalar(statement, {"company_id": rich.company_id, "goal_id": goal_id})
    pace: dict[str, Any] = found[0]["pace"]
    return pace


async def stored(state: ApiState, rich: Rich) -> list[PaceCurve]:
    async with transaction(state.sessions, state.doorbell) as uow:
        statement = select(PaceCurve).where(PaceCurve.company_id == rich.company_id).order_by(PaceCurve.starts_on)
        return list(await uow.session.scalars(statement))


async def marked(state: ApiState, rich: Rich) -> set[UUID]:
    statement = text("SELECT goal_id FROM goal_marks WHERE company_id = :company_id")
    async with transaction(state.sessions, state.doorbell) as uow:
        return set(await uow.session.scalars(statement, {"company_id": rich.company_id}))


def by_rule(values: Daily, **more: Any) -> Choice:
    return choose(NOVEMBER, {day: figure for day, figure in values.items() if day not in NOVEMBER}, CALENDAR, **more)


async def test_a_figure_is_paced_by_equal_days_until_its_curve_is_drawn_goal_7(
    api: AsyncClient, state: ApiState, rich: Rich
) -> None:
    goal_id = await goal_of(api, rich)
    await recompute(state, rich.company_id, rich.wanted)
    first = await pace_of(state, rich, goal_id)
    assert (first["method"], first["backtest_error"]) == ("linear", None)
    await draw(state, rich)
    choice, pace = by_rule(until_today()), await pace_of(state, rich, goal_id)
    assert choice.curve.method is not Method.LINEAR
    assert pace["method"] == choice.curve.method
    assert Decimal(pace["backtest_error"]) == choice.error
    share = choice.curve.share_until(TODAY - timedelta(days=1))
    assert abs(Decimal(pace["expected"]) - share * 100_000) < Decimal("0.01")
    [curve] = await stored(state, rich)
    assert (curve.shares, curve.computed_on, curve.error) == (list(choice.curve.shares), TODAY, choice.error)
    assert {method: Decimal(one["error"]) for method, one in curve.errors.items()} == {
        test.method.value: test.error for test in choice.tests
    }
    assert {one["windows"] for one in curve.errors.values()} == {8}


async def test_double_11_is_not_taken_for_an_ordinary_day_goal_7(api: AsyncClient, state: ApiState, rich: Rich) -> None:
    """On 12 November equal days see a month of 双11; the curve knows that its like came last year, too."""
    goal_id = await goal_of(api, rich)
    await recompute(state, rich.company_id, rich.wanted)
    end = sum(map(sold, NOVEMBER))

    async def miss() -> Decimal:
        return abs(Decimal((await pace_of(state, rich, goal_id))["forecast"]) - end) / end

    assert await miss() > Decimal("0.5")
    await draw(state, rich)
    assert await miss() < Decimal("0.05")


async def test_an_event_that_the_company_moves_moves_the_forecast_goal_7(
    api: AsyncClient, state: ApiState, rich: Rich
) -> None:
    goal_id = await goal_of(api, rich)
    await draw(state, rich)
    before = await pace_of(state, rich, goal_id)
    later = {"code": "double_11", "name": "双11", "starts_on": "2026-11-25", "ends_on": "2026-11-25"}
    headers = rich.pusher.company.headers
    response = await api.post("/v1/event-calendar", json=later, headers=headers)
    created(response)
    path = response.headers["location"]
    assert await stored(state, rich) == []
    assert await marked(state, rich) == {goal_id}
    await draw(state, rich)
    moved = await pace_of(state, rich, goal_id)
    assert Decimal(moved["forecast"]) > 2 * Decimal(before["forecast"])
    ok(await api.patch(path, json={"name": "天猫双11"}, headers=headers))
    assert len(await stored(state, rich)) == 1
    assert (await api.delete(path, headers=headers)).status_code == 204
    await draw(state, rich)
    assert await pace_of(state, rich, goal_id) == before


async def test_only_curves_of_windows_that_run_follow_a_change_of_the_calendar_goal_7(
    api: AsyncClient, state: ApiState, rich: Rich, at: At
) -> None:
    october = await make_cycle(api, rich.pusher.company, kind="month", starts_on="2026-10-01")
    await goal_of(api, rich._replace(cycle_id=october["id"]))
    at(date(2026, 10, 20))
    await draw(state, rich)
    running = await goal_of(api, rich)
    at(TODAY)
    await draw(state, rich)
    assert [one.starts_on.month for one in await stored(state, rich)] == [10, 11]
    event = {"code": "brand_day", "name": "品牌日", "starts_on": "2026-11-20", "ends_on": "2026-11-20"}
    created(await api.post("/v1/event-calendar", json=event, headers=rich.pusher.company.headers))
    assert [one.starts_on.month for one in await stored(state, rich)] == [10]
    assert await marked(state, rich) == {running}


async def test_goals_of_the_same_figure_go_by_the_same_curve(api: AsyncClient, state: ApiState, rich: Rich) -> None:
    goals = [await goal_of(api, rich, target=str(target)) for target in (1, 2, 3)]
    await recompute(state, rich.company_id, rich.wanted)
    assert await new_curves(state, rich.wanted).draw(rich.company_id)
    assert len(await stored(state, rich)) == 1
    assert await marked(state, rich) == set(goals)
    assert rich.wanted.companies == []


async def test_a_curve_is_of_all_its_shops_together(api: AsyncClient, state: ApiState, rich: Rich) -> None:
    """MET-8: a day counts with what there is of it; the second shop opened later."""
    other = await make_shop(state, rich.pusher.company)
    days = {day: 7 * Decimal(day.day) for day in until_today(date(2025, 6, 1))}
    await push_days(api, state, rich.pusher, days, shop=other)
    await goal_of(api, rich, rich.pusher.shop.id, other.id)
    await draw(state, rich)
    together = {day: figure + days.get(day, 0) for day, figure in until_today().items()}
    [curve] = await stored(state, rich)
    choice = by_rule(together)
    assert (curve.method, curve.error, curve.shares) == (choice.curve.method, choice.error, list(choice.curve.shares))


async def test_a_given_curve_is_used_where_nothing_can_test_it_goal_7(
    api: AsyncClient, state: ApiState, rich: Rich
) -> None:
    """Its thirty weights: of months that are known and as long the backtest decides, else they stand."""
    shop = await make_shop(state, rich.pusher.company)
    bad = [str(31 - day) for day in range(1, 31)]
    tested = await goal_of(api, rich, daily_curve=bad)
    await draw(state, rich)
    assert (await pace_of(state, rich, tested))["method"] != "given"
    await goal_of(api, rich, shop.id, daily_curve=bad)
    await draw(state, rich)
    [curve] = [one for one in await stored(state, rich) if one.method == "given"]
    assert (curve.error, curve.shares[0]) == (None, Decimal(30) / 465)


async def test_drawing_again_changes_nothing_c19(api: AsyncClient, state: ApiState, rich: Rich, at: At) -> None:
    """Until the curve is a week old."""
    goal_id = await goal_of(api, rich)
    await draw(state, rich)
    curve, pace = (await stored(state, rich))[0].shares, await pace_of(state, rich, goal_id)
    assert not await new_curves(state, rich.wanted).draw(rich.company_id)
    for days, is_wanted in ((1, False), (6, False), (7, True)):
        at(TODAY + timedelta(days=days))
        async with transaction(state.sessions, state.doorbell) as uow:
            await mark_goals_for_new_day(uow, company_id=rich.company_id, today=TODAY + timedelta(days=days))
        await recompute(state, rich.company_id, rich.wanted)
        assert (rich.wanted.companies == [rich.company_id]) is is_wanted
    await draw(state, rich)
    [again] = await stored(state, rich)
    assert (again.shares, again.computed_on) == (curve, TODAY + timedelta(days=7))
    assert (await pace_of(state, rich, goal_id))["method"] == pace["method"]


async def test_a_curve_without_a_past_is_tried_again_the_next_day(
    api: AsyncClient, state: ApiState, rich: Rich, at: At
) -> None:
    """The past may be pushed after the goal was set."""
    shop = await make_shop(state, rich.pusher.company)
    await goal_of(api, rich, shop.id)
    await push_days(api, state, rich.pusher, {date(2026, 11, 2): Decimal(1)}, shop=shop)
    await draw(state, rich)
    [curve] = await stored(state, rich)
    assert (curve.method, curve.error, curve.errors) == ("linear", None, {})
    await push_days(api, state, rich.pusher, until_today(), shop=shop)
    await draw(state, rich)
    assert (await stored(state, rich))[0].error is None
    at(TODAY + timedelta(days=1))
    async with transaction(state.sessions, state.doorbell) as uow:
        await mark_goals_for_new_day(uow, company_id=rich.company_id, today=TODAY + timedelta(days=1))
    await draw(state, rich)
    assert (await stored(state, rich))[0].error == by_rule(until_today()).error


async def test_a_step_that_dies_loses_nothing(
    api: AsyncClient, state: ApiState, rich: Rich, at: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C19: nothing is written by halves; in the same process it is made up for, and by another the next day."""
    goal_id = await goal_of(api, rich)
    await recompute(state, rich.company_id, rich.wanted)
    drawing = new_curves(state, rich.wanted)
    with monkeypatch.context() as patched:
        patched.setattr(curves, "mark_goals", _die)
        with pytest.raises(ConnectionResetError):
            await drawing.draw(rich.company_id)
    assert await stored(state, rich) == []
    assert rich.wanted.companies == [rich.company_id]
    tomorrow = TODAY + timedelta(days=1)
    at(tomorrow)
    restarted = rich._replace(wanted=WantedCurves())
    async with transaction(state.sessions, state.doorbell) as uow:
        await mark_goals_for_new_day(uow, company_id=rich.company_id, today=tomorrow)
    await draw(state, restarted)
    assert (await pace_of(state, rich, goal_id))["backtest_error"] is not None
    assert await drawing.draw(rich.company_id)
    assert len(await stored(state, rich)) == 1


async def _die(*_: Any, **__: Any) -> None:
    raise ConnectionResetError("killed")


async def test_a_curve_that_cannot_be_drawn_holds_up_no_other(
    api: AsyncClient, state: ApiState, rich: Rich, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = await goal_of(api, rich, daily_curve=["1"] * 30)
    good = await goal_of(api, rich)

    def fail_if_given(*args: Any, given: Any, **more: Any) -> Choice:
        if given:
            raise ValueError("a bug")
        return choose(*args, **more)

    monkeypatch.setattr(curves, "choose", fail_if_given)
    with capture_logs() as logs:
        await draw(state, rich)
    assert "a curve cannot be drawn" in {line["event"] for line in logs}
    assert (await pace_of(state, rich, good))["backtest_error"] is not None
    assert (await pace_of(state, rich, bad))["backtest_error"] is None
    assert rich.wanted.companies == []


async def test_a_step_ends_once_somebody_waits(api: AsyncClient, state: ApiState, rich: Rich) -> None:
    """GOAL-10: after each curve a push may have come; what is drawn stays, the rest is for later."""
    goals = [await goal_of(api, rich, daily_curve=[str(weight)] * 30) for weight in (1, 2, 3)]
    await recompute(state, rich.company_id, rich.wanted)
    drawing = new_curves(state, rich.wanted)
    counted = []
    while await drawing.draw(rich.company_id, may_go_on=lambda: False):
        counted.append(len(await stored(state, rich)))
    assert counted == [1, 2, 3]
    assert await marked(state, rich) == set(goals)


async def test_one_worker_at_a_time_draws_and_never_while_the_calendar_changes(
    api: AsyncClient, state: ApiState, rich: Rich
) -> None:
    await goal_of(api, rich)
    await recompute(state, rich.company_id, rich.wanted)
    drawing = new_curves(state, rich.wanted)
    async with transaction(state.sessions, state.doorbell) as uow:
        await hold_curves(uow.session, company_id=rich.company_id)
        assert not await drawing.draw(rich.company_id)
    assert await count_rows(state, "pace_curves", rich.company_id) == 0
    assert sorted(await asyncio.gather(*(drawing.draw(rich.company_id) for _ in range(2)))) == [False, True]


async def test_a_step_costs_the_same_statements_for_one_goal_and_for_many(
    api: AsyncClient, state: ApiState, rich: Rich
) -> None:
    counted = []
    for goals in (1, 12):
        for weight in range(goals):
            await goal_of(api, rich, daily_curve=[str(weight + 1), *["1"] * 28, str(goals)])
        await recompute(state, rich.company_id, rich.wanted)
        with count_statements() as statements:
            assert await new_curves(state, rich.wanted).draw(rich.company_id)
        counted.append(len(statements))
    assert counted[0] == counted[1]
    assert len(await stored(state, rich)) == 13


async def test_a_step_is_bounded(
    api: AsyncClient, state: ApiState, rich: Rich, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(curves, "CURVES_AT_A_TIME", 2)
    for weight in (1, 2, 3):
        await goal_of(api, rich, daily_curve=[str(weight)] * 30)
    await recompute(state, rich.company_id, rich.wanted)
    drawing = new_curves(state, rich.wanted)
    counted = []
    while await drawing.draw(rich.company_id):
        counted.append(len(await stored(state, rich)))
    assert counted == [2, 3]


async def test_goals_without_a_pace_want_no_curve(api: AsyncClient, state: ApiState, rich: Rich) -> None:
    """GOAL-7: what does not add up, a window that has not begun; GOAL-12: an owner's share."""
    await goal_of(api, rich, metric="conversion", target="0.1")
    december = await make_cycle(api, rich.pusher.company, kind="month", starts_on="2026-12-01")
    await goal_of(api, rich._replace(cycle_id=december["id"]))
    await work_off(state, rich.company_id)
    await recompute(state, rich.company_id, rich.wanted)
    assert rich.wanted.companies == []
