"""What the caller may see of a review and do with it, as the flow of REV-6 and the privacy of REV-7 have it."""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from attain_api.access.actor import Actor
from attain_shared.clock import business_day
from attain_shared.errors import ActionNotAllowed, NotAllowed
from attain_shared.reviews.flow import answer_by
from attain_shared.reviews.models import Review, ReviewAssessment
from attain_shared.rules import review_flow as flow
from attain_shared.rules.review_flow import Action, Guard, Party, Step

STEP_OF_PART = {
    "self": Step.SELF_ASSESSMENT,
    "manager": Step.MANAGER_ASSESSMENT,
    "second_level": Step.SECOND_LEVEL,
    "hr": Step.HR,
}
"""At which step each part is written."""

_allowed = lru_cache(maxsize=None)(flow.allowed)  # asked for each row of a list; there are not many cases


@dataclass(frozen=True)
class Rights:
    """The caller's rights on one review."""

    actor_id: UUID
    review: Review
    parties: frozenset[Party]
    """What the caller is to it."""
    is_locked: bool
    """Whether its calibration group is."""

    @classmethod
    def of(cls, row: Row[Any], *, actor: Actor) -> "Rights":
        """Out of a row of `repository.relation_columns`."""
        review: Review = row.Review
        me, assessors = actor.principal_id, review.assessors
        checks_own = me in assessors and review.step in flow.CHECKING
        employed = {"hr": row.hr_ids, "executives": row.executive_ids}
        hr = flow.hr_parties(subject=review.person_id, assessors=assessors, **employed)
        held = {
            Party.SUBJECT: review.person_id == me,
            Party.MANAGER: review.manager_id == me,
            Party.SECOND_LEVEL: review.second_level_id == me and me not in assessors,
            Party.HR: me in hr,
            Party.HEAD: row.leads,
            Party.SETTLER: me in flow.settlers(inside=row.inside_ids, **employed),
            Party.DELEGATE: row.delegate_id == me and not checks_own,
        }
        parties = frozenset(party for party, holds in held.items() if holds)
        return cls(me, review, flow.own_parties(parties), bool(row.is_locked))

    @property
    def is_subject(self) -> bool:
        """Whether it is the caller's own."""
        return Party.SUBJECT in self.parties

    @property
    def sees_judgement(self) -> bool:
        """Whether the caller sees what was judged: the subject does from `interview` on (REV-7)."""
        return not self.is_subject or self.review.published_at is not None

    @property
    def sees_surprises(self) -> bool:
        """Whether what came without feedback is flagged to the caller (REV-10)."""
        return not self.parties.isdisjoint({Party.SECOND_LEVEL, Party.HR})

    def writes(self, part: str) -> bool:
        """Whether the caller is who writes a part: the owner of its step, or whom that was delegated to."""
        step = STEP_OF_PART[part]
        is_owner = not self.parties.isdisjoint(flow.OWNERS[step])
        return is_owner or (Party.DELEGATE in self.parties and self.review.step == step)

    def sees(self, assessment: ReviewAssessment) -> bool:
        """Whether the caller sees what one side wrote: a draft is seen by those who write it alone (REV-7)."""
        if assessment.submitted_at is None:
            return self.writes(assessment.part)
        return assessment.part == "self" or self.sees_judgement

    @property
    def holding(self) -> frozenset[Guard]:
        """The guards of REV-6 that hold now."""
        review = self.review
        held = {
            Guard.ONCE: review.appealed_at is None,
            Guard.IN_TIME: review.interviewed_at is not None and business_day() <= answer_by(review.interviewed_at),
            Guard.LOCKED: self.is_locked,
            Guard.UNLOCKED: not self.is_locked,
        }
        return frozenset(guard for guard, holds in held.items() if holds)

    @cached_property
    def allowed_actions(self) -> tuple[Action, ...]:
        """What the caller may do with the review now."""
        return _allowed(Step(self.review.step), self.parties, self.holding)

    @property
    def is_delegate(self) -> bool:
        """Whether the caller acts at this step in its owner's place."""
        owners = flow.OWNERS.get(Step(self.review.step), ())
        return Party.DELEGATE in self.parties and self.parties.isdisjoint(owners)

    def check_ever(self, action: Action) -> None:
        """Refuse a caller whom no step would allow this action.

        Raises:
            NotAllowed: the review is seen, but not this caller's to act on.
        """
        if action not in flow.ever_allowed(self.parties):
            raise NotAllowed(f"You may not {action} this review.")

    def check_now(self, action: Action) -> None:
        """Refuse what is not to be done at this step.

        Raises:
            ActionNotAllowed: another step, or another moment, would allow it to this caller.
        """
        if action not in self.allowed_actions:
            raise ActionNotAllowed(f"a review at {self.review.step} does not allow to {action} it now")
