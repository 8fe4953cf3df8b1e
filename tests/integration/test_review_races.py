"""Two who act on a review at the same moment: exactly one effect, one event, one freezing (REV-6, REV-7)."""

import asyncio
from collections.abc import Awaitable

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import select, text, update

from attain_api.state import ApiState
from attain_shared.db.session import transaction
from attain_shared.reviews.models import Review, ReviewDelegation
from attain_shared.rules.review_flow import Step
from tests.support.companies import make_member
from tests.support.http import ok
from tests.support.reviewing import Json, Reviewing, both, make_reviewing

_WAITING = text("SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype IN ('transactionid', 'tuple')")


async def at_once(made: Reviewing, *requests: Awaitable[Response]) -> list[Response]:
    """Send requests, each on a connection of its own, and let go of all only once all of them wait for the review."""
    async with transaction(made.state.sessions, made.state.doorbell) as uow:
        held = select(Review.id).where(Review.company_id == made.company.company_id, Review.id == made.id)
        await uow.session.execute(held.with_for_update())
        tasks = [asyncio.ensure_future(one) for one in requests]
        async with asyncio.timeout(5):
            while await uow.session.scalar(_WAITING) < len(tasks):  # noqa: ASYNC110 - locks ring no bell
                await asyncio.sleep(0.01)
    return await asyncio.gather(*tasks)


def codes(answers: list[Response]) -> list[int]:
    return sorted(one.status_code for one in answers)


async def tag_of(made: Reviewing, who: object) -> str:
    return (await made.read(who)).headers["ETag"]  # type: ignore[arg-type]


@pytest.fixture
async def made(api: AsyncClient, state: ApiState) -> Reviewing:
    """A review with a goal, and a draft of the manager's."""
    made = await make_reviewing(api, state, step=Step.MANAGER_ASSESSMENT)
    await made.goal("3.5")
    ok(await made.put("manager", made.manager, values=both()))
    return made


async def only_submitted_once(made: Reviewing) -> Json:
    review = ok(await made.read(made.hr))
    assert [(one["action"], one["to_step"]) for one in await made.history()] == [("submit", "second_level")]
    assert (review["step"], review["performance"], len(review["goals"])) == ("second_level", "3.50", 1)
    assert review["manager_assessment"]["submitted_at"] == review["frozen_as_of"]
    return review


@pytest.mark.parametrize("is_any_version", [False, True])
async def test_the_manager_and_a_delegate_submit_at_once(made: Reviewing, *, is_any_version: bool) -> None:
    """The other one's version is stale, or not theirs to see any more; with `*` there is nothing to submit any more."""
    delegate = await make_member(made.state, made.company)
    await made.delegate(Step.MANAGER_ASSESSMENT, delegate)
    tags = {who.person_id: "*" if is_any_version else await tag_of(made, who) for who in (made.manager, delegate)}
    answers = await at_once(
        made, *(made.act("submit", who, etag=tags[who.person_id]) for who in (made.manager, delegate))
    )
    first, second = codes(answers)
    assert (first, second) in {(200, 404), (200, 409 if is_any_version else 412)}
    await only_submitted_once(made)


async def test_who_waits_for_a_delegation_acts_by_what_came_of_it(made: Reviewing) -> None:
    """REV-6: a delegation that is replaced meanwhile is none."""
    first, second = [await make_member(made.state, made.company) for _ in range(2)]
    await made.delegate(Step.MANAGER_ASSESSMENT, first)
    async with transaction(made.state.sessions, made.state.doorbell) as uow:
        own = Review.company_id == made.company.company_id, Review.id == made.id
        await uow.session.execute(select(Review.id).where(*own).with_for_update())
        waiting = asyncio.ensure_future(made.act("submit", first))
        async with asyncio.timeout(5):
            while not await uow.session.scalar(_WAITING):  # noqa: ASYNC110 - locks ring no bell
                await asyncio.sleep(0.01)
        of_step = ReviewDelegation.company_id == made.company.company_id, ReviewDelegation.review_id == made.id
        await uow.session.execute(update(ReviewDelegation).where(*of_step).values(person_id=second.person_id))
    assert (await waiting).status_code == 404
    assert ok(await made.act("submit", second))["step"] == "second_level"


@pytest.mark.parametrize("is_any_version", [False, True])
async def test_a_double_submit_counts_once(made: Reviewing, *, is_any_version: bool) -> None:
    tag = "*" if is_any_version else await tag_of(made, made.manager)
    answers = await at_once(made, *(made.act("submit", made.manager, etag=tag) for _ in range(2)))
    assert codes(answers) == [200, 409 if is_any_version else 412]
    await only_submitted_once(made)


async def test_of_two_who_save_the_same_version_one_is_stale(made: Reviewing) -> None:
    delegate = await make_member(made.state, made.company)
    await made.delegate(Step.MANAGER_ASSESSMENT, delegate)
    tags = [await tag_of(made, who) for who in (made.manager, delegate)]
    answers = await at_once(
        made,
        made.put("manager", made.manager, etag=tags[0], values=both(), comment="主管"),
        made.put("manager", delegate, etag=tags[1], values=both(), comment="代理"),
    )
    assert codes(answers) == [200, 412]
    (kept,) = (one.json()["manager_assessment"]["comment"] for one in answers if one.is_success)
    assert ok(await made.read(made.manager))["manager_assessment"]["comment"] == kept


async def test_what_is_submitted_is_what_was_read(made: Reviewing) -> None:
    """A draft saved at the same moment is either refused, or makes the submission stale."""
    tag = await tag_of(made, made.manager)
    saved, submitted = await at_once(
        made,
        made.put("manager", made.manager, etag=tag, values=both(), comment="后来"),
        made.act("submit", made.manager, etag=tag),
    )
    assert codes([saved, submitted]) == [200, 412]
    review = ok(await made.read(made.manager))
    comment, step = ("后来", "manager_assessment") if saved.is_success else (None, "second_level")
    assert (review["manager_assessment"]["comment"], review["step"]) == (comment, step)


async def test_submitted_or_returned_and_never_both(made: Reviewing) -> None:
    tag = await tag_of(made, made.manager)
    answers = await at_once(
        made,
        made.act("submit", made.manager, etag=tag),
        made.act("return", made.manager, etag=tag, reason="自评缺少案例"),
    )
    assert codes(answers) == [200, 412]
    assert len(await made.history()) == 1


async def test_two_of_hr_approve_at_once(made: Reviewing) -> None:
    ok(await made.act("submit", made.manager))
    ok(await made.act("approve", made.skip))
    other = await make_member(made.state, made.company, roles=("hr",))
    answers = await at_once(made, *(made.act("approve", who) for who in (made.hr, other)))
    assert codes(answers) == [200, 409]
    assert [one["to_step"] for one in await made.history()] == ["second_level", "hr", "calibration"]
