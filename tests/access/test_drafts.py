"""Attacks on drafts and on judgements that are not to be seen yet (REV-7): by everybody, over everything to read.

Whatever anybody but its writer gets of the whole application must be the same, byte by byte, before and after a draft is
saved or changed; and whatever the employee gets, before and after they are judged otherwise.
"""

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from attain_shared.db.session import transaction
from attain_shared.reviews.models import Review, ReviewAssessment
from tests.support.matrix_world import World
from tests.support.reviewed import VALUES
from tests.support.watching import differences, do, ids_at, look, readings_at, summary, supposing

pytestmark = [pytest.mark.no_cover, pytest.mark.timeout(600)]

Json = dict[str, Any]
TEXT = "secret-words-of-a-draft"
WRITERS = {
    "self_assessment": ("subject", "self-assessment"),
    "manager_assessment": ("manager", "manager-assessment"),
    "second_level": ("skip", "second-level-assessment"),
    "hr": ("hr", "second-level-assessment"),
}
"""Who writes at which step, and where."""
WRITERS_OWN = ("get_review at", "print_review at", "export_personal_data at")
"""What a writer finds changed: the review as they alone see it, and what is held of their own writing."""
JUDGED = ("second_level", "hr", "calibration")
"""The steps at which there is a judgement that the employee does not see."""
UNTOLD = ("subject", "peer", "report", "stranger", "mentor", "executive", "admin")
"""Who is told no judgement of 林晓 before her interview."""
JUDGEMENT: Json = {
    "goals_score": Decimal("4.90"),
    "performance": Decimal("4.90"),
    "values_score": Decimal("1.50"),
    "values_failed": True,
    "overall": Decimal("4.10"),
    "suggested_rating": Decimal("2.5"),
    "rating": Decimal("2.5"),
    "quadrant": "wild_dog",
    "surprises": ["low_rating"],
    "raters_result": {
        "raters": 3,
        "score": "2.50",
        "questions": {"delivery": {"mean": "2.50", "count": 3}},
        "groups": [],
    },
}


def draft(step: str) -> Json:
    """What is written: an assessment of everything, or, where values were to be decided, a comment."""
    if step in {"second_level", "hr"}:
        return {"values": [], "comment": TEXT}
    levels = ["full", "full", "partial", "none", "none"]
    values = [{"code": value["code"], "levels": levels, "unsure": False, "cases": []} for value in VALUES]
    return {"values": values, "comment": TEXT}


async def save(world: World, step: str) -> None:
    """Save a draft at a step, as its writer."""
    writer, path = WRITERS[step]
    url = f"/v1/reviews/{world.ids[f'review_at_{step}']}/{path}"
    await do(world, writer, {"method": "PUT", "url": url, "json": draft(step), "headers": {"If-Match": "*"}})


async def test_a_draft_is_seen_by_its_writer_alone(own_world: World) -> None:
    """The employee's before it is submitted, the manager's, the 1 over 1's and HR's; changed, or saved for the first time."""
    world = own_world
    requests = readings_at(**{step: ids_at(world, step) for step in WRITERS})
    before = await look(world, requests)
    for step in WRITERS:
        await save(world, step)
    after = await look(world, requests)
    changed = differences(before, after)
    own = {
        (caller, name)
        for caller, name in changed
        for step, (writer, _path) in WRITERS.items()
        if caller == writer and name.startswith(WRITERS_OWN) and (name.endswith(step) or name.startswith("export"))
    }
    assert {key: changed[key] for key in changed.keys() - own} == {}
    for step, (writer, _path) in WRITERS.items():
        assert (writer, f"get_review at {step}") in own, "nothing was compared"
        assert TEXT.encode() in after[writer, f"get_review at {step}"].body
    told = {key for key, seen in after.items() if TEXT.encode() in seen.body}
    assert told <= own
    print(f"\nfour drafts: {summary(before, after)}; {len(own)} of their writers' own differ")


async def test_a_judgement_is_unseen_until_the_interview(own_world: World) -> None:
    """Other figures, another rating, other words of the manager and other raters: all the same to the employee."""
    world = own_world
    requests = readings_at(**{step: ids_at(world, step) for step in JUDGED})
    before = await look(world, requests, UNTOLD)
    seen_by_hr = await look(world, {name: requests[name] for name in _reviews(requests)}, ("hr",))
    for step in JUDGED:
        await _judge(world, UUID(world.ids[f"review_at_{step}"]))
    after = await look(world, requests, UNTOLD)
    now_by_hr = await look(world, {name: requests[name] for name in _reviews(requests)}, ("hr",))
    assert differences(before, after) == {}
    assert len(differences(seen_by_hr, now_by_hr)) == len(JUDGED), "nothing was compared"
    print(f"\nthree judgements: {summary(before, after)}")


async def test_hr_is_told_no_judgement_of_themselves(world: World) -> None:
    """Who reads everybody's reviews, the trail of reviews and what calibration sees, reads nothing of their own."""
    requests = readings_at(**{step: ids_at(world, step) for step in JUDGED})
    reviews = [UUID(world.ids[f"review_at_{step}"]) for step in JUDGED]
    async with supposing(world):
        async with transaction(world.state.sessions, world.state.doorbell) as uow:
            ours = (Review.company_id == world.company_id, Review.id.in_(reviews))
            await uow.session.execute(update(Review).where(*ours).values(person_id=UUID(world.ids["hr"])))
        before = await look(world, requests, ("hr",))
        for review_id in reviews:
            await _judge(world, review_id)
        after = await look(world, requests, ("hr",))
    assert differences(before, after) == {}
    print(f"\nthree judgements of HR: {summary(before, after)}")


def _reviews(requests: Json) -> list[str]:
    return [name for name in requests if name.startswith("get_review at")]


async def _judge(world: World, review_id: UUID) -> None:
    """Judge otherwise, past the flow: nothing but the judgement changes."""
    ours = (Review.company_id == world.company_id, Review.id == review_id)
    written = (ReviewAssessment.company_id == world.company_id, ReviewAssessment.review_id == review_id)
    document = draft("manager_assessment") | {"goals": [], "competency": None}
    async with transaction(world.state.sessions, world.state.doorbell) as uow:
        await uow.session.execute(update(Review).where(*ours).values(**JUDGEMENT))
        await uow.session.execute(
            update(ReviewAssessment).where(*written, ReviewAssessment.part == "manager").values(document=document)
        )
