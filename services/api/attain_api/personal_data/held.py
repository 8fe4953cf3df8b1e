"""Where a company holds something on a person (SEC-6): said once, for the export and for the test that it is all."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select

from attain_shared.access.models import Account, AccountIdentity, Membership, OneTimeLink, Session
from attain_shared.alerts.models import Alert, AlertRule
from attain_shared.audit.models import AuditEntry
from attain_shared.check_ins.models import CheckIn, CheckInComment, CheckInGoal
from attain_shared.db.base import SECRET, Base
from attain_shared.departments.models import Department, DepartmentSpell
from attain_shared.goals.models import Goal, GoalEvent, IndicatorEntry, Milestone
from attain_shared.people.models import Person, PersonEvent, PersonSpell
from attain_shared.positions.models import Successor
from attain_shared.recognitions.models import Recognition, RecognitionPerson
from attain_shared.reviews.calibration_models import RatingChange
from attain_shared.reviews.follow_up_models import (
    ActionItem,
    Decision,
    Feedback,
    ImprovementPlan,
    Interview,
    Reminder,
)
from attain_shared.reviews.models import (
    Review,
    ReviewAssessment,
    ReviewDelegation,
    ReviewEvent,
    ReviewGoal,
)
from attain_shared.reviews.rater_models import ReviewRater
from attain_shared.shops.models import ShopOwner

OF_REVIEW = (
    "id", "review_cycle_id", "department_id", "manager_id", "second_level_id", "step", "due_on", "interviewed_at",
    "appealed_at", "closed_at", "created_at",
)  # fmt: skip
"""What is the subject's to see of a review at any time (REV-7) …"""
JUDGED = (
    "id", "frozen_as_of", "goals_score", "team_score", "competency_score", "performance", "values_score",
    "values_failed", "overall", "suggested_rating", "rating", "quadrant", "raters_result", "published_at",
)  # fmt: skip
"""… and from the interview on."""

NOTED = frozenset({"private_note"})
"""What the writer of a check-in notes for nobody else."""

Condition = Callable[[UUID, UUID], ColumnElement[bool]]
"""From a company and a person."""


@dataclass(frozen=True, kw_only=True)
class Held:
    """A kind of record that is held on people."""

    name: str
    model: type[Base]
    of: Condition
    only: tuple[str, ...] = ()
    """The columns that speak of the person; all, without any."""
    hidden: frozenset[str] = field(default_factory=frozenset)
    """Columns left out, beside those marked SECRET."""
    is_private: bool = False
    """Told to nobody but the person: what belongs to the account, which may serve other companies too (ORG-0), and
    what the person does in the reviews of others, who may be whoever asks (REV-7, REV-11)."""

    @property
    def columns(self) -> Iterator[str]:
        """What is shown of a row."""
        for attribute in self.model.__mapper__.column_attrs:
            shown = attribute.key in self.only if self.only else attribute.key not in self.hidden
            if shown and attribute.columns[0].info != SECRET and attribute.key != "company_id":
                yield attribute.key

    def select(self, company_id: UUID, person_id: UUID) -> Select[Any]:
        """The rows on a person, in the order of their keys: where they lie tells what was written last (REV-7)."""
        columns = (getattr(self.model, name) for name in self.columns)
        return select(*columns).where(self.of(company_id, person_id)).order_by(*self.model.__table__.primary_key)


def events_of(company_id: UUID, person_id: UUID) -> Select[UUID]:
    """For `in_`: the ids of a person's events."""
    return select(PersonEvent.id).where(PersonEvent.company_id == company_id, PersonEvent.person_id == person_id)


def accounts_of(company_id: UUID, person_id: UUID) -> Select[UUID]:
    """For `in_`: the person's account."""
    return select(Membership.account_id).where(Membership.company_id == company_id, Membership.person_id == person_id)


def ids_about(company_id: UUID, person_id: UUID) -> tuple[Select[UUID], ...]:
    """The ids by which the trail speaks of the person, beside the person's own."""
    accounts = accounts_of(company_id, person_id)
    return (
        events_of(company_id, person_id),
        select(Session.id).where(Session.company_id == company_id, Session.account_id.in_(accounts)),
        select(OneTimeLink.id).where(OneTimeLink.company_id == company_id, OneTimeLink.person_id == person_id),
    )


def is_about(company_id: UUID, person_id: UUID) -> ColumnElement[bool]:
    """Whether the audit entry in a row is about the person."""
    of_records = (AuditEntry.resource_id.in_(ids) for ids in ids_about(company_id, person_id))
    return or_(AuditEntry.resource_id == person_id, *of_records)


def _by(model: Any, column: str = "person_id") -> Condition:  # noqa: ANN401  # any model with these columns
    return lambda company_id, person_id: (model.company_id == company_id) & (getattr(model, column) == person_id)


def _judged(model: Any) -> Condition:  # noqa: ANN401  # any model with a review
    """What belongs to those of the person's reviews whose judgement is theirs to see (REV-7)."""

    def belongs(company_id: UUID, person_id: UUID) -> ColumnElement[bool]:
        reviews = select(Review.id).where(_judged_reviews(company_id, person_id))
        return and_(model.company_id == company_id, model.review_id.in_(reviews))

    return belongs


def _read_assessments(company_id: UUID, person_id: UUID) -> ColumnElement[bool]:
    """What was written in the person's reviews, as far as they see it: no drafts (REV-7)."""
    own, judged = (
        ReviewAssessment.review_id.in_(select(Review.id).where(of(company_id, person_id)))
        for of in (_by(Review), _judged_reviews)
    )
    return and_(
        ReviewAssessment.company_id == company_id,
        ReviewAssessment.submitted_at.is_not(None),
        judged | (own & (ReviewAssessment.part == "self")),
    )


def _judged_reviews(company_id: UUID, person_id: UUID) -> ColumnElement[bool]:
    """The person's reviews whose judgement they see."""
    return _by(Review)(company_id, person_id) & Review.published_at.is_not(None)


def _approved_decisions(company_id: UUID, person_id: UUID) -> ColumnElement[bool]:
    """Those on the person that are made, and known to them."""
    return _judged(Decision)(company_id, person_id) & (Decision.state == "approved")


def _reports(company_id: UUID, person_id: UUID) -> ColumnElement[bool]:
    """The person's check-ins that others read: neither drafts nor 1:1 notes (CULT-1)."""
    return _by(CheckIn)(company_id, person_id) & (CheckIn.state == "submitted") & (CheckIn.kind != "one_on_one")


def _shared_notes(company_id: UUID, person_id: UUID) -> ColumnElement[bool]:
    """What others noted of 1:1s with the person, and let them read."""
    return _by(CheckIn, "with_person_id")(company_id, person_id) & (CheckIn.state == "submitted")


def _in(model: Any, of: Condition) -> Condition:  # noqa: ANN401  # any model with a check-in
    """What belongs to some check-ins."""

    def belongs(company_id: UUID, person_id: UUID) -> ColumnElement[bool]:
        check_ins = select(CheckIn.id).where(of(company_id, person_id))
        return and_(model.company_id == company_id, model.check_in_id.in_(check_ins))

    return belongs


def _recognitions_to(company_id: UUID, person_id: UUID) -> ColumnElement[bool]:
    to_person = select(RecognitionPerson.recognition_id).where(_by(RecognitionPerson)(company_id, person_id))
    return and_(Recognition.company_id == company_id, Recognition.id.in_(to_person))


HELD = (
    Held(name="person", model=Person, of=_by(Person, "id")),
    Held(name="events", model=PersonEvent, of=_by(PersonEvent)),
    Held(name="spells", model=PersonSpell, of=_by(PersonSpell)),
    Held(name="successions", model=Successor, of=_by(Successor)),
    Held(name="goals", model=Goal, of=_by(Goal)),
    Held(
        name="goals_helped_with",
        model=Goal,
        of=lambda company_id, person_id: (Goal.company_id == company_id) & Goal.collaborators.contains([person_id]),
        only=("id", "title"),
    ),
    Held(name="milestones", model=Milestone, of=_by(Milestone, "owner_id")),
    Held(name="indicator_entries", model=IndicatorEntry, of=_by(IndicatorEntry, "entered_by")),
    Held(
        name="goal_events",
        model=GoalEvent,
        of=_by(GoalEvent, "actor_id"),
        only=("goal_id", "action", "is_stand_in", "reason", "created_at"),
    ),
    Held(name="shop_shares", model=ShopOwner, of=_by(ShopOwner)),
    Held(name="departments_headed", model=Department, of=_by(Department, "head_id"), only=("id", "name")),
    Held(
        name="departments_headed_before",
        model=DepartmentSpell,
        of=_by(DepartmentSpell, "head_id"),
        only=("department_id", "name", "starts_on", "ends_on"),
    ),
    Held(name="reviews", model=Review, of=_by(Review), only=OF_REVIEW),
    Held(name="review_results", model=Review, of=_judged_reviews, only=JUDGED),
    Held(name="review_goals", model=ReviewGoal, of=_judged(ReviewGoal)),
    Held(name="review_events", model=ReviewEvent, of=_judged(ReviewEvent)),
    Held(name="assessments", model=ReviewAssessment, of=_read_assessments),
    Held(name="rating_changes", model=RatingChange, of=_judged(RatingChange)),
    Held(name="interviews", model=Interview, of=_judged(Interview)),
    Held(name="action_items", model=ActionItem, of=_judged(ActionItem)),
    Held(name="improvement_plans", model=ImprovementPlan, of=_judged(ImprovementPlan)),
    Held(name="decisions", model=Decision, of=_approved_decisions),
    Held(name="feedback", model=Feedback, of=_by(Feedback)),
    Held(name="reports", model=CheckIn, of=_reports, hidden=NOTED),
    Held(name="report_goals", model=CheckInGoal, of=_in(CheckInGoal, _reports)),
    Held(name="report_comments", model=CheckInComment, of=_in(CheckInComment, _reports)),
    Held(name="check_ins", model=CheckIn, of=_by(CheckIn), is_private=True),
    Held(name="check_in_goals", model=CheckInGoal, of=_in(CheckInGoal, _by(CheckIn)), is_private=True),
    Held(name="check_in_comments", model=CheckInComment, of=_by(CheckInComment, "author_id"), is_private=True),
    Held(name="one_on_ones", model=CheckIn, of=_shared_notes, hidden=NOTED, is_private=True),
    Held(name="recognitions", model=Recognition, of=_recognitions_to),
    Held(name="recognitions_given", model=Recognition, of=_by(Recognition, "author_id")),
    Held(name="recognised_in", model=RecognitionPerson, of=_by(RecognitionPerson)),
    Held(name="feedback_given", model=Feedback, of=_by(Feedback, "author_id")),
    Held(name="assessments_written", model=ReviewAssessment, of=_by(ReviewAssessment, "saved_by"), is_private=True),
    Held(name="done_in_reviews", model=ReviewEvent, of=_by(ReviewEvent, "actor_id"), is_private=True),
    Held(name="stood_in", model=ReviewDelegation, of=_by(ReviewDelegation), is_private=True),
    Held(name="actions_owned", model=ActionItem, of=_by(ActionItem, "owner_id"), is_private=True),
    Held(name="plans_owned", model=ImprovementPlan, of=_by(ImprovementPlan, "owner_id"), is_private=True),
    Held(name="asked_to_rate", model=ReviewRater, of=_by(ReviewRater), is_private=True),
    Held(name="reminders", model=Reminder, of=_by(Reminder), is_private=True),
    Held(name="alert_rules_owned", model=AlertRule, of=_by(AlertRule, "owner_id"), only=("id", "name")),
    Held(name="alerts_owned", model=Alert, of=_by(Alert, "owner_id"), only=("id", "kind", "raised_at", "cleared_at")),
    Held(
        name="alerts_taken_on",
        model=Alert,
        of=_by(Alert, "acknowledged_by"),
        only=("id", "kind", "acknowledged_at", "comment"),
    ),
    Held(name="membership", model=Membership, of=_by(Membership), hidden=frozenset({"account_id"})),
    Held(name="links", model=OneTimeLink, of=_by(OneTimeLink)),
    Held(
        name="sessions",
        model=Session,
        of=lambda company_id, person_id: (
            (Session.company_id == company_id) & Session.account_id.in_(accounts_of(company_id, person_id))
        ),
        hidden=frozenset({"account_id"}),
    ),
    Held(
        name="account",
        model=Account,
        of=lambda company_id, person_id: Account.id.in_(accounts_of(company_id, person_id)),
        is_private=True,
    ),
    Held(
        name="identities",
        model=AccountIdentity,
        of=lambda company_id, person_id: AccountIdentity.account_id.in_(accounts_of(company_id, person_id)),
        is_private=True,
    ),
    Held(
        name="audit_entries",
        model=AuditEntry,
        of=lambda company_id, person_id: (AuditEntry.company_id == company_id) & is_about(company_id, person_id),
        hidden=frozenset({"digests", "digest"}),
    ),
    Held(
        name="audited_actions",
        model=AuditEntry,
        of=_by(AuditEntry, "actor_id"),
        only=("occurred_at", "action", "resource_type", "resource_id", "request_id"),
    ),
)
