"""The wire contract of departments."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import MISSING, ConfigDict, Field

from attain_shared.wire import Count, Day, Input, Instant, Name, Output

DepartmentFunction = Literal[
    "operations",
    "design",
    "customer_service",
    "logistics",
    "product",
    "planning",
    "marketing",
    "crm",
    "data",
    "technology",
    "purchasing",
    "finance",
    "hr",
    "management",
]
"""The functions of ORG-1."""

Duties = Annotated[list[Name], Field(max_length=100)]


class DepartmentCreate(Input):
    """A new department (ORG-1)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "运营部",
                    "function": "operations",
                    "parent_id": None,
                    "headcount_plan": 6,
                    "duties": ["数据分析", "活动策划"],
                }
            ]
        }
    )

    name: Name
    """Its name."""
    function: DepartmentFunction
    """What it is there for."""
    parent_id: UUID | None = None
    """The department above; null at the top."""
    head_id: UUID | None = None
    """The person who leads it."""
    headcount_plan: Count | None = None
    """How many people it should have; null where nobody has planned yet."""
    duties: Duties = Field(default=[])
    """What it does."""
    opened_on: Day | None = None
    """Its first day, not in the future; null where it has been there for ever."""


class DepartmentUpdate(Input):
    """What to change of a department: absent means unchanged, null clears."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"headcount_plan": 8}]})

    name: Name | MISSING = MISSING
    """Its name."""
    function: DepartmentFunction | MISSING = MISSING
    """What it is there for."""
    parent_id: UUID | MISSING | None = MISSING
    """The department above; null moves it to the top."""
    head_id: UUID | MISSING | None = MISSING
    """The person who leads it."""
    headcount_plan: Count | MISSING | None = MISSING
    """How many people it should have."""
    duties: Duties | MISSING = MISSING
    """What it does."""


class DepartmentMove(Input):
    """Where to move a department."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"parent_id": "0199b2c4-5f00-7a10-8000-000000000001"}]})

    parent_id: UUID | None
    """The department above; null moves it to the top."""


class DepartmentMerge(Input):
    """What to merge a department into."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"into_id": "0199b2c4-5f00-7a10-8000-000000000001"}]})

    into_id: UUID
    """The department that takes over its people and the departments below it."""


class DepartmentRead(Output):
    """A department."""

    id: UUID
    """Its id."""
    name: str
    """Its name."""
    function: DepartmentFunction
    """What it is there for."""
    parent_id: UUID | None
    """The department above; null at the top."""
    head_id: UUID | None
    """The person who leads it."""
    headcount_plan: int | None
    """How many people it should have."""
    duties: list[str]
    """What it does."""
    closed_on: Day | None
    """From this day on it is no more; null while it is open, and on a day in the past on which it was."""
    merged_into_id: UUID | None
    """Where its people went, if it was closed by a merge."""
    created_at: Instant
    """When it was made."""
    masked: list[Literal["headcount_plan"]]
    """The fields that are null because the caller may not see them."""
    allowed_actions: list[Literal["move", "merge", "close", "reopen"]]
    """What the caller may do with it now."""


class DepartmentNode(DepartmentRead):
    """A department with those below it."""

    children: list["DepartmentNode"]
    """The departments directly below, by name."""


class DepartmentTree(Output):
    """The departments of a company, nested."""

    items: list[DepartmentNode]
    """Those at the top, by name."""
