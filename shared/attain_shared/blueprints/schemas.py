"""The wire contract of blueprints (ORG-4)."""

from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, StrictBool

from attain_shared.departments.schemas import DepartmentFunction
from attain_shared.positions.schemas import Language
from attain_shared.wire import DecimalText, Input, Output


class BlueprintWordingRead(Output):
    """A blueprint in one language."""

    name: str
    """Its name."""
    description: str
    """Whom it is for."""


class BlueprintDepartmentWordingRead(Output):
    """A department of a blueprint in one language."""

    name: str
    """Its name."""
    duties: list[str]
    """What it does."""


class PostRead(Output):
    """A position that a department of a blueprint has."""

    code: str
    """Its code in the library of positions."""
    headcount: int | None
    """How many people are to hold it; null where that is left to the company."""
    zh: str
    """Its name in Chinese."""
    en: str
    """Its name in English."""


class BlueprintDepartmentRead(Output):
    """A department of a blueprint."""

    code: str
    """Its code, once in the blueprint."""
    parent: str | None
    """The code of the one above; null at the top."""
    function: DepartmentFunction
    """What it is there for."""
    headcount_plan: int | None
    """How many people it should have; null where that is left to the company."""
    zh: BlueprintDepartmentWordingRead
    """In Chinese."""
    en: BlueprintDepartmentWordingRead
    """In English."""
    positions: list[PostRead]
    """Who works there."""


class BlueprintRead(Output):
    """A whole organisation, to be made in one call."""

    code: str
    """What names it."""
    zh: BlueprintWordingRead
    """In Chinese."""
    en: BlueprintWordingRead
    """In English."""
    departments: list[BlueprintDepartmentRead]
    """A department stands behind the one above it."""


class BlueprintApply(Input):
    """How to apply a blueprint."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"scale": "2", "parent_id": None, "dry_run": True}]})

    scale: Annotated[DecimalText, Field(gt=0, le=1000)] = Decimal(1)
    """What the headcount plans are multiplied with; rounded half up, at least 1 where one is planned."""
    parent_id: UUID | None = None
    """The department to make it under; null at the top."""
    language: Language = "zh"
    """What new departments and positions are written in."""
    dry_run: StrictBool = False
    """Say what would be done, and do nothing."""


class AppliedDepartment(Output):
    """What applying came to for one department."""

    code: str
    """Its code in the blueprint."""
    name: str
    """Its name."""
    action: Literal["create", "unchanged"]
    """Whether it is new; what is there is never touched."""
    id: UUID | None
    """The department; null for a new one in a dry run."""
    headcount_plan: int | None
    """How many people it should have."""


class AppliedPost(Output):
    """What applying came to for one position in one department."""

    code: str
    """Its code in the library of positions."""
    department: str
    """The code of the department."""
    name: str
    """Its name."""
    action: Literal["create", "unchanged"]
    """Whether the position is new."""
    id: UUID | None
    """The position; null for a new one in a dry run."""


class BlueprintReport(Output):
    """What applying a blueprint came to."""

    dry_run: bool
    """Whether nothing was done."""
    departments: list[AppliedDepartment]
    """In the blueprint's order."""
    positions: list[AppliedPost]
    """Department by department."""
