"""The wire contract of 360: who is asked about the subject of a review, and what they say together (REV-11)."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from attain_shared.reviews.assessment_schemas import ScaleScore
from attain_shared.rules.raters import Relation
from attain_shared.wire import Code, Figure, Input, Output, Statement, Text

QUESTIONS_OF_ALL = {
    "collaboration": {"zh": "协作", "en": "Collaboration"},
    "delivery": {"zh": "交付", "en": "Delivery"},
}
"""What is asked in every round, beside its values."""

ANSWER_EXAMPLE: dict[str, Any] = {
    "scores": {"customer_first": "3.5", "collaboration": "4", "delivery": "3.75"},
    "comments": {"collaboration": "大促期间主动支援其他店铺"},
}


class RaterNomination(Input):
    """Somebody to be asked about the subject of a review."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"person_id": "0199b2c4-5f00-7a10-8000-000000000001", "relation": "peer"}]}
    )

    person_id: UUID
    """Who: somebody employed, neither the subject nor whoever assesses."""
    relation: Relation
    """What they are to the subject: `report` whose manager the subject is, `peer` with the same manager or in the same
    department, `partner` otherwise."""


class RaterDecline(Input):
    """A rater is not asked, or does not answer."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "与本人没有工作往来"}]})

    reason: Statement | None = None
    """Why: due but from the rater."""


class RaterRead(Output):
    """Somebody who is asked about the subject of a review, or is to be. Nothing tells whether they have answered."""

    id: UUID
    """The rater's place in the review."""
    review_id: UUID
    """The review."""
    person_id: UUID
    """Who it is."""
    relation: Relation
    """What they are to the subject."""
    state: Literal["nominated", "approved", "declined"]
    """Approved are those who are asked."""
    nominated_by: UUID
    """Who named them."""
    decided_by: UUID | None
    """Who approved or declined."""
    decided_at: datetime | None
    """When."""
    reason: str | None
    """Why it was declined; a rater's own reason is for the manager and HR."""
    created_at: datetime
    """When they were named."""
    allowed_actions: list[str]
    """What the caller may do about them now: `approve`, `decline`."""


class RaterQuestion(Output):
    """Something that raters score."""

    code: str = Field(examples=["collaboration"])
    """A value of the round, `collaboration` or `delivery`."""
    zh: str
    """In Chinese."""
    en: str
    """In English."""


class RaterInvitation(Output):
    """What somebody is asked about somebody else; of the review itself they see no more than this."""

    id: UUID
    """The rater's place in the review."""
    review_id: UUID
    """The review."""
    person_id: UUID
    """Whom it is about."""
    review_cycle_id: UUID
    """The round."""
    review_cycle_name: str
    """What people call it."""
    relation: Relation
    """What the caller is to them."""
    due_on: date | None
    """When the manager's assessment is due, which ends it."""
    questions: list[RaterQuestion]
    """What is asked."""
    has_answered: bool
    """Whether the caller has answered, which nobody else is told."""
    allowed_actions: list[str]
    """What the caller may do now: `answer`, `decline`."""


class RaterAnswerCreate(Input):
    """What a rater says: once, and never shown but together with what others say."""

    model_config = ConfigDict(json_schema_extra={"examples": [ANSWER_EXAMPLE]})

    scores: Annotated[dict[Code, ScaleScore], Field(min_length=1, max_length=40)]
    """By question; questions may be left out."""
    comments: Annotated[dict[Code, Text], Field(max_length=40)] = Field(default_factory=dict)
    """By question. They are shown word for word, without a name."""


class RaterFigure(Output):
    """What raters give for a question together."""

    mean: Figure
    """Two decimals, half up."""
    count: int
    """Of how many answers: three or more."""


class RaterGroup(Output):
    """What three or more raters say together."""

    name: Literal["peer", "report", "partner", "others"]
    """The relation; `others` are those of relations with fewer than three answers."""
    raters: int
    """How many: three or more."""
    score: Figure | None
    """The mean of the questions' means."""
    questions: dict[str, RaterFigure]
    """By question."""
    comments: dict[str, list[str]]
    """By question, in no order."""


class RaterResult(Output):
    """What the raters of a review say together, as it was when they were closed: computed once (REV-11)."""

    review_id: UUID
    """The review."""
    closed_at: datetime
    """Since when no answers are taken."""
    too_few: bool
    """Fewer than three answered: then nothing is shown, nor how many they were."""
    raters: int | None
    """How many answers the figures are of; those of relations too small to be shown even together are in none."""
    score: Figure | None
    """The mean of the questions' means."""
    questions: dict[str, RaterFigure]
    """By question, of all groups."""
    groups: list[RaterGroup]
    """By relation."""
