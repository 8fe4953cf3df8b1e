"""Goal-set checks: what to look at again before goals are confirmed (GOAL-14)."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient

from attain_api.state import ApiState
from attain_shared.clock import business_day
from attain_shared.db.session import transaction
from attain_shared.goals.models import GoalEvent
from attain_shared.identifiers import new_id
from tests.support.companies import Member, make_company, make_member
from tests.support.goals import make_cycle
from tests.support.http import ok, problem
from tests.support.pushes import make_pusher, push_and_take_in
from tests.support.relations import make_relations
from tests.support.statements import count_statements
from tests.support.stored_goals import store_goal, stored_indicator

Json = dict[str, Any]


async def read_check(
    api: AsyncClient, caller: Member, cycle: Json, path: str = "company", language: str = "en"
) -> list[Json]:
    """The warnings."""
    headers = caller.headers | {"Accept-Language": language}
    response = await api.get(f"/v1/goal-checks/{path}", params={"cycle_id": cycle["id"]}, headers=headers)
    assert response.headers["content-language"] == ("zh-CN" if language == "zh-CN" else "en")
    warnings: list[Json] = ok(response)["warnings"]
    return warnings


def codes(warnings: list[Json]) -> list[tuple[str, str | None]]:
    """Which warnings, and of which goal."""
    return [(one["code"], one["goal_id"]) for one in warnings]


async def make_next_cycle(api: AsyncClient, company: Member) -> Json:
    """The month after this one: nothing in it is late."""
    first = (business_day().replace(day=28) + timedelta(days=4)).replace(day=1)
    return await make_cycle(api, company, kind="month", starts_on=first.isoformat())


async def test_a_set_without_measures_behaviours_or_company_is_warned_of(api: AsyncClient, state: ApiState) -> None:
    """GOAL-14, GOAL-2: what is said of all of them has no goal."""
    company = await make_company(state)
    executive = await make_member(state, company, roles=("executive",))
    cycle = await make_next_cycle(api, company)
    assert await read_check(api, executive, cycle) == []
    by_hand = stored_indicator(None, "10", kind="manual", name="准时发货", aggregate=None)
    goal = await store_goal(state, company, cycle, by_hand, state="draft", weight="60")
    assert codes(await read_check(api, executive, cycle)) == [
        ("weights-not-100", None), ("single-goal", None), ("nothing-measurable", None), ("no-behaviours", None),
    ]  # fmt: skip
    await store_goal(state, company, cycle, stored_indicator(), state="submitted", weight="40", behaviours="先人后事")
    for state_ in ("cancelled", "closed"):
        await store_goal(state, company, cycle, state=state_)
    (no_data,) = await read_check(api, executive, cycle)
    assert (no_data["code"], no_data["goal_id"] != str(goal)) == ("no-data", True)


async def test_a_target_below_what_the_last_window_reached_is_warned_of(api: AsyncClient, state: ApiState) -> None:
    """GOAL-14: 今天的最好表现是明天的最低标准; of growth by its rate, and with the better direction in mind."""
    pusher = await make_pusher(state)
    company = pusher.company
    executive = await make_member(state, company, roles=("executive",))
    cycle = await make_cycle(api, company, kind="month", starts_on="2026-08-01")
    rows = [
        pusher.row("gmv", "2026-06-15", "800"), pusher.row("gmv", "2026-07-15", "1000"),
        pusher.row("refund_amount", "2026-07-15", "50"),
    ]  # fmt: skip
    assert set(await push_and_take_in(api, state, pusher, *rows)) == {"accepted"}
    shops: dict[str, Any] = {"shop_ids": [pusher.shop.id]}
    kept: dict[str, Any] = {"state": "draft", "weight": "25", "behaviours": "b"}
    low = await store_goal(state, company, cycle, stored_indicator(target="900", **shops), **kept)
    await store_goal(state, company, cycle, stored_indicator(target="1000", **shops), **kept)
    grown = stored_indicator(target="0.2", kind="growth", against="previous", **shops)
    growth = await store_goal(state, company, cycle, grown, **kept)
    lower = stored_indicator("refund_amount", "60", direction="lower_better", **shops)
    refunds = await store_goal(state, company, cycle, lower, **kept)
    warnings = [one for one in await read_check(api, executive, cycle) if one["code"] != "late"]
    assert [(one["code"], one["goal_id"], one["figures"]) for one in warnings] == [
        ("target-below-last", str(low), {"target": "900", "last": "1000"}),
        ("target-below-last", str(growth), {"target": "0.2", "last": "0.25"}),
        ("target-below-last", str(refunds), {"target": "60", "last": "50"}),
    ]
    assert warnings[0]["detail"] == "The target of 900 is easier than the 1000 that the last window reached."
    chinese = [one for one in await read_check(api, executive, cycle, language="zh-CN") if one["code"] != "late"]
    assert chinese[0]["detail"].startswith("目标值 900 低于上一周期已达到的水平 1000")
    assert [one["indicator_id"] is not None for one in warnings] == [True] * 3


@pytest.mark.parametrize(
    ("last", "said"),
    [("1000.123456789", "1000.1235"), ("1000.10", "1000.1"), ("0.00123456789", "0.001235"), ("12000000", "12000000")],
)
async def test_a_sentence_says_figures_as_people_do(api: AsyncClient, state: ApiState, last: str, said: str) -> None:
    """GOAL-14: and beside it they are exact."""
    pusher = await make_pusher(state)
    executive = await make_member(state, pusher.company, roles=("executive",))
    cycle = await make_cycle(api, pusher.company, kind="month", starts_on="2026-08-01")
    await push_and_take_in(api, state, pusher, pusher.row("gmv", "2026-07-15", last))
    aim = stored_indicator(target="0.001", shop_ids=[pusher.shop.id])
    await store_goal(state, pusher.company, cycle, aim, state="draft")
    (warning,) = [one for one in await read_check(api, executive, cycle) if one["code"] == "target-below-last"]
    assert f"easier than the {said} that" in warning["detail"]
    assert Decimal(warning["figures"]["last"]) == Decimal(last)


async def test_a_goal_set_late_is_warned_of_by_the_day_it_was_confirmed(api: AsyncClient, state: ApiState) -> None:
    """GOAL-14: a window of long ago: late today, and not where it was confirmed in time."""
    company = await make_company(state)
    executive = await make_member(state, company, roles=("executive",))
    cycle = await make_cycle(api, company, kind="month", starts_on="2026-01-01")
    late = await store_goal(state, company, cycle, stored_indicator(), weight="50", behaviours="b", state="draft")
    in_time = await store_goal(state, company, cycle, stored_indicator(), weight="50")
    async with transaction(state.sessions, state.doorbell) as uow:
        event = GoalEvent(
            company_id=company.company_id, id=new_id(), goal_id=in_time, action="confirm",
            actor_id=company.person_id, is_stand_in=False,
        )  # fmt: skip
        event.created_at = business_day_at("2026-01-05")
        uow.session.add(event)
    found = {(one["code"], one["goal_id"]): one for one in await read_check(api, executive, cycle)}
    assert ("late", str(in_time)) not in found
    warning = found["late", str(late)]
    elapsed = (business_day() - business_day(business_day_at("2026-01-01"))).days
    assert warning["figures"] == {"elapsed": str(elapsed), "days": "31"}


def business_day_at(day: str) -> datetime:
    """Noon of a business day."""
    return datetime.fromisoformat(f"{day}T12:00:00+08:00")


@pytest.mark.parametrize("owner", ["me", "team", "company"])
async def test_whoever_sees_an_owners_goals_in_full_may_have_them_checked(
    api: AsyncClient, state: ApiState, owner: str
) -> None:
    """SEC-3."""
    made = await make_relations(state)
    cycle = await make_cycle(api, made.admin)
    path = {"me": f"people/{made['me'].person_id}", "team": f"departments/{made.departments['team']}"}.get(owner, owner)
    allowed = {
        "me": {"me", "boss", "skip", "head", "mentor", "executive", "hr"},
        "team": {"head", "executive", "hr", "admin"},
        "company": {"executive", "hr"},
    }[owner]
    for caller in ("me", "peer", "report", "boss", "skip", "head", "other_head", "mentor", "executive", "hr", "admin"):
        params = {"cycle_id": cycle["id"]}
        response = await api.get(f"/v1/goal-checks/{path}", params=params, headers=made[caller].headers)
        assert response.status_code == (200 if caller in allowed else 404 if owner == "me" else 403), caller


async def test_an_unknown_owner_or_cycle_is_not_found(api: AsyncClient, state: ApiState) -> None:
    company, other = await make_company(state), await make_company(state)
    executive = await make_member(state, company, roles=("executive",))
    cycle = await make_cycle(api, company)
    for caller, path, cycle_id in (
        (executive, f"people/{new_id()}", cycle["id"]),
        (executive, f"departments/{new_id()}", cycle["id"]),
        (executive, "company", str(new_id())),
        (other, "company", cycle["id"]),
    ):
        response = await api.get(f"/v1/goal-checks/{path}", params={"cycle_id": cycle_id}, headers=caller.headers)
        problem(response, status=404, code="not-found")


async def test_a_check_costs_the_same_for_one_goal_and_for_many(api: AsyncClient, state: ApiState) -> None:
    pusher = await make_pusher(state)
    company = pusher.company
    executive = await make_member(state, company, roles=("executive",))
    cycle = await make_cycle(api, company)
    costs, checked = [], 0
    for more in (1, 49):
        for _ in range(more):
            told = stored_indicator(shop_ids=[UUID(str(pusher.shop.id))])
            await store_goal(state, company, cycle, told, state="draft", weight="2")
        with count_statements() as statements:
            checked = len(await read_check(api, executive, cycle))
        costs.append(len(statements))
    assert checked >= 50
    assert costs[0] == costs[1], costs
