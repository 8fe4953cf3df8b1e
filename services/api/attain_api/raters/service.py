"""360: peers, reports and partners say what they think of somebody, and nobody learns who said what (REV-11).

Until the raters are closed nothing that anybody gets, the rater's own invitation apart, depends on whether or what
somebody has answered: neither the list of raters nor what may be done about one of them. So an approved rater is not
declined any more but by themselves; else the refusal would tell who has answered.
"""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from attain_api.access.actor import Actor
from attain_api.conditional import check_if_match, content_tag
from attain_api.paging import PageQuery
from attain_api.problems import pointer
from attain_api.raters import repository
from attain_api.raters.closing import close_raters
from attain_api.raters.reading import (
    is_open,
    manages,
    nominates,
    questions_of,
    read_invitation,
    read_rater,
    read_result,
    reads,
)
from attain_api.raters.repository import Invited
from attain_api.reviews import service as reviews
from attain_api.reviews.rights import Rights
from attain_shared.clock import business_day, utc_now
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import ActionNotAllowed, Conflict, FieldError, Invalid, NotAllowed, NotFound
from attain_shared.identifiers import new_id
from attain_shared.people.models import PersonSpell
from attain_shared.reviews import flow
from attain_shared.reviews.models import Review
from attain_shared.reviews.rater_models import RaterAnswer, ReviewRater
from attain_shared.reviews.rater_schemas import (
    RaterAnswerCreate,
    RaterInvitation,
    RaterNomination,
    RaterRead,
    RaterResult,
)
from attain_shared.rules.raters import Relation
from attain_shared.wire import plain_decimal


class RatersOpen(Conflict):
    """There is no result while answers are taken."""

    code, title = "raters-open", "Answers still taken"


class RatersClosed(Conflict):
    """No more raters are named, and no more answers taken."""

    code, title = "raters-closed", "Raters closed"


class RaterTaken(Conflict):
    """The person is a rater of the review already."""

    code, title = "rater-taken", "Rater already named"


class AlreadyAnswered(Conflict):
    """A rater answers once."""

    code, title = "already-answered", "Already answered"


async def list_raters(
    uow: UnitOfWork, *, actor: Actor, review_id: UUID, query: PageQuery
) -> tuple[list[RaterRead], str | None]:
    """A part of who is asked, or is to be."""
    rights = await _find(uow, actor=actor, review_id=review_id)
    raters, cursor = await repository.list_raters(
        uow.session, company_id=actor.company_id, review_id=review_id, query=query
    )
    return [read_rater(rater, rights) for rater in raters], cursor


async def nominate(uow: UnitOfWork, *, actor: Actor, review_id: UUID, data: RaterNomination) -> RaterRead:
    """Name a rater: whom the subject names, the manager or HR approves.

    Raises:
        NotFound: the review is outside the caller's view.
        NotAllowed: raters are named by the subject, the manager and HR.
        RatersClosed: too late.
        Invalid: nobody who may be asked, or not in this relation.
        RaterTaken: named already.
    """
    seen = await reviews.find_review(uow, actor=actor, review_id=review_id, lock=True)
    if not nominates(seen.rights):
        raise NotAllowed("Raters are named by the employee, the manager and HR.")
    _check_open(seen.review)
    await _check_eligible(uow, seen.review, data)
    is_approved = manages(seen.rights)
    rater = ReviewRater(
        company_id=actor.company_id,
        id=new_id(),
        review_id=review_id,
        person_id=data.person_id,
        relation=data.relation.value,
        state="approved" if is_approved else "nominated",
        nominated_by=actor.principal_id,
        decided_by=actor.principal_id if is_approved else None,
        decided_at=utc_now() if is_approved else None,
    )
    uow.session.add(rater)
    try:
        await uow.session.flush()
    except IntegrityError as error:
        if "uq_review_raters_company_id_review_id_person_id" in str(error.orig):
            raise RaterTaken("This person was named already.") from error
        raise
    return read_rater(rater, seen.rights)


async def decide(
    uow: UnitOfWork,
    *,
    actor: Actor,
    review_id: UUID,
    rater_id: UUID,
    decision: str,
    reason: str | None,
    if_match: str | None,
) -> RaterRead:
    """Approve (`approved`) or decline (`declined`) whom the subject named.

    Raises:
        NotFound: no such rater in the caller's view.
        NotAllowed: that is for the manager and HR.
        Stale: If-Match names another version.
        ActionNotAllowed: it was decided before, or the raters are closed.
        Invalid: declined without a reason.
    """
    rights = await _find(uow, actor=actor, review_id=review_id, lock=True)
    rater = await repository.find_rater(
        uow.session, company_id=actor.company_id, review_id=review_id, rater_id=rater_id, lock=True
    )
    if rater is None:
        raise NotFound("no such rater")
    if not manages(rights):
        raise NotAllowed("Raters are approved by the manager and HR.")
    shown = read_rater(rater, rights)
    check_if_match(if_match, content_tag(shown))
    if not shown.allowed_actions:
        raise ActionNotAllowed("a rater is approved or declined once, until the raters are closed")
    if decision == "declined" and reason is None:
        raise Invalid.field("/reason", "missing", "say why you decline the rater")
    _decide(rater, decision, actor=actor, reason=reason)
    await uow.session.flush()
    return read_rater(rater, rights)


async def close(uow: UnitOfWork, *, actor: Actor, review_id: UUID) -> RaterResult:
    """Take no more answers, and see what they come to.

    Raises:
        NotFound: the review is outside the caller's view.
        NotAllowed: that is for the manager and HR.
        ActionNotAllowed: they are closed already.
    """
    rights = await _find(uow, actor=actor, review_id=review_id, lock=True)
    if not manages(rights):
        raise NotAllowed("Raters are closed by the manager and HR.")
    if not is_open(rights.review):
        raise ActionNotAllowed("the raters are closed already")
    flow.record(
        uow.session,
        rights.review,
        action="close_raters",
        actor_id=actor.principal_id,
        is_delegate=rights.is_delegate,
    )
    await close_raters(uow, rights.review)
    await uow.session.flush()
    return read_result(rights.review)


async def get_result(uow: UnitOfWork, *, actor: Actor, review_id: UUID) -> RaterResult:
    """What the raters say together.

    Raises:
        NotFound, NotAllowed: it is not for the caller.
        RatersOpen: answers are still taken.
        Conflict: the subject sees it once the review is published (REV-7).
    """
    rights = await _find(uow, actor=actor, review_id=review_id)
    if rights.review.raters_closed_at is None:
        raise RatersOpen("There is a result once the raters are closed.")
    if not rights.sees_judgement:
        raise Conflict("You see the result from the interview on.", code="result-not-published")
    return read_result(rights.review)


async def list_invitations(
    uow: UnitOfWork, *, actor: Actor, has_answered: bool | None, query: PageQuery
) -> tuple[list[RaterInvitation], str | None]:
    """A part of what the caller is asked about others."""
    invited, cursor = await repository.list_invitations(
        uow.session,
        company_id=actor.company_id,
        person_id=actor.principal_id,
        has_answered=has_answered,
        query=query,
    )
    return [read_invitation(one) for one in invited], cursor


async def answer(
    uow: UnitOfWork, *, actor: Actor, review_id: UUID, rater_id: UUID, data: RaterAnswerCreate, if_match: str | None
) -> RaterInvitation:
    """Answer, once. What is said is kept apart from who said it, and neither is in the audit trail.

    Raises:
        NotFound: the caller was not asked, or the review is outside their view.
        NotAllowed: somebody else was asked.
        AlreadyAnswered: the caller has answered.
        RatersClosed: too late.
        Invalid: of something that was not asked.
    """
    invited = await _hold_invitation(uow, actor=actor, rater_id=rater_id)
    if invited is None or invited.review.id != review_id:
        raise await _refusal(uow, actor=actor, review_id=review_id, rater_id=rater_id)
    check_if_match(if_match, content_tag(read_invitation(invited)))
    _check_open(invited.review)
    if invited.rater.state == "answered":
        raise AlreadyAnswered("You have answered.")
    _check_questions(invited, data)
    invited.rater.state = "answered"
    uow.session.add(
        RaterAnswer(
            company_id=actor.company_id,
            review_id=review_id,
            relation=invited.rater.relation,
            scores={code: plain_decimal(score.normalize()) for code, score in sorted(data.scores.items())},
            comments={code: text.strip() for code, text in sorted(data.comments.items()) if text.strip()},
        )
    )
    await uow.session.flush()
    return read_invitation(invited)


async def decline_invitation(
    uow: UnitOfWork, *, actor: Actor, rater_id: UUID, reason: str | None, if_match: str | None
) -> RaterInvitation:
    """Say that one will not answer.

    Raises:
        NotFound: the caller was not asked.
        AlreadyAnswered, RatersClosed: too late.
    """
    invited = await _hold_invitation(uow, actor=actor, rater_id=rater_id)
    if invited is None:
        raise NotFound("no such invitation")
    check_if_match(if_match, content_tag(read_invitation(invited)))
    _check_open(invited.review)
    if invited.rater.state == "answered":
        raise AlreadyAnswered("You have answered.")
    _decide(invited.rater, "declined", actor=actor, reason=reason)
    await uow.session.flush()
    return read_invitation(invited)


async def _find(uow: UnitOfWork, *, actor: Actor, review_id: UUID, lock: bool = False) -> Rights:
    """The caller's rights on a review whose raters they see."""
    seen = await reviews.find_review(uow, actor=actor, review_id=review_id, lock=lock)
    if not reads(seen.rights):
        raise NotAllowed("Raters are seen by the employee, the manager, the 1 over 1 and HR.")
    return seen.rights


async def _hold_invitation(uow: UnitOfWork, *, actor: Actor, rater_id: UUID) -> Invited | None:
    invited = await repository.hold_invitation(
        uow.session, company_id=actor.company_id, person_id=actor.principal_id, rater_id=rater_id
    )
    return invited if invited is not None and invited.rater.state in repository.ASKED else None


async def _refusal(uow: UnitOfWork, *, actor: Actor, review_id: UUID, rater_id: UUID) -> NotAllowed | NotFound:
    """Of somebody who is not asked: as far as they may know that anybody is."""
    await _find(uow, actor=actor, review_id=review_id)
    rater = await repository.find_rater(
        uow.session, company_id=actor.company_id, review_id=review_id, rater_id=rater_id
    )
    return NotFound("no such rater") if rater is None else NotAllowed("Only whoever is asked answers.")


def _decide(rater: ReviewRater, decision: str, *, actor: Actor, reason: str | None) -> None:
    rater.state, rater.reason = decision, reason
    rater.decided_by, rater.decided_at = actor.principal_id, utc_now()


def _check_open(review: Review) -> None:
    if not is_open(review):
        raise RatersClosed("No more answers are taken for this review.")


def _check_questions(invited: Invited, data: RaterAnswerCreate) -> None:
    asked = {question.code for question in questions_of(invited.cycle)}
    given: tuple[tuple[str, Mapping[str, object]], ...] = (("scores", data.scores), ("comments", data.comments))
    errors = [
        FieldError(pointer((part, code)), "unknown-question", "this is not asked in the round")
        for part, codes in given
        for code in codes
        if code not in asked
    ]
    if errors:
        raise Invalid("The answer is not valid; see `errors`.", errors=errors)


async def _check_eligible(uow: UnitOfWork, review: Review, data: RaterNomination) -> None:
    if data.person_id in {review.person_id, review.manager_id}:
        raise Invalid.field("/person_id", "not-a-rater", "neither the employee nor whoever assesses is a rater")
    spells = await repository.find_spells(
        uow.session,
        company_id=review.company_id,
        person_ids=[review.person_id, data.person_id],
        on=business_day(),
    )
    rater, subject = spells.get(data.person_id), spells.get(review.person_id)
    if rater is None or subject is None:
        raise Invalid.field("/person_id", "unknown-person", "There is no such person.")
    if rater.status != "employed":
        raise Invalid.field("/person_id", "not-employed", "only who is employed today is a rater")
    relation = _relation(subject, rater)
    if data.relation is not relation:
        raise Invalid.field("/relation", "other-relation", f"they are a {relation} of the employee")


def _relation(subject: PersonSpell, rater: PersonSpell) -> Relation:
    """What a rater is to the subject, by where both stand today."""
    if rater.manager_id == subject.person_id:
        return Relation.REPORT
    shared = (
        rater.manager_id is not None and rater.manager_id == subject.manager_id,
        rater.department_id is not None and rater.department_id == subject.department_id,
    )
    return Relation.PEER if any(shared) else Relation.PARTNER
