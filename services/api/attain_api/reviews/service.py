"""Reviews as their readers find them, and as whoever acts on them holds them (REV-6, REV-7)."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, true
from sqlalchemy.ext.asyncio import AsyncSession

from attain_api.access.actor import Actor
from attain_api.access.visibility import View
from attain_api.conditional import check_if_match
from attain_api.paging import PageQuery
from attain_api.reviews import repository
from attain_api.reviews.reading import ShownReview, read_summaries, show_review
from attain_api.reviews.repository import SeenReview
from attain_api.reviews.rights import Rights
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import Invalid, NotFound
from attain_shared.reviews import flow
from attain_shared.reviews.models import ReviewEvent
from attain_shared.reviews.schemas import ReviewEventRead, ReviewSummary
from attain_shared.rules.review_flow import Action, Step, next_step, row_of

SHOWN_BEFORE_INTERVIEW = ("open", "submit", "skip", "leave", "change_manager")
"""What the subject reads of the record before the interview, beside what was returned to them (REV-7)."""


async def get_review(uow: UnitOfWork, *, actor: Actor, review_id: UUID) -> ShownReview:
    """One review."""
    return await show(uow, await find_review(uow, actor=actor, review_id=review_id))


async def list_seen(session: AsyncSession, *, actor: Actor, review_ids: Collection[UUID]) -> set[UUID]:
    """Which of these reviews the caller sees."""
    return await repository.list_seen(session, visible_to=actor, review_ids=review_ids)


async def list_reviews(
    uow: UnitOfWork, *, actor: Actor, query: PageQuery, filters: Mapping[str, object], **only: bool
) -> tuple[list[ReviewSummary], str | None]:
    """The reviews that the caller sees; `only` is `is_mine` and `is_overdue`."""
    seen, cursor = await repository.list_reviews(uow.session, visible_to=actor, query=query, filters=filters, **only)
    return read_summaries(seen), cursor


def seen_by(actor: Actor) -> ColumnElement[bool]:
    """Whether the caller sees the review in a row of `Review` (SEC-3): for statements of other slices."""
    return repository.is_seen(View(actor))


async def find_review(uow: UnitOfWork, *, actor: Actor, review_id: UUID, lock: bool = False) -> SeenReview:
    """A review in the caller's view.

    Raises:
        NotFound: there is none, or it is outside the view.
    """
    seen = await repository.find_review(uow.session, visible_to=actor, review_id=review_id, lock=lock)
    if seen is None:
        raise NotFound("no such review")
    return seen


async def show(uow: UnitOfWork, seen: SeenReview) -> ShownReview:
    """A review with what belongs to it, as the caller sees it."""
    parts = await repository.load_parts(uow.session, company_id=seen.review.company_id, review_id=seen.review.id)
    return show_review(seen, parts)


async def show_again(uow: UnitOfWork, *, actor: Actor, review_id: UUID) -> ShownReview:
    """A review after the caller acted on it: rights and sight change with it."""
    await uow.session.flush()
    seen = await repository.find_review(uow.session, visible_to=actor, review_id=review_id, acted_on=True)
    if seen is None:
        raise NotFound("no such review")
    return await show(uow, seen)


async def hold_review(
    uow: UnitOfWork, *, actor: Actor, review_id: UUID, action: Action, if_match: str | None
) -> SeenReview:
    """A review locked for an action that the caller may do now, in the version that they mean.

    Raises:
        NotFound: it is outside the caller's view.
        NotAllowed: no step would allow it to this caller.
        PreconditionRequired, Stale: without If-Match, or with that of another version.
        ActionNotAllowed: another step would allow it.
    """
    seen = await find_review(uow, actor=actor, review_id=review_id, lock=True)
    seen.rights.check_ever(action)
    await check_version(uow, seen, if_match=if_match)
    seen.rights.check_now(action)
    return seen


async def check_version(uow: UnitOfWork, seen: SeenReview, *, if_match: str | None) -> None:
    """Refuse a change of a version that the caller has not seen."""
    check_if_match(if_match, (await show(uow, seen)).tag, required=True)


def due_reason(action: Action, step: Step, reason: str | None) -> str | None:
    """A reason as it is kept.

    Raises:
        Invalid: the action is never done without one (REV-6).
    """
    reason = reason.strip() or None if reason is not None else None
    row = row_of(step, action)
    if row is not None and row.needs_reason and reason is None:
        raise Invalid.field("/reason", "missing", f"say why you {action} it")
    return reason


def lead_on(
    uow: UnitOfWork,
    seen: SeenReview,
    *,
    action: Action,
    reason: str | None = None,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Lead a held review where the table of REV-6 has it, on record; past a missing second level, too."""
    review, cycle, _, rights = seen
    row = row_of(Step(review.step), action)
    assert row is not None  # held for this action
    to = next_step(row, has_second_level=review.has_second_level)
    is_delegate, actor_id = rights.is_delegate, rights.actor_id
    flow.lead(
        uow.session, review, cycle=cycle, to=row.next, action=action.value, actor_id=actor_id,
        is_delegate=is_delegate, reason=reason, details=details,
    )  # fmt: skip
    if to is not row.next:
        flow.pass_second_level(uow.session, review, cycle=cycle)


async def list_events(
    uow: UnitOfWork, *, actor: Actor, review_id: UUID, query: PageQuery
) -> tuple[list[ReviewEventRead], str | None]:
    """What was done with a review, as far as the caller may know (REV-7)."""
    seen = await find_review(uow, actor=actor, review_id=review_id)
    only: ColumnElement[bool] = true()
    if not seen.rights.sees_judgement:
        is_theirs = (ReviewEvent.action == Action.RETURN) & (ReviewEvent.to_step == Step.SELF_ASSESSMENT)
        only = ReviewEvent.action.in_(SHOWN_BEFORE_INTERVIEW) | is_theirs
    events, cursor = await repository.list_events(
        uow.session, company_id=actor.company_id, review_id=review_id, only=only, query=query
    )
    is_told = seen.rights.sees_judgement
    return [_read_event(event, seen.rights, in_full=is_told) for event in events], cursor


def _read_event(event: ReviewEvent, rights: Rights, *, in_full: bool) -> ReviewEventRead:
    """An event as the caller may know it: what others say of it goes with the judgement, but of a return (REV-7)."""
    read = ReviewEventRead.model_validate(event)
    if in_full or event.actor_id in {None, rights.actor_id} or event.action == Action.RETURN:
        return read
    return read.model_copy(update={"reason": None, "details": None})
