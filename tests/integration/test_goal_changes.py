"""Changing goals: drafts, what is submitted, and with a reason what is confirmed (GOAL-1 to GOAL-4)."""

import asyncio
from typing import Any, NamedTuple

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import text

from attain_api.state import ApiState
from tests.support.companies import Company, Member, make_company, make_shop
from tests.support.goals import NOBODY, act, confirm_goals, goal_body, indicator, make_cycle, make_goal
from tests.support.http import created, ok, pointers, problem
from tests.support.relations import make_relations

MANUAL = {"kind": "manual", "name": "及时发货率", "unit": "%", "target": "98"}
STANDARDS = {"below": "少", "meets": "够", "above": "多"}
RULES = {"rules": [{"test": "all", "op": "<=", "threshold": "0.60", "score": "2.5"}], "otherwise": "3.5"}
STATES = ("draft", "submitted", "confirmed")


class Setting(NamedTuple):
    """A company with an open quarter and a shop."""

    company: Company
    cycle: str
    shop: str


@pytest.fixture
async def at(api: AsyncClient, state: ApiState) -> Setting:
    company = await make_company(state)
    cycle = (await make_cycle(api, company))["id"]
    return Setting(company, cycle, str((await make_shop(state, company)).id))


async def patch(api: AsyncClient, caller: Member, goal: dict[str, Any], **changes: Any) -> Response:
    return await api.patch(f"/v1/goals/{goal['id']}", json=changes, headers=caller.headers | {"If-Match": "*"})


async def read(api: AsyncClient, caller: Member, goal: dict[str, Any]) -> dict[str, Any]:
    return ok(await api.get(f"/v1/goals/{goal['id']}", headers=caller.headers))


async def history(api: AsyncClient, caller: Member, goal: dict[str, Any]) -> list[dict[str, Any]]:
    page = ok(await api.get(f"/v1/goals/{goal['id']}/history", headers=caller.headers))
    return [event for event in page["items"] if event["action"] == "change"]


async def goal_in(
    api: AsyncClient, at: Setting, state: str, *indicators: dict[str, Any], **more: Any
) -> dict[str, Any]:
    """The company's goal, led to a state."""
    made = indicators or (indicator([at.shop]),)
    goal = await make_goal(api, at.company, *made, cycle_id=at.cycle, **more)
    for action in ("submit", "confirm")[: STATES.index(state)]:
        ok(await act(api, at.company, goal["id"], action))
    return await read(api, at.company, goal)


def kept(shown: dict[str, Any]) -> dict[str, Any]:
    """An indicator as it was read, to be sent back."""
    fields = {"id", "kind", "metric", "shop_ids", "direction", "target", "name", "unit", "cap"}
    return {name: value for name, value in shown.items() if name in fields and value is not None}


@pytest.mark.parametrize("state_", STATES)
async def test_every_field_is_changed_and_read_back(api: AsyncClient, at: Setting, state_: str) -> None:
    """api.md: absent means unchanged, null clears; GOAL-3: with a reason also when it is confirmed."""
    goal = await goal_in(api, at, state_, why="x", how="y")
    changes = {
        "title": "新", "why": None, "behaviours": "b", "ignore_missing": True,
        "starts_on": "2026-07-02", "ends_on": "2026-09-29", "collaborators": [str(at.company.person_id)],
    }  # fmt: skip
    response = await patch(api, at.company, goal, reason="换了重点", **changes)
    changed = ok(response)
    assert {name: changed[name] for name in changes} == changes
    assert (changed["how"], changed["indicators"]) == ("y", goal["indicators"])
    assert await read(api, at.company, goal) == changed
    cleared = ok(await patch(api, at.company, goal, reason="还原", starts_on=None, ends_on=None, collaborators=[]))
    assert [cleared[name] for name in ("starts_on", "ends_on", "collaborators")] == [
        goal["starts_on"],
        goal["ends_on"],
        [],
    ]


async def test_a_change_after_submitting_is_on_record(api: AsyncClient, at: Setting) -> None:
    """GOAL-3: who, why, and what was and is; a draft has no history yet, and nothing changed is no event."""
    goal = await goal_in(api, at, "draft")
    ok(await patch(api, at.company, goal, title="草稿"))
    assert await history(api, at.company, goal) == []
    ok(await act(api, at.company, goal["id"], "submit"))
    before = await read(api, at.company, goal)
    response = await patch(api, at.company, goal, title="提交后")
    ok(await patch(api, at.company, goal, title="提交后", weight="100"))
    assert (await api.get(f"/v1/goals/{goal['id']}", headers=at.company.headers)).headers["etag"] == response.headers[
        "etag"
    ]
    [event] = await history(api, at.company, goal)
    assert event["changes"] == {"title": [before["title"], "提交后"]}
    assert (event["reason"], event["actor_id"], event["is_stand_in"]) == (None, str(at.company.person_id), True)


async def test_a_confirmed_goal_is_changed_with_a_reason(api: AsyncClient, at: Setting) -> None:
    """GOAL-3."""
    goal = await goal_in(api, at, "confirmed")
    for reason in ({}, {"reason": None}, {"reason": " "}):
        assert pointers(await patch(api, at.company, goal, title="x", **reason)) == [("/reason", "missing")]
    ok(await patch(api, at.company, goal, title="x", reason="市场变了"))
    [event] = await history(api, at.company, goal)
    assert (event["reason"], event["changes"]) == ("市场变了", {"title": [goal["title"], "x"]})


async def test_standards_and_rubric_are_frozen_at_confirmation(api: AsyncClient, at: Setting) -> None:
    """GOAL-1."""
    goal = await goal_in(api, at, "confirmed", standards=STANDARDS, rubric=RULES)
    made = created(await api.post("/v1/rubrics", json={"name": "标准"} | RULES, headers=at.company.headers))
    changes: list[dict[str, Any]] = [
        {"standards": STANDARDS | {"above": "更多"}}, {"standards": None}, {"rubric": None},
        {"rubric": RULES | {"otherwise": "4"}}, {"rubric": None, "rubric_id": made["id"]},
    ]  # fmt: skip
    for change in changes:
        problem(await patch(api, at.company, goal, reason="x", **change), status=409, code="frozen")
    ok(await patch(api, at.company, goal, reason="x", standards=STANDARDS, rubric=RULES))
    assert await read(api, at.company, goal) == goal


async def test_the_goals_own_rules_are_counted(api: AsyncClient, at: Setting) -> None:
    """GOAL-6: an attainment can name the version."""
    made = created(await api.post("/v1/rubrics", json={"name": "标准"} | RULES, headers=at.company.headers))
    goal = await goal_in(api, at, "submitted")
    seen = []
    for change in (
        {"rubric": RULES}, {"rubric": RULES}, {"rubric": RULES | {"otherwise": "4"}}, {"rubric_id": made["id"]},
        {"rubric_id": None}, {"rubric": RULES | {"otherwise": "4.5"}}, {"rubric": None},
    ):  # fmt: skip
        changed = ok(await patch(api, at.company, goal, **change))
        seen.append(
            (changed["rubric"] and changed["rubric"]["otherwise"], changed["rubric_id"], changed["rubric_version"])
        )
    assert seen == [
        ("3.5", None, 1), ("3.5", None, 1), ("4", None, 2), ("3.5", made["id"], 1), (None, None, None),
        ("4.5", None, 2), (None, None, None),
    ]  # fmt: skip


async def test_weights_of_submitted_goals_change_together(api: AsyncClient, at: Setting) -> None:
    """GOAL-2."""
    draft = await goal_in(api, at, "draft")
    assert ok(await patch(api, at.company, draft, weight="30"))["weight"] == "30.00"
    submitted = await goal_in(api, at, "submitted", weight="70")
    refused = await patch(api, at.company, submitted, weight="60")
    problem(refused, status=409, code="weights-do-not-add-up")


async def test_indicators_change_places_and_keep_what_is_theirs(api: AsyncClient, state: ApiState, at: Setting) -> None:
    """GOAL-4: with its id an indicator stays; without it is new; what is not named goes."""
    goal = await goal_in(
        api, at, "confirmed", indicator([at.shop]), MANUAL, indicator([at.shop], "uv"), standards=STANDARDS
    )
    first, manual, last = (kept(one) for one in goal["indicators"])
    path = f"/v1/goals/{goal['id']}/indicators/{manual['id']}/entries"
    entry = {"value": "97", "on": "2026-07-31", "evidence": "报表"}
    created(await api.post(path, json=entry, headers=at.company.headers))
    moved = [last, manual | {"target": "99"}, {"kind": "milestones"}]
    changed = ok(
        await patch(
            api, at.company, goal, reason="x", indicators=moved, milestones=[{"title": "一", "due_on": "2026-08-01"}]
        )
    )
    ids = [one["id"] for one in changed["indicators"]]
    assert ids[:2] == [last["id"], manual["id"]]
    assert ids[2] not in {first["id"], last["id"], manual["id"]}
    assert changed["indicators"][1]["target"] == "99"
    assert await read(api, at.company, goal) == changed
    assert len(ok(await api.get(path, headers=at.company.headers))["items"]) == 1
    [event] = await history(api, at.company, goal)
    assert set(event["changes"]) == {"indicators", "milestones"}
    assert [[one["id"] for one in side] for side in event["changes"]["indicators"]] == [
        [first["id"], manual["id"], last["id"]], ids,
    ]  # fmt: skip
    statement = "SELECT DISTINCT metric FROM indicator_sources WHERE company_id = :company_id"
    async with state.engine.connect() as connection:
        fed = await connection.execute(text(statement), {"company_id": at.company.company_id})
        assert [row.metric for row in fed] == ["uv"]
    ok(await patch(api, at.company, goal, reason="x", indicators=[last]))
    problem(await api.get(path, headers=at.company.headers), status=404, code="not-found")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"indicators": [MANUAL | {"id": NOBODY}]}, ("/indicators/0/id", "not-of-the-goal")),
        ({"indicators": ["$0", "$0"]}, ("/indicators/1/id", "duplicate")),
        ({"indicators": ["$manual"]}, ("/indicators/0/kind", "another-kind")),
        ({"indicators": []}, ("/indicators", "too-short")),
        ({"indicators": None}, ("/indicators", "list-type")),
        ({"milestones": [{"id": NOBODY, "title": "x", "due_on": "2026-07-01"}]}, ("/milestones/0/id", "not-of-the-goal")),
        ({"milestones": [{"title": "x", "due_on": "2026-06-30"}]}, ("/milestones/0/due_on", "outside-window")),
        ({"starts_on": "2026-06-30"}, ("/starts_on", "outside-cycle")),
        ({"starts_on": "2026-08-02", "ends_on": "2026-08-01"}, ("/ends_on", "outside-cycle")),
        ({"ends_on": "2026-07-30"}, ("/ends_on", "outside-window")),
        ({"starts_on": "2026-08-01"}, ("/starts_on", "outside-window")),
        ({"collaborators": [NOBODY]}, ("/collaborators/0", "unknown-person")),
        ({"rubric_id": NOBODY}, ("/rubric_id", "unknown-rubric")),
        ({"parent_id": NOBODY}, ("/parent_id", "unknown-goal")),
        ({"title": None}, ("/title", "string-type")),
        ({"cycle_id": NOBODY}, ("/cycle_id", "extra-forbidden")),
        ({"owner": {"type": "company"}}, ("/owner", "extra-forbidden")),
    ],
)  # fmt: skip
async def test_a_change_that_cannot_be_is_refused(
    api: AsyncClient, at: Setting, changes: dict[str, Any], expected: tuple[str, str]
) -> None:
    goal = await goal_in(api, at, "draft", milestones=[{"title": "一", "due_on": "2026-07-31"}])
    own = kept(goal["indicators"][0])
    named = {"$0": own, "$manual": MANUAL | {"id": own["id"]}}
    if isinstance(changes.get("indicators"), list):
        changes = {"indicators": [named[one] if isinstance(one, str) else one for one in changes["indicators"]]}
    found = pointers(await patch(api, at.company, goal, **changes))
    assert expected in found
    assert await read(api, at.company, goal) == goal


async def test_a_milestone_that_is_named_stays_done(api: AsyncClient, at: Setting) -> None:
    """GOAL-1."""
    steps = [{"title": name, "due_on": "2026-07-31"} for name in "ab"]
    goal = await goal_in(api, at, "confirmed", {"kind": "milestones"}, milestones=steps)
    first, second = goal["milestones"]
    path = f"/v1/goals/{goal['id']}/milestones/{first['id']}/actions/complete"
    ok(await api.post(path, json={"on": "2026-07-30"}, headers=at.company.headers | {"If-Match": "*"}))
    wanted = [
        {"title": "c", "due_on": "2026-07-02"}, {"id": first["id"], "title": "A", "due_on": "2026-07-29"},
    ]  # fmt: skip
    changed = ok(await patch(api, at.company, goal, reason="x", milestones=wanted))
    assert [(one["title"], one["done_on"]) for one in changed["milestones"]] == [("c", None), ("A", "2026-07-30")]
    assert changed["milestones"][1]["id"] == first["id"]
    assert second["id"] not in {one["id"] for one in changed["milestones"]}
    assert await read(api, at.company, goal) == changed
    refused = await patch(api, at.company, goal, reason="x", milestones=[])
    assert pointers(refused) == [("/milestones", "missing")]


async def test_a_curve_has_as_many_days_as_the_window(api: AsyncClient, at: Setting) -> None:
    """GOAL-7."""
    goal = await goal_in(api, at, "draft", indicator([at.shop], daily_curve=["1"] * 92))
    assert pointers(await patch(api, at.company, goal, ends_on="2026-09-29")) == [
        ("/indicators/0/daily_curve", "invalid-curve")
    ]
    shorter = kept(goal["indicators"][0]) | {"daily_curve": ["2"] * 91}
    ok(await patch(api, at.company, goal, ends_on="2026-09-29", indicators=[shorter]))


async def test_windows_of_a_cascade_stay_within_each_other(api: AsyncClient, at: Setting) -> None:
    """GOAL-2: whichever of the two is moved."""
    top = await goal_in(api, at, "draft")
    below = await goal_in(
        api, at, "draft", parent_id=top["id"], starts_on="2026-08-01", ends_on="2026-08-31", weight="0"
    )
    for change, pointer in (
        ({"starts_on": "2026-08-02"}, "/starts_on"),
        ({"ends_on": "2026-08-30"}, "/ends_on"),
    ):
        assert pointers(await patch(api, at.company, top, **change)) == [(pointer, "window-not-enclosed")]
    ok(await patch(api, at.company, top, starts_on="2026-08-01", ends_on="2026-08-31"))
    refused = await patch(api, at.company, below, ends_on="2026-09-01")
    assert pointers(refused) == [("/ends_on", "window-not-enclosed")]
    ok(await patch(api, at.company, below, ends_on="2026-09-01", parent_id=None))
    assert pointers(await patch(api, at.company, below, parent_id=top["id"])) == [("/parent_id", "window-not-enclosed")]
    ok(await patch(api, at.company, below, ends_on=None, starts_on=None))
    ok(await patch(api, at.company, top, parent_id=below["id"]))
    refused = await patch(api, at.company, below, parent_id=top["id"])
    assert pointers(refused) == [("/parent_id", "goal-cycle")]


async def test_windows_that_move_at_once_fit_each_other(api: AsyncClient, state: ApiState, at: Setting) -> None:
    """GOAL-2: a goal shrinks while another is put below it; they are judged one after the other."""
    top = await goal_in(api, at, "draft")
    body = goal_body(at.cycle, [indicator([at.shop])], parent_id=top["id"], weight="0")
    lock = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")
    waiting = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    async with state.engine.begin() as connection:
        await connection.execute(lock, {"name": f"goal cascade {at.company.company_id}"})
        both = [
            asyncio.create_task(patch(api, at.company, top, ends_on="2026-08-31")),
            asyncio.create_task(api.post("/v1/goals", json=body, headers=at.company.headers)),
        ]
        for _ in range(400):
            if (await connection.execute(waiting)).scalar_one() == len(both):
                break
            await asyncio.sleep(0.05)
    answers = await asyncio.gather(*both)
    [refused] = [answer for answer in answers if answer.status_code == 422]
    assert [code for _, code in pointers(refused)] == ["window-not-enclosed"]


async def test_the_trail_tells_of_all_that_belongs_to_a_goal(api: AsyncClient, at: Setting) -> None:
    """SEC-5."""
    goal = await goal_in(api, at, "draft", milestones=[{"title": "一", "due_on": "2026-07-31"}])
    own = kept(goal["indicators"][0])
    ok(await patch(api, at.company, goal, indicators=[own | {"target": "5"}], milestones=[]))
    told = {}
    for kind in ("indicator", "milestone"):
        query = {"resource_type": kind, "action": "patch_goal"}
        page = ok(await api.get("/v1/audit-entries", params=query, headers=at.company.headers))
        told[kind] = [sorted(entry["changes"]) for entry in page["items"]]
    assert told["indicator"] == [["target"]]
    assert ["title" in names for names in told["milestone"]] == [True]


async def test_a_goal_that_is_over_is_not_changed_any_more(api: AsyncClient, at: Setting) -> None:
    """GOAL-3."""
    goal = await goal_in(api, at, "confirmed")
    ok(await act(api, at.company, goal["id"], "close"))
    problem(await patch(api, at.company, goal, title="x", reason="y"), status=409, code="not-a-draft")


async def test_in_a_closed_cycle_goals_are_measured_as_they_were(api: AsyncClient, at: Setting) -> None:
    """MET-4: words may still be mended."""
    goal = await goal_in(api, at, "submitted")
    ok(await api.post(f"/v1/cycles/{at.cycle}/actions/close", headers=at.company.headers))
    ok(await patch(api, at.company, goal, why="x"))
    steps = [{"title": "一", "due_on": "2026-07-31"}]
    for change in (
        {"ends_on": "2026-09-29"}, {"indicators": [indicator([at.shop], "uv")]}, {"rubric": RULES},
        {"ignore_missing": True}, {"milestones": steps},
    ):  # fmt: skip
        problem(await patch(api, at.company, goal, **change), status=409, code="cycle-closed")


async def test_what_is_submitted_is_the_managers_to_change(api: AsyncClient, state: ApiState) -> None:
    """GOAL-3: the owner's draft, then the superior's; shops that it measures already stay, new ones they must see."""
    people = await make_relations(state)
    cycle = (await make_cycle(api, people.admin))["id"]
    mine, others = [str((await make_shop(state, people.admin)).id) for _ in range(2)]
    owners = {"starts_on": "2026-07-01", "owners": [people.owner("me") | {"share": "1"}]}
    ok(await api.put(f"/v1/shops/{mine}/owners", json=owners, headers=people.admin.headers))
    me, boss = people["me"], people["boss"]
    goal = await make_goal(api, me, indicator([mine]), cycle_id=cycle, owner=people.owner("me"))
    ok(await patch(api, me, goal, title="我的"))
    problem(await patch(api, boss, goal, title="你的"), status=409, code="action-not-allowed")
    problem(await patch(api, people["mentor"], goal, title="他的"), status=403, code="not-allowed")
    problem(await patch(api, people["peer"], goal, title="他的"), status=404, code="not-found")
    ok(await act(api, me, goal["id"], "submit"))
    problem(await patch(api, me, goal, title="我的"), status=409, code="action-not-allowed")
    own = kept(goal["indicators"][0])
    ok(await patch(api, boss, goal, title="我们的", indicators=[own | {"target": "2000"}]))
    refused = await patch(api, boss, goal, indicators=[own | {"shop_ids": [mine, others]}])
    assert pointers(refused) == [("/indicators/0/shop_ids/1", "unknown-shop")]
    for caller, action in ((boss, "adjust"), (me, "confirm")):
        ok(await act(api, caller, goal["id"], action))
    problem(await patch(api, me, goal, title="x", reason="y"), status=409, code="action-not-allowed")
    changed = ok(await patch(api, boss, goal, reason="y", indicators=[own | {"target": "3000"}]))
    assert (changed["state"], changed["indicators"][0]["target"]) == ("confirmed", "3000")
    assert [event["reason"] for event in await history(api, me, goal)] == ["y", None]


async def test_a_change_marks_the_goal_for_recompute(api: AsyncClient, state: ApiState, at: Setting) -> None:
    """GOAL-10: what the attainment depends on, and nothing else."""
    goal = await goal_in(api, at, "confirmed", standards=STANDARDS)
    marks = "SELECT generation FROM goal_marks WHERE company_id = :company_id"

    async def generation() -> int:
        async with state.engine.connect() as connection:
            return int((await connection.execute(text(marks), {"company_id": at.company.company_id})).scalar_one())

    seen = [await generation()]
    for change in (
        {"why": "x"}, {"ignore_missing": True}, {"ends_on": "2026-09-29"},
        {"indicators": [kept(goal["indicators"][0]) | {"target": "5"}]},
    ):  # fmt: skip
        ok(await patch(api, at.company, goal, reason="x", **change))
        seen.append(await generation())
    assert seen[0] == seen[1] < seen[2] < seen[3] < seen[4]


async def test_confirmed_goals_are_led_on_after_a_change(api: AsyncClient, at: Setting) -> None:
    """The life goes on from where it was."""
    goal = await goal_in(api, at, "submitted")
    ok(await patch(api, at.company, goal, title="x"))
    ok(await act(api, at.company, goal["id"], "confirm"))
    other = await make_goal(api, at.company, indicator([at.shop]), cycle_id=at.cycle, weight="0")
    await confirm_goals(api, at.company, other["id"])
