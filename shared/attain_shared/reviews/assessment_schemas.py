"""The wire contract of what is written in a review (REV-2a, REV-3, api.md)."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field, PlainSerializer, StrictBool
from pydantic_core import PydanticCustomError

from attain_shared.rules.rubric import SCALE
from attain_shared.rules.values import LEVELS, CaseKind, Level
from attain_shared.wire import Code, Day, DecimalText, Input, Output, Statement, Text, plain_decimal


def _on_the_scale(score: Decimal) -> Decimal:
    step = next((step for step in SCALE if step == score), None)
    if step is None:
        raise PydanticCustomError("not_on_scale", "A score is one of {scale}", {"scale": ", ".join(map(str, SCALE))})
    return step


def _plain_step(score: Decimal) -> str:
    return plain_decimal(score.normalize())


ScaleScore = Annotated[DecimalText, AfterValidator(_on_the_scale), Field(json_schema_extra={"examples": ["3.5"]})]
"""A step of the scale: 2.5, 3, 3.25, 3.5, 3.75, 4, 4.5 or 5."""
ScaleFigure = Annotated[Decimal, PlainSerializer(_plain_step, return_type=str, when_used="json")]
"""A step of the scale, or of the levels of a value, as people write it: 4 and not 4.00."""

ASSESSMENT_EXAMPLE: dict[str, Any] = {
    "goals": [
        {"goal_id": "0199b2c4-5f00-7a10-8000-000000000003", "score": "3.5", "reason": None, "comment": "主图改版后达成"}
    ],
    "values": [
        {
            "code": "customer_first",
            "levels": ["full", "full", "partial", "none", "none"],
            "unsure": False,
            "cases": [
                {
                    "kind": "positive",
                    "behaviour": "双11当晚主动跟进 37 位客户的补发",
                    "consequence": "无一差评",
                    "on": "2026-09-12",
                }
            ],
        }
    ],
    "comment": "整体符合期望",
}


class GoalScore(Input):
    """What somebody gives for a goal (REV-2a)."""

    goal_id: UUID
    """The goal: one of the person's confirmed goals."""
    score: ScaleScore | None = None
    """None takes the computed one."""
    reason: Statement | None = None
    """Why it differs from the computed one: due where it does."""
    comment: Text | None = None
    """Anything else."""


class ValueCase(Input):
    """What somebody did, and what came of it (REV-3)."""

    kind: CaseKind
    """`positive` convinces of 3 or more, `nonconformance` of less than 2.5."""
    behaviour: Statement
    """What was done."""
    consequence: Statement
    """What came of it."""
    on: Day | None = None
    """When."""


class ValueScore(Input):
    """What somebody thinks of a value (REV-3)."""

    code: Code = Field(examples=["customer_first"])
    """The value."""
    levels: Annotated[list[Level], Field(min_length=LEVELS, max_length=LEVELS)] | None = None
    """How far each of its five levels is met, the lowest first; may be left out where unsure."""
    unsure: StrictBool = False
    """Whether the 1-over-1 manager and HR are to decide it."""
    cases: list[ValueCase] = Field(default_factory=list, max_length=20)
    """The evidence: due below 2.5 and from 3 up."""


class CompetencyScore(Input):
    """Competency and professionalism, where the round gives them a share (REV-2a)."""

    score: ScaleScore
    """The score."""
    evidence: Statement
    """What it rests on."""


class Assessment(Input):
    """What the employee or the manager writes; saving it again replaces it (api.md)."""

    model_config = ConfigDict(json_schema_extra={"examples": [ASSESSMENT_EXAMPLE]})

    goals: list[GoalScore] = Field(default_factory=list, max_length=100)
    """Goals that are not named take their computed scores."""
    values: list[ValueScore] = Field(default_factory=list, max_length=30)
    """Every value of the round, before it is submitted."""
    competency: CompetencyScore | None = None
    """By the manager, where it has a share."""
    comment: Text | None = None
    """Anything else."""


class DecidedValues(Input):
    """The values that were marked unsure, and only those (REV-3)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"values": ASSESSMENT_EXAMPLE["values"]}]})

    values: list[ValueScore] = Field(max_length=30)
    """Each with its levels and its cases."""
    comment: Text | None = None
    """Anything else."""


class AssessmentRead(Output):
    """What one side has written."""

    goals: list[GoalScore]
    """Scores given for goals."""
    values: list[ValueScore]
    """What was thought of the values."""
    value_scores: dict[str, ScaleFigure | None]
    """By code, what the levels come to; null where unsure."""
    competency: CompetencyScore | None
    """By the manager alone."""
    comment: str | None
    """Anything else."""
    is_draft: bool
    """A draft is seen by its writer alone."""
    saved_by: UUID
    """Who wrote it."""
    saved_at: datetime
    """When it was last saved."""
    submitted_at: datetime | None
    """When it was submitted."""


class CaseRead(Output):
    """A case of an interview (REV-10)."""

    behaviour: str
    """What was done."""
    consequence: str
    """What came of it."""
    evaluation: str | None
    """What is thought of it."""
    expectation: str | None
    """What is expected from now on."""
    on: date | None
    """When it was."""


class InterviewRead(Output):
    """The interview of a review (REV-10)."""

    held_on: date
    """When it was held."""
    good: list[CaseRead]
    """What went well."""
    improve: list[CaseRead]
    """What is to become better."""
    expectations: str | None
    """What is expected of the time ahead."""
    held_by: UUID
    """Who held it."""
