"""How reviews end: acknowledged, appealed and answered, or cancelled (REV-6)."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import select, text

from attain_api.state import ApiState
from attain_shared.clock import utc_now
from attain_shared.db.session import reading, transaction
from attain_shared.reviews.rater_models import RaterAnswer
from attain_shared.rules.review_flow import OPEN_STEPS, Step
from tests.support.finished import act, days_from_now, interview, items, read, record
from tests.support.http import created, ok, pointers, problem
from tests.support.reviewed import add_action_item, add_improvement_plan
from tests.support.settled import Round, make_round

BECAUSE = {"reason": "数据核对过"}


@pytest.fixture
async def held(api: AsyncClient, state: ApiState) -> Round:
    return await make_round(api, state)


async def test_the_employee_acknowledges_and_the_review_is_closed(api: AsyncClient, held: Round) -> None:
    """REV-6: acknowledgement → closed, and nothing is done any more."""
    review, me = await held.review(Step.ACKNOWLEDGEMENT), held.people["me"]
    closed = ok(await act(api, me, review, "acknowledge"))
    assert (closed["step"], closed["due_on"], closed["allowed_actions"]) == ("closed", None, [])
    assert closed["closed_at"] is not None
    problem(await act(api, me, review, "acknowledge"), status=409, code="action-not-allowed")
    problem(await act(api, held.people["hr"], review, "cancel", BECAUSE), status=409, code="action-not-allowed")
    assert (await held.events(review))[-1] == ("acknowledge", held.person("me"), "closed")


async def test_nobody_answers_in_the_employees_place(api: AsyncClient, held: Round) -> None:
    review = await held.review(Step.ACKNOWLEDGEMENT)
    for who in ("boss", "skip", "hr"):
        for action in ("acknowledge", "appeal"):
            answer = await act(api, held.people[who], review, action, BECAUSE)
            problem(answer, status=403, code="not-allowed")


async def test_an_appeal_has_a_reason_and_is_made_once(api: AsyncClient, held: Round) -> None:
    """REV-6: HR answers it; what it was about stands on record."""
    review, me = await held.review(Step.ACKNOWLEDGEMENT), held.people["me"]
    for nothing in (None, {"reason": "  "}):
        assert pointers(await act(api, me, review, "appeal", nothing)) == [("/reason", "missing")]
    appealed = ok(await act(api, me, review, "appeal", {"reason": "九月的退款不该计入"}))
    assert (appealed["step"], appealed["allowed_actions"]) == ("appealed", [])
    problem(await act(api, me, review, "appeal", BECAUSE), status=409, code="action-not-allowed")
    assert (await read(api, held.people["hr"], review))["allowed_actions"] == ["uphold", "change", "cancel", "delegate"]
    history = await items(api, held.people["boss"], f"reviews/{review}/history")
    assert (history[0]["action"], history[0]["reason"]) == ("appeal", "九月的退款不该计入")
    again = await held.review(Step.ACKNOWLEDGEMENT, of="peer", appealed_at=utc_now())
    problem(await act(api, held.people["peer"], again, "appeal", BECAUSE), status=409, code="action-not-allowed")


async def test_an_appeal_comes_within_seven_days_of_the_interview(api: AsyncClient, held: Round) -> None:
    """REV-6: the seventh day is the last."""
    late = await held.review(Step.ACKNOWLEDGEMENT, interviewed_at=utc_now() - timedelta(days=8))
    assert (await read(api, held.people["me"], late))["allowed_actions"] == ["acknowledge"]
    problem(await act(api, held.people["me"], late, "appeal", BECAUSE), status=409, code="action-not-allowed")
    seventh = utc_now() - timedelta(days=7)
    in_time = await held.review(Step.ACKNOWLEDGEMENT, of="peer", interviewed_at=seventh)
    assert ok(await act(api, held.people["peer"], in_time, "appeal", BECAUSE))["step"] == "appealed"


async def test_hr_upholds_the_rating(api: AsyncClient, held: Round) -> None:
    """REV-6: appealed → closed, with a reason."""
    review, hr = await held.review(Step.APPEALED), held.people["hr"]
    assert pointers(await act(api, hr, review, "uphold")) == [("/reason", "missing")]
    upheld = ok(await act(api, hr, review, "uphold", BECAUSE))
    assert (upheld["step"], upheld["rating"]) == ("closed", "3.5")
    for who in ("me", "boss"):
        problem(await act(api, held.people[who], review, "uphold", BECAUSE), status=403, code="not-allowed")


async def test_hr_changes_the_rating_on_record(api: AsyncClient, held: Round) -> None:
    """REV-6, REV-8: before, after and why; the suggested rating stays what it was."""
    review, hr = await held.review(Step.APPEALED), held.people["hr"]
    changed = ok(await act(api, hr, review, "change", {"rating": "3.75", "reason": "申诉属实"}))
    assert (changed["step"], changed["rating"], changed["suggested_rating"]) == ("closed", "3.75", "3.5")
    assert changed["rating_label"]["zh"] == "部分超出期望"
    assert (await read(api, held.people["me"], review))["rating"] == "3.75"
    last = (await items(api, held.people["me"], f"reviews/{review}/history"))[0]
    assert (last["action"], last["details"]) == ("change", {"before": "3.50", "after": "3.75"})
    async with transaction(held.state.sessions, held.state.doorbell) as uow:
        rows = await uow.session.execute(
            text(
                "SELECT origin, before, after, reason, changed_by FROM rating_changes"
                " WHERE company_id = :company AND review_id = :review"
            ),
            {"company": held.company_id, "review": review},
        )
        assert [tuple(row) for row in rows] == [
            ("appeal", Decimal("3.50"), Decimal("3.75"), "申诉属实", held.person("hr"))
        ]


async def test_a_change_is_of_the_scale_and_a_change(api: AsyncClient, held: Round) -> None:
    """REV-4: failed values stay 2.5."""
    hr = held.people["hr"]
    review = await held.review(Step.APPEALED)
    for rating, code in (("3.6", "not-on-scale"), ("3.50", "unchanged")):
        assert pointers(await act(api, hr, review, "change", BECAUSE | {"rating": rating})) == [("/rating", code)]
    assert pointers(await act(api, hr, review, "change", {"rating": "4", "reason": " "})) == [("/reason", "missing")]
    judged: dict[str, Any] = {"values_failed": True, "rating": Decimal("2.5"), "values_score": Decimal("2.40")}
    failed = await held.review(Step.APPEALED, of="peer", **judged)
    assert pointers(await act(api, hr, failed, "change", BECAUSE | {"rating": "3"})) == [("/rating", "values-failed")]
    values_alone = await held.another("values", is_values_only=True)
    unrated = await held.review(Step.APPEALED, review_cycle_id=values_alone, rating=None)
    assert pointers(await act(api, hr, unrated, "change", BECAUSE | {"rating": "3"})) == [("/rating", "values-only")]


async def test_the_improvement_plan_follows_a_changed_rating(api: AsyncClient, held: Round) -> None:
    """REV-10: a rating of 3.25 or less has a plan; one above has none any more."""
    hr, company = held.people["hr"], held.company_id
    lowered = await held.review(Step.APPEALED)
    ok(await act(api, hr, lowered, "change", {"rating": "3.25", "reason": "重复计入"}))
    (opened,) = await items(api, hr, "improvement-plans", review_id=lowered)
    assert (opened["state"], opened["owner_id"], opened["due_on"]) == (
        "open",
        str(held.person("boss")),
        days_from_now(90),
    )
    raised = await held.review(Step.APPEALED, of="peer", rating=Decimal(3))
    of_review = {"company_id": company, "review_id": raised, "person_id": held.person("peer")}
    async with transaction(held.state.sessions, held.state.doorbell) as uow:
        add_improvement_plan(uow, **of_review, owner_id=held.person("boss"))
        add_action_item(uow, **of_review, owner_id=held.person("boss"), origin="quadrant", kind="coaching")
    ok(await act(api, hr, raised, "change", {"rating": "3.5", "reason": "漏计"}))
    assert [one["state"] for one in await items(api, hr, "improvement-plans", review_id=raised)] == ["cancelled"]
    assert [one["state"] for one in await items(api, hr, "action-items", review_id=raised)] == ["open"]


@pytest.mark.parametrize("step", OPEN_STEPS)
async def test_hr_cancels_a_review_at_every_step(api: AsyncClient, held: Round, step: Step) -> None:
    """REV-6: any before closed, with a reason; nobody else does."""
    review, hr = await held.review(step), held.people["hr"]
    assert pointers(await act(api, hr, review, "cancel")) == [("/reason", "missing")]
    for who in ("me", "boss", "skip"):
        problem(await act(api, held.people[who], review, "cancel", BECAUSE), status=403, code="not-allowed")
    cancelled = ok(await act(api, hr, review, "cancel", BECAUSE))
    assert (cancelled["step"], cancelled["allowed_actions"]) == ("cancelled", [])
    problem(await act(api, hr, review, "cancel", BECAUSE), status=409, code="action-not-allowed")


async def test_what_is_open_of_a_cancelled_review_is_cancelled_with_it(api: AsyncClient, held: Round) -> None:
    review, hr = await held.review(Step.ACKNOWLEDGEMENT), held.people["hr"]
    of_review = {"company_id": held.company_id, "review_id": review, "person_id": held.person("me")}
    async with transaction(held.state.sessions, held.state.doorbell) as uow:
        for state in ("open", "open", "done"):
            add_action_item(uow, **of_review, owner_id=held.person("boss"), state=state)
        add_improvement_plan(uow, **of_review, owner_id=held.person("boss"))
    ok(await act(api, hr, review, "cancel", BECAUSE))
    found = await items(api, hr, "action-items", review_id=review)
    assert sorted(one["state"] for one in found) == ["cancelled", "cancelled", "done"]
    assert [one["state"] for one in await items(api, hr, "improvement-plans", review_id=review)] == ["cancelled"]


async def test_a_cancelled_review_keeps_no_answers(api: AsyncClient, held: Round) -> None:
    """REV-11: nobody has a use for what raters said once there is nothing to say it for."""
    review, hr = await held.review(Step.MANAGER_ASSESSMENT), held.people["hr"]
    said = {"scores": {"collaboration": "3"}, "comments": {"collaboration": "私语"}}
    await held.add(RaterAnswer(company_id=held.company_id, review_id=review, relation="peer", **said))
    ok(await act(api, hr, review, "cancel", BECAUSE))
    async with reading(held.state.sessions) as uow:
        of_company = RaterAnswer.company_id == held.company_id
        assert (await uow.session.scalars(select(RaterAnswer).where(of_company))).all() == []
    assert (await held.find(review)).raters_closed_at is not None


async def test_every_action_says_which_version_it_means(api: AsyncClient, held: Round) -> None:
    """api.md: If-Match is required on the actions of reviews."""
    review, me = await held.review(Step.ACKNOWLEDGEMENT), held.people["me"]
    problem(await act(api, me, review, "acknowledge", etag=None), status=428, code="precondition-required")
    problem(await act(api, me, review, "acknowledge", etag='"other"'), status=412, code="stale")
    tag = (await api.get(f"/v1/reviews/{review}", headers=me.headers)).headers["etag"]
    answer = await act(api, me, review, "acknowledge", etag=tag)
    ok(answer)
    assert answer.headers["etag"] != tag
    problem(await act(api, me, review, "acknowledge", etag=tag), status=412, code="stale")


async def test_two_answers_at_once_have_one_effect(api: AsyncClient, held: Round) -> None:
    """Whoever comes second meets the review as the first one left it."""
    review, me = await held.review(Step.ACKNOWLEDGEMENT), held.people["me"]
    answers = await asyncio.gather(
        act(api, me, review, "acknowledge"),
        act(api, me, review, "appeal", BECAUSE),
        act(api, me, review, "acknowledge"),
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    assert len(await held.events(review)) == 2


async def test_a_whole_end_from_the_interview_to_a_changed_rating(api: AsyncClient, held: Round) -> None:
    """REV-6: interview → acknowledgement → appealed → closed, each by its owner."""
    review = await held.review(Step.INTERVIEW)
    created(await record(api, held.people["boss"], review, interview()))
    ok(await act(api, held.people["me"], review, "appeal", BECAUSE))
    ok(await act(api, held.people["hr"], review, "change", {"rating": "4", "reason": "申诉属实"}))
    assert [step for _, _, step in await held.events(review)][1:] == ["acknowledgement", "appealed", "closed"]
