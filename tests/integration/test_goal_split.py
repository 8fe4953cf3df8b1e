"""Proposals how to split a target over those below (GOAL-11)."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient

from attain_api.state import ApiState
from attain_shared.db.session import transaction
from attain_shared.identifiers import new_id
from attain_shared.people.timeline import FOREVER
from attain_shared.shops.models import Shop, ShopOwner
from tests.support.companies import Company, Member, make_member, make_shop
from tests.support.goals import make_cycle
from tests.support.http import ok, pointers, problem
from tests.support.pushes import Pusher, body, make_pusher, name_of
from tests.support.relations import make_relations
from tests.support.staff import add_person, hired
from tests.support.statements import count_statements
from tests.support.stored_goals import store_goal, stored_indicator
from tests.support.worker import take_in

SINCE = date(2025, 1, 1)


async def give(
    state: ApiState, company: Member, shop: Shop, *shares: tuple[UUID, str], starts_on: date = SINCE,
    ends_on: date = FOREVER,
) -> None:  # fmt: skip
    """Let people hold shares of a shop."""
    async with transaction(state.sessions, state.doorbell) as uow:
        uow.session.add_all(
            ShopOwner(
                company_id=company.company_id, id=new_id(), shop_id=shop.id, person_id=person, share=Decimal(share),
                starts_on=starts_on, ends_on=ends_on,
            )
            for person, share in shares
        )  # fmt: skip


async def split(api: AsyncClient, caller: Member, goal_id: UUID, **params: Any) -> list[tuple[str, str]]:
    """Weight and part of each owner."""
    found = ok(await api.get(f"/v1/goals/{goal_id}/split", params=params, headers=caller.headers))
    assert sum(Decimal(one["target"]) for one in found["items"]) == Decimal(found["target"])
    return [(one["weight"], one["target"]) for one in found["items"]]


async def make_shops(state: ApiState, pusher: Pusher) -> Sequence[Shop]:
    """Three shops; the first is the pusher's."""
    return [pusher.shop, *[await make_shop(state, pusher.company) for _ in range(2)]]


async def test_a_target_is_split_by_the_shops_that_each_holds(api: AsyncClient, state: ApiState) -> None:
    """GOAL-11, MET-1: two shops and a half against a half; what rounding leaves goes to the largest remainder."""
    pusher = await make_pusher(state)
    company: Company = pusher.company
    executive = await make_member(state, company, roles=("executive",))
    shops = await make_shops(state, pusher)
    ann, bob, cat = [await add_person(state, company, hired()) for _ in range(3)]
    await give(state, company, shops[0], (ann, "1"))
    await give(state, company, shops[1], (ann, "1"))
    await give(state, company, shops[2], (ann, "0.5"), (bob, "0.5"))
    cycle = await make_cycle(api, company)
    told = stored_indicator(target="100.00", shop_ids=[shop.id for shop in shops])
    goal = await store_goal(state, company, cycle, told)
    named = {"person_id": [str(ann), str(bob), str(cat)], "by": "shop"}
    assert await split(api, executive, goal, **named) == [("2.5", "83.33"), ("0.5", "16.67"), ("0", "0.00")]
    # those right below, where nobody is named
    for person in (bob, ann):
        await store_goal(state, company, cycle, person_id=person, parent_id=goal, state="draft")
    assert sorted(await split(api, executive, goal, by="shop")) == [("0.5", "16.67"), ("2.5", "83.33")]
    # nobody holds anything: all alike
    assert await split(api, executive, goal, by="shop", person_id=[str(cat)]) == [("0", "100.00")]


async def test_a_target_is_split_by_what_the_shops_made_last_year(api: AsyncClient, state: ApiState) -> None:
    """GOAL-11: by the same window a year ago, as the shops are held in the goal's window; orders are whole numbers."""
    pusher = await make_pusher(state)
    company: Company = pusher.company
    executive = await make_member(state, company, roles=("executive",))
    other = await make_shop(state, company)
    ann, bob = [await add_person(state, company, hired()) for _ in range(2)]
    await give(state, company, pusher.shop, (ann, "1"))
    # bob takes the other one over in the middle of June
    await give(state, company, other, (ann, "1"), ends_on=date(2026, 6, 16))
    await give(state, company, other, (bob, "1"), starts_on=date(2026, 6, 16))
    rows = [
        {"shop": name_of(shop), "metric": "paid_orders", "bucket": bucket, "value": value}
        for shop, bucket, value in (
            (pusher.shop, "2025-06-01", "100"), (pusher.shop, "2025-06-30", "50"), (other, "2025-06-15", "150"),
            (other, "2025-07-01", "9999"), (pusher.shop, "2026-06-01", "9999"),
        )
    ]  # fmt: skip
    headers = company.headers | {"Idempotency-Key": "k"}
    pushed = await api.post("/v1/metric-batches", json=body(rows, source="by hand"), headers=headers)
    assert pushed.status_code == 202, pushed.text
    await take_in(state, company.company_id)
    cycle = await make_cycle(api, company, kind="month", starts_on="2026-06-01")
    told = stored_indicator("paid_orders", "1001", shop_ids=[pusher.shop.id, other.id])
    goal = await store_goal(state, company, cycle, stored_indicator("uv"), told)
    named = {"person_id": [str(ann), str(bob)], "by": "last_year"}
    assert await split(api, executive, goal, **named) == [("225", "751"), ("75", "250")]
    found = ok(await api.get(f"/v1/goals/{goal}/split", params=named, headers=executive.headers))
    assert (found["metric"], found["starts_on"], found["ends_on"]) == ("paid_orders", "2025-06-01", "2025-06-30")


@pytest.mark.parametrize(
    ("indicators", "params", "expected"),
    [
        ([stored_indicator("uv")], {"by": "shop"}, ("/query/indicator_id", "nothing-to-split")),
        ([stored_indicator(target=None)], {"by": "shop"}, ("/query/indicator_id", "nothing-to-split")),
        ([stored_indicator()], {"by": "shop"}, ("/query/person_id", "nobody-to-split-to")),
        ([stored_indicator()], {}, ("/query/by", "missing")),
        ([stored_indicator()], {"by": "luck"}, ("/query/by", "literal-error")),
    ],
    ids=["distinct", "no target", "nobody", "by nothing", "by luck"],
)
async def test_what_cannot_be_split_is_refused(
    api: AsyncClient, state: ApiState, indicators: list[Any], params: dict[str, str], expected: tuple[str, str]
) -> None:
    made = await make_relations(state)
    cycle = await make_cycle(api, made.admin)
    goal = await store_goal(state, made.admin, cycle, *indicators)
    response = await api.get(f"/v1/goals/{goal}/split", params=params, headers=made["executive"].headers)
    assert pointers(response) == [expected]


@pytest.mark.parametrize("name", ["indicator_id", "department_id", "person_id"])
async def test_an_unknown_indicator_or_owner_is_not_found(api: AsyncClient, state: ApiState, name: str) -> None:
    made = await make_relations(state)
    cycle = await make_cycle(api, made.admin)
    goal = await store_goal(state, made.admin, cycle, stored_indicator())
    params = {"by": "shop", name: str(new_id())}
    response = await api.get(f"/v1/goals/{goal}/split", params=params, headers=made["executive"].headers)
    problem(response, status=404, code="not-found")


async def test_only_who_sees_the_goal_its_shops_and_the_owners_gets_a_proposal(
    api: AsyncClient, state: ApiState
) -> None:
    """SEC-3: a mentor sees the goal and not its shops; public goals are not split by everybody."""
    made = await make_relations(state)
    shop = await make_shop(state, made.admin)
    cycle = await make_cycle(api, made.admin)
    told = stored_indicator(shop_ids=[shop.id])
    mine = await store_goal(state, made.admin, cycle, told, person_id=made["me"].person_id)
    whole = await store_goal(state, made.admin, cycle, told)
    await give(state, made.admin, shop, (made["me"].person_id, "1"))
    report, peer = (str(made[name].person_id) for name in ("report", "peer"))

    async def ask(caller: str, goal: UUID, owner: str) -> Any:
        params = {"by": "shop", "person_id": owner}
        return await api.get(f"/v1/goals/{goal}/split", params=params, headers=made[caller].headers)

    for caller in ("me", "boss", "executive"):
        ok(await ask(caller, mine, report))
    problem(await ask("me", mine, peer), status=404, code="not-found")
    problem(await ask("mentor", mine, report), status=403, code="not-allowed")
    problem(await ask("me", whole, report), status=403, code="not-allowed")
    problem(await ask("peer", mine, report), status=404, code="not-found")


async def test_a_split_costs_the_same_for_one_owner_and_for_many(api: AsyncClient, state: ApiState) -> None:
    pusher = await make_pusher(state)
    company = pusher.company
    executive = await make_member(state, company, roles=("executive",))
    cycle = await make_cycle(api, company)
    goal = await store_goal(state, company, cycle, stored_indicator(shop_ids=[pusher.shop.id]))
    costs = []
    for more in (1, 49):
        for _ in range(more):
            person = await add_person(state, company, hired())
            await store_goal(state, company, cycle, person_id=person, parent_id=goal)
        with count_statements() as statements:
            await split(api, executive, goal, by="last_year")
        costs.append(len(statements))
    assert costs[0] == costs[1], costs
