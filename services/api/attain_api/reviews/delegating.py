"""Having somebody do a step of a review in its owner's place (REV-6)."""

from uuid import UUID

from attain_api.access.actor import Actor
from attain_api.people.service import employed_since
from attain_api.reviews import delegation_repository
from attain_api.reviews.reading import ShownReview
from attain_api.reviews.service import due_reason, hold_review, lead_on, show_again
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import Invalid
from attain_shared.reviews.models import Review, ReviewDelegation
from attain_shared.reviews.schemas import Delegation
from attain_shared.rules import review_flow as flow
from attain_shared.rules.review_flow import Action, Party, Step


async def delegate_step(
    uow: UnitOfWork, *, actor: Actor, review_id: UUID, data: Delegation, if_match: str | None
) -> ShownReview:
    """Delegate the step that a review is at; an earlier delegation of it is replaced.

    Raises:
        NotFound, NotAllowed, PreconditionRequired, Stale, ActionNotAllowed: as `hold_review` has them.
        Invalid: there is no reason, or the step may not be that person's.
    """
    seen = await hold_review(uow, actor=actor, review_id=review_id, action=Action.DELEGATE, if_match=if_match)
    review, step = seen.review, Step(seen.review.step)
    reason = due_reason(Action.DELEGATE, step, data.reason)
    await _check_delegate(uow, review, person_id=data.to_person_id)
    row = await delegation_repository.find_delegation(
        uow.session, company_id=review.company_id, review_id=review.id, step=step.value
    )
    if row is None:
        row = ReviewDelegation(company_id=review.company_id, review_id=review.id, step=step.value)
        uow.session.add(row)
    row.person_id, row.reason, row.delegated_by = data.to_person_id, reason or "", actor.principal_id
    details = {"to_person_id": str(data.to_person_id), "step": step.value}
    lead_on(uow, seen, action=Action.DELEGATE, reason=reason, details=details)
    return await show_again(uow, actor=actor, review_id=review_id)


async def _check_delegate(uow: UnitOfWork, review: Review, *, person_id: UUID) -> None:
    pointer, step = "/to_person_id", Step(review.step)
    employed = await employed_since(uow, company_id=review.company_id, person_ids=[person_id])
    if person_id not in employed:
        raise Invalid.field(pointer, "unknown-person", "nobody who is employed")
    if person_id == review.person_id:
        raise Invalid.field(pointer, "delegate-is-subject", "nobody acts in another's place on their own review")
    if person_id in await _owners(uow, review):
        raise Invalid.field(pointer, "delegate-is-owner", "the step is theirs as it is")
    if person_id in review.assessors and step in flow.CHECKING:
        raise Invalid.field(pointer, "delegate-is-manager", "nobody checks what they assessed themselves")


async def _owners(uow: UnitOfWork, review: Review) -> frozenset[UUID | None]:
    """Whose the step that a review is at is."""
    owner = flow.OWNERS[Step(review.step)][0]
    if owner is not Party.HR:
        named = {Party.SUBJECT: review.person_id, Party.MANAGER: review.manager_id}
        return frozenset({named.get(owner, review.second_level_id)})
    held = await delegation_repository.list_roles_held(uow.session, company_id=review.company_id)
    return flow.hr_parties(
        subject=review.person_id, assessors=review.assessors, hr=held["hr"], executives=held["executive"]
    )
