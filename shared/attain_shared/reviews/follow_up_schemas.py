"""The wire contract of what comes before and after a rating: feedback, the interview, action items, plans (REV-10, CULT-1)."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import MISSING, ConfigDict, Field

from attain_shared.reviews.schemas import ReviewLabel
from attain_shared.rules.quadrants import FollowUpKind
from attain_shared.wire import Day, Input, Name, Output, Statement, Text

FeedbackKind = Literal["positive", "constructive", "negative"]
ActionItemState = Literal["open", "done", "cancelled"]
PlanState = Literal["open", "succeeded", "failed", "cancelled"]

MAX_ACTIONS = 5
"""Action items of an interview at most (REV-10)."""

_PERSON = "0199b2c4-5f00-7a10-8000-000000000001"
INTERVIEW_EXAMPLE: dict[str, Any] = {
    "held_on": "2026-10-28",
    "good": [{"behaviour": "双11当晚主动跟进 37 位客户的补发", "consequence": "无一差评"}],
    "improve": [
        {
            "behaviour": "两次周报未附转化数据",
            "consequence": "投放调整晚了一周",
            "evaluation": "信息同步不及时",
            "expectation": "周一中午前附数据提交",
            "on": "2026-09-14",
        }
    ],
    "expectations": "下季度独立负责一个活动",
    "actions": [{"title": "每周一提交附数据的周报", "owner_id": _PERSON, "due_on": "2026-12-31"}],
}


class Case(Input):
    """What somebody did, and what came of it: the ground of any feedback (REV-10, CULT-1)."""

    behaviour: Statement
    """What was done."""
    consequence: Statement
    """What came of it."""


class InterviewCase(Case):
    """A case of an interview."""

    evaluation: Statement | None = None
    """What is thought of it."""
    expectation: Statement | None = None
    """What is expected from now on."""
    on: Day | None = None
    """When it was."""


class ActionItemCreate(Input):
    """Something agreed on in an interview."""

    title: Name
    """What is to be done."""
    owner_id: UUID
    """Who sees to it: somebody employed."""
    due_on: Day
    """By when: today or later."""


class InterviewCreate(Input):
    """The interview (绩效面谈) as whoever held it records it (REV-10)."""

    model_config = ConfigDict(json_schema_extra={"examples": [INTERVIEW_EXAMPLE]})

    held_on: Day
    """The day it was held: from the day of publication to today."""
    good: Annotated[list[InterviewCase], Field(max_length=20)] = Field(default_factory=list)
    """What went well; here or in `improve` there is one case at least."""
    improve: Annotated[list[InterviewCase], Field(max_length=20)] = Field(default_factory=list)
    """What is to become better."""
    expectations: Statement | None = None
    """What is expected of the time ahead."""
    actions: Annotated[list[ActionItemCreate], Field(max_length=MAX_ACTIONS)] = Field(default_factory=list)
    """What was agreed on: five at most."""


class ActionItemRead(Output):
    """Something to be done after a review, followed up until it is done (REV-9, REV-10)."""

    id: UUID
    """The action item."""
    review_id: UUID
    """The review that it came out of."""
    person_id: UUID
    """Whom it is about."""
    owner_id: UUID
    """Who sees to it."""
    origin: Literal["interview", "quadrant"]
    """Agreed on in the interview, or what the quadrant asks for."""
    kind: FollowUpKind | None
    """Of a quadrant's follow-up, which; null of an interview's."""
    kind_label: ReviewLabel | None
    """What that kind is called."""
    title: str
    """What is to be done."""
    due_on: date
    """By when."""
    state: ActionItemState
    """`cancelled` with its review."""
    note: str | None
    """What came of it."""
    done_on: date | None
    """When it was done."""
    created_at: datetime
    """When it was opened."""
    allowed_actions: list[Literal["change"]]
    """What the caller may do with it now."""


class ActionItemUpdate(Input):
    """What to change of an action item: absent means unchanged, null clears."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"state": "done", "note": "三周的周报均附数据"}]})

    state: Literal["open", "done"] | MISSING = MISSING
    """`done`, or `open` again."""
    note: Text | MISSING | None = MISSING
    """What came of it."""
    due_on: Day | MISSING = MISSING
    """By when: today or later."""


class ImprovementPlanRead(Output):
    """What is to become better after a rating of 3.25 or less (REV-10)."""

    id: UUID
    """The plan."""
    review_id: UUID
    """The review that it came out of."""
    person_id: UUID
    """Whose it is."""
    owner_id: UUID
    """Who leads it: whoever assessed."""
    state: PlanState
    """`cancelled` with its review, or where an appeal raised the rating."""
    starts_on: date
    """From when."""
    due_on: date
    """Until when."""
    objectives: str | None
    """What is to be reached, and how it is seen."""
    support: str | None
    """What the company does for it."""
    outcome: str | None
    """What came of it."""
    created_at: datetime
    """When it was opened."""
    allowed_actions: list[Literal["change"]]
    """What the caller may do with it now."""


class ImprovementPlanUpdate(Input):
    """What to change of an improvement plan: absent means unchanged, null clears."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"objectives": "连续八周转化率不低于 3%", "support": "每周一次辅导", "due_on": "2027-01-31"}]
        }
    )

    objectives: Statement | MISSING | None = MISSING
    """What is to be reached, and how it is seen."""
    support: Statement | MISSING | None = MISSING
    """What the company does for it."""
    due_on: Day | MISSING = MISSING
    """Until when: today or later."""
    state: Literal["open", "succeeded", "failed"] | MISSING = MISSING
    """An end is for good, and needs an outcome."""
    outcome: Statement | MISSING | None = MISSING
    """What came of it: due with an end."""


class FeedbackCreate(Input):
    """Feedback to somebody, with a case (CULT-1)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "person_id": _PERSON,
                    "kind": "constructive",
                    "case": {"behaviour": "两次周报未附转化数据", "consequence": "投放调整晚了一周"},
                    "on": "2026-09-14",
                    "goal_id": None,
                }
            ]
        }
    )

    person_id: UUID
    """Whom it is to: somebody else who is employed."""
    kind: FeedbackKind
    """What kind of feedback it is."""
    case: Case
    """What it rests on."""
    on: Day
    """When it was so: not before they were hired, and not after today."""
    goal_id: UUID | None = None
    """The goal that it is on: theirs, a department's or the company's, in the author's view."""


class FeedbackCase(Output):
    """What feedback rests on."""

    behaviour: str
    """What was done."""
    consequence: str
    """What came of it."""


class FeedbackRead(Output):
    """Feedback to somebody, never changed (CULT-1)."""

    id: UUID
    """The feedback."""
    person_id: UUID
    """Whom it is to."""
    author_id: UUID
    """Who gave it."""
    kind: FeedbackKind
    """What kind of feedback it is."""
    case: FeedbackCase
    """What it rests on."""
    on: date
    """When it was so."""
    goal_id: UUID | None
    """The goal that it is on."""
    created_at: datetime
    """When it was given."""
