"""Whoever comes to a round after its first lock is in one of its groups from the first day on (REV-6, REV-8)."""

from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import update

from attain_api.state import ApiState
from attain_shared.db.session import transaction
from attain_shared.reviews.models import Review
from attain_shared.rules.review_flow import Step
from tests.support.calibrated import Round, make_round
from tests.support.http import ok
from tests.support.rounds import open_round, reviews_of
from tests.support.staff import add_person, hired

PEOPLE = {"一部": ["3.50"] * 8 + ["3.20"] * 2, "二部": ["3.50"] * 9 + ["3.20"] * 2, "新部": []}
PARENTS = {"新部": "二部"}


async def join(api: AsyncClient, state: ApiState, there: Round, department: str | None) -> Review:
    """Somebody is hired, and the round opened again."""
    place: dict[str, Any] = {"department_id": there.departments[department]} if department else {}
    person_id = await add_person(state, there.company, hired(manager_id=there.manager.person_id, **place))
    ok(await open_round(api, there.hr, str(there.id)))
    return (await reviews_of(state, there.company, str(there.id)))[person_id]


async def actions_at_calibration(api: AsyncClient, state: ApiState, there: Round, review: Review) -> Any:
    """What HR may do once it has come there."""
    async with transaction(state.sessions, state.doorbell) as uow:
        await uow.session.execute(
            update(Review)
            .where(Review.company_id == review.company_id, Review.id == review.id)
            .values(step=Step.CALIBRATION.value)
        )
    return ok(await api.get(f"/v1/reviews/{review.id}", headers=there.hr.headers))["allowed_actions"]


@pytest.mark.parametrize(
    ("department", "group", "actions"),
    [
        ("一部", "一部", ["publish", "cancel"]),
        ("新部", "二部", ["set_rating", "cancel"]),
        (None, "一部", ["publish", "cancel"]),
    ],
    ids=["their department's", "the nearest above", "the smallest"],
)
async def test_late_joiners_come_into_a_group_that_is_set(
    api: AsyncClient, state: ApiState, department: str | None, group: str, actions: list[str]
) -> None:
    """In a locked one they are told what is so: that nothing is rated there any more."""
    there = await make_round(api, state, PEOPLE, parents=PARENTS)
    locked = {"group_id": str(there.departments["一部"])}
    ok(await there.post("lock", locked))
    review = await join(api, state, there, department)
    assert review.group_id == there.departments[group]
    shown = ok(await there.get(group_id=str(review.group_id)))["items"][0]
    assert str(review.id) in {member["review_id"] for member in shown["members"]}
    assert await actions_at_calibration(api, state, there, review) == actions


async def test_before_the_first_lock_nobody_has_a_group(api: AsyncClient, state: ApiState) -> None:
    there = await make_round(api, state, PEOPLE, parents=PARENTS)
    review = await join(api, state, there, "一部")
    assert review.group_id is None
    assert await actions_at_calibration(api, state, there, review) == ["set_rating", "cancel"]
