"""The wire contract of recognition: praise and named awards (CULT-2)."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import MISSING, ConfigDict, Field

from attain_shared.reviews.follow_up_schemas import Case, FeedbackCase
from attain_shared.wire import Day, Input, Name, Output, Statement

RecognitionKind = Literal["praise", "award"]
RecognitionAction = Literal["change", "withdraw", "remove"]

_CASE: dict[str, Any] = {"behaviour": "双11当晚主动跟进 37 位客户的补发", "consequence": "无一差评"}
RECOGNITION_EXAMPLE: dict[str, Any] = {
    "kind": "award",
    "name": "九月龙虎榜",
    "person_ids": ["0199b2c4-5f00-7a10-8000-000000000001"],
    "case": _CASE,
    "on": "2026-09-14",
}


class RecognitionCreate(Input):
    """Praise of colleagues, or an award to them, with a case (CULT-2)."""

    model_config = ConfigDict(json_schema_extra={"examples": [RECOGNITION_EXAMPLE]})

    kind: RecognitionKind
    """Praise is anybody's to give, an award HR's and executives'."""
    name: Name | None = None
    """Of an award, and of nothing else, what it is called."""
    person_ids: Annotated[list[UUID], Field(min_length=1, max_length=50)]
    """Whom it is to: others who are employed, each once."""
    case: Case
    """What it rests on."""
    value_id: UUID | None = None
    """The company value that it shows."""
    cycle_id: UUID | None = None
    """Of an award, and of nothing else, the cycle that it is given for."""
    on: Day
    """When it was so: not after today."""


class RecognitionUpdate(Input):
    """What to correct: absent means unchanged, null clears; whom it is to stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"case": _CASE}]})

    name: Name | MISSING = MISSING
    """Of an award, what it is called."""
    case: Case | MISSING = MISSING
    """What it rests on."""
    value_id: UUID | MISSING | None = MISSING
    """The company value that it shows."""


class RecognitionRemoval(Input):
    """Why HR takes a recognition away."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "内容不实"}]})

    reason: Statement
    """Kept in the audit trail."""


class RecognitionRead(Output):
    """Praise or an award, as the whole company sees it (CULT-2)."""

    id: UUID
    """The recognition."""
    kind: RecognitionKind
    """Praise, or a named award."""
    name: str | None
    """Of an award, what it is called."""
    person_ids: list[UUID]
    """Whom it is to."""
    author_id: UUID
    """Who gave it."""
    case: FeedbackCase
    """What it rests on."""
    value_id: UUID | None
    """The company value that it shows."""
    cycle_id: UUID | None
    """Of an award, the cycle that it was given for."""
    on: date
    """When it was so."""
    created_at: datetime
    """When it was given."""
    allowed_actions: list[RecognitionAction]
    """What the caller may do with it now: its author corrects or withdraws it, HR removes it."""
