"""The statements of what follows a rating."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from attain_shared.clock import business_day
from attain_shared.goals.models import Cycle
from attain_shared.reviews.follow_up_models import ActionItem, Feedback, ImprovementPlan
from attain_shared.reviews.models import Review, ReviewCycle

WARNING = ("constructive", "negative")
"""The kinds of feedback that announce what is to become better (REV-10)."""


async def list_forewarned(session: AsyncSession, *, cycle: ReviewCycle, review_ids: Collection[UUID]) -> set[UUID]:
    """Which of these reviews of a round came after dated feedback on what is to become better (REV-10).

    It is dated in the period of the round and before today, and was recorded before the review was opened: what is
    written with the judgement at hand warns nobody, whatever day it is dated.
    """
    found = await session.scalars(
        select(Review.id)
        .distinct()
        .join(Feedback, (Feedback.company_id == Review.company_id) & (Feedback.person_id == Review.person_id))
        .join(Cycle, (Cycle.company_id == Review.company_id) & (Cycle.id == cycle.cycle_id))
        .where(
            Review.company_id == cycle.company_id,
            Review.id.in_(review_ids),
            Feedback.kind.in_(WARNING),
            Feedback.on_day >= Cycle.starts_on,
            Feedback.on_day <= Cycle.ends_on,
            Feedback.on_day < business_day(),
            Feedback.created_at < Review.created_at,
        )
    )
    return set(found)


async def add_surprise(session: AsyncSession, *, company_id: UUID, review_ids: Collection[UUID], surprise: str) -> None:
    """Add a flag to reviews; whoever holds their rows tells them."""
    await session.execute(
        update(Review)
        .where(Review.company_id == company_id, Review.id.in_(review_ids))
        .values(surprises=func.array_append(Review.surprises, surprise))
        .execution_options(synchronize_session=False)
    )


async def find_plan(session: AsyncSession, *, company_id: UUID, review_id: UUID) -> ImprovementPlan | None:
    """The improvement plan of a review, held until the transaction ends."""
    found: ImprovementPlan | None = await session.scalar(
        select(ImprovementPlan)
        .where(ImprovementPlan.company_id == company_id, ImprovementPlan.review_id == review_id)
        .with_for_update()
    )
    return found


async def list_open_items(session: AsyncSession, *, company_id: UUID, review_id: UUID) -> Sequence[ActionItem]:
    """The open action items of a review, held until the transaction ends."""
    found = await session.scalars(
        select(ActionItem)
        .where(ActionItem.company_id == company_id, ActionItem.review_id == review_id, ActionItem.state == "open")
        .order_by(ActionItem.id)
        .with_for_update()
    )
    return found.all()
