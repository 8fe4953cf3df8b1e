"""Writing the parts of a review: what is taken, what is refused and where, and who sees what (REV-2a, REV-3, REV-7)."""

from typing import Any

import pytest
from httpx import AsyncClient

from attain_api.state import ApiState
from attain_shared.rules.review_flow import Step
from tests.support.companies import make_member
from tests.support.goals import NOBODY
from tests.support.http import ok, pointers, problem
from tests.support.reviewing import CASE, LAPSE, Reviewing, add_past_review, both, make_reviewing, unsure, value
from tests.support.statements import count_statements

COMPETENT = {"score": "4", "evidence": "独立完成大促复盘"}


@pytest.fixture
async def made(api: AsyncClient, state: ApiState) -> Reviewing:
    return await make_reviewing(api, state)


async def at_manager(api: AsyncClient, state: ApiState, **more: Any) -> Reviewing:
    return await make_reviewing(api, state, step=Step.MANAGER_ASSESSMENT, **more)


async def test_what_is_saved_is_shown_and_saving_replaces_it(made: Reviewing) -> None:
    """api.md: PUT answers the whole review with its new ETag."""
    goal = await made.goal("3.5")
    first = await made.put("self", made.subject, goals=[{"goal_id": goal, "score": "3.5"}], values=[unsure("teamwork")])
    written = ok(first)["self_assessment"]
    assert (written["is_draft"], written["saved_by"]) == (True, str(made.subject.person_id))
    assert written["goals"] == [{"goal_id": goal, "score": "3.5", "reason": None, "comment": None}]
    assert written["value_scores"] == {"teamwork": None}
    second = await made.put("self", made.subject, etag=first.headers["ETag"], values=both(), comment="整体符合期望")
    written = ok(second)["self_assessment"]
    assert (written["goals"], written["comment"]) == ([], "整体符合期望")
    assert written["value_scores"] == {"customer_first": "2.5", "teamwork": "2.5"}
    again = await made.read(made.subject)
    assert (again.json(), again.headers["ETag"]) == (ok(second), second.headers["ETag"])
    problem(await made.put("self", made.subject, etag=first.headers["ETag"]), status=412, code="stale")
    problem(await made.put("self", made.subject, etag=None), status=428, code="precondition-required")


async def test_a_draft_is_its_writers_alone(api: AsyncClient, state: ApiState) -> None:
    """REV-7: others see neither it nor that there is one, not even by the ETag."""
    made = await at_manager(api, state)
    everybody = (made.subject, made.skip, made.hr)
    before = [await made.read(who) for who in everybody]
    ok(await made.put("manager", made.manager, values=both(), comment="草稿"))
    after = [await made.read(who) for who in everybody]
    assert [(one.content, one.headers["ETag"]) for one in after] == [
        (one.content, one.headers["ETag"]) for one in before
    ]
    assert ok(await made.read(made.manager))["manager_assessment"]["comment"] == "草稿"


async def test_a_part_is_written_at_its_step_by_its_owner(made: Reviewing) -> None:
    """REV-6: 403 for whom no step would let, 409 where it is another step's turn, 404 out of sight."""
    stranger = await make_member(made.state, made.company)
    for part, who, status, code in (
        ("self", made.manager, 403, "not-allowed"),
        ("self", made.hr, 403, "not-allowed"),
        ("self", stranger, 404, "not-found"),
        ("manager", made.subject, 403, "not-allowed"),
        ("manager", made.skip, 403, "not-allowed"),
        ("manager", made.manager, 409, "action-not-allowed"),
        ("second-level", made.manager, 403, "not-allowed"),
        ("second-level", made.skip, 409, "action-not-allowed"),
        ("second-level", made.hr, 409, "action-not-allowed"),
    ):
        problem(await made.put(part, who, values=[]), status=status, code=code)


async def test_a_delegate_writes_in_the_owners_place(api: AsyncClient, state: ApiState) -> None:
    """REV-6: at the step that was delegated, and no other."""
    made = await at_manager(api, state)
    delegate = await make_member(state, made.company)
    problem(await made.put("manager", delegate), status=404, code="not-found")
    await made.delegate(Step.MANAGER_ASSESSMENT, delegate)
    assert ok(await made.put("manager", delegate, values=both()))["manager_assessment"]["saved_by"] == str(
        delegate.person_id
    )
    ok(await made.act("submit", delegate))
    assert [(one["action"], one["is_delegate"]) for one in await made.history()] == [("submit", True)]
    problem(await made.put("manager", delegate), status=404, code="not-found")


async def test_a_score_that_is_not_the_computed_one_needs_a_reason(made: Reviewing) -> None:
    """REV-2a: where nothing is computed, or only bounds, any score does."""
    scored, without, bounded = await made.goal("3.5"), await made.goal(None), await made.goal(("3", "3.5"))
    given = [{"goal_id": one, "score": "3.50"} for one in (scored, without, bounded)]
    found = pointers(await made.put("self", made.subject, goals=given))
    assert found == [("/goals/1/reason", "missing"), ("/goals/2/reason", "missing")]
    ok(await made.put("self", made.subject, goals=[one | {"reason": "活动延期"} for one in given]))
    left_out = [{"goal_id": one, "comment": "按系统计算"} for one in (scored, without)]
    ok(await made.put("self", made.subject, goals=left_out))


async def test_goals_are_the_persons_confirmed_ones_each_once(made: Reviewing) -> None:
    mine, another = await made.goal("3.5"), await made.goal("4", person_id=made.manager.person_id)
    draft = await made.goal("4", state="submitted")
    given = [{"goal_id": one, "score": "3.5"} for one in (mine, another, draft, NOBODY, mine)]
    assert pointers(await made.put("self", made.subject, goals=given)) == [
        ("/goals/4/goal_id", "duplicate"),
        ("/goals/1/goal_id", "unknown-goal"),
        ("/goals/2/goal_id", "unknown-goal"),
        ("/goals/3/goal_id", "unknown-goal"),
    ]
    wrong = await made.put("self", made.subject, goals=[{"goal_id": mine, "score": "3.6"}])
    assert pointers(wrong) == [("/goals/0/score", "not-on-scale")]


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        (value("customer_first", 2, partial=False, cases=[]), ("/values/0/cases", "missing-case")),
        (value("customer_first", 2, partial=False, cases=[CASE]), ("/values/0/cases", "missing-case")),
        (value("customer_first", 2, partial=False, cases=[LAPSE]), None),
        (value("customer_first", 2, cases=[]), None),
        (value("customer_first", 3, partial=False, cases=[]), ("/values/0/cases", "missing-case")),
        (value("customer_first", 3, partial=False, cases=[LAPSE]), ("/values/0/cases", "missing-case")),
        (value("customer_first", 3, partial=False, cases=[LAPSE, CASE]), None),
        ({"code": "customer_first"}, ("/values/0/levels", "missing")),
        ({"code": "customer_first", "levels": ["full"] * 4}, ("/values/0/levels", "too-short")),
        ({"code": "customer_first", "unsure": True}, None),
        (value("courage"), ("/values/0/code", "unknown-value")),
        (value("customer_first", 3, cases=[CASE | {"consequence": " "}]), ("/values/0/cases/0/consequence", "string-too-short")),
    ],
)  # fmt: skip
async def test_values_bring_the_case_that_they_need(
    made: Reviewing, given: dict[str, Any], wrong: tuple[str, str] | None
) -> None:
    """REV-3: below 2.5 a non-conformance, from 3 up a positive one; an assessment without it is refused."""
    answer = await made.put("self", made.subject, values=[given])
    if wrong is None:
        ok(answer)
    else:
        assert pointers(answer) == [wrong]


async def test_levels_count_as_far_as_all_below_are_full(made: Reviewing) -> None:
    """REV-3: full, full, partial, full, none → 2.5."""
    given = {"code": "teamwork", "levels": ["full", "full", "partial", "full", "none"]}
    scores = ok(await made.put("self", made.subject, values=[given]))["self_assessment"]["value_scores"]
    assert scores == {"teamwork": "2.5"}
    twice = await made.put("self", made.subject, values=[given, given])
    assert pointers(twice) == [("/values/1/code", "duplicate")]


async def test_competency_is_the_managers_where_it_has_a_share(api: AsyncClient, state: ApiState) -> None:
    """REV-2a."""
    without = await at_manager(api, state)
    refused = [("/competency", "no-competency")]
    assert pointers(await without.put("manager", without.manager, competency=COMPETENT)) == refused
    own = await make_reviewing(api, state, settings={"competency_share": "0.2"})
    assert pointers(await own.put("self", own.subject, competency=COMPETENT)) == refused
    made = await at_manager(api, state, settings={"competency_share": "0.2"})
    ok(await made.put("manager", made.manager, competency=COMPETENT))


async def test_a_round_of_values_takes_no_goals(api: AsyncClient, state: ApiState) -> None:
    """REV-1: of the senior class in a quarter."""
    made = await make_reviewing(api, state, is_values_only=True, settings={"competency_share": "0.2"})
    goal = await made.goal("3.5")
    assert pointers(await made.put("self", made.subject, goals=[{"goal_id": goal}])) == [("/goals", "values-only")]
    ok(await made.put("self", made.subject, values=both()))


async def test_a_year_takes_its_values_from_the_quarters(api: AsyncClient, state: ApiState) -> None:
    """REV-12: where there are any; else the manager assesses them as in other rounds."""
    company_year = {"kind": "year", "starts_on": "2026-01-01", "name": "2026"}
    made = await make_reviewing(api, state)
    year = (await api.post("/v1/cycles", json=company_year, headers=made.company.headers)).json()
    yearly = await make_reviewing(api, state, company=made.company, subject=made.subject, cycle=year, cadence="year")
    ok(await yearly.put("self", yearly.subject, values=both()))
    await add_past_review(yearly, cadence="half_year", starts_on="2026-01-01", performance="3.50", v="2.50")
    ok(await yearly.put("self", yearly.subject, values=both()))
    await add_past_review(yearly, cadence="quarter", starts_on="2026-01-01", performance="3.50", v="2.50")
    refused = await yearly.put("self", yearly.subject, values=both())
    assert pointers(refused) == [("/values", "values-from-quarters")]
    ok(await yearly.put("self", yearly.subject, comment="全年"))


async def test_only_unsure_values_are_decided(api: AsyncClient, state: ApiState) -> None:
    """REV-3: by the 1 over 1, at its step by HR, with the case that the score needs."""
    made = await at_manager(api, state)
    await made.assess(values=[unsure("customer_first"), value("teamwork")])
    wrong = await made.put("second-level", made.skip, values=[value("teamwork"), value("customer_first", 3, cases=[])])
    assert pointers(wrong) == [("/values/0/code", "not-unsure"), ("/values/1/cases", "missing-case")]
    decided = ok(await made.put("second-level", made.skip, values=[value("customer_first", 3)]))
    assert decided["second_level_assessment"]["value_scores"] == {"customer_first": "3.5"}
    assert ok(await made.read(made.manager))["second_level_assessment"] is None
    ok(await made.act("approve", made.skip))
    ok(await made.put("second-level", made.hr, values=[value("customer_first", 4)]))
    assert ok(await made.read(made.hr))["hr_assessment"]["value_scores"] == {"customer_first": "4.5"}
    problem(await made.put("second-level", made.skip, values=[]), status=409, code="action-not-allowed")


async def test_a_review_is_read_in_four_statements_however_many_goals(api: AsyncClient, state: ApiState) -> None:
    costs = []
    for goals in (1, 8):
        made = await at_manager(api, state)
        for _ in range(goals):
            await made.goal("3.5", weight="10")
        await made.assess()
        with count_statements() as statements:
            review = ok(await made.read(made.hr))
        assert len(review["goals"]) == goals
        costs.append(len(statements))
    assert costs[0] == costs[1] <= 4, costs
