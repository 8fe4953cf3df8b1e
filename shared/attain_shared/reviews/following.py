"""Reviews under way follow their people: who left, who got another manager (REV-6)."""

from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Subquery, and_, case, exists, func, or_, select

from attain_shared.clock import business_day
from attain_shared.db.session import UnitOfWork
from attain_shared.reviews.flow import lead, pass_second_level, record
from attain_shared.reviews.lines import lines
from attain_shared.reviews.models import Review, ReviewCycle, ReviewEvent
from attain_shared.rules.review_flow import ENDS, Step

LED_ON_WITHOUT = {
    Step.SELF_ASSESSMENT: ("skip", Step.MANAGER_ASSESSMENT),
    Step.ACKNOWLEDGEMENT: ("expire", Step.CLOSED),
}
"""Where a review goes whose employee left at a step of theirs, and what that is called on its record."""


@dataclass(slots=True)
class Followed:
    """How many reviews were changed, by why."""

    leavers: int = 0
    """The employee left: on record, and led on from a step that was theirs."""
    managers: int = 0
    """Another manager, or another 1 over 1."""


class _Found(NamedTuple):
    """A review that is not as its people are."""

    review: Review
    cycle: ReviewCycle
    has_left: bool
    is_told: bool
    """Whether the leave is on its record."""
    manager_id: UUID
    second_level_id: UUID | None
    """Who they should be."""


async def follow_people(
    uow: UnitOfWork, *, company_id: UUID, review_cycle_id: UUID | None = None, person_id: UUID | None = None
) -> Followed:
    """Let the open reviews of a company be as their people are today; doing it again changes nothing.

    Only those of one round, where it is named; or only those in which a person has a part.

    The manager and the 1 over 1 become today's, at every step; an assessor that HR named stays as long as they are
    there. A manager who left without a successor is followed by the 1 over 1, if there is one. What the one before had
    written stays. The department stays that of the opening. Without a 1 over 1 who did not assess it themselves a review
    passes on to HR. Somebody who left assesses and acknowledges no more: what else becomes of their review, HR says.
    """
    followed = Followed()
    rounds = select(ReviewCycle.id).where(ReviewCycle.company_id == company_id, ReviewCycle.state == "open")
    statement = _select_astray(company_id)
    if review_cycle_id is not None:
        rounds = rounds.where(ReviewCycle.id == review_cycle_id)
        statement = statement.where(Review.review_cycle_id == review_cycle_id)
    if person_id is not None:
        has_part = and_(Review.company_id == company_id, _has_part(person_id))
        rounds = rounds.where(exists().where(has_part, Review.review_cycle_id == ReviewCycle.id))
        statement = statement.where(has_part)
    # one at a time: whoever waited for a review alone would not see what was put on its record meanwhile
    await uow.session.execute(rounds.order_by(ReviewCycle.id).with_for_update(key_share=True))
    for found in [_Found(*row) for row in await uow.session.execute(statement)]:
        followed.managers += _follow_managers(uow, found)
        if found.has_left:
            _lead_on_without(uow, found)
            followed.leavers += 1
    await uow.session.flush()
    return followed


def _follow_managers(uow: UnitOfWork, found: _Found) -> bool:
    review = found.review
    after = {"manager_id": found.manager_id, "second_level_id": found.second_level_id}
    before = {name: getattr(review, name) for name in after}
    if before == after:
        return False
    told = {"before": _plain(before), "after": _plain(after)}
    record(uow.session, review, action="change_manager", details=told)
    if review.manager_id != found.manager_id:
        review.is_assessor_named = False
    review.manager_id, review.second_level_id = found.manager_id, found.second_level_id
    review.version += 1
    if review.step == Step.SECOND_LEVEL and not review.has_second_level:
        pass_second_level(uow.session, review, cycle=found.cycle)
    return True


def _lead_on_without(uow: UnitOfWork, found: _Found) -> None:
    review = found.review
    if not found.is_told:
        record(uow.session, review, action="leave")
    if (step := Step(review.step)) in LED_ON_WITHOUT:
        action, to = LED_ON_WITHOUT[step]
        lead(uow.session, review, cycle=found.cycle, to=to, action=action, reason="left")


def _plain(ids: dict[str, UUID | None]) -> dict[str, str | None]:
    return {name: str(one) if one is not None else None for name, one in ids.items()}


def _has_part(person_id: UUID) -> ColumnElement[bool]:
    return or_(Review.person_id == person_id, Review.manager_id == person_id, Review.second_level_id == person_id)


def _select_astray(company_id: UUID) -> Select[*tuple[Any, ...]]:
    """The open reviews to be changed, as `_Found` has them, locked in the order of their ids."""
    own, manager, second, above = (
        lines(company_id, today=business_day(), name=name) for name in ("own", "present", "second", "next")
    )
    manager_id = _manager_id(own, manager, second)
    second_level_id = case((above.c.manager_id != Review.person_id, above.c.manager_id))
    is_told = (
        exists()
        .where(ReviewEvent.company_id == company_id, ReviewEvent.review_id == Review.id, ReviewEvent.action == "leave")
        .correlate(Review)
    )
    has_left = and_(own.c.has_left, or_(Review.step.in_(LED_ON_WITHOUT), ~is_told))
    astray = or_(has_left, Review.manager_id != manager_id, Review.second_level_id.is_distinct_from(second_level_id))
    return (
        select(Review, ReviewCycle, has_left, is_told, manager_id, second_level_id)
        .join(ReviewCycle, and_(ReviewCycle.company_id == company_id, ReviewCycle.id == Review.review_cycle_id))
        .join(own, own.c.person_id == Review.person_id)
        .join(manager, manager.c.person_id == Review.manager_id)
        .outerjoin(second, second.c.person_id == Review.second_level_id)
        .outerjoin(above, above.c.person_id == manager_id)
        .where(Review.company_id == company_id, Review.step.not_in(ENDS), astray)
        .order_by(Review.id)
        .with_for_update(of=Review)
        .execution_options(populate_existing=True)
    )


def _manager_id(own: Subquery, manager: Subquery, second: Subquery) -> ColumnElement[UUID]:
    """Who is to assess: today's manager; else whoever does, or the 1 over 1 in their place."""
    return case(
        (and_(Review.is_assessor_named, manager.c.is_there), Review.manager_id),
        (own.c.manager_id.is_not(None), own.c.manager_id),
        (or_(manager.c.is_there, func.coalesce(second.c.is_there, False).is_(False)), Review.manager_id),
        else_=Review.second_level_id,
    )
