"""Check-ins and 1:1 notes, tied to goals (CULT-1)."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import text

from attain_api.state import ApiState
from attain_shared.clock import business_day
from attain_shared.db.session import transaction
from attain_shared.rules.periods import Grain, bucket_start
from tests.support.check_ins import check_in_of, line_of
from tests.support.companies import Member, make_company
from tests.support.finished import items
from tests.support.goals import NOBODY
from tests.support.http import created, ok, pointers, problem
from tests.support.settled import Round, make_round
from tests.support.staff import add_person, hired
from tests.support.statements import count_statements
from tests.support.stored_goals import store_goal

Json = dict[str, Any]
TODAY = business_day()
WEEK = bucket_start(TODAY, Grain.WEEK)
LAST_WEEK = WEEK - timedelta(days=7)
MONTH = bucket_start(TODAY, Grain.MONTH)


@pytest.fixture
async def held(api: AsyncClient, state: ApiState) -> Round:
    return await make_round(api, state)


async def begin(api: AsyncClient, who: Member, **more: Any) -> Response:
    """Begin a report of this week, unless told otherwise."""
    body = {"kind": "weekly", "starts_on": WEEK.isoformat(), "summary": "主图改版上线，转化率 3.6%"} | more
    return await api.post("/v1/check-ins", json=body, headers=who.headers)


async def submit(api: AsyncClient, who: Member, check_in: Json, **headers: str) -> Response:
    sent = who.headers | headers
    return await api.post(f"/v1/check-ins/{check_in['id']}/actions/submit", headers=sent)


async def submitted(api: AsyncClient, who: Member, **more: Any) -> Json:
    return ok(await submit(api, who, created(await begin(api, who, **more))))


async def own_goal(state: ApiState, held: Round, /, **owner: Any) -> str:
    cycle = {"id": str(held.cycle_id), "kind": "quarter", "starts_on": "2026-07-01"}
    return str(await store_goal(state, held.people.admin, cycle, **owner))


async def test_a_draft_is_its_writers_until_it_is_submitted_and_stays_as_it_is_then(
    api: AsyncClient, held: Round
) -> None:
    """CULT-1: what others read and act on does not change under them."""
    me, boss = held.people["me"], held.people["boss"]
    answer = await begin(api, me, plans="双11预热", blockers=None, private_note="想调岗")
    draft, path = created(answer), answer.headers["location"]
    assert (draft["state"], draft["submitted_at"], draft["comments"]) == ("draft", None, 0)
    assert (draft["starts_on"], draft["ends_on"]) == (WEEK.isoformat(), (WEEK + timedelta(days=6)).isoformat())
    assert draft["allowed_actions"] == ["change", "submit", "delete"]
    for who in ("boss", "hr"):
        problem(await api.get(path, headers=held.people[who].headers), status=404, code="not-found")
    changed = await api.patch(path, json={"plans": None, "blockers": "摄影排期"}, headers=me.headers)
    assert (ok(changed)["plans"], ok(changed)["blockers"], ok(changed)["summary"]) == (
        None,
        "摄影排期",
        draft["summary"],
    )
    done = ok(await submit(api, me, draft))
    assert (done["state"], done["allowed_actions"]) == ("submitted", ["comment"])
    assert done["submitted_at"] is not None
    for refused in (
        await api.patch(path, json={"plans": "x"}, headers=me.headers),
        await api.delete(path, headers=me.headers),
    ):
        problem(refused, status=409, code="check-in-submitted")
    problem(await submit(api, me, draft), status=409, code="check-in-submitted")
    problem(await api.patch(path, json={"plans": "x"}, headers=boss.headers), status=403, code="not-allowed")


async def test_a_report_is_read_by_those_above_and_hr_and_a_one_on_one_by_two(api: AsyncClient, held: Round) -> None:
    """SEC-3, CULT-1: nobody else learns of them, and the private part is the writer's alone."""
    me = held.people["me"]
    report = await submitted(api, me, private_note="想调岗")
    talk = {"kind": "one_on_one", "starts_on": TODAY.isoformat(), "with_person_id": str(held.person("boss"))}
    notes = await submitted(api, me, private_note="想调岗", **talk)
    for one, readers in ((report, {"me", "boss", "skip", "head", "hr"}), (notes, {"me", "boss"})):
        for who in ("me", "boss", "skip", "head", "hr", "peer", "report", "mentor", "former", "executive", "admin"):
            answer = await api.get(f"/v1/check-ins/{one['id']}", headers=held.people[who].headers)
            listed = [found["id"] for found in await items(api, held.people[who], "check-ins")]
            assert (one["id"] in listed) == (who in readers), who
            if who not in readers:
                problem(answer, status=404, code="not-found")
                continue
            assert ok(answer)["private_note"] == ("想调岗" if who == "me" else None), who
            assert ok(answer)["summary"] == one["summary"]


async def test_there_is_one_of_each_period_however_many_begin_it_at_once(api: AsyncClient, held: Round) -> None:
    me, boss = held.people["me"], held.people["boss"]
    answers = await asyncio.gather(*(begin(api, me) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 5
    for answer in answers:
        if answer.status_code == 409:
            problem(answer, status=409, code="check-in-taken")
    created(await begin(api, me, starts_on=LAST_WEEK.isoformat()))
    created(await begin(api, me, kind="monthly", starts_on=MONTH.isoformat()))
    created(await begin(api, boss))
    talk = {"kind": "one_on_one", "starts_on": TODAY.isoformat()}
    for other in ("boss", "peer"):
        created(await begin(api, me, **talk, with_person_id=str(held.person(other))))
    again = await begin(api, me, **talk, with_person_id=str(held.person("boss")))
    problem(again, status=409, code="check-in-taken")
    created(await begin(api, boss, **talk, with_person_id=str(held.person("me"))))
    draft = (await items(api, me, "check-ins", kind="monthly"))[0]
    assert (await api.delete(f"/v1/check-ins/{draft['id']}", headers=me.headers)).status_code == 204
    created(await begin(api, me, kind="monthly", starts_on=MONTH.isoformat()))


async def test_a_period_starts_on_its_day_and_a_one_on_one_is_with_somebody_else(api: AsyncClient, held: Round) -> None:
    me, other = held.people["me"], str(held.person("peer"))
    next_week, next_month = WEEK + timedelta(days=7), bucket_start(MONTH + timedelta(days=40), Grain.MONTH)
    for more, expected in (
        ({"starts_on": (WEEK - timedelta(days=1)).isoformat()}, ("/starts_on", "not-a-period-start")),
        ({"kind": "monthly", "starts_on": "2026-09-02"}, ("/starts_on", "not-a-period-start")),
        ({"starts_on": next_week.isoformat()}, ("/starts_on", "in-the-future")),
        ({"kind": "monthly", "starts_on": next_month.isoformat()}, ("/starts_on", "in-the-future")),
        ({"with_person_id": other}, ("/with_person_id", "one-on-one")),
        ({"kind": "one_on_one"}, ("/with_person_id", "one-on-one")),
        ({"kind": "one_on_one", "with_person_id": str(me.person_id)}, ("/with_person_id", "own-one-on-one")),
        ({"kind": "one_on_one", "with_person_id": NOBODY}, ("/with_person_id", "unknown-person")),
        ({"kind": "daily"}, ("/kind", "literal-error")),
        ({"summary": " "}, ("/summary", "string-too-short")),
    ):
        assert pointers(await begin(api, me, **more)) == [expected], more


async def test_goals_are_the_writers_or_everybodys_and_in_a_one_on_one_the_others_too(
    api: AsyncClient, state: ApiState, held: Round
) -> None:
    goals = {name: await own_goal(state, held, person_id=held.person(name)) for name in ("me", "peer")}
    goals["team"] = await own_goal(state, held, department_id=held.people.departments["team"])
    goals["draft"] = await own_goal(state, held, person_id=held.person("me"), state="draft")

    def about(*names: str) -> Json:
        return {"goals": [{"goal_id": goals.get(name, NOBODY), "confidence": "at_risk"} for name in names]}

    me, boss = held.people["me"], held.people["boss"]
    for names, wrong in ((("team", "peer"), 1), (("draft",), 0), (("nobody",), 0)):
        refused = await begin(api, me, **about(*names))
        assert pointers(refused) == [(f"/goals/{wrong}/goal_id", "unknown-goal")], names
    assert pointers(await begin(api, me, **about("me", "me"))) == [("/goals/1/goal_id", "duplicate")]
    made = created(await begin(api, me, **about("team", "me")))
    assert [one["goal_id"] for one in made["goals"]] == [goals["team"], goals["me"]]
    path = f"/v1/check-ins/{made['id']}"
    assert pointers(await api.patch(path, json=about("peer"), headers=me.headers)) == [
        ("/goals/0/goal_id", "unknown-goal")
    ]
    changed = ok(await api.patch(path, json=about("me"), headers=me.headers))
    assert [one["goal_id"] for one in changed["goals"]] == [goals["me"]]
    assert ok(await api.get(path, headers=me.headers)) == changed
    assert pointers(await begin(api, boss, **about("me"))) == [("/goals/0/goal_id", "unknown-goal")]
    talk = {"kind": "one_on_one", "starts_on": TODAY.isoformat()}
    created(await begin(api, boss, **talk, with_person_id=str(me.person_id), **about("me")))
    unseen = await begin(api, held.people["peer"], **talk, with_person_id=str(me.person_id), **about("me"))
    assert pointers(unseen) == [("/goals/0/goal_id", "unknown-goal")]


async def test_each_goal_keeps_what_it_had_come_to_when_the_report_was_submitted(
    api: AsyncClient, state: ApiState, held: Round
) -> None:
    """CULT-1: a report is argued from the facts of its day, whatever is restated later."""
    me = held.people["me"]
    scored = await own_goal(state, held, person_id=me.person_id, score="3.75")
    untouched = await own_goal(state, held, person_id=me.person_id)
    goals = [{"goal_id": one, "confidence": "on_track"} for one in (scored, untouched)]
    draft = created(await begin(api, me, goals=goals))
    assert [one["attainment"] for one in draft["goals"]] == [None, None]
    done = ok(await submit(api, me, draft))
    then = done["goals"][0]["attainment"]
    assert (then["score"], done["goals"][1]["attainment"]) == ("3.75", None)
    async with transaction(state.sessions, state.doorbell) as uow:
        statement = text("UPDATE attainments SET score = 2.5 WHERE company_id = :company")
        await uow.session.execute(statement, {"company": held.company_id})
    read = ok(await api.get(f"/v1/check-ins/{draft['id']}", headers=held.people["boss"].headers))
    assert read["goals"][0]["attainment"] == then


async def test_whoever_reads_it_speaks_to_it_and_its_writer_answers(api: AsyncClient, held: Round) -> None:
    me, boss = held.people["me"], held.people["boss"]
    draft = created(await begin(api, me))
    path = f"/v1/check-ins/{draft['id']}/comments"
    early = await api.post(path, json={"text": "自言自语"}, headers=me.headers)
    problem(early, status=409, code="check-in-is-draft")
    ok(await submit(api, me, draft))
    once = {"Idempotency-Key": "once"}
    first, again = [await api.post(path, json={"text": "摄影已协调"}, headers=boss.headers | once) for _ in range(2)]
    assert created(first) == created(again)
    created(await api.post(path, json={"text": "收到"}, headers=me.headers))
    said = await items(api, boss, f"check-ins/{draft['id']}/comments")
    assert [(one["author_id"], one["text"]) for one in said] == [
        (str(boss.person_id), "摄影已协调"),
        (str(me.person_id), "收到"),
    ]
    assert ok(await api.get(f"/v1/check-ins/{draft['id']}", headers=me.headers))["comments"] == 2
    for call in (api.get(path, headers=held.people["peer"].headers),
                 api.post(path, json={"text": "x"}, headers=held.people["peer"].headers)):  # fmt: skip
        problem(await call, status=404, code="not-found")


async def test_a_manager_sees_who_has_not_reported(api: AsyncClient, held: Round) -> None:
    """A draft is nothing yet; who is not below is not shown."""
    boss = held.people["boss"]

    async def missing(who: str, **params: str) -> set[str]:
        found = await items(api, held.people[who], "check-ins/missing", **params)
        return {one["id"] for one in found}

    below = {str(held.person(name)) for name in ("me", "peer", "report", "silent")}
    assert await missing("boss") == below
    draft = created(await begin(api, held.people["me"]))
    assert await missing("boss") == below
    ok(await submit(api, held.people["me"], draft))
    assert await missing("boss", kind="weekly") == below - {str(held.person("me"))}
    assert await missing("boss", starts_on=LAST_WEEK.isoformat()) == below
    assert await missing("boss", kind="monthly") == below
    assert await missing("peer") == set()
    assert await missing("hr") > below - {str(held.person("me"))}
    wrong = await api.get("/v1/check-ins/missing", params={"starts_on": "2026-09-02"}, headers=boss.headers)
    assert pointers(wrong) == [("/starts_on", "not-a-period-start")]


async def test_nobody_misses_a_report_of_before_they_came(api: AsyncClient, state: ApiState) -> None:
    """CULT-1: whoever came in the course of a period is asked for it."""
    company = await make_company(state, roles=("admin", "hr"))
    first, *later = [
        await add_person(state, company, hired(on=on)) for on in (LAST_WEEK - timedelta(days=30), WEEK, TODAY)
    ]
    came = await add_person(state, company, hired(on=LAST_WEEK + timedelta(days=6)))
    for starts_on, expected in ((WEEK, {first, came, *later}), (LAST_WEEK, {first, came})):
        found = await items(api, company, "check-ins/missing", starts_on=starts_on.isoformat())
        assert {UUID(one["id"]) for one in found} - {company.person_id} == expected


async def test_a_version_is_changed_once_and_the_same_key_begins_it_once(api: AsyncClient, held: Round) -> None:
    """api.md: If-Match, If-None-Match and Idempotency-Key."""
    me = held.people["me"]
    body = {"kind": "weekly", "starts_on": WEEK.isoformat(), "summary": "主图改版"}
    once = me.headers | {"Idempotency-Key": "once"}
    first, again = [await api.post("/v1/check-ins", json=body, headers=once) for _ in range(2)]
    assert created(first) == created(again)
    path, tag = first.headers["location"], first.headers["etag"]
    assert (await api.get(path, headers=me.headers | {"If-None-Match": tag})).status_code == 304
    one, other = await asyncio.gather(
        *(api.patch(path, json={"plans": plan}, headers=me.headers | {"If-Match": tag}) for plan in ("甲", "乙"))
    )
    assert sorted((one.status_code, other.status_code)) == [200, 412]
    problem(await submit(api, me, first.json(), **{"If-Match": tag}), status=412, code="stale")
    problem(await api.delete(path, headers=me.headers | {"If-Match": tag}), status=412, code="stale")
    present = (await api.get(path, headers=me.headers)).headers["etag"]
    ok(await submit(api, me, first.json(), **{"If-Match": present}))


async def test_lists_are_sifted_and_cost_the_same_for_many(api: AsyncClient, state: ApiState, held: Round) -> None:
    """performance.md: a fixed number of statements."""
    me, boss = held.people["me"], held.people["boss"]
    goal_id = await own_goal(state, held, person_id=me.person_id)
    report = await submitted(api, me, goals=[{"goal_id": goal_id, "confidence": "off_track"}])
    with count_statements() as alone:
        assert len(await items(api, boss, "check-ins")) == 1
    monthly = await submitted(api, me, kind="monthly", starts_on=MONTH.isoformat())
    theirs = await submitted(api, held.people["peer"])
    draft = created(await begin(api, boss))

    async def found(**params: str) -> set[str]:
        return {one["id"] for one in await items(api, boss, "check-ins", **params)}

    assert await found() == {one["id"] for one in (report, monthly, theirs, draft)}
    assert await found(person_id=str(me.person_id)) == {report["id"], monthly["id"]}
    assert await found(person_id="me") == await found(state="draft") == {draft["id"]}
    assert await found(kind="monthly") == {monthly["id"]}
    assert await found(goal_id=goal_id) == {report["id"]}
    assert await found(kind="weekly", state="submitted", starts_on=WEEK.isoformat()) == {report["id"], theirs["id"]}
    async with transaction(state.sessions, state.doorbell) as uow:
        many = [
            check_in_of(held.company_id, me.person_id, starts_on=WEEK - timedelta(weeks=weeks))
            for weeks in range(1, 201)
        ]
        uow.session.add_all(many)
        await uow.session.flush()
        uow.session.add_all([line_of(one, UUID(goal_id)) for one in many])
    with count_statements() as among_many:
        assert len(await items(api, boss, "check-ins", limit=200)) == 200
    assert len(alone) == len(among_many) == 3


async def test_the_trail_holds_that_it_was_written_and_shows_it_to_nobody(api: AsyncClient, held: Round) -> None:
    """SEC-5, CULT-1: neither the texts nor that a draft or a 1:1 is there."""
    me = held.people["me"]
    report = await submitted(api, me, summary="只给主管看", private_note="只给自己看")
    async with transaction(held.state.sessions, held.state.doorbell) as uow:
        noted = await uow.session.execute(
            text(
                "SELECT action, changes::text FROM audit_entries"
                " WHERE company_id = :company AND resource_id = :id ORDER BY sequence"
            ),
            {"company": held.company_id, "id": report["id"]},
        )
        rows = [tuple(row) for row in noted]
    assert [action for action, _ in rows] == ["create_check_in", "submit_check_in"]
    assert "只给" not in str(rows)
    for who in ("hr", "executive", "admin"):
        assert await items(api, held.people[who], "audit-entries", resource_id=report["id"]) == [], who
    assert await items(api, held.people["admin"], "audit-entries", resource_type="check_in") == []


async def test_an_export_tells_hr_what_it_reads_and_the_writer_everything(api: AsyncClient, held: Round) -> None:
    """SEC-6, CULT-1: neither drafts nor 1:1 notes nor what was noted for oneself."""
    me, boss = held.people["me"], held.people["boss"]
    report = await submitted(api, me, private_note="想调岗")
    draft = created(await begin(api, me, kind="monthly", starts_on=MONTH.isoformat()))
    talk = {"kind": "one_on_one", "starts_on": TODAY.isoformat(), "with_person_id": str(me.person_id)}
    theirs = await submitted(api, boss, **talk, private_note="可提拔")
    path = f"/v1/people/{me.person_id}/personal-data"
    told = ok(await api.get(path, headers=held.people["hr"].headers))["records"]
    assert [one["id"] for one in told["reports"]] == [report["id"]]
    assert "private_note" not in told["reports"][0]
    assert {"check_ins", "check_in_goals", "check_in_comments", "one_on_ones"} & told.keys() == set()
    own = ok(await api.get(path, headers=me.headers))["records"]
    assert {one["id"]: one["private_note"] for one in own["check_ins"]} == {report["id"]: "想调岗", draft["id"]: None}
    assert [one["id"] for one in own["one_on_ones"]] == [theirs["id"]]
    assert "可提拔" not in str(own)
