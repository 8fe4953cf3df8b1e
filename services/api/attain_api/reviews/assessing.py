"""Writing the parts of a review: each at its step, by its owner or whom the step was delegated to (REV-2a, REV-3)."""

from typing import Any, NamedTuple
from uuid import UUID

from attain_api.access.actor import Actor
from attain_api.conditional import check_if_match
from attain_api.reviews import repository, service
from attain_api.reviews.checking import Asked, decision_errors, errors_in
from attain_api.reviews.measuring import Measured, measure
from attain_api.reviews.reading import ShownReview, show_review
from attain_api.reviews.repository import Parts, SeenReview
from attain_api.reviews.rights import STEP_OF_PART
from attain_shared.clock import utc_now
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import ActionNotAllowed, FieldError, Invalid, NotAllowed
from attain_shared.reviews.assessment_schemas import Assessment, DecidedValues
from attain_shared.reviews.judging import read_document, unsure_values
from attain_shared.reviews.models import ReviewAssessment
from attain_shared.reviews.settings import settings_of

DECIDED = ("second_level", "hr")
"""The parts that decide the values marked unsure."""


class HeldPart(NamedTuple):
    """A part of a review that the caller writes now, with the review locked."""

    seen: SeenReview
    parts: Parts
    part: str

    def keep(self, uow: UnitOfWork, written: Assessment) -> None:
        """Keep what was written in place of what was, as a draft."""
        content: dict[str, Any] = {
            "document": written.model_dump(mode="json"),
            "saved_by": self.seen.rights.actor_id,
            "saved_at": utc_now(),
            "submitted_at": None,
        }
        row = self.parts.assessments.get(self.part)
        if row is None:
            review = self.seen.review
            row = ReviewAssessment(company_id=review.company_id, review_id=review.id, part=self.part)
            uow.session.add(row)
        for name, value in content.items():
            setattr(row, name, value)


async def save_assessment(
    uow: UnitOfWork, *, actor: Actor, review_id: UUID, part: str, data: Assessment, if_match: str | None
) -> ShownReview:
    """Save the employee's own part, or the manager's.

    Raises:
        NotFound, NotAllowed, PreconditionRequired, Stale, ActionNotAllowed: as `hold_part`.
        Invalid: it names what is not assessed here, twice, or without the reason or the case that is due.
    """
    held = await hold_part(uow, actor=actor, review_id=review_id, parts=(part,), if_match=if_match)
    refuse(errors_in(data, asked_of(held.seen, part, await measure_review(uow, held.seen))))
    held.keep(uow, data)
    return await service.show_again(uow, actor=actor, review_id=review_id)


async def save_decisions(
    uow: UnitOfWork, *, actor: Actor, review_id: UUID, data: DecidedValues, if_match: str | None
) -> ShownReview:
    """Save what the 1 over 1, or at its step HR, decides of the values marked unsure.

    Raises:
        NotFound, NotAllowed, PreconditionRequired, Stale, ActionNotAllowed: as `hold_part`.
        Invalid: it names others, a value twice, or one without the levels or the case that is due.
    """
    held = await hold_part(uow, actor=actor, review_id=review_id, parts=DECIDED, if_match=if_match)
    refuse(decision_errors(data.values, unsure_values(written_in(held.parts, "manager"))))
    held.keep(uow, Assessment(values=data.values, comment=data.comment))
    return await service.show_again(uow, actor=actor, review_id=review_id)


async def hold_part(
    uow: UnitOfWork, *, actor: Actor, review_id: UUID, parts: tuple[str, ...], if_match: str | None
) -> HeldPart:
    """That one of some parts which the caller writes at this step, in the version that they mean.

    Raises:
        NotFound: the review is outside the caller's view.
        NotAllowed: they write none of the parts at any step.
        PreconditionRequired, Stale: without If-Match, or with that of another version.
        ActionNotAllowed: it is another step's turn.
    """
    seen = await service.find_review(uow, actor=actor, review_id=review_id, lock=True)
    own = [part for part in parts if seen.rights.writes(part)]
    if not own:
        raise NotAllowed("This part of the review is not yours to write.")
    found = await repository.load_parts(uow.session, company_id=seen.review.company_id, review_id=review_id)
    check_if_match(if_match, show_review(seen, found).tag, required=True)
    part = next((one for one in own if STEP_OF_PART[one] == seen.review.step), None)
    if part is None:
        raise ActionNotAllowed(f"a review at {seen.review.step} is not assessed here now")
    return HeldPart(seen, found, part)


async def measure_review(uow: UnitOfWork, seen: SeenReview) -> Measured:
    """What a review is judged on, as it is measured now."""
    return await measure(uow, review=seen.review, cycle=seen.cycle)


def written_in(parts: Parts, part: str) -> Assessment:
    """What one side of a review wrote, submitted or not; of nothing written an empty one."""
    assessment = parts.assessments.get(part)
    return read_document(assessment.document if assessment is not None else None)


def asked_of(seen: SeenReview, part: str, measured: Measured) -> Asked:
    """What a part of a review is to say."""
    cycle = seen.cycle
    has_competency = bool(settings_of(cycle.settings).competency_share) and not cycle.is_values_only
    return Asked(
        values=[value["code"] for value in cycle.company_values or []],
        from_quarters=bool(measured.quarters),
        computed=None if cycle.is_values_only else measured.computed,
        takes_competency=has_competency and part == "manager",
    )


def refuse(errors: list[FieldError]) -> None:
    """Refuse what has errors.

    Raises:
        Invalid: naming all of them.
    """
    if errors:
        raise Invalid("the assessment cannot be taken as it is", errors=errors)
