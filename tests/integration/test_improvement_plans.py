"""Improvement plans after a rating of 3.25 or less (REV-10)."""

from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient, Response

from attain_api.state import ApiState
from attain_shared.db.session import transaction
from attain_shared.rules.review_flow import Step
from tests.support.finished import days_from_now, items
from tests.support.http import ok, pointers, problem
from tests.support.relations import place
from tests.support.reviewed import add_improvement_plan
from tests.support.settled import Round, make_round
from tests.support.statements import count_statements

PLANS = "/v1/improvement-plans"


@pytest.fixture
async def held(api: AsyncClient, state: ApiState) -> Round:
    return await make_round(api, state)


async def add(held: Round, review: UUID, *, of: str = "me", **more: Any) -> str:
    """The improvement plan of a review, led by `boss`."""
    async with transaction(held.state.sessions, held.state.doorbell) as uow:
        own = {"company_id": held.company_id, "review_id": review, "person_id": held.person(of)}
        return str(add_improvement_plan(uow, **own, owner_id=held.person("boss"), **more))


async def change(api: AsyncClient, held: Round, who: str, plan: str, *, etag: str = "*", **body: Any) -> Response:
    """Lead it."""
    return await api.patch(f"{PLANS}/{plan}", json=body, headers=held.people[who].headers | {"If-Match": etag})


async def test_it_is_filled_in_and_ends_with_what_came_of_it(api: AsyncClient, held: Round) -> None:
    """REV-10: an end is for good, and needs an outcome."""
    plan = await add(held, await held.review(Step.CLOSED))
    body = {"objectives": "连续八周转化率不低于 3%", "support": "每周一次辅导", "due_on": days_from_now(60)}
    filled = ok(await change(api, held, "boss", plan, **body))
    assert {name: filled[name] for name in body} == body
    assert (filled["state"], filled["starts_on"]) == ("open", days_from_now(0))
    assert pointers(await change(api, held, "boss", plan, state="succeeded")) == [("/outcome", "missing")]
    assert pointers(await change(api, held, "boss", plan, due_on=days_from_now(-1))) == [("/due_on", "in-the-past")]
    ended = ok(await change(api, held, "boss", plan, state="succeeded", outcome="八周均在 3% 以上"))
    assert (ended["state"], ended["outcome"], ended["allowed_actions"]) == ("succeeded", "八周均在 3% 以上", [])
    more: tuple[dict[str, Any], ...] = ({"state": "failed"}, {"objectives": "x"}, {"outcome": None})
    for change_of_ended in more:
        problem(await change(api, held, "boss", plan, **change_of_ended), status=409, code="action-not-allowed")


async def test_who_sees_it_and_who_leads_it(api: AsyncClient, held: Round) -> None:
    """SEC-3: the subject, its owner, those above, HR; changed by its owner and HR."""
    plan = await add(held, await held.review(Step.CLOSED))
    for who in ("me", "boss", "skip", "head", "hr"):
        shown = ok(await api.get(f"{PLANS}/{plan}", headers=held.people[who].headers))
        may = who in {"boss", "hr"}
        assert shown["allowed_actions"] == (["change"] if may else []), who
        assert (await change(api, held, who, plan, support=who)).status_code == (200 if may else 403), who
    for who in ("peer", "report", "mentor", "former", "other_head", "executive", "admin"):
        problem(await api.get(f"{PLANS}/{plan}", headers=held.people[who].headers), status=404, code="not-found")
        problem(await change(api, held, who, plan, support=who), status=404, code="not-found")
        assert await items(api, held.people[who], "improvement-plans") == []


async def test_hr_does_not_lead_their_own(api: AsyncClient, held: Round) -> None:
    """REV-6: the subject is only that."""
    plan = await add(held, await held.review(Step.CLOSED, of="hr"), of="hr")
    problem(await change(api, held, "hr", plan, support="x"), status=403, code="not-allowed")


async def test_a_new_manager_leads_it(api: AsyncClient, held: Round, state: ApiState) -> None:
    """REV-10: today's manager, before the worker has made them its owner as after."""
    plan = await add(held, await held.review(Step.CLOSED))
    await place(state, held.people, "me", department="team", manager="other_head")
    ok(await change(api, held, "other_head", plan, support="每周一次辅导"))
    assert ok(await change(api, held, "boss", plan, support="x"))["owner_id"] == str(held.person("boss"))
    await held.settle()
    ok(await change(api, held, "other_head", plan, support="每周两次辅导"))
    problem(await change(api, held, "boss", plan, support="x"), status=403, code="not-allowed")
    seen = ok(await api.get(f"{PLANS}/{plan}", headers=held.people["boss"].headers))
    assert (seen["owner_id"], seen["allowed_actions"]) == (str(held.person("other_head")), [])


async def test_its_tag_goes_with_its_version(api: AsyncClient, held: Round) -> None:
    """api.md: strong ETags, If-Match honoured, 304."""
    plan = await add(held, await held.review(Step.CLOSED))
    boss = held.people["boss"].headers
    tag = (await api.get(f"{PLANS}/{plan}", headers=boss)).headers["etag"]
    assert (await api.get(f"{PLANS}/{plan}", headers=boss | {"If-None-Match": tag})).status_code == 304
    changed = await change(api, held, "boss", plan, etag=tag, support="x")
    assert ok(changed)["support"] == "x"
    assert changed.headers["etag"] != tag
    problem(await change(api, held, "boss", plan, etag=tag, support="y"), status=412, code="stale")


async def test_lists_are_sifted_and_cost_the_same_for_many(api: AsyncClient, held: Round) -> None:
    """performance.md: a fixed number of statements."""
    mine, peers = await held.review(Step.CLOSED), await held.review(Step.CLOSED, of="peer")
    first = await add(held, mine)
    with count_statements() as alone:
        assert [one["id"] for one in await items(api, held.people["boss"], "improvement-plans")] == [first]
    second = await add(held, peers, of="peer", state="failed", outcome="未达成")
    for number in range(20):
        round_id = await held.another(f"round {number}")
        await add(held, await held.review(Step.CLOSED, of="report", review_cycle_id=round_id), of="report")
    with count_statements() as among_many:
        assert len(await items(api, held.people["boss"], "improvement-plans")) == 22
    assert len(alone) == len(among_many) == 2

    async def found(**params: Any) -> set[str]:
        return {one["id"] for one in await items(api, held.people["hr"], "improvement-plans", **params)}

    assert await found(state="failed") == await found(review_id=str(peers)) == {second}
    assert await found(person_id=str(held.person("me"))) == {first}
    assert len(await found(owner_id=str(held.person("boss")), sort="-due_on")) == 22
    assert await found(overdue=True) == set()
