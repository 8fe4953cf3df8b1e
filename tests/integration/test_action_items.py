"""Action items: opened by interviews and quadrants, followed up until they are done (REV-9, REV-10)."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient, Response

from attain_api.state import ApiState
from attain_shared.clock import business_day
from attain_shared.db.session import transaction
from attain_shared.rules.review_flow import Step
from tests.support.finished import days_from_now, items
from tests.support.http import ok, pointers, problem
from tests.support.relations import place
from tests.support.reviewed import add_action_item
from tests.support.settled import Round, make_round
from tests.support.statements import count_statements


@pytest.fixture
async def held(api: AsyncClient, state: ApiState) -> Round:
    return await make_round(api, state)


async def add(held: Round, review: UUID, *, owner: str = "boss", of: str = "me", **more: Any) -> str:
    """An action item of a review."""
    async with transaction(held.state.sessions, held.state.doorbell) as uow:
        own = {"company_id": held.company_id, "review_id": review, "person_id": held.person(of)}
        return str(add_action_item(uow, **own, owner_id=held.person(owner), **more))


async def change(api: AsyncClient, held: Round, who: str, item: str, *, etag: str = "*", **body: Any) -> Response:
    """Follow up."""
    headers = held.people[who].headers | {"If-Match": etag}
    return await api.patch(f"/v1/action-items/{item}", json=body, headers=headers)


async def test_it_is_done_and_opened_again_and_says_what_came_of_it(api: AsyncClient, held: Round) -> None:
    """REV-10: followed up until done."""
    item = await add(held, await held.review(Step.CLOSED), owner="me")
    done = ok(await change(api, held, "me", item, state="done", note="三周的周报均附数据"))
    assert (done["state"], done["done_on"], done["note"]) == ("done", days_from_now(0), "三周的周报均附数据")
    reopened = ok(await change(api, held, "boss", item, state="open", due_on=days_from_now(14), note=None))
    assert (reopened["state"], reopened["done_on"], reopened["due_on"]) == ("open", None, days_from_now(14))
    assert pointers(await change(api, held, "boss", item, due_on=days_from_now(-1))) == [("/due_on", "in-the-past")]
    assert pointers(await change(api, held, "boss", item, state="cancelled")) == [("/state", "literal-error")]
    overdue = await add(held, await held.review(Step.CLOSED, of="peer"), due_on=business_day() - timedelta(days=3))
    assert ok(await change(api, held, "boss", overdue, due_on=days_from_now(-3), state="done"))["state"] == "done"


async def test_a_quadrants_follow_up_says_what_it_is(api: AsyncClient, held: Round) -> None:
    """REV-9: its kind in both languages."""
    item = await add(held, await held.review(Step.INTERVIEW), origin="quadrant", kind="retention_talk")
    shown = ok(await api.get(f"/v1/action-items/{item}", headers=held.people["me"].headers))
    assert (shown["origin"], shown["kind"]) == ("quadrant", "retention_talk")
    assert shown["kind_label"] == {"zh": "保留与成长面谈", "en": "Retention and growth talk"}


async def test_who_sees_it_and_who_follows_it_up(api: AsyncClient, held: Round) -> None:
    """SEC-3: its owner, whom it is about, those above, HR; changed by owner, manager and HR."""
    item = await add(held, await held.review(Step.CLOSED, department_id=None), owner="other_head")
    path = f"/v1/action-items/{item}"
    changing = {"other_head", "boss", "hr"}
    for who in ("me", "boss", "skip", "head", "other_head", "hr"):
        shown = ok(await api.get(path, headers=held.people[who].headers))
        assert shown["allowed_actions"] == (["change"] if who in changing else []), who
        answer = await change(api, held, who, item, note=who)
        assert answer.status_code == (200 if who in changing else 403), who
    for who in ("peer", "report", "mentor", "former", "executive", "admin"):
        problem(await api.get(path, headers=held.people[who].headers), status=404, code="not-found")
        problem(await change(api, held, who, item, note=who), status=404, code="not-found")
        assert await items(api, held.people[who], "action-items") == []


async def test_a_new_manager_takes_it_over(api: AsyncClient, held: Round, state: ApiState) -> None:
    """REV-10: what is open does not end with a change of managers; whoever assessed reads on."""
    item = await add(held, await held.review(Step.CLOSED), owner="me")
    problem(await change(api, held, "other_head", item, note="x"), status=404, code="not-found")
    await place(state, held.people, "me", department="team", manager="other_head")
    ok(await change(api, held, "other_head", item, note="x"))
    problem(await change(api, held, "boss", item, note="x"), status=403, code="not-allowed")
    # and where nobody manages them any more, whoever assessed does
    await place(state, held.people, "me", department="team", manager=None)
    ok(await change(api, held, "boss", item, note="x"))


async def test_hr_does_not_deal_with_what_is_about_themselves(api: AsyncClient, held: Round) -> None:
    """REV-6: the subject is only that."""
    item = await add(held, await held.review(Step.CLOSED, of="hr"), of="hr")
    problem(await change(api, held, "hr", item, note="x"), status=403, code="not-allowed")


async def test_a_cancelled_one_stays_so(api: AsyncClient, held: Round) -> None:
    item = await add(held, await held.review(Step.CANCELLED), state="cancelled")
    assert ok(await api.get(f"/v1/action-items/{item}", headers=held.people["boss"].headers))["allowed_actions"] == []
    problem(await change(api, held, "boss", item, state="open"), status=409, code="action-not-allowed")


async def test_its_tag_goes_with_its_version_and_with_who_reads_it(api: AsyncClient, held: Round) -> None:
    """api.md: strong ETags, If-Match honoured, 304."""
    item = await add(held, await held.review(Step.CLOSED))
    path = f"/v1/action-items/{item}"
    boss, me = (held.people[who].headers for who in ("boss", "me"))
    tag = (await api.get(path, headers=boss)).headers["etag"]
    assert (await api.get(path, headers=me)).headers["etag"] != tag
    assert (await api.get(path, headers=boss | {"If-None-Match": tag})).status_code == 304
    changed = await change(api, held, "boss", item, etag=tag, note="x")
    assert ok(changed)["note"] == "x"
    assert changed.headers["etag"] == (await api.get(path, headers=boss)).headers["etag"] != tag
    problem(await change(api, held, "boss", item, etag=tag, note="y"), status=412, code="stale")
    same = await change(api, held, "boss", item, note="x")
    assert same.headers["etag"] == changed.headers["etag"]


async def test_lists_are_sifted_sorted_and_paged(api: AsyncClient, held: Round) -> None:
    mine, peers = await held.review(Step.CLOSED), await held.review(Step.CLOSED, of="peer")
    today = business_day()
    await add(held, mine, owner="me", title="a", due_on=today + timedelta(days=2))
    await add(held, mine, title="b", due_on=today - timedelta(days=2))
    await add(held, peers, of="peer", title="c", due_on=today + timedelta(days=1))
    await add(held, peers, of="peer", owner="peer", title="d", due_on=today - timedelta(days=1), state="done")

    async def titles(who: str = "boss", **params: Any) -> str:
        return "".join(one["title"] for one in await items(api, held.people[who], "action-items", **params))

    assert await titles() == "bdca"
    assert await titles(sort="-due_on") == "acdb"
    assert await titles(sort="created_at") == "abcd"
    assert await titles(owner_id=str(held.person("me"))) == "a"
    assert await titles(person_id=str(held.person("peer")), sort="created_at") == "cd"
    assert await titles(review_id=str(mine), sort="created_at") == "ab"
    assert await titles(state="done") == "d"
    assert await titles(overdue=True) == "b"
    assert await titles("peer") == "dc"
    first = ok(await api.get("/v1/action-items", params={"limit": 3}, headers=held.people["boss"].headers))
    assert await titles(cursor=first["next_cursor"]) == "a"


async def test_a_list_of_200_costs_as_many_statements_as_one(api: AsyncClient, held: Round) -> None:
    """performance.md: whatever the caller's part in them."""
    review = await held.review(Step.CLOSED)
    await add(held, review)
    counted = []
    for more in (0, 199):
        async with transaction(held.state.sessions, held.state.doorbell) as uow:
            own = {"company_id": held.company_id, "review_id": review, "person_id": held.person("me")}
            for _ in range(more):
                add_action_item(uow, **own, owner_id=held.person("boss"))
        with count_statements() as statements:
            assert len(await items(api, held.people["boss"], "action-items", limit=200)) == more + 1
        counted.append(len(statements))
    assert counted == [2, 2]
