"""Raters, invitations and results as their readers see them (REV-11)."""

from attain_api.raters.repository import Invited
from attain_api.reviews.rights import Rights
from attain_shared.reviews.models import Review, ReviewCycle
from attain_shared.reviews.rater_models import ReviewRater
from attain_shared.reviews.rater_schemas import (
    QUESTIONS_OF_ALL,
    RaterInvitation,
    RaterQuestion,
    RaterRead,
    RaterResult,
)
from attain_shared.rules.review_flow import Party, Step

_OWN = ("id", "review_id", "person_id", "relation", "nominated_by", "decided_by", "decided_at", "created_at")


def manages(rights: Rights) -> bool:
    """Whether the caller decides who is asked: whoever assesses, and HR."""
    return Party.HR in rights.parties or rights.writes("manager")


def nominates(rights: Rights) -> bool:
    """Whether the caller names raters: the subject does, too."""
    return rights.is_subject or manages(rights)


def reads(rights: Rights) -> bool:
    """Whether the caller sees who is asked and what they say together: the 1 over 1 does, too."""
    return nominates(rights) or Party.SECOND_LEVEL in rights.parties


def is_open(review: Review) -> bool:
    """Whether raters are named and answer: until they are closed, at the latest when the manager submits."""
    return review.raters_closed_at is None and review.step in {Step.SELF_ASSESSMENT, Step.MANAGER_ASSESSMENT}


def read_rater(rater: ReviewRater, rights: Rights) -> RaterRead:
    """A rater; whether they have answered is nobody's to know, so what may be done about them must not tell either."""
    state = "approved" if rater.state == "answered" else rater.state
    may_decide = state == "nominated" and manages(rights) and is_open(rights.review)
    is_raters_own = rater.decided_by == rater.person_id
    shown = {name: getattr(rater, name) for name in _OWN}
    shown |= {"state": state, "allowed_actions": ["approve", "decline"] if may_decide else []}
    return RaterRead.model_validate(shown | {"reason": None if is_raters_own and rights.is_subject else rater.reason})


def questions_of(cycle: ReviewCycle) -> list[RaterQuestion]:
    """What raters are asked in a round: its values, and what is asked in every round."""
    values = [
        RaterQuestion(code=value["code"], zh=value["name_zh"], en=value["name_en"])
        for value in cycle.company_values or ()
    ]
    own = {question.code for question in values}
    return values + [RaterQuestion(code=code, **names) for code, names in QUESTIONS_OF_ALL.items() if code not in own]


def read_invitation(invited: Invited) -> RaterInvitation:
    """What somebody is asked, with nothing of the review but whose it is and until when."""
    rater, review, cycle = invited
    is_waiting = rater.state == "approved" and is_open(review)
    return RaterInvitation.model_validate(
        {
            "id": rater.id,
            "review_id": review.id,
            "person_id": review.person_id,
            "review_cycle_id": cycle.id,
            "review_cycle_name": cycle.name,
            "relation": rater.relation,
            "due_on": cycle.due.get(Step.MANAGER_ASSESSMENT.value),
            "questions": questions_of(cycle),
            "has_answered": rater.state == "answered",
            "allowed_actions": ["answer", "decline"] if is_waiting else [],
        }
    )


def read_result(review: Review) -> RaterResult:
    """What the raters of a review say together, once they are closed."""
    result = review.raters_result
    assert result is not None  # stored when they were closed
    own = {"review_id": review.id, "closed_at": review.raters_closed_at, "too_few": not result["raters"]}
    return RaterResult.model_validate(result | own | {"raters": result["raters"] or None})
