"""Steps done in another's place: delegated by HR, on record (REV-6)."""

from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient, Response

from attain_api.state import ApiState
from attain_shared.rules.review_flow import Step
from tests.support.companies import make_member
from tests.support.finished import act, interview, items, read, record
from tests.support.goals import NOBODY
from tests.support.http import created, ok, pointers, problem
from tests.support.settled import Round, make_round


@pytest.fixture
async def held(api: AsyncClient, state: ApiState) -> Round:
    return await make_round(api, state)


async def delegate(api: AsyncClient, held: Round, review: UUID, to: str, *, by: str = "hr", **more: Any) -> Response:
    """Have somebody do the step that a review is at."""
    body = {"to_person_id": str(held.person(to)), "reason": "主管休产假"} | more
    return await act(api, held.people[by], review, "delegate", body)


@pytest.mark.parametrize("step", [Step.MANAGER_ASSESSMENT, Step.SECOND_LEVEL, Step.HR, Step.INTERVIEW, Step.APPEALED])
async def test_the_delegate_sees_and_acts_as_long_as_the_review_is_there(
    api: AsyncClient, held: Round, step: Step
) -> None:
    """REV-6: a recorded delegate acts like the owner of the step."""
    review, stands_in = await held.review(step), held.people["other_head"]
    problem(await api.get(f"/v1/reviews/{review}", headers=stands_in.headers), status=404, code="not-found")
    delegated = ok(await delegate(api, held, review, "other_head"))
    assert (delegated["step"], delegated["delegate_id"]) == (step, str(stands_in.person_id))
    seen = await read(api, stands_in, review)
    theirs = {Step.HR: "approve", Step.SECOND_LEVEL: "approve", Step.MANAGER_ASSESSMENT: "submit"}
    theirs |= {Step.INTERVIEW: "interview", Step.APPEALED: "uphold"}
    assert theirs[step] in seen["allowed_actions"]
    assert [one["id"] for one in await items(api, stands_in, "reviews", mine=True)] == [str(review)]
    history = await items(api, held.people["hr"], f"reviews/{review}/history")
    assert (history[0]["action"], history[0]["reason"]) == ("delegate", "主管休产假")
    assert history[0]["details"] == {"to_person_id": str(stands_in.person_id), "step": step.value}


async def test_a_delegate_who_has_acted_gets_the_answer_and_sees_it_no_more(api: AsyncClient, held: Round) -> None:
    """Their part is over with the step; that they did it stands on record."""
    review, stands_in = await held.review(Step.APPEALED), held.people["other_head"]
    ok(await delegate(api, held, review, "other_head"))
    upheld = ok(await act(api, stands_in, review, "uphold", {"reason": "核对无误"}))
    assert (upheld["step"], upheld["allowed_actions"]) == ("closed", [])
    problem(await api.get(f"/v1/reviews/{review}", headers=stands_in.headers), status=404, code="not-found")
    last = (await items(api, held.people["hr"], f"reviews/{review}/history"))[0]
    assert (last["actor_id"], last["is_delegate"]) == (str(stands_in.person_id), True)


async def test_a_delegate_holds_the_interview(api: AsyncClient, held: Round) -> None:
    review, stands_in = await held.review(Step.INTERVIEW), held.people["other_head"]
    ok(await delegate(api, held, review, "other_head"))
    made = created(await record(api, stands_in, review, interview()))
    assert (made["step"], made["interview"]["held_by"]) == ("acknowledgement", str(stands_in.person_id))


async def test_a_later_delegation_stands_in_the_earlier_ones_place(api: AsyncClient, held: Round) -> None:
    review = await held.review(Step.INTERVIEW)
    for who in ("other_head", "peer"):
        ok(await delegate(api, held, review, who))
    assert (await read(api, held.people["hr"], review))["delegate_id"] == str(held.person("peer"))
    gone = await api.get(f"/v1/reviews/{review}", headers=held.people["other_head"].headers)
    problem(gone, status=404, code="not-found")
    assert [action for action, _, _ in await held.events(review)] == ["open", "delegate", "delegate"]


async def test_a_delegation_is_of_the_step_alone(api: AsyncClient, held: Round) -> None:
    """Whoever stands in for the manager is nothing at the next step."""
    review = await held.review(Step.INTERVIEW)
    ok(await delegate(api, held, review, "other_head"))
    created(await record(api, held.people["boss"], review, interview()))
    assert (await read(api, held.people["hr"], review))["delegate_id"] is None
    gone = await record(api, held.people["other_head"], review)
    problem(gone, status=404, code="not-found")


@pytest.mark.parametrize(
    ("step", "to", "code"),
    [
        (Step.MANAGER_ASSESSMENT, "me", "delegate-is-subject"),
        (Step.SELF_ASSESSMENT, "me", "delegate-is-subject"),
        (Step.MANAGER_ASSESSMENT, "boss", "delegate-is-owner"),
        (Step.INTERVIEW, "boss", "delegate-is-owner"),
        (Step.SECOND_LEVEL, "skip", "delegate-is-owner"),
        (Step.HR, "hr", "delegate-is-owner"),
        (Step.SECOND_LEVEL, "boss", "delegate-is-manager"),
        (Step.HR, "boss", "delegate-is-manager"),
        (Step.APPEALED, "boss", "delegate-is-manager"),
    ],
)
async def test_some_people_do_not_stand_in(api: AsyncClient, held: Round, step: Step, to: str, code: str) -> None:
    """REV-6: nobody acts on their own review, and nobody checks what they assessed themselves."""
    review = await held.review(step)
    assert pointers(await delegate(api, held, review, to)) == [("/to_person_id", code)]


async def test_a_delegate_is_somebody_who_is_there(api: AsyncClient, held: Round, state: ApiState) -> None:
    review = await held.review(Step.INTERVIEW)
    assert pointers(await delegate(api, held, review, "peer", to_person_id=NOBODY)) == [
        ("/to_person_id", "unknown-person")
    ]
    assert pointers(await delegate(api, held, review, "peer", reason=" ")) == [("/reason", "missing")]
    elsewhere = await make_round(api, state)
    stranger = str(elsewhere.person("peer"))
    assert pointers(await delegate(api, held, review, "peer", to_person_id=stranger)) == [
        ("/to_person_id", "unknown-person")
    ]


@pytest.mark.parametrize("step", [Step.CALIBRATION, Step.ACKNOWLEDGEMENT])
async def test_some_steps_are_nobody_elses(api: AsyncClient, held: Round, step: Step) -> None:
    """REV-6: a calibration has several owners, and nobody acknowledges in another's place."""
    review = await held.review(step)
    problem(await delegate(api, held, review, "peer"), status=409, code="action-not-allowed")


async def test_only_hr_delegates_and_never_of_their_own_review(api: AsyncClient, held: Round, state: ApiState) -> None:
    review = await held.review(Step.INTERVIEW)
    for who in ("me", "boss", "skip"):
        problem(await delegate(api, held, review, "peer", by=who), status=403, code="not-allowed")
    held.people.members["other_hr"] = await make_member(state, held.people.admin, roles=("hr",))
    of_hr = await held.review(Step.INTERVIEW, of="hr")
    problem(await delegate(api, held, of_hr, "peer"), status=403, code="not-allowed")
    ok(await delegate(api, held, of_hr, "peer", by="other_hr"))
