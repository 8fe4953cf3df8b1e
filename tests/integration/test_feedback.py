"""Continuous feedback with a case (CULT-1)."""

from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import text

from attain_api.state import ApiState
from attain_shared.db.session import transaction
from tests.support.finished import IN_THE_PERIOD, LAPSE, days_from_now, give, items
from tests.support.goals import NOBODY
from tests.support.http import created, ok, pointers, problem
from tests.support.relations import HIRED
from tests.support.reviewed import add_feedback
from tests.support.settled import Round, make_round
from tests.support.statements import count_statements
from tests.support.stored_goals import store_goal


@pytest.fixture
async def held(api: AsyncClient, state: ApiState) -> Round:
    return await make_round(api, state)


async def test_anybody_gives_feedback_to_anybody_else(api: AsyncClient, held: Round) -> None:
    """CULT-1: with a case, on a day, and for good."""
    for author, to in (("peer", "me"), ("me", "boss"), ("report", "executive"), ("hr", "peer")):
        answer = await give(api, held.people[author], held.people[to], kind="positive")
        made, path = created(answer), answer.headers["location"]
        assert (made["person_id"], made["author_id"]) == (str(held.person(to)), str(held.person(author)))
        assert (made["kind"], made["case"], made["on"], made["goal_id"]) == ("positive", LAPSE, IN_THE_PERIOD, None)
        read = await api.get(path, headers=held.people[author].headers)
        assert (ok(read), read.headers["etag"]) == (made, answer.headers["etag"])
        tag = {"If-None-Match": read.headers["etag"]}
        assert (await api.get(path, headers=held.people[author].headers | tag)).status_code == 304
        for method in ("PATCH", "PUT", "DELETE"):
            gone = await api.request(method, path, json={}, headers=held.people[author].headers)
            problem(gone, status=405, code="method-not-allowed")


async def test_it_is_to_somebody_else_who_is_there_and_on_a_day_they_were(api: AsyncClient, held: Round) -> None:
    me, peer = held.people["me"], held.people["peer"]
    assert pointers(await give(api, me, me)) == [("/person_id", "own-feedback")]
    assert pointers(await give(api, me, peer, person_id=NOBODY)) == [("/person_id", "unknown-person")]
    assert pointers(await give(api, me, peer, on=days_from_now(1))) == [("/on", "in-the-future")]
    assert pointers(await give(api, me, peer, on=HIRED.replace(month=2))) == [("/on", "before-hire")]
    created(await give(api, me, peer, on=HIRED))
    assert pointers(await give(api, me, peer, kind="praise")) == [("/kind", "literal-error")]
    assert pointers(await give(api, me, peer, case=LAPSE | {"consequence": " "})) == [
        ("/case/consequence", "string-too-short")
    ]
    leave = {"effective_on": days_from_now(-1), "reason": "搬家"}
    ok(await api.post(f"/v1/people/{peer.person_id}/leave", json=leave, headers=held.people.admin.headers))
    assert pointers(await give(api, me, peer)) == [("/person_id", "unknown-person")]


async def test_a_goal_is_theirs_a_departments_or_the_companys_and_in_the_authors_view(
    api: AsyncClient, state: ApiState, held: Round
) -> None:
    cycle = {"id": str(held.cycle_id), "kind": "quarter", "starts_on": "2026-07-01"}
    owners: dict[str, dict[str, Any]] = {name: {"person_id": held.person(name)} for name in ("me", "peer")}
    owners["team"] = {"department_id": held.people.departments["team"]}
    goals = {
        name: str(await store_goal(state, held.people.admin, cycle, **owner, title=name))
        for name, owner in owners.items()
    }
    boss, me, peer = (held.people[name] for name in ("boss", "me", "peer"))
    assert created(await give(api, boss, me, goal_id=goals["me"]))["goal_id"] == goals["me"]
    refused = [("/goal_id", "unknown-goal")]
    assert pointers(await give(api, boss, me, goal_id=goals["peer"])) == refused
    assert pointers(await give(api, peer, me, goal_id=goals["me"])) == refused
    assert pointers(await give(api, peer, me, goal_id=NOBODY)) == refused
    assert created(await give(api, peer, me, goal_id=goals["team"]))["goal_id"] == goals["team"]


async def test_it_is_seen_by_both_those_above_and_hr(api: AsyncClient, held: Round) -> None:
    """SEC-3: nobody else learns of it."""
    path = (await give(api, held.people["peer"], held.people["me"])).headers["location"]
    for who in ("me", "peer", "boss", "skip", "head", "hr"):
        assert ok(await api.get(path, headers=held.people[who].headers))["author_id"] == str(held.person("peer"))
        assert len(await items(api, held.people[who], "feedback")) == 1, who
    for who in ("report", "mentor", "former", "other_head", "executive", "admin"):
        problem(await api.get(path, headers=held.people[who].headers), status=404, code="not-found")
        assert await items(api, held.people[who], "feedback") == [], who


async def test_lists_are_sifted_sorted_and_cost_the_same_for_many(api: AsyncClient, held: Round) -> None:
    """performance.md: a fixed number of statements."""
    created(await give(api, held.people["peer"], held.people["me"], kind="positive", on="2026-09-01"))
    with count_statements() as alone:
        assert len(await items(api, held.people["boss"], "feedback")) == 1
    created(await give(api, held.people["boss"], held.people["me"], on="2026-08-01"))
    created(await give(api, held.people["me"], held.people["boss"], kind="negative", on="2026-10-01"))

    async def kinds(who: str, **params: Any) -> list[str]:
        return [one["kind"] for one in await items(api, held.people[who], "feedback", **params)]

    assert await kinds("me") == ["negative", "positive", "constructive"]
    assert await kinds("me", sort="on") == ["constructive", "positive", "negative"]
    assert await kinds("me", sort="created_at") == ["positive", "constructive", "negative"]
    assert await kinds("me", author_id="me") == ["negative"]
    assert await kinds("me", author_id=str(held.person("peer"))) == ["positive"]
    assert await kinds("hr", person_id=str(held.person("me"))) == ["positive", "constructive"]
    assert await kinds("boss", kind="constructive") == ["constructive"]
    async with transaction(held.state.sessions, held.state.doorbell) as uow:
        for _ in range(197):
            own = {"person_id": held.person("me"), "author_id": held.person("peer")}
            add_feedback(uow, company_id=held.company_id, **own)
    with count_statements() as among_many:
        assert len(await items(api, held.people["boss"], "feedback", limit=200)) == 200
    assert len(alone) == len(among_many) == 2


async def test_the_same_key_gives_it_once(api: AsyncClient, held: Round) -> None:
    """api.md: a creating POST takes an Idempotency-Key."""
    body = {"person_id": str(held.person("me")), "kind": "negative", "case": LAPSE, "on": IN_THE_PERIOD}
    headers = held.people["peer"].headers | {"Idempotency-Key": "once"}
    first, second = [await api.post("/v1/feedback", json=body, headers=headers) for _ in range(2)]
    assert created(first) == created(second)
    assert len(await items(api, held.people["me"], "feedback")) == 1


async def test_giving_it_is_in_the_trail(api: AsyncClient, held: Round) -> None:
    """SEC-5."""
    made = created(await give(api, held.people["peer"], held.people["me"]))
    async with transaction(held.state.sessions, held.state.doorbell) as uow:
        noted = await uow.session.execute(
            text(
                "SELECT action, actor_id::text, resource_id::text FROM audit_entries"
                " WHERE company_id = :company AND resource_type = 'feedback'"
            ),
            {"company": held.company_id},
        )
        assert [tuple(row) for row in noted] == [("give_feedback", str(held.person("peer")), made["id"])]
