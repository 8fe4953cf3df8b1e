"""The wire contract of a company's rubrics (评分标准, GOAL-6)."""

from datetime import datetime
from uuid import UUID

from pydantic import MISSING, ConfigDict, Field, JsonValue

from attain_shared.goals.schemas import RubricBody, RubricRule
from attain_shared.rules.rubric import Op, Quantifier
from attain_shared.wire import DecimalText, Figure, Input, Name, Output

_RULES: JsonValue = [
    {"test": "all", "op": "<=", "threshold": "0.60", "score": "2.5"},
    {"test": "all", "op": ">=", "threshold": "1.15", "score": "4"},
]


class RubricCreate(RubricBody):
    """A new rubric of the company's, for its goals and templates to take."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "严格", "rules": _RULES, "otherwise": "3.5"}]})

    name: Name
    """What people call it, once in a company."""


class RubricUpdate(Input):
    """What to change of a rubric: absent means unchanged; other rules are a new version."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"rules": _RULES}]})

    name: Name | MISSING = MISSING
    """What people call it."""
    rules: list[RubricRule] | MISSING = Field(default=MISSING, max_length=50)
    """All of its rules."""
    otherwise: DecimalText | MISSING = MISSING
    """The score where no rule matches."""


class RubricRuleRead(Output):
    """One line of a rubric."""

    test: Quantifier
    """Which indicators must pass: `all`, `any`, or their `mean`."""
    op: Op
    """The threshold belongs to both."""
    threshold: Figure
    """An attainment: 0.60 is 60 %."""
    score: Figure
    """A score of the scale."""


class DefaultRubricRead(Output):
    """The rubric of goals that bring none (GOAL-6)."""

    rules: list[RubricRuleRead]
    """First match wins."""
    otherwise: Figure
    """The score where no rule matches."""


class RubricVersionRead(DefaultRubricRead):
    """The rules of a rubric as they were set once."""

    rubric_id: UUID
    """The rubric."""
    rules_version: int
    """Which version of its rules they are, from 1."""
    created_at: datetime
    """When they were set."""


class RubricRead(DefaultRubricRead):
    """A rubric with its present rules."""

    id: UUID
    """The rubric."""
    name: str
    """What people call it."""
    rules_version: int
    """The version of its rules: goals that took an earlier one keep it."""
    created_at: datetime
    """When it was made."""
