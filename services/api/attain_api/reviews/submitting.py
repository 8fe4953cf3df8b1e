"""Leading a review from the employee to its calibration: submit, return, approve (REV-6)."""

from uuid import UUID

from attain_api.access.actor import Actor
from attain_api.raters.closing import close_raters
from attain_api.reviews import freezing, repository, service
from attain_api.reviews.assessing import DECIDED, asked_of, measure_review, refuse, written_in
from attain_api.reviews.checking import errors_on_submitting
from attain_api.reviews.reading import ShownReview
from attain_api.reviews.repository import Parts, SeenReview
from attain_shared.clock import utc_now
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import FieldError, Invalid
from attain_shared.reviews.judging import unsure_values, value_scores
from attain_shared.rules.review_flow import Action, Step

_SUBMITTED = {Step.SELF_ASSESSMENT: "self", Step.MANAGER_ASSESSMENT: "manager"}
"""Which part goes with the step."""


async def submit_review(
    uow: UnitOfWork, *, actor: Actor, review_id: UUID, reason: str | None, if_match: str | None
) -> ShownReview:
    """Hand on what was saved; the manager's freezes the figures (REV-7).

    Raises:
        NotFound, NotAllowed, PreconditionRequired, Stale, ActionNotAllowed: as `service.hold_review`.
        Invalid: nothing was saved, something is missing, or a figure has moved from under a score without a reason.
    """
    seen, parts = await _hold(uow, actor=actor, review_id=review_id, action=Action.SUBMIT, if_match=if_match)
    part = _SUBMITTED[Step(seen.review.step)]
    assessment = parts.assessments.get(part)
    if assessment is None:
        raise Invalid.field("", "not-assessed", "save the assessment before it is submitted")
    as_of = utc_now()  # before anything is read: what is received from here on is a later change
    written, measured = written_in(parts, part), await measure_review(uow, seen)
    refuse(errors_on_submitting(written, asked_of(seen, part, measured)))
    assessment.submitted_at = as_of
    if part == "manager":
        freezing.freeze(uow, seen, written=written, measured=measured, as_of=as_of)
        await close_raters(uow, seen.review)
    service.lead_on(uow, seen, action=Action.SUBMIT, reason=service.due_reason(Action.SUBMIT, _step(seen), reason))
    return await service.show_again(uow, actor=actor, review_id=review_id)


async def return_review(
    uow: UnitOfWork, *, actor: Actor, review_id: UUID, reason: str | None, if_match: str | None
) -> ShownReview:
    """Give it back to whoever wrote it, whose part is a draft again; figures frozen with it are no more (REV-6).

    Raises:
        NotFound, NotAllowed, PreconditionRequired, Stale, ActionNotAllowed: as `service.hold_review`.
        Invalid: without a reason.
    """
    seen, parts = await _hold(uow, actor=actor, review_id=review_id, action=Action.RETURN, if_match=if_match)
    reason = service.due_reason(Action.RETURN, _step(seen), reason)
    drafts = ("self",) if _step(seen) is Step.MANAGER_ASSESSMENT else ("manager", *DECIDED)
    for part in drafts:
        if part in parts.assessments:
            parts.assessments[part].submitted_at = None
    if "manager" in drafts:
        await freezing.thaw(uow, seen.review, parts.goals)
    service.lead_on(uow, seen, action=Action.RETURN, reason=reason)
    return await service.show_again(uow, actor=actor, review_id=review_id)


async def approve_review(
    uow: UnitOfWork, *, actor: Actor, review_id: UUID, reason: str | None, if_match: str | None
) -> ShownReview:
    """Approve it, with every value that the manager was unsure of decided; what follows from them is computed (REV-3).

    Raises:
        NotFound, NotAllowed, PreconditionRequired, Stale, ActionNotAllowed: as `service.hold_review`.
        Invalid: a value is undecided.
    """
    seen, parts = await _hold(uow, actor=actor, review_id=review_id, action=Action.APPROVE, if_match=if_match)
    part = "second_level" if _step(seen) is Step.SECOND_LEVEL else "hr"
    # a draft counts only at its own step: what was decided before a return, or by a 1 over 1 who is none any more
    decided = [one for one in DECIDED if one == part or _is_submitted(parts, one)]
    manager, *decisions = (written_in(parts, one) for one in ("manager", *decided))
    unsure, scores = unsure_values(manager), value_scores(manager, *decisions)
    refuse(
        [
            FieldError(f"/values/{code}", "undecided-value", f"{code} is to be decided before this is approved")
            for code in unsure
            if scores[code] is None
        ]
    )
    if part in parts.assessments:
        parts.assessments[part].submitted_at = utc_now()
    if unsure:
        freezing.decide(seen, scores=scores)
    service.lead_on(uow, seen, action=Action.APPROVE, reason=service.due_reason(Action.APPROVE, _step(seen), reason))
    return await service.show_again(uow, actor=actor, review_id=review_id)


async def _hold(
    uow: UnitOfWork, *, actor: Actor, review_id: UUID, action: Action, if_match: str | None
) -> tuple[SeenReview, Parts]:
    seen = await service.hold_review(uow, actor=actor, review_id=review_id, action=action, if_match=if_match)
    return seen, await repository.load_parts(uow.session, company_id=actor.company_id, review_id=review_id)


def _is_submitted(parts: Parts, part: str) -> bool:
    return part in parts.assessments and parts.assessments[part].submitted_at is not None


def _step(seen: SeenReview) -> Step:
    return Step(seen.review.step)
