"""Recognition: praise and named awards (CULT-2)."""

from typing import Any

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import text

from attain_api.state import ApiState
from attain_shared.db.session import transaction
from attain_shared.reviews.value_schemas import VALUE_EXAMPLE
from tests.support.check_ins import person_of, recognition_by
from tests.support.companies import Member, make_company
from tests.support.finished import GOOD, IN_THE_PERIOD, LAPSE, days_from_now, items
from tests.support.goals import NOBODY
from tests.support.http import created, ok, pointers, problem
from tests.support.settled import Round, make_round
from tests.support.statements import count_statements

AWARD = {"kind": "award", "name": "九月龙虎榜"}


@pytest.fixture
async def held(api: AsyncClient, state: ApiState) -> Round:
    return await make_round(api, state)


async def recognise(api: AsyncClient, who: Member, *to: Member, **more: Any) -> Response:
    """Praise colleagues, unless told otherwise."""
    person_ids = [str(one.person_id) for one in to]
    body = {"kind": "praise", "person_ids": person_ids, "case": GOOD, "on": IN_THE_PERIOD} | more
    return await api.post("/v1/recognitions", json=body, headers=who.headers)


async def make_value(api: AsyncClient, held: Round) -> str:
    answer = await api.post("/v1/values", json=VALUE_EXAMPLE, headers=held.people["hr"].headers)
    return str(created(answer)["id"])


async def test_anybody_praises_colleagues_for_the_whole_company_to_see(api: AsyncClient, held: Round) -> None:
    """CULT-2: with a case, to several at once."""
    peer, me, boss = (held.people[name] for name in ("peer", "me", "boss"))
    answer = await recognise(api, peer, me, boss)
    made, path = created(answer), answer.headers["location"]
    assert set(made["person_ids"]) == {str(me.person_id), str(boss.person_id)}
    assert (made["kind"], made["name"], made["case"], made["cycle_id"]) == ("praise", None, GOOD, None)
    assert made["allowed_actions"] == ["change", "withdraw"]
    for who, offered in (("me", []), ("other_head", []), ("executive", []), ("hr", ["remove"])):
        seen = ok(await api.get(path, headers=held.people[who].headers))
        assert seen == made | {"allowed_actions": offered}, who
        assert await items(api, held.people[who], "recognitions") == [seen], who


async def test_an_award_has_a_name_and_is_given_by_hr_and_executives(api: AsyncClient, held: Round) -> None:
    me = held.people["me"]
    for who in ("peer", "boss", "head", "admin"):
        problem(await recognise(api, held.people[who], me, **AWARD), status=403, code="award-not-allowed")
    for who in ("hr", "executive"):
        made = created(await recognise(api, held.people[who], me, **AWARD, cycle_id=str(held.cycle_id)))
        assert (made["name"], made["cycle_id"]) == ("九月龙虎榜", str(held.cycle_id))
    hr = held.people["hr"]
    assert pointers(await recognise(api, hr, me, kind="award")) == [("/name", "missing")]
    unfit = await recognise(api, hr, me, name="龙虎榜", cycle_id=str(held.cycle_id))
    assert pointers(unfit) == [("/name", "only-of-award"), ("/cycle_id", "only-of-award")]
    assert pointers(await recognise(api, hr, me, **AWARD, cycle_id=NOBODY)) == [("/cycle_id", "unknown-cycle")]


async def test_it_is_to_others_who_are_there(api: AsyncClient, state: ApiState, held: Round) -> None:
    me, peer = held.people["me"], held.people["peer"]
    elsewhere = await make_company(state)
    for to, wrong, code in (
        ((me,), 0, "own-recognition"),
        ((peer, me), 1, "own-recognition"),
        ((peer, peer), 1, "duplicate"),
        ((peer, elsewhere), 1, "unknown-person"),
    ):
        assert pointers(await recognise(api, me, *to)) == [(f"/person_ids/{wrong}", code)], code
    assert pointers(await recognise(api, me)) == [("/person_ids", "too-short")]
    assert pointers(await recognise(api, me, peer, on=days_from_now(1))) == [("/on", "in-the-future")]
    assert pointers(await recognise(api, me, peer, value_id=NOBODY)) == [("/value_id", "no-such-value")]
    leave = {"effective_on": days_from_now(-1), "reason": "搬家"}
    ok(await api.post(f"/v1/people/{peer.person_id}/leave", json=leave, headers=held.people.admin.headers))
    assert pointers(await recognise(api, me, peer)) == [("/person_ids/0", "unknown-person")]


async def test_its_author_corrects_and_withdraws_it(api: AsyncClient, held: Round) -> None:
    peer, me = held.people["peer"], held.people["me"]
    answer = await recognise(api, peer, me)
    path, tag = answer.headers["location"], answer.headers["etag"]
    assert (await api.get(path, headers=peer.headers | {"If-None-Match": tag})).status_code == 304
    body = {"case": LAPSE, "value_id": await make_value(api, held)}
    for who in ("me", "boss", "hr"):
        headers = held.people[who].headers
        for refused in (await api.patch(path, json=body, headers=headers), await api.delete(path, headers=headers)):
            problem(refused, status=403, code="not-the-author")
    changed = await api.patch(path, json=body, headers=peer.headers | {"If-Match": tag})
    assert (ok(changed)["case"], ok(changed)["value_id"]) == (LAPSE, body["value_id"])
    cleared = ok(await api.patch(path, json={"value_id": None}, headers=peer.headers))
    assert (cleared["value_id"], cleared["case"]) == (None, LAPSE)
    named = await api.patch(path, json={"name": "龙虎榜"}, headers=peer.headers)
    assert pointers(named) == [("/name", "only-of-award")]
    unknown = await api.patch(path, json={"value_id": NOBODY}, headers=peer.headers)
    assert pointers(unknown) == [("/value_id", "no-such-value")]
    stale = peer.headers | {"If-Match": tag}
    problem(await api.delete(path, headers=stale), status=412, code="stale")
    assert (await api.delete(path, headers=peer.headers)).status_code == 204
    problem(await api.get(path, headers=peer.headers), status=404, code="not-found")


async def test_hr_removes_one_with_a_reason_that_the_trail_keeps(api: AsyncClient, held: Round) -> None:
    """SEC-5."""
    peer, hr = held.people["peer"], held.people["hr"]
    made = created(await recognise(api, peer, held.people["me"]))
    path = f"/v1/recognitions/{made['id']}"
    why = {"reason": "内容不实"}
    for who in ("peer", "boss", "executive", "admin"):
        problem(
            await api.post(f"{path}/actions/remove", json=why, headers=held.people[who].headers),
            status=403,
            code="not-allowed",
        )
    assert (await api.post(f"{path}/actions/remove", json=why, headers=hr.headers)).status_code == 204
    problem(await api.get(path, headers=peer.headers), status=404, code="not-found")
    noted = await items(api, hr, "audit-entries", resource_id=made["id"], action="remove_recognition")
    assert {"before": None, "after": "内容不实"} in [entry["changes"].get("reason") for entry in noted]
    own = created(await recognise(api, hr, held.people["me"]))
    removed = await api.post(f"/v1/recognitions/{own['id']}/actions/remove", json={"reason": "x"}, headers=hr.headers)
    problem(removed, status=403, code="not-the-author")


async def test_lists_are_sifted_sorted_and_cost_the_same_for_many(
    api: AsyncClient, state: ApiState, held: Round
) -> None:
    """performance.md: a fixed number of statements."""
    me, peer, boss, hr = (held.people[name] for name in ("me", "peer", "boss", "hr"))
    praise = created(await recognise(api, peer, me, on="2026-09-01"))
    with count_statements() as alone:
        assert len(await items(api, boss, "recognitions")) == 1
    award = created(await recognise(api, hr, me, boss, **AWARD, cycle_id=str(held.cycle_id), on="2026-08-01"))
    value_id = await make_value(api, held)
    thanks = created(await recognise(api, me, peer, value_id=value_id, on="2026-10-01"))

    async def found(**params: Any) -> list[str]:
        return [one["id"] for one in await items(api, me, "recognitions", **params)]

    assert await found() == [thanks["id"], praise["id"], award["id"]]
    assert await found(sort="created_at") == [praise["id"], award["id"], thanks["id"]]
    assert await found(person_id="me") == [praise["id"], award["id"]]
    assert await found(person_id=str(peer.person_id)) == await found(author_id="me") == [thanks["id"]]
    assert await found(kind="award") == await found(cycle_id=str(held.cycle_id)) == [award["id"]]
    assert await found(value_id=value_id) == [thanks["id"]]
    async with transaction(state.sessions, state.doorbell) as uow:
        many = [recognition_by(held.company_id, peer.person_id) for _ in range(200)]
        uow.session.add_all(many)
        await uow.session.flush()
        uow.session.add_all([person_of(one, me.person_id) for one in many])
    with count_statements() as among_many:
        assert len(await items(api, boss, "recognitions", limit=200)) == 200
    assert len(alone) == len(among_many) == 3


async def test_the_same_key_gives_it_once(api: AsyncClient, held: Round) -> None:
    """api.md: a creating POST takes an Idempotency-Key."""
    peer = held.people["peer"]
    body = {"kind": "praise", "person_ids": [str(held.person("me"))], "case": GOOD, "on": IN_THE_PERIOD}
    headers = peer.headers | {"Idempotency-Key": "once"}
    first, second = [await api.post("/v1/recognitions", json=body, headers=headers) for _ in range(2)]
    assert created(first) == created(second)
    assert len(await items(api, peer, "recognitions")) == 1


async def test_giving_it_is_in_the_trail(api: AsyncClient, held: Round) -> None:
    """SEC-5: with whom it was to."""
    made = created(await recognise(api, held.people["peer"], held.people["me"]))
    async with transaction(held.state.sessions, held.state.doorbell) as uow:
        noted = await uow.session.execute(
            text(
                "SELECT resource_type, action, actor_id::text FROM audit_entries"
                " WHERE company_id = :company AND resource_id = :id ORDER BY sequence"
            ),
            {"company": held.company_id, "id": made["id"]},
        )
        author = str(held.person("peer"))
        assert {tuple(row) for row in noted} == {
            ("recognition", "give_recognition", author),
            ("recognition_person", "give_recognition", author),
        }
