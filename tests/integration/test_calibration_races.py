"""Two at a time: a lock against a rating, a publication against another (REV-8)."""

import asyncio

from httpx import AsyncClient
from sqlalchemy import func, select

from attain_api.state import ApiState
from attain_shared.db.session import transaction
from attain_shared.reviews.calibration_models import RatingChange
from attain_shared.reviews.follow_up_models import ActionItem
from attain_shared.reviews.models import ReviewEvent
from tests.support.calibrated import make_round
from tests.support.companies import make_company, make_member
from tests.support.http import ok

TEN = ["3.50"] * 8 + ["3.20"] * 2
TIMES = 8


async def test_a_lock_and_a_rating_at_once_never_both_pass(api: AsyncClient, state: ApiState) -> None:
    """The rating would break the limits: either the group is locked without it, or it is not locked."""
    outcomes = set()
    company = await make_company(state)
    hr = await make_member(state, company, roles=("hr",))
    for turn in range(TIMES):
        there = await make_round(
            api, state, {"运营部": TEN}, company=company if turn == 0 else None, hr=hr if turn == 0 else None
        )
        group_id = str(there.departments["运营部"])
        rating = {"review_id": str(there.reviews["运营部"][-1]), "rating": "3.5", "reason": "略高"}
        tasks = [there.put([rating]), there.post("lock", {"group_id": group_id})]
        answers = await asyncio.gather(*(tasks if turn % 2 else reversed(tasks)))
        rated, locked = answers if turn % 2 else reversed(answers)
        outcomes.add((rated.status_code, locked.status_code))
        refused = rated if locked.is_success else locked
        assert refused.json()["code"] == ("group-locked" if locked.is_success else "distribution-violated")
    assert outcomes <= {(200, 409), (409, 200)}
    print(f"\n{TIMES} times at once: {sorted(outcomes)}")


async def test_two_publications_at_once_have_one_effect(api: AsyncClient, state: ApiState) -> None:
    for _ in range(TIMES):
        there = await make_round(api, state, {"运营部": TEN})
        body = {"group_id": str(there.departments["运营部"])}
        ok(await there.post("lock", body))
        answers = await asyncio.gather(*(there.post("publish", body) for _ in range(3)))
        assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
        async with transaction(state.sessions, state.doorbell) as uow:
            for table in (ReviewEvent, RatingChange, ActionItem):
                mine = table.company_id == there.company.company_id
                assert await uow.session.scalar(select(func.count()).select_from(table).where(mine)) == len(TEN)


async def test_ratings_of_the_same_reviews_at_once_come_one_after_the_other(api: AsyncClient, state: ApiState) -> None:
    there = await make_round(api, state, {"运营部": TEN})
    reviews = [str(review_id) for review_id in there.reviews["运营部"]]

    def ratings(step: str, order: list[str]) -> list[dict[str, str]]:
        return [{"review_id": review_id, "rating": step, "reason": f"改为 {step}"} for review_id in order]

    answers = await asyncio.gather(
        *(there.put(ratings(step, order)) for step, order in (("4", reviews), ("3", reviews[::-1])) for _ in range(4))
    )
    assert {answer.status_code for answer in answers} == {200}
    (group,) = ok(await there.get())["items"]
    assert 10 in group["distribution"]["steps"].values()
