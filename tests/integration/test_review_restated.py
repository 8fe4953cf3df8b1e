"""Metrics restated after a review was signed: its figures stay, the difference stands beside them, with its cause (REV-7)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from httpx import AsyncClient

from attain_api.state import ApiState
from attain_shared.rules.review_flow import Step
from tests.support.companies import make_member
from tests.support.goals import confirm_goals, indicator, make_cycle, make_goal
from tests.support.http import ok
from tests.support.pushes import Pusher, make_pusher
from tests.support.reviewing import Json, Reviewing, make_reviewing
from tests.support.statements import count_statements
from tests.support.worker import recompute, take_in, work_off

FIRST, LATER = "2026-08-01T09:00:00+08:00", "2026-11-20T09:00:00+08:00"


async def july_review(
    api: AsyncClient, state: ApiState, *targets: str, rows: Mapping[int, str]
) -> tuple[Reviewing, Pusher, list[str]]:
    """A review about goals of July's GMV, with what was pushed of it then."""
    pusher = await make_pusher(state)
    cycle = await make_cycle(api, pusher.company, kind="month")
    subject = await make_member(state, pusher.company, accepted=False)  # the administrator acts for them
    owner = {"type": "person", "id": str(subject.person_id)}
    weight = str(Decimal(100) / len(targets))
    ids = []
    for target in targets:
        one = indicator([pusher.shop.id], target=target)
        goal = await make_goal(
            api, pusher.company, one, cycle_id=cycle["id"], owner=owner, weight=weight, title="提升成交"
        )
        ids.append(goal["id"])
    await confirm_goals(api, pusher.company, *ids)
    await push(api, pusher, rows, observed_at=FIRST)
    await work_off(state, pusher.company_id)
    made = await make_reviewing(
        api, state, company=pusher.company, subject=subject, cycle=cycle, step=Step.MANAGER_ASSESSMENT
    )
    return made, pusher, ids


async def push(api: AsyncClient, pusher: Pusher, rows: Mapping[int, str], **more: Any) -> str:
    """Days of July; the batch."""
    return await pusher.push(
        api, *(pusher.row(bucket=f"2026-07-{day:02}", value=one) for day, one in rows.items()), **more
    )


async def test_what_is_restated_after_signing_stands_beside_the_review(
    api: AsyncClient, state: ApiState, capsys: pytest.CaptureFixture[str]
) -> None:
    """REV-7, MET-7, GOAL-8: 1,100 of 1,000 when the manager signed; the 7th was restated by −200 since, the 9th came late."""
    made, pusher, (goal,) = await july_review(api, state, "1000", rows={6: "400", 7: "500", 8: "200"})
    signed = await made.assess()
    before = (await made.figures(made.hr))["goals"][0]
    assert (before["differs"], before["restated"], before["changes"]) == (False, False, [])
    restating = await push(api, pusher, {7: "300", 9: "10"}, observed_at=LATER)
    await work_off(state, pusher.company_id)
    assert ok(await made.read(made.manager)) == signed
    found = await made.figures(made.hr)
    (one,) = found["goals"]
    assert (one["frozen"]["score"], one["current"]["score"], one["difference"]) == ("3.75", "3.5", "-0.25")
    assert (found["frozen_performance"], found["current_performance"]) == ("3.75", "3.50")
    assert [one[side]["indicators"][0]["actual"] for side in ("frozen", "current")] == ["1100", "910"]
    (change,) = one["changes"]
    split = change["actual"]
    assert (split["first"], split["last"], split["restated"], split["business"]) == ("1100", "910", "-200", "10")
    (row,) = change["restatements"]
    assert (row["bucket"], row["before"], row["after"], row["batch_after"]) == ("2026-07-07", "500", "300", restating)
    assert one["frozen"]["includes_batches_up_to"] == row["batch_before"]
    assert (one["differs"], one["restated"], one["goal_id"]) == (True, True, goal)
    blind = (await made.figures(await make_delegate(made)))["goals"][0]
    assert (blind["difference"], blind["changes"][0]["restatements"]) == ("-0.25", [])
    with capsys.disabled():
        print_figures(signed, found)


async def make_delegate(made: Reviewing) -> Any:
    """Somebody who sees the review, and no shop (SEC-3)."""
    delegate = await make_member(made.state, made.company)
    await made.delegate(Step.SECOND_LEVEL, delegate)
    return delegate


def print_figures(signed: Json, found: Json) -> None:
    """The difference, as a reader would want it."""
    (one,) = found["goals"]
    (change,) = one["changes"]
    print(f"\nsigned {signed['frozen_as_of']}: performance {signed['performance']}, after the restatement the same")
    for name, then, now in (
        ("gmv", *(one[side]["indicators"][0]["actual"] for side in ("frozen", "current"))),
        ("attainment", *(one[side]["indicators"][0]["attainment"] for side in ("frozen", "current"))),
        ("score", one["frozen"]["score"], one["current"]["score"]),
        ("performance", found["frozen_performance"], found["current_performance"]),
    ):
        print(f"  {name:<12} frozen {then:>9}   current {now:>9}")
    split = change["actual"]
    print(f"  gmv change {split['change']} = restated {split['restated']} + business {split['business']}")
    for row in change["restatements"]:
        print(f"    restated: {row['bucket']} {row['metric']} {row['before']} → {row['after']} by {row['batch_after']}")


async def test_what_had_come_and_was_not_taken_in_is_a_later_change(api: AsyncClient, state: ApiState) -> None:
    """REV-7: a batch received before the signature and reflected after it is attributed like any other."""
    made, pusher, _ = await july_review(api, state, "1000", rows={6: "400", 7: "700"})
    restating = await push(api, pusher, {7: "300"}, observed_at=LATER)
    signed = await made.assess()
    await work_off(state, pusher.company_id)
    (one,) = (await made.figures(made.hr))["goals"]
    assert [one[side]["indicators"][0]["actual"] for side in ("frozen", "current")] == ["1100", "700"]
    (row,) = one["changes"][0]["restatements"]
    assert (row["before"], row["after"], row["batch_after"]) == ("700", "300", restating)
    assert ok(await made.read(made.manager)) == signed


async def test_what_was_taken_in_is_frozen_whether_recomputed_or_not(api: AsyncClient, state: ApiState) -> None:
    """REV-7: the frozen figure is true to the facts of its instant: a goal that is marked is computed on the spot."""
    made, pusher, _ = await july_review(api, state, "1000", rows={6: "400", 7: "700"})
    taken = await push(api, pusher, {7: "300"}, observed_at=LATER)
    await take_in(state, pusher.company_id)
    (live,) = (await made.figures(made.manager))["goals"]
    review = await made.assess()
    (frozen,) = review["goals"]
    assert live["current"]["indicators"] == frozen["indicators"]
    assert (frozen["indicators"][0]["actual"], frozen["includes_batches_up_to"]) == ("700", taken)
    await recompute(state, pusher.company_id)
    (one,) = (await made.figures(made.hr))["goals"]
    assert (one["differs"], one["current"]["indicators"]) == (False, frozen["indicators"])


async def test_explaining_takes_as_many_statements_for_eight_goals_as_for_one(
    api: AsyncClient, state: ApiState
) -> None:
    costs = []
    for goals in (1, 8):
        made, pusher, _ = await july_review(api, state, *["1000"] * goals, rows={6: "400", 7: "700"})
        await made.assess()
        await push(api, pusher, {7: "300"}, observed_at=LATER)
        await work_off(state, pusher.company_id)
        with count_statements() as statements:
            found = await made.figures(made.hr)
        assert [one["restated"] for one in found["goals"]] == [True] * goals
        costs.append(len(statements))
    assert costs[0] == costs[1], costs
