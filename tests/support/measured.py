"""Goals measured over pushed rows by the worker's own classes, and read back over HTTP."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from httpx import AsyncClient

from attain_api.state import ApiState
from attain_shared.clock import utc_now
from tests.support.companies import Member, make_connector, make_shop
from tests.support.goals import indicator, make_cycle, make_goal, read_attainment
from tests.support.http import ok
from tests.support.pushes import Pusher, make_pusher, name_of
from tests.support.worker import work_off

Json = dict[str, Any]

MOVING = ("computed_at", "includes_batches_up_to")
"""What of an attainment depends on when it was computed."""


async def come_to(api: AsyncClient, state: ApiState, company: Member, goal_id: str) -> Json:
    """What a goal has come to, by the worker; the same as every row received until now tells (MET-7)."""
    await work_off(state, company.company_id)
    stored = await read_attainment(api, company, goal_id)
    by_rows = await read_attainment(api, company, goal_id, as_of=utc_now().isoformat())
    moving = dict.fromkeys(MOVING)
    assert by_rows | moving == stored | moving
    return stored


async def what_if(api: AsyncClient, company: Member, goal_id: str, actuals: Mapping[str, str]) -> Json:
    """What a goal would come to with these figures, by indicator (GOAL-8)."""
    body = {"indicators": [{"indicator_id": one, "actual": actual} for one, actual in actuals.items()]}
    return ok(await api.post(f"/v1/goals/{goal_id}/what-if", json=body, headers=company.headers))


async def suppose_the_present(api: AsyncClient, company: Member, found: Json) -> None:
    """GOAL-8: with the figures that it has, a goal would score as it does; estimates are not scored (MET-6)."""
    known = {one["indicator_id"]: one["actual"] for one in found["indicators"] if one["attainment"] is not None}
    if known:
        supposed = await what_if(api, company, found["goal_id"], known)
        assert scored(supposed)[:4] == scored(found)[:4]
        assert shown(supposed, "indicator_id", "attainment") == shown(found, "indicator_id", "attainment")


async def goal_of(
    api: AsyncClient, pusher: Pusher, *indicators: Json, writer: Member | None = None, **more: Any
) -> str:
    """A goal over the pusher's shop in July 2026, which is over, unless told otherwise; its id."""
    cycle = more.pop("cycle_id", None) or (await make_cycle(api, pusher.company, kind="month"))["id"]
    made = [indicator([pusher.shop.id]) | one for one in indicators]
    goal = await make_goal(api, writer or pusher.company, *made, cycle_id=cycle, **{"weight": "1"} | more)
    return str(goal["id"])


async def pusher_of_shops(state: ApiState, count: int) -> tuple[Pusher, list[str], list[str]]:
    """A pusher of several shops; their ids, and their names as rows have them."""
    first = await make_pusher(state)
    shops = [first.shop, *[await make_shop(state, first.company) for _ in range(count - 1)]]
    connector = await make_connector(state, first.company, shop_ids=[shop.id for shop in shops])
    pusher = Pusher(company=first.company, shop=first.shop, connector=connector)
    return pusher, [str(shop.id) for shop in shops], [name_of(shop) for shop in shops]


def daily_rows(
    pusher: Pusher, metric: str, values: Iterable[object], *, month: str = "2026-07", **more: object
) -> list[Any]:
    """One row a day from the first of a month on."""
    return [
        pusher.row(metric, bucket=f"{month}-{day:02}", value=str(value), **more)
        for day, value in enumerate(values, start=1)
    ]


def shown(attainment: Json, *names: str) -> Sequence[Any]:
    """Some figures of every indicator: of one figure the figures, of several tuples of them."""
    each = [tuple(one[name] for name in names) for one in attainment["indicators"]]
    return [one[0] for one in each] if len(names) == 1 else each


def scored(attainment: Json) -> tuple[str | None, str | None, str | None, str | None, str]:
    """The score or its two ends, the rule, and the status."""
    names = ("score", "score_low", "score_high", "rule", "status")
    score, low, high, rule, status = (attainment[name] for name in names)
    return score, low, high, rule, status
