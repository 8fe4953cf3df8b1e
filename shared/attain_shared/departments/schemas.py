"""The wire contract of departments."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import MISSING, ConfigDict, Field

from attain_shared.wire import Count, Input, Instant, Name, Output

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
    created_at: Instant
    """When it was made."""


class DepartmentNode(DepartmentRead):
    """A department with those below it."""

    children: list["DepartmentNode"]
    """The departments directly below, by name."""


class DepartmentTree(Output):
    """All departments of a company."""

    items: list[DepartmentNode]
    """Those at the top, by name."""
