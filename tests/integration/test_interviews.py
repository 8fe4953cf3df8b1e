"""The interview of a review (绩效面谈), and what is agreed on in it (REV-10)."""

from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import text

from attain_api.state import ApiState
from attain_shared.clock import utc_now
from attain_shared.db.session import transaction
from attain_shared.rules.review_flow import Step
from tests.support.finished import GOOD, LAPSE, days_from_now, interview, items, read, record
from tests.support.goals import NOBODY
from tests.support.http import created, pointers, problem
from tests.support.settled import Round, make_round


@pytest.fixture
async def held(api: AsyncClient, state: ApiState) -> Round:
    return await make_round(api, state)


def action(held: Round, owner: str = "me", **more: Any) -> dict[str, Any]:
    """Something agreed on."""
    return {"title": "每周一提交附数据的周报", "owner_id": str(held.person(owner)), "due_on": days_from_now(30)} | more


async def test_the_manager_records_the_interview_and_the_review_waits_for_its_answer(
    api: AsyncClient, held: Round
) -> None:
    """REV-6, REV-10: 201 with the whole review, and seven days for the employee."""
    review = await held.review(Step.INTERVIEW)
    detailed = LAPSE | {"evaluation": "信息同步不及时", "expectation": "周一中午前提交", "on": "2026-09-14"}
    agreed = [action(held), action(held, "boss", title="带教转化分析")]
    body = interview(improve=[detailed], expectations="独立负责一个活动", actions=agreed)
    answer = await record(api, held.people["boss"], review, body)
    made = created(answer)
    assert (answer.headers["location"], made["step"]) == (f"/v1/reviews/{review}", "acknowledgement")
    assert (made["due_on"], made["answer_by"]) == (days_from_now(7), days_from_now(7))
    empty = {"evaluation": None, "expectation": None, "on": None}
    assert made["interview"] == {
        "held_on": days_from_now(0),
        "good": [GOOD | empty],
        "improve": [detailed],
        "expectations": "独立负责一个活动",
        "held_by": str(held.person("boss")),
    }
    again = await api.get(f"/v1/reviews/{review}", headers=held.people["boss"].headers)
    assert (again.json(), again.headers["etag"]) == (made, answer.headers["etag"])
    assert (await read(api, held.people["me"], review))["interview"] == made["interview"]
    found = await items(api, held.people["boss"], "action-items", review_id=review, sort="created_at")
    shown = [(one["origin"], one["kind"], one["title"], one["owner_id"], one["state"]) for one in found]
    assert shown == [("interview", None, one["title"], one["owner_id"], "open") for one in agreed]


@pytest.mark.parametrize("caller", ["me", "skip", "hr"])
async def test_nobody_but_the_manager_records_it(api: AsyncClient, held: Round, caller: str) -> None:
    """REV-6: each step is its owner's."""
    review = await held.review(Step.INTERVIEW)
    problem(await record(api, held.people[caller], review), status=403, code="not-allowed")
    problem(await record(api, held.people["peer"], review), status=404, code="not-found")


async def test_an_interview_has_a_case_and_its_days_hold(api: AsyncClient, held: Round) -> None:
    """REV-10: at most five action items, of people who are there, due from today on; held since the publication."""
    review = await held.review(Step.INTERVIEW)
    boss = held.people["boss"]

    async def refused(**more: Any) -> list[tuple[str, str]]:
        return pointers(await record(api, boss, review, interview(**more)))

    assert await refused(good=[]) == [("/good", "no-case")]
    assert await refused(good=[{"behaviour": "主动", "consequence": " "}]) == [
        ("/good/0/consequence", "string-too-short")
    ]
    assert await refused(actions=[action(held)] * 6) == [("/actions", "too-long")]
    assert await refused(held_on=days_from_now(1)) == [("/held_on", "in-the-future")]
    assert await refused(held_on=days_from_now(-1)) == [("/held_on", "before-publication")]
    assert await refused(improve=[LAPSE | {"on": days_from_now(1)}]) == [("/improve/0/on", "in-the-future")]
    late, nobodys = action(held, due_on=days_from_now(-1)), action(held, owner_id=NOBODY)
    assert await refused(actions=[action(held), late, nobodys]) == [
        ("/actions/1/due_on", "in-the-past"),
        ("/actions/2/owner_id", "unknown-person"),
    ]
    assert (await read(api, boss, review))["step"] == "interview"
    created(await record(api, boss, review, interview(actions=[action(held)] * 5)))


async def test_an_interview_held_since_the_publication_may_be_recorded_later(api: AsyncClient, held: Round) -> None:
    review = await held.review(Step.INTERVIEW, published_at=utc_now() - timedelta(days=3))
    body = interview(held_on=days_from_now(-3))
    assert created(await record(api, held.people["boss"], review, body))["interview"]["held_on"] == days_from_now(-3)


async def test_if_match_is_honoured_and_not_required(api: AsyncClient, held: Round) -> None:
    """api.md: `interview` is the one change of a review that needs none."""
    review, boss = await held.review(Step.INTERVIEW), held.people["boss"]
    problem(await record(api, boss, review, If_Match='"other"'), status=412, code="stale")
    tag = (await api.get(f"/v1/reviews/{review}", headers=boss.headers)).headers["etag"]
    created(await record(api, boss, review, If_Match=tag))
    problem(await record(api, boss, review), status=409, code="action-not-allowed")


async def test_the_same_key_answers_the_same_and_holds_one_interview(api: AsyncClient, held: Round) -> None:
    """api.md: a creating POST takes an Idempotency-Key."""
    review, boss = await held.review(Step.INTERVIEW), held.people["boss"]
    body = interview(actions=[action(held)])
    answers = [await record(api, boss, review, body, Idempotency_Key="once") for _ in range(2)]
    assert created(answers[0]) == created(answers[1])
    assert len({answer.headers["etag"] for answer in answers}) == 1
    assert len(await items(api, boss, "action-items", review_id=review)) == 1
    other = await record(api, boss, review, interview(), Idempotency_Key="once")
    problem(other, status=409, code="idempotency-key-reused")


async def test_the_trail_names_who_held_it(api: AsyncClient, held: Round) -> None:
    """SEC-5."""
    review = await held.review(Step.INTERVIEW)
    created(await record(api, held.people["boss"], review, interview(actions=[action(held)])))
    assert await held.events(review) == [
        ("open", None, "self_assessment"),
        ("interview", held.person("boss"), "acknowledgement"),
    ]
    async with transaction(held.state.sessions, held.state.doorbell) as uow:
        noted = await uow.session.scalars(
            text("SELECT resource_type FROM audit_entries WHERE company_id = :company AND action = 'record_interview'"),
            {"company": held.company_id},
        )
        assert sorted(noted) == ["action_item", "interview", "review"]
