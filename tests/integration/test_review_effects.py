"""What the table of the flow says that an action does beside leading on, done over HTTP (REV-3, REV-6 to REV-10)."""

from dataclasses import dataclass
from typing import Any

import pytest
from httpx import AsyncClient

from attain_api.state import ApiState
from attain_shared.rules.review_flow import TABLE, Action, Effect, Row, Step
from tests.support.finished import days_from_now, interview, items, record
from tests.support.http import created, ok
from tests.support.reviewing import Json, Reviewing, make_reviewing, unsure, value

WITH_EFFECTS = [(row, effect) for row in TABLE for effect in row.effects]
ON_THE_WAY = {
    Step.SELF_ASSESSMENT: Action.SUBMIT,
    Step.MANAGER_ASSESSMENT: Action.SUBMIT,
    Step.SECOND_LEVEL: Action.APPROVE,
    Step.HR: Action.APPROVE,
    Step.CALIBRATION: Action.PUBLISH,
    Step.INTERVIEW: Action.INTERVIEW,
    Step.ACKNOWLEDGEMENT: Action.APPEAL,
}
"""What leads a review to `appealed`, which is as far as one goes."""


@dataclass
class Shown:
    """What there is of a review, to HR and to whom it is about."""

    to_hr: Json
    to_subject: Json
    changes: list[Json]
    followed_up: int


async def look(made: Reviewing) -> Shown:
    """What there is now."""
    of_review = {"review_id": str(made.id)}
    follow_ups = [await items(made.api, made.hr, path, **of_review) for path in ("action-items", "improvement-plans")]
    return Shown(
        to_hr=ok(await made.read(made.hr)),
        to_subject=ok(await made.read(made.subject)),
        changes=await items(made.api, made.hr, f"reviews/{made.id}/rating-changes"),
        followed_up=sum(map(len, follow_ups)),
    )


async def do(made: Reviewing, step: Step, action: Action) -> None:
    """Act on the review at a step as its owner does."""
    match step, action:
        case Step.SELF_ASSESSMENT, Action.SUBMIT:
            await made.assess_oneself()
        case Step.MANAGER_ASSESSMENT, Action.SUBMIT:
            await made.assess(values=[unsure("customer_first"), value("teamwork", 3)])
        case Step.SECOND_LEVEL, Action.APPROVE:
            ok(await made.put("second-level", made.skip, values=[value("customer_first", 2)]))
            ok(await made.act("approve", made.skip))
        case Step.HR, Action.APPROVE:
            ok(await made.put("second-level", made.hr, values=[value("customer_first", 1)]))
            ok(await made.act("approve", made.hr))
        case Step.CALIBRATION, Action.SET_RATING:
            rating = {"review_id": str(made.id), "rating": "3.25", "reason": "与同组相比略低"}
            ok(await made.api.put(f"{await calibration_of(made)}/ratings", json=[rating], headers=made.hr.headers))
        case Step.CALIBRATION, Action.PUBLISH:
            await publish(made)
        case Step.INTERVIEW, Action.INTERVIEW:
            agreed = {"title": "周报", "owner_id": str(made.subject.person_id), "due_on": days_from_now(30)}
            created(await record(made.api, made.manager, made.id, interview(actions=[agreed])))
        case Step.ACKNOWLEDGEMENT, Action.APPEAL:
            ok(await made.act("appeal", made.subject, reason="九月的退款不该计入"))
        case Step.APPEALED, Action.CHANGE:
            headers, body = made.hr.headers | {"If-Match": "*"}, {"rating": "3.25", "reason": "重复计入"}
            ok(await made.api.post(f"/v1/reviews/{made.id}/actions/change", json=body, headers=headers))
        case _:
            pytest.fail(f"nobody has said how to {action} at {step}")


async def calibration_of(made: Reviewing) -> str:
    """Where the review's round is calibrated."""
    return f"/v1/review-cycles/{ok(await made.read(made.hr))['review_cycle_id']}/calibration"


async def publish(made: Reviewing) -> None:
    """Lock and publish the group that the review is alone in."""
    path = await calibration_of(made)
    (group,) = await items(made.api, made.hr, path.removeprefix("/v1/"))
    for action in ("lock", "publish"):
        ok(await made.api.post(f"{path}/{action}", json={"group_id": group["group_id"]}, headers=made.hr.headers))


def is_there(effect: Effect, before: Shown, after: Shown) -> bool:
    """Whether an effect was not there and is now."""
    was, now = before.to_hr, after.to_hr
    match effect:
        case Effect.FREEZE:
            frozen = (now["frozen_as_of"], now["goals"], now["performance"])
            return all(frozen) and not any((was["frozen_as_of"], was["goals"], was["performance"]))
        case Effect.DECIDE:
            return was["values"] is not None and was["values"] != now["values"] and was["overall"] != now["overall"]
        case Effect.RATE:
            (change,) = after.changes[len(before.changes) :]
            return bool(was["rating"] != now["rating"] == change["after"] != change["before"])
        case Effect.REVEAL:
            names = ("rating", "overall", "quadrant", "manager_assessment")
            hidden = [before.to_subject[name] for name in names]
            return hidden == [None] * 4 and [after.to_subject[name] for name in names] == [now[name] for name in names]
        case Effect.FOLLOW_UP:
            return after.followed_up == before.followed_up + 1


def named(given: Any) -> str:
    """A case's name in the report."""
    return f"{given.step}-{given.action}" if isinstance(given, Row) else str(given)


@pytest.mark.parametrize(("row", "effect"), WITH_EFFECTS, ids=named)
async def test_what_the_table_says_happens(api: AsyncClient, state: ApiState, row: Row, effect: Effect) -> None:
    """REV-6: a line of the table without a case here fails, and so does an effect that nobody looks for."""
    made = await make_reviewing(api, state)
    await made.goal("3.5")
    for step, action in ON_THE_WAY.items():
        if step is row.step:
            break
        await do(made, step, action)
    before = await look(made)
    assert before.to_hr["step"] == row.step
    await do(made, row.step, row.action)
    after = await look(made)
    assert (after.to_hr["step"], is_there(effect, before, after)) == (row.next, True)


async def test_every_effect_of_the_table_is_looked_for() -> None:
    """And none is declared that no line has."""
    assert {effect for _, effect in WITH_EFFECTS} == set(Effect)
