"""The wire contract of a company's values (REV-3)."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import MISSING, ConfigDict, Field, StrictBool, StringConstraints

from attain_shared.rules.values import LEVELS
from attain_shared.wire import Count, Input, Name, Output, Statement

ValueCode = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,79}$")]
"""What assessments call a value; it never changes."""

VALUE_EXAMPLE: dict[str, Any] = {
    "code": "embrace_change",
    "name_zh": "拥抱变化",
    "name_en": "Embrace change",
    "levels": [
        {"zh": "适应公司的日常变化，不抱怨", "en": "Adapts to everyday change without complaint"},
        {"zh": "面对变化，理性对待，充分沟通", "en": "Meets change with reason and talks it over"},
        {"zh": "在变化带来的困难中自我调整，并影响同事", "en": "Adjusts to what change makes hard, and carries colleagues along"},
        {"zh": "在工作中有前瞻意识，建立新方法", "en": "Looks ahead and finds new ways of working"},
        {"zh": "创造变化，带来突破性的绩效提高", "en": "Makes change that lifts results by leaps"},
    ],
}  # fmt: skip


class LevelText(Input):
    """What a level asks."""

    zh: Statement
    """In Chinese."""
    en: Statement
    """In English."""


Levels = Annotated[list[LevelText], Field(min_length=LEVELS, max_length=LEVELS)]


class ValueCreate(Input):
    """A value of the company's own."""

    model_config = ConfigDict(json_schema_extra={"examples": [VALUE_EXAMPLE]})

    code: ValueCode
    """What assessments call it; it never changes."""
    name_zh: Name
    """In Chinese."""
    name_en: Name
    """In English."""
    levels: Levels
    """Five, from the lowest to the highest: each counts only when all below it are full."""
    position: Count | None = None
    """Its place among the others; by default after all of them."""


class ValueUpdate(Input):
    """What to change of a value: absent means unchanged. Rounds that are open keep it as it was when they opened."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name_en": "Customers first", "is_active": True}]})

    name_zh: Name | MISSING = MISSING
    """In Chinese."""
    name_en: Name | MISSING = MISSING
    """In English."""
    levels: Levels | MISSING = MISSING
    """All five."""
    position: Count | MISSING = MISSING
    """Its place among the others."""
    is_active: StrictBool | MISSING = MISSING
    """Whether rounds opened from now on assess it; there is no deleting."""


class LevelTextRead(Output):
    """What a level asks."""

    zh: str
    """In Chinese."""
    en: str
    """In English."""


class ValueRead(Output):
    """A value (价值观) of the company (REV-3)."""

    id: UUID
    """The value."""
    code: str
    """What assessments call it."""
    name_zh: str
    """In Chinese."""
    name_en: str
    """In English."""
    levels: list[LevelTextRead]
    """Five, from the lowest to the highest."""
    position: int
    """Its place among the others."""
    is_active: bool
    """Whether rounds opened from now on assess it."""
    created_at: datetime
    """When it was made."""
