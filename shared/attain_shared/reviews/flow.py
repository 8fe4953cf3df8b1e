"""Leading a review from step to step, on record: for the API and for the worker alike (REV-6)."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from attain_shared.clock import business_day, utc_now
from attain_shared.events.models import Event
from attain_shared.events.schemas import EventKind
from attain_shared.reviews.models import Review, ReviewCycle, ReviewEvent
from attain_shared.rules.review_flow import DAYS_TO_ANSWER, ENDS, Step


def answer_by(interviewed_at: datetime) -> date:
    """The last day on which an employee acknowledges or appeals (REV-6)."""
    return business_day(interviewed_at) + timedelta(days=DAYS_TO_ANSWER)


def due_date(cycle: ReviewCycle, step: Step) -> date | None:
    """When a step is due: as the round says, an answer 7 days after today, the day of the interview."""
    if step is Step.ACKNOWLEDGEMENT:
        return answer_by(utc_now())
    due = cycle.due.get(step.value)
    return date.fromisoformat(due) if due is not None else None


def step_data(review_id: UUID, review_cycle_id: UUID, step: Step) -> dict[str, str]:
    """What whoever listens is told of a review that is at another step."""
    return {"review_id": str(review_id), "review_cycle_id": str(review_cycle_id), "step": step.value}


def record(
    session: AsyncSession,
    review: Review,
    *,
    action: str,
    to: Step | None = None,
    actor_id: UUID | None = None,
    is_delegate: bool = False,
    reason: str | None = None,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Put on record what is done with a review, while it is still at the step that it is done at."""
    if to is not None:
        session.add(
            Event(
                company_id=review.company_id,
                kind=EventKind.REVIEW_STEP_CHANGED.value,
                subject_id=review.id,
                data=step_data(review.id, review.review_cycle_id, to),
            )
        )
    session.add(
        ReviewEvent(
            company_id=review.company_id,
            review_id=review.id,
            action=action,
            from_step=review.step,
            to_step=to.value if to is not None else review.step,
            actor_id=actor_id,
            is_delegate=is_delegate,
            reason=reason,
            details=dict(details) if details is not None else None,
        )
    )


def lead(
    session: AsyncSession,
    review: Review,
    *,
    cycle: ReviewCycle,
    to: Step,
    action: str,
    actor_id: UUID | None = None,
    is_delegate: bool = False,
    reason: str | None = None,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Lead a review to a step, on record; at an end it is closed."""
    record(
        session,
        review,
        action=action,
        to=to,
        actor_id=actor_id,
        is_delegate=is_delegate,
        reason=reason,
        details=details,
    )
    review.step = to.value
    review.due_on = due_date(cycle, to)
    if to in ENDS:
        review.closed_at = utc_now()
    review.version += 1


def pass_second_level(session: AsyncSession, review: Review, *, cycle: ReviewCycle) -> None:
    """Lead a review past the second level, on record: there is none, or it is who assessed (REV-6)."""
    reason = "no-second-level" if review.second_level_id is None else "second-level-assessed"
    lead(session, review, cycle=cycle, to=Step.HR, action="skip", reason=reason)
