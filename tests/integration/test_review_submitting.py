"""From the employee to the calibration: submit, return, approve, and what each freezes or decides (REV-2 to REV-7)."""

from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient

from attain_api.state import ApiState
from attain_shared.rules.review_flow import Step
from tests.support.companies import Member
from tests.support.goals import make_cycle
from tests.support.http import created, ok, pointers, problem
from tests.support.reviewing import Reviewing, add_past_review, both, judged, make_reviewing, unsure, value
from tests.support.statements import count_statements


@pytest.fixture
async def made(api: AsyncClient, state: ApiState) -> Reviewing:
    return await make_reviewing(api, state, step=Step.MANAGER_ASSESSMENT)


async def department_of(api: AsyncClient, made: Reviewing) -> UUID:
    body = {"name": "运营部", "function": "operations"}
    return UUID(created(await api.post("/v1/departments", json=body, headers=made.company.headers))["id"])


async def test_a_review_goes_from_the_employee_to_the_calibration(api: AsyncClient, state: ApiState) -> None:
    """REV-6: each step by its owner, on record; the figures of the manager's scores are frozen on the way (REV-2)."""
    made = await make_reviewing(api, state)
    computed, given = await made.goal("3.5", weight="60"), await made.goal("3.5", weight="40")
    mine = await made.assess_oneself(goals=[{"goal_id": given, "score": "4.5", "reason": "补足缺货"}])
    assert (mine["step"], mine["self_assessment"]["is_draft"]) == ("manager_assessment", False)
    seen = ok(await made.read(made.manager))["self_assessment"]
    assert seen["goals"][0]["reason"] == "补足缺货"  # shown to all later steps (REV-2a)
    goals = [{"goal_id": given, "score": "4", "reason": "大促期间超额"}]
    review = await made.assess(goals=goals, values=[value("customer_first", 3), value("teamwork")])
    # P = (3.5 × 60 + 4 × 40) / 100 = 3.70; V = (3.5 + 2.5) / 2 = 3.00 → 4.00; 0.7 × 3.70 + 0.3 × 4 = 3.79 → 3.75
    assert judged(review) == ["3.70", "3.00", False, "3.79", "3.75", "bull"]
    assert review["goals_score"] == "3.70"
    assert review["frozen_as_of"] is not None
    assert [(one["suggested_score"], one["score"]) for one in review["goals"]] == [("3.5", "3.5"), ("3.5", "4")]
    assert [one["goal_id"] for one in review["goals"]] == sorted([computed, given])
    ok(await made.act("approve", made.skip))
    assert ok(await made.act("approve", made.hr))["step"] == "calibration"
    assert [(one["action"], one["from_step"], one["to_step"], one["actor_id"]) for one in await made.history()] == [
        ("submit", "self_assessment", "manager_assessment", str(made.subject.person_id)),
        ("submit", "manager_assessment", "second_level", str(made.manager.person_id)),
        ("approve", "second_level", "hr", str(made.skip.person_id)),
        ("approve", "hr", "calibration", str(made.hr.person_id)),
    ]


async def test_the_employee_sees_nothing_of_the_judgement(made: Reviewing) -> None:
    """REV-7: not before the interview."""
    goal = await made.goal("3.5")
    await made.assess(goals=[{"goal_id": goal, "score": "4", "reason": "保密"}])
    seen = ok(await made.read(made.subject))
    assert judged(seen) == [None] * 6
    assert (seen["goals"], seen["manager_assessment"], seen["frozen_as_of"]) == ([], None, None)
    assert "保密" not in (await made.read(made.subject)).text


async def test_the_record_tells_the_employee_nothing_of_what_others_say(made: Reviewing) -> None:
    """REV-7: before the interview they read who did what, their own words, and why it was returned to them."""
    ok(await made.act("return", made.manager, reason="请补案例"))
    ok(await made.put("self", made.subject, values=both()))
    ok(await made.act("submit", made.subject, reason="已补"))
    ok(await made.put("manager", made.manager, values=both()))
    ok(await made.act("submit", made.manager, reason="建议 2.5"))

    async def told(who: Member) -> list[tuple[str, str | None]]:
        params = {"sort": "at"}
        found = await made.api.get(f"/v1/reviews/{made.id}/history", params=params, headers=who.headers)
        return [(one["action"], one["reason"]) for one in ok(found)["items"]]

    said = [("return", "请补案例"), ("submit", "已补")]
    assert await told(made.subject) == [*said, ("submit", None)]
    assert await told(made.hr) == [*said, ("submit", "建议 2.5")]


async def test_without_a_second_level_it_passes_to_hr_on_record(api: AsyncClient, state: ApiState) -> None:
    """REV-6."""
    made = await make_reviewing(api, state, step=Step.MANAGER_ASSESSMENT, has_second_level=False)
    assert (await made.assess())["step"] == "hr"
    assert [(one["action"], one["to_step"], one["reason"]) for one in await made.history()] == [
        ("submit", "second_level", None),
        ("skip", "hr", "no-second-level"),
    ]


async def test_everything_must_be_there_to_submit(api: AsyncClient, state: ApiState) -> None:
    """REV-2a, REV-3: every value, and competency where it has a share; goals not named take their computed scores."""
    made = await make_reviewing(api, state, settings={"competency_share": "0.1"})
    assert pointers(await made.act("submit", made.subject)) == [("", "not-assessed")]
    ok(await made.put("self", made.subject, values=[value("teamwork")]))
    assert pointers(await made.act("submit", made.subject)) == [("/values/customer_first", "missing-value")]
    await made.assess_oneself()
    ok(await made.put("manager", made.manager, values=both()))
    assert pointers(await made.act("submit", made.manager)) == [("/competency", "missing")]
    review = await made.assess(competency={"score": "4", "evidence": "独立完成大促复盘"})
    assert judged(review)[0] == review["competency_score"] == "4.00"


async def test_a_figure_that_moved_from_under_a_score_needs_a_reason(made: Reviewing) -> None:
    """REV-2a: the score was the computed one when it was saved, and is not any more."""
    goal = await made.goal("3.5")
    ok(await made.put("manager", made.manager, values=both(), goals=[{"goal_id": goal, "score": "3.5"}]))
    await made.set_score(goal, score="3.75")
    assert pointers(await made.act("submit", made.manager)) == [("/goals/0/reason", "figures-moved")]
    review = await made.assess(goals=[{"goal_id": goal, "score": "3.5", "reason": "月底补录"}])
    assert [(one["suggested_score"], one["score"]) for one in review["goals"]] == [("3.75", "3.5")]


async def test_goals_without_a_score_are_listed_and_not_counted(made: Reviewing) -> None:
    """REV-2: neither without data, nor between two scores, unless the manager gives one."""
    await made.goal("4", weight="20")
    without, between = await made.goal(None, weight="30"), await made.goal(("3", "3.5"), weight="50")
    review = await made.assess()
    assert (review["goals_score"], [one["score"] for one in review["goals"]]) == ("4.00", ["4", None, None])
    ok(await made.act("return", made.skip, reason="请评定未完成数据的目标"))
    given = [{"goal_id": one, "score": "3", "reason": "按台账"} for one in (without, between)]
    review = await made.assess(goals=given)
    assert (review["goals_score"], [one["score"] for one in review["goals"]]) == ("3.20", ["4", "3", "3"])
    assert [(one["score_low"], one["score_high"]) for one in review["goals"]][2] == ("3", "3.5")


async def test_without_any_performance_nothing_is_suggested(made: Reviewing) -> None:
    """REV-5: values alone make no rating, failed ones do (REV-4)."""
    await made.goal(None)
    assert judged(await made.assess()) == [None, "2.50", False, None, None, None]
    ok(await made.act("return", made.skip, reason="价值观有误"))
    assert judged(await made.assess(values=both(1))) == [None, "1.50", True, None, "2.5", None]


@pytest.mark.parametrize(
    ("gate", "levels", "expected"),
    [
        ("mean", (2, 2), ["5.00", "2.50", False, "4.55", "4.5", "bull"]),
        ("mean", (1, 3), ["5.00", "2.50", False, "4.55", "4.5", "bull"]),
        ("every", (1, 3), ["5.00", "2.50", True, "4.55", "2.5", "wild_dog"]),
        ("mean", (1, 1), ["5.00", "1.50", True, "4.43", "2.5", "wild_dog"]),
        ("mean", (3, 3), ["5.00", "3.50", False, "4.78", "5", "star"]),
    ],
)  # fmt: skip
async def test_failed_values_fail_the_review(
    made: Reviewing, api: AsyncClient, state: ApiState, gate: str, levels: tuple[int, int], expected: list[Any]
) -> None:
    """REV-4, REV-5, REV-9: whatever the performance."""
    made = await make_reviewing(
        api, state, company=made.company, cycle=made.cycle, step=Step.MANAGER_ASSESSMENT, settings={"values_gate": gate}
    )
    await made.goal("5")
    codes = ("customer_first", "teamwork")
    review = await made.assess(values=[value(code, level) for code, level in zip(codes, levels, strict=True)])
    assert judged(review) == expected


async def test_team_and_competency_have_their_shares(made: Reviewing, api: AsyncClient, state: ApiState) -> None:
    """REV-2a: 0.5 × 3.5 + 0.3 × 4.5 + 0.2 × 5 = 4.10; the team's are the department's computed scores."""
    department = await department_of(api, made)
    made = await make_reviewing(
        api,
        state,
        company=made.company,
        cycle=made.cycle,
        step=Step.MANAGER_ASSESSMENT,
        department_id=department,
        settings={"team_share": "0.3", "competency_share": "0.2"},
    )
    await made.goal("3.5")
    await made.goal("4.5", person_id=None, department_id=department)
    competency = {"score": "5", "evidence": "带教三名新人"}
    review = await made.assess(competency=competency)
    names = ("goals_score", "team_score", "competency_score", "performance")
    assert [review[name] for name in names] == ["3.50", "4.50", "5.00", "4.10"]
    assert len(review["goals"]) == 1


async def test_a_round_of_values_judges_nothing_else(api: AsyncClient, state: ApiState) -> None:
    """REV-1."""
    made = await make_reviewing(api, state, step=Step.MANAGER_ASSESSMENT, is_values_only=True)
    await made.goal("5")
    review = await made.assess(values=both(1))
    assert judged(review) == [None, "1.50", True, None, None, None]
    assert (review["goals"], review["goals_score"]) == ([], None)


async def test_a_year_is_judged_by_its_goals_or_by_its_reviews(
    made: Reviewing, api: AsyncClient, state: ApiState
) -> None:
    """REV-12: values are the mean of the quarters; ad-hoc reviews and those of other years do not count."""
    year = await make_cycle(api, made.company, kind="year", starts_on="2026-01-01")
    company, subject = made.company, made.subject
    yearly = await make_reviewing(
        api, state, company=company, subject=subject, cycle=year, cadence="year", step=Step.MANAGER_ASSESSMENT
    )
    for cadence, starts_on, performance, v in (
        ("quarter", "2026-01-01", "3.50", "2.50"),
        ("quarter", "2026-04-01", None, "3.00"),
        ("half_year", "2026-01-01", "4.00", "5.00"),
        ("quarter", "2025-10-01", "5.00", "1.00"),
        ("ad_hoc", "2026-02-01", "5.00", "1.00"),
    ):
        await add_past_review(yearly, cadence=cadence, starts_on=starts_on, performance=performance, v=v)
    # P = (3.5 + 4) / 2 = 3.75; V = (2.5 + 3) / 2 = 2.75 → 3.75
    assert judged(await yearly.assess(values=[])) == ["3.75", "2.75", False, "3.75", "3.75", "bull"]
    ok(await yearly.act("return", yearly.skip, reason="补充年度目标"))
    await yearly.goal("4.5")
    review = await yearly.assess(values=[])
    assert (review["performance"], review["values"]) == ("4.50", "2.75")


async def test_a_return_makes_drafts_of_what_was_submitted(made: Reviewing) -> None:
    """REV-6: with a reason; what was frozen is forgotten, and frozen anew when it is submitted again."""
    goal = await made.goal("3.5")
    first = await made.assess(values=[unsure("customer_first"), value("teamwork")])
    ok(await made.put("second-level", made.skip, values=[value("customer_first")]))
    ok(await made.act("approve", made.skip))
    assert pointers(await made.act("return", made.hr)) == [("/reason", "missing")]
    returned = ok(await made.act("return", made.hr, reason="目标评分缺少依据"))
    assert returned["step"] == "manager_assessment"
    assert judged(returned) == [None] * 6
    assert (returned["goals"], returned["frozen_as_of"], returned["goals_score"]) == ([], None, None)
    assert (returned["manager_assessment"], returned["second_level_assessment"]) == (None, None)
    assert ok(await made.read(made.manager))["manager_assessment"]["is_draft"]
    await made.set_score(goal, score="4")
    second = ok(await made.act("submit", made.manager))
    assert judged(second)[0] == "4.00"
    assert second["frozen_as_of"] > first["frozen_as_of"]
    ok(await made.act("return", made.skip, reason="再看一遍"))
    back = ok(await made.act("return", made.manager, reason="自评缺少案例"))
    assert back["step"] == "self_assessment"
    reasons = [one["reason"] for one in await made.history() if one["action"] == "return"]
    assert reasons == ["目标评分缺少依据", "再看一遍", "自评缺少案例"]


async def test_a_return_to_the_employee_hides_their_part_again(api: AsyncClient, state: ApiState) -> None:
    """REV-7: it is a draft."""
    made = await make_reviewing(api, state)
    await made.assess_oneself()
    ok(await made.act("return", made.manager, reason="自评缺少案例"))
    assert ok(await made.read(made.manager))["self_assessment"] is None
    assert ok(await made.read(made.subject))["self_assessment"]["is_draft"]
    assert [one["reason"] for one in await made.history()] == [None, "自评缺少案例"]


async def test_unsure_values_are_decided_before_it_is_approved(made: Reviewing) -> None:
    """REV-3: left out of V until then; HR's decision stands above the 1 over 1's."""
    await made.goal("3.5")
    given = [unsure("customer_first"), value("teamwork", 3)]
    assert judged(await made.assess(values=given))[1] == "3.50"
    refused = [("/values/customer_first", "undecided-value")]
    assert pointers(await made.act("approve", made.skip)) == refused
    ok(await made.put("second-level", made.skip, values=[unsure("customer_first")]))
    assert pointers(await made.act("approve", made.skip)) == refused
    ok(await made.put("second-level", made.skip, values=[value("customer_first", 1)]))
    # V = (1.5 + 3.5) / 2 = 2.50 → 3.5
    assert judged(ok(await made.act("approve", made.skip))) == ["3.50", "2.50", False, "3.50", "3.5", "bull"]
    ok(await made.put("second-level", made.hr, values=[value("customer_first", 0, partial=False)]))
    # V = (0 + 3.5) / 2 = 1.75
    assert judged(ok(await made.act("approve", made.hr))) == ["3.50", "1.75", True, "3.41", "2.5", "wild_dog"]
    seen = ok(await made.read(made.hr))
    assert [seen[f"{part}_assessment"]["is_draft"] for part in ("second_level", "hr")] == [False, False]


async def test_what_a_one_over_one_had_not_approved_decides_nothing(made: Reviewing) -> None:
    """REV-3, REV-7: a draft that nobody sees any more, of somebody who is not the 1 over 1 any more."""
    await made.goal("3.5")
    await made.assess(values=[unsure("customer_first"), value("teamwork")])
    ok(await made.put("second-level", made.skip, values=[value("customer_first", 1)]))
    await made.change(second_level_id=None, step=Step.HR.value)
    assert ok(await made.read(made.hr))["second_level_assessment"] is None
    assert pointers(await made.act("approve", made.hr)) == [("/values/customer_first", "undecided-value")]


async def test_hr_decides_what_nobody_has(api: AsyncClient, state: ApiState) -> None:
    """REV-3, REV-6: where the second level was skipped."""
    made = await make_reviewing(api, state, step=Step.MANAGER_ASSESSMENT, has_second_level=False)
    await made.goal("3.5")
    await made.assess(values=[unsure("customer_first"), unsure("teamwork")])
    undecided = await made.act("approve", made.hr)
    assert pointers(undecided) == [
        ("/values/customer_first", "undecided-value"),
        ("/values/teamwork", "undecided-value"),
    ]
    ok(await made.put("second-level", made.hr, values=both()))
    assert judged(ok(await made.act("approve", made.hr))) == ["3.50", "2.50", False, "3.50", "3.5", "bull"]


async def test_who_may_is_the_table_of_the_flow(made: Reviewing) -> None:
    """REV-6: 403 for whom no step would let, 409 where another step would, nothing on one's own review past its part."""

    async def refused(action: str, who: Member, status: int, code: str) -> None:
        problem(await made.act(action, who, reason="试试"), status=status, code=code)

    await made.assess()
    await refused("approve", made.subject, 403, "not-allowed")
    await refused("approve", made.manager, 403, "not-allowed")
    await refused("submit", made.hr, 403, "not-allowed")
    await refused("submit", made.manager, 409, "action-not-allowed")
    await refused("return", made.manager, 409, "action-not-allowed")
    await refused("approve", made.hr, 409, "action-not-allowed")
    problem(await made.act("approve", made.skip, etag=None), status=428, code="precondition-required")
    problem(await made.act("approve", made.skip, etag='"0"'), status=412, code="stale")


async def test_submitting_and_returning_take_as_many_statements_for_eight_goals_as_for_one(
    api: AsyncClient, state: ApiState
) -> None:
    costs = []
    for goals in (1, 8):
        made = await make_reviewing(api, state, step=Step.MANAGER_ASSESSMENT)
        for _ in range(goals):
            await made.goal("3.5", weight="10")
        ok(await made.put("manager", made.manager, values=both()))
        with count_statements() as submitting:
            assert len(ok(await made.act("submit", made.manager))["goals"]) == goals
        with count_statements() as returning:
            assert ok(await made.act("return", made.skip, reason="补充依据"))["goals"] == []
        costs.append((len(submitting), len(returning)))
    assert costs[0] == costs[1], costs
